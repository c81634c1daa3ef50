//! What is left of a migration, as people and programs are told of it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::found::Found;
use super::input::Input;
use super::journal::Journal;
use super::keeps::{self, Keeps};
use crate::output::{BOLD, HINT, Printer};
use crate::outside::Outside;
use crate::shell::quoted;
use crate::text;

pub(super) fn print(found: &Found, printer: &Printer, removed: &[PathBuf]) {
    match printer.is_json() {
        true => printer.json(&to_json(found, removed)),
        false => printer.prose(&to_text(found)),
    }
}

pub(super) fn print_removed(found: &Found, removed: &[PathBuf], printer: &Printer) {
    match printer.is_json() {
        true => printer.json(&to_json(found, removed)),
        false => printer.prose(&format!("\n{}{WHAT_STAYS}", removed_lines(removed))),
    }
}

fn to_text(found: &Found) -> String {
    let mut files = Vec::new();
    for file in &found.target.files {
        let what = "the tokens that your application uses, which stay";
        files.push((file.display().to_string(), what.to_owned()));
    }
    files.extend(found.journal.iter().flat_map(of_journal));
    let input = found.input.iter();
    files.extend(input.map(|input| (input.path.display().to_string(), of_input(input))));
    let mut out = format!(
        "{BOLD}secret, and left of this migration{BOLD:#}\n{}",
        text::table(&files)
    );
    out.push_str(&format!(
        "\n{} of {} in the target; that they can be renewed is proven by{}\n  {}\n",
        text::count(found.target.accounts.saturating_sub(found.target.gone)),
        text::counted(found.target.accounts, "migrated account"),
        match found.target.needs_secrets {
            true => ", with the options about secrets",
            false => "",
        },
        Outside(&found.target.verification),
    ));
    if let Some(journal) = &found.journal {
        let may_go = format!(
            "may be removed with --remove-journal; keep its report first\n  \
             msal migrate report {} --all --show-users --out FILE\n",
            typed(&journal.path),
        );
        out.push_str(&decided("journal", &found.journal_keeps, &may_go));
    }
    if found.input.is_some() {
        let may_go = "may be removed with --remove-input: each of its tokens is migrated\n";
        out.push_str(&decided("input", &found.input_keeps, may_go));
    }
    out
}

fn to_json(found: &Found, removed: &[PathBuf]) -> Value {
    let paths = |paths: &[PathBuf]| -> Vec<String> {
        paths
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    };
    let journal = found.journal.as_ref().map(|journal| {
        let counts = journal.counts;
        json!({
            "files": paths(&journal.files()), "sealed_answers": journal.sealed,
            "migrated": counts.migrated, "needs_user": counts.needs_user, "failed": counts.failed,
            "quarantined": counts.quarantined, "retryable": counts.retryable, "in_doubt": counts.in_doubt,
            "unpublished": counts.unpublished, "kept_because": reasons(&found.journal_keeps),
        })
    });
    let input = found.input.as_ref().map(|input| {
        let remains = input.remains().cloned().unwrap_or_default();
        let left = remains.left.iter().map(|(state, count)| (keeps::code(*state).to_owned(), json!(count)));
        let places = remains.examples.iter().map(|row| row.place().to_string());
        json!({
            "path": input.path.display().to_string(), "kind": input.kind().map(|kind| kind.as_str()),
            "rows": remains.rows, "tokens": remains.tokens, "migrated": remains.migrated,
            "superseded": remains.superseded, "left": Value::Object(left.collect()),
            "left_at": places.collect::<Vec<_>>(),
            "skipped": super::super::skipped::to_json(&remains.skipped),
            "kept_because": reasons(&found.input_keeps),
        })
    });
    json!({
        "target": {
            "path": found.target.path.display().to_string(), "files": paths(&found.target.files),
            "accounts": found.target.accounts, "missing": found.target.gone,
        },
        "journal": journal,
        "input": input,
        "removed": paths(removed),
    })
}

/// What stays is told by what is removed.
pub(super) fn print_rest(removed: &[PathBuf], printer: &Printer) {
    match printer.is_json() {
        true => {
            let removed: Vec<_> = removed
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            printer.json(
                &json!({ "target": null, "journal": null, "input": null, "removed": removed }),
            );
        }
        false => printer.prose(&format!("{}{WHAT_STAYS}", removed_lines(removed))),
    }
}

fn removed_lines(removed: &[PathBuf]) -> String {
    let line = |path: &PathBuf| format!("removed {BOLD}{}{BOLD:#}\n", Outside(path.display()));
    removed.iter().map(line).collect()
}

fn of_journal(journal: &Journal) -> Vec<(String, String)> {
    let whats = [
        match journal.sealed {
            0 => "who was migrated; its answers are erased".to_owned(),
            sealed => format!(
                "who was migrated, and {} with tokens",
                text::counted(sealed, "answer")
            ),
        },
        "opens the journal".to_owned(),
        "programs share the journal by it: end them first".to_owned(),
    ];
    let files = journal.files().into_iter();
    let files = files.map(|file| file.display().to_string());
    files.zip(whats).collect()
}

fn of_input(input: &Input) -> String {
    let tokens = input.remains().map_or(0, |remains| remains.tokens);
    format!(
        "{}, good until expired or revoked",
        text::counted(tokens, "old refresh token")
    )
}

/// Why something is kept, or that it need not be.
fn decided(name: &str, keeps: &[Keeps], may_go: &str) -> String {
    if keeps.is_empty() {
        return format!("\n{BOLD}{name}{BOLD:#}: {may_go}");
    }
    let mut out = format!("\n{BOLD}{name}{BOLD:#}: not to be removed yet\n");
    for Keeps { what, way } in keeps {
        out.push_str(&format!(
            "  {}\n  {HINT}hint{HINT:#}: {}\n",
            Outside(what),
            Outside(way)
        ));
    }
    out
}

/// A path as it is typed into a shell.
fn typed(path: &Path) -> String {
    Outside(quoted(&path.to_string_lossy())).to_string()
}

fn reasons(keeps: &[Keeps]) -> Vec<Value> {
    let reason = |Keeps { what, way }: &Keeps| json!({ "reason": what, "hint": way });
    keeps.iter().map(reason).collect()
}

/// What a file system and a server do not do by a removal.
const WHAT_STAYS: &str = "\
\nA removed file may still be read from the disk, snapshots and backups until they
are overwritten. Old refresh tokens stay good until they expire, or somebody
revokes the sessions of their users.\n";
