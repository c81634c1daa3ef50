//! A chapter as it is written: whose code it shows, and that somebody runs it.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::workspace::Workspace;

/// A Markdown file of the book.
#[derive(Debug)]
pub(super) struct Chapter {
    file: PathBuf,
    text: String,
}

/// Languages of code that is run by nobody: data, and what programs print.
const NOT_CODE: [&str; 4] = ["json", "text", "toml", "csv"];

/// `compat/test_book.py` runs these.
const COMMANDS: &str = "console";

impl Chapter {
    pub(super) fn read(workspace: &Workspace, file: PathBuf) -> Result<Self, Failure> {
        let text = workspace.read(&file)?;
        Ok(Self { file, text })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with its code and its includes, a line each.
    pub(super) fn flaws(&self, workspace: &Workspace) -> Vec<String> {
        let mut flaws = Vec::new();
        for (number, language, code) in fences(&self.text) {
            let is_included =
                || code.trim().starts_with("{{#include ") && code.trim().lines().count() == 1;
            match language {
                "rust" if !is_included() => flaws.push((
                    number,
                    "Rust that no example contains: include it".to_owned(),
                )),
                "rust" | COMMANDS => {}
                language if NOT_CODE.contains(&language) => {}
                language => flaws.push((number, format!("nobody runs code in {language:?}"))),
            }
        }
        flaws.extend(self.broken_includes(workspace));
        let file = workspace.shown(&self.file);
        let at = |(number, flaw)| format!("{file}:{number}: {flaw}");
        flaws.into_iter().map(at).collect()
    }

    /// mdBook shows nothing where an anchor is missing, and says nothing.
    fn broken_includes(&self, workspace: &Workspace) -> Vec<(usize, String)> {
        let mut broken = Vec::new();
        for (number, line) in (1..).zip(self.text.lines()) {
            let Some(included) = between(line, "{{#include ", "}}") else {
                continue;
            };
            let (path, anchor) = included.split_once(':').unwrap_or((included, ""));
            let folder = self.file.parent().unwrap_or(&self.file);
            match workspace.read(folder.join(path)) {
                Err(_unreadable) => broken.push((number, format!("there is no {path}"))),
                Ok(text) if !has_anchor(&text, anchor) => {
                    broken.push((number, format!("{path} has no anchor {anchor}")));
                }
                Ok(_) => {}
            }
        }
        broken
    }
}

/// Files that the list of chapters leaves out, and readers never see.
pub(super) fn unlisted(summary: &str, files: &[String]) -> Vec<String> {
    let is_listed = |file: &&String| summary.contains(&format!("]({file})"));
    let others = files.iter().filter(|file| *file != "SUMMARY.md");
    let unlisted = others.filter(|file| !is_listed(file));
    unlisted
        .map(|file| format!("docs/SUMMARY.md has no line for {file}"))
        .collect()
}

/// Examples that no chapter names.
pub(super) fn unnamed(chapters: &[&str], examples: &[String]) -> Vec<String> {
    let is_named = |example: &&String| {
        let paths = [
            format!("examples/{example}.rs"),
            format!("examples/{example}/"),
        ];
        let names_it = |chapter: &&str| paths.iter().any(|path| chapter.contains(path));
        chapters.iter().any(names_it)
    };
    let unnamed = examples.iter().filter(|example| !is_named(example));
    unnamed
        .map(|example| format!("no chapter names the example {example}"))
        .collect()
}

/// The blocks of code in a text: the line they begin at, their language, what is in them.
fn fences(text: &str) -> Vec<(usize, &str, String)> {
    let mut fences = Vec::new();
    let mut open: Option<(usize, &str, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(language), None) => open = Some((number, language.trim(), String::new())),
            (Some(_), Some(_)) => fences.extend(open.take()),
            (None, Some((_, _, code))) => {
                code.push_str(line);
                code.push('\n');
            }
            (None, None) => {}
        }
    }
    fences
}

fn has_anchor(text: &str, anchor: &str) -> bool {
    let mark = format!("ANCHOR: {anchor}");
    anchor.is_empty() || text.lines().any(|line| line.trim_end().ends_with(&mark))
}

fn between<'a>(line: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(start)?;
    Some(rest.split_once(end)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with a chapter in a workspace that has an example `shown`.
    fn flaws_of(text: &str) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("docs/chapter.md");
        for (path, text) in [
            (
                root.path().join("examples/shown.rs"),
                "// ANCHOR: call\ncall()\n// ANCHOR_END: call\n",
            ),
            (file.clone(), text),
        ] {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let workspace = Workspace {
            root: root.path().to_owned(),
            target: root.path().join("target"),
        };
        Chapter::read(&workspace, file).unwrap().flaws(&workspace)
    }

    #[test]
    fn rust_comes_from_examples() {
        let included = "```rust\n{{#include ../examples/shown.rs:call}}\n```\n";
        assert_eq!(flaws_of(included), [""; 0]);
        assert_eq!(
            flaws_of("# A\n\n```rust\ncall();\n```\n"),
            ["docs/chapter.md:3: Rust that no example contains: include it"]
        );
        let both = "```rust\n{{#include ../examples/shown.rs:call}}\nmore();\n```\n";
        assert_eq!(flaws_of(both).len(), 1);
    }

    #[test]
    fn what_is_included_is_there() {
        let at = |what: &str| flaws_of(&format!("```rust\n{{{{#include {what}}}}}\n```\n"));
        assert_eq!(at("../examples/shown.rs"), [""; 0]);
        assert_eq!(
            at("../examples/other.rs"),
            ["docs/chapter.md:2: there is no ../examples/other.rs"]
        );
        assert_eq!(
            at("../examples/shown.rs:cal"),
            ["docs/chapter.md:2: ../examples/shown.rs has no anchor cal"]
        );
    }

    #[test]
    fn code_that_nobody_runs_is_named() {
        assert_eq!(
            flaws_of("```console\n$ msal demo\n```\n```toml\na = 1\n```\n"),
            [""; 0]
        );
        for language in ["sh", "bash", "python", ""] {
            let flaws = flaws_of(&format!("```{language}\nx\n```\n"));
            assert_eq!(
                flaws,
                [format!(
                    "docs/chapter.md:1: nobody runs code in {language:?}"
                )]
            );
        }
    }

    #[test]
    fn a_chapter_that_is_not_listed_is_found() {
        let files = ["SUMMARY.md", "a.md", "flows/b.md"].map(str::to_owned);
        assert_eq!(
            unlisted("- [A](a.md)\n", &files),
            ["docs/SUMMARY.md has no line for flows/b.md"]
        );
        assert_eq!(unlisted("[A](a.md) [B](flows/b.md)", &files), [""; 0]);
    }

    #[test]
    fn an_example_that_no_chapter_names_is_found() {
        let examples = ["silent", "web_app", "forgotten"].map(str::to_owned);
        let chapters = [
            "none",
            "see examples/silent.rs and examples/web_app/main.rs",
        ];
        assert_eq!(
            unnamed(&chapters, &examples),
            ["no chapter names the example forgotten"]
        );
    }
}
