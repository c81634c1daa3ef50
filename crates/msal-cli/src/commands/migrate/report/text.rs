//! A report for people: what is to be done, and for whom.

use std::collections::HashSet;

use super::out::Out;
use super::row::{Row, SKIPPED};
use super::summary::Summary;
use crate::output::{BOLD, DIM, HINT};
use crate::outside::Outside;
use crate::shell::quoted;
use crate::text::{self, count, counted, moment};

pub(super) fn print(rows: &[Row], summary: &Summary, out: &mut Out<'_>) {
    let is_together = |one: &Row, other: &Row| {
        one.todo == other.todo && one.class == other.class && one.explanation == other.explanation
    };
    for group in rows.chunk_by(is_together) {
        print_group(group, summary, out);
    }
    out.put(&counts(summary));
    for hint in hints(rows, summary) {
        out.put(&format!("{HINT}hint{HINT:#}: {hint}\n"));
    }
}

/// Lines for which the same is to be done, for the same reason.
fn print_group(group: &[Row], summary: &Summary, out: &mut Out<'_>) {
    let Some(first) = group.first() else { return };
    let lines = match (summary.by_user, first.class) {
        (true, _) => "user",
        (false, SKIPPED) => "row",
        (false, _) => "token",
    };
    let people: HashSet<_> = group.iter().map(|row| row.person).collect();
    let number = if summary.by_user {
        people.len()
    } else {
        group.len()
    };
    let (lines, who) = (counted(number as u64, lines), first.todo.who.title());
    out.put(&format!("{BOLD}{}{BOLD:#}  {lines}, {who}\n", first.class));
    if !first.explanation.is_empty() {
        out.put(&text::wrapped(&first.explanation, 2));
    }
    out.put(&text::wrapped(&first.todo.what, 2));
    let is_there =
        |one: &Row, other: &Row| one.tenant == other.tenant && one.client_id == other.client_id;
    for part in group.chunk_by(is_there) {
        let place = part.first().map_or_else(String::new, where_it_was_asked);
        out.put(&place);
        let width = text::width(
            part.iter()
                .map(at)
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str),
        );
        for row in part {
            out.put(&line(row, width));
        }
    }
    out.put("\n");
}

/// The client and the tenant.
fn where_it_was_asked(row: &Row) -> String {
    let client = Some(&*row.client_id).filter(|client| !client.is_empty());
    let tenant = Some(&*row.tenant).filter(|tenant| !tenant.is_empty());
    match (client, tenant) {
        (None, None) => String::new(),
        (Some(client), None) => format!("  {DIM}client {}{DIM:#}\n", Outside(client)),
        (None, Some(tenant)) => format!("  {DIM}tenant {}{DIM:#}\n", Outside(tenant)),
        (Some(client), Some(tenant)) => format!(
            "  {DIM}client {} at {}{DIM:#}\n",
            Outside(client),
            Outside(tenant)
        ),
    }
}

/// Where a line stands, as a shell reads it: what begins with `#` would be a comment, and brackets a pattern.
fn at(row: &Row) -> String {
    let places = row.places().enumerate().map(|(number, place)| {
        let name = match number {
            0 => format!("{}{place}", row.file),
            _ => place,
        };
        match name.starts_with('#') || name.contains('[') {
            true => quoted(&name).into_owned(),
            false => name,
        }
    });
    let places: Vec<_> = places.collect();
    let name = row.name.as_deref().map(|name| format!(" ({name})"));
    format!("{}{}", places.join(" "), name.unwrap_or_default())
}

fn line(row: &Row, width: usize) -> String {
    let users = row.users.as_ref().map(|users| {
        let (expected, found) = (&users.0, &users.1);
        format!("expected {expected}, came {found}")
    });
    let code = row.code();
    let why = match row.explanation.is_empty() {
        true => &*code,
        false => &row.error,
    };
    let when = moment(row.at);
    let more: Vec<_> = [
        row.user.shown(),
        why,
        users.as_deref().unwrap_or_default(),
        &when,
    ]
    .into_iter()
    .filter(|text| !text.is_empty())
    .map(|text| Outside(text).to_string())
    .collect();
    format!("    {:width$}  {}\n", Outside(at(row)), more.join("  "))
}

/// All that the journal has, in numbers.
fn counts(summary: &Summary) -> String {
    let rows: Vec<_> = summary
        .classes()
        .into_iter()
        .filter(|class| class.count > 0 || class.class == "migrated")
        .map(|class| {
            let name = format!("{:>9} {}", count(class.count), class.title);
            (name, class.meaning.to_owned())
        })
        .collect();
    let tokens = counted(summary.counts.total(), "token");
    format!(
        "{BOLD}{tokens}{BOLD:#} in the journal\n{}",
        text::table(&rows)
    )
}

/// What else the report can tell.
fn hints(rows: &[Row], summary: &Summary) -> Vec<String> {
    let mut hints = Vec::new();
    if summary.hidden > 0 {
        let names = counted(summary.hidden, "name");
        let them = if summary.hidden == 1 { "it" } else { "them" };
        hints.push(format!(
            "{names} of users not shown: --show-users shows {them}"
        ));
    }
    if rows.len() > LONG && !summary.by_user {
        hints.push(
            "--by user tells who has to be asked; --format html --out FILE makes a page to search"
                .to_owned(),
        );
    }
    hints
}

/// Of more lines people lose sight.
const LONG: usize = 20;
