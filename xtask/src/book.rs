//! The book: `docs/` made into `target/book` by mdBook, and everything in it that can be checked.

mod adal;
mod chapter;
mod finish;
mod links;
mod mdbook;

use std::fs;

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;
use chapter::Chapter;

/// Checks the chapters, builds the book, and checks the pages.
pub(crate) fn build(workspace: &Workspace) -> Result<(), Failure> {
    check_chapters(workspace)?;
    let book = workspace.target.join("book");
    let mut mdbook = mdbook::installed(workspace)?;
    process::run(mdbook.arg("build").arg("--dest-dir").arg(&book))?;
    let mut pages = Vec::new();
    for file in workspace.files_in(&book, "html")? {
        let page = finish::page(&workspace.read(&file)?);
        fs::write(&file, &page).map_err(|error| {
            Failure::new(format!("cannot write {}: {error}", workspace.shown(&file)))
        })?;
        pages.push((file, page));
    }
    all_well(links::check(workspace, &pages))
}

fn check_chapters(workspace: &Workspace) -> Result<(), Failure> {
    let docs = workspace.root.join("docs");
    let (mut chapters, mut files) = (Vec::new(), Vec::new());
    for file in workspace.files_in(&docs, "md")? {
        let inside = file.strip_prefix(&docs).unwrap_or(&file);
        files.push(inside.to_string_lossy().into_owned());
        chapters.push(Chapter::read(workspace, file)?);
    }
    let summary = workspace.read("docs/SUMMARY.md")?;
    let examples = examples(workspace)?;
    let table = workspace.read("docs/from-adal.md")?;
    let mut wrong = chapter::unlisted(&summary, &files);
    for chapter in &chapters {
        wrong.extend(chapter.flaws(workspace));
    }
    wrong.extend(adal::flaws(&table, &examples));
    let all: Vec<&str> = chapters.iter().map(Chapter::text).collect();
    wrong.extend(chapter::unnamed(&all, &examples));
    wrong.extend(links::of_readme(workspace)?);
    all_well(wrong)
}

/// The programs to show: a file each, or a folder with a `main.rs`.
fn examples(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let folder = workspace.root.join("crates/msal-client/examples");
    let mut names = Vec::new();
    for file in workspace.files_in(&folder, "rs")? {
        let inside = file.strip_prefix(&folder).unwrap_or(&file);
        let name = match (inside.parent(), inside.file_name()) {
            (Some(above), Some(name)) if name == "main.rs" => above.as_os_str(),
            (Some(above), _) if above.as_os_str().is_empty() => {
                inside.file_stem().unwrap_or_default()
            }
            _ => continue,
        };
        names.push(name.to_string_lossy().into_owned());
    }
    Ok(names)
}

fn all_well(wrong: Vec<String>) -> Result<(), Failure> {
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!("the book\n  {}", wrong.join("\n  ")))),
    }
}
