//! The book's tables of what the command has and says.

use crate::msal::msal;

const COMMANDS: &str = include_str!("../../../../docs/command-line.md");
const MIGRATING: &str = include_str!("../../../../docs/migrating.md");
const STATUSES: &str = include_str!("../../src/exit.rs");

/// The first cells of the table that begins with this head, without what marks code.
fn first_cells<'a>(chapter: &'a str, head: &str) -> Vec<&'a str> {
    let table = chapter.split_once(head).expect("a table").1;
    let rows = table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    let cells = rows.skip(1).filter_map(|row| row.split('|').nth(1));
    cells.map(|cell| cell.trim().trim_matches('`')).collect()
}

/// The commands below one, as its help lists them.
pub(crate) fn commands(above: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let help = msal(folder.path(), above.iter().chain(&["--help"])).stdout;
    let Some((_, list)) = help.split_once("Commands:\n") else {
        return vec![format!("msal {}", above.join(" "))];
    };
    let names = list.lines().take_while(|line| !line.is_empty());
    let names = names.filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    let below = names.filter(|name| *name != "help");
    below
        .flat_map(|name| commands(&[above, &[name]].concat()))
        .collect()
}

#[test]
fn the_book_has_every_command() {
    assert_eq!(first_cells(COMMANDS, "| command |"), commands(&[]));
}

#[test]
fn the_book_has_every_exit_status() {
    let told = first_cells(COMMANDS, "| status |");
    let arms = STATUSES
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Exit::"));
    let statuses = arms.filter_map(|arm| arm.strip_suffix(',')?.split("=> ").nth(1));
    assert_eq!(told, statuses.collect::<Vec<_>>());
}

#[test]
fn the_book_has_every_setting() {
    let code = include_str!("../../src/cli/settings.rs");
    for list in ["const COMMON: &[&str] = &[", "const SETTABLE: &[&str] = &["] {
        let names = code
            .split_once(list)
            .expect("a list")
            .1
            .split_once(']')
            .expect("an end")
            .0;
        for name in names.split('"').skip(1).step_by(2) {
            let variable = format!("`MSAL_{}`", name.to_uppercase().replace('-', "_"));
            let is_told = COMMANDS.contains(&format!("`{name}`")) || COMMANDS.contains(&variable);
            assert!(is_told, "{name}");
        }
    }
}

#[test]
fn the_book_has_every_source() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let list = msal(folder.path(), ["sources", "list", "--format", "json"]).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    for (head, kind) in [("| application |", "application"), ("| format |", "format")] {
        let sources = list["sources"].as_array().expect("a list");
        let sources = sources.iter().filter(|source| source["kind"] == kind);
        let names: Vec<_> = sources
            .filter_map(|source| source["name"].as_str())
            .collect();
        assert_eq!(first_cells(MIGRATING, head), names);
    }
}
