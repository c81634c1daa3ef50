//! `msal migrate report`: who must do what for the tokens that are not migrated, and for the rows that are in no run.
//!
//! All lines are in memory, as they are sorted: some 600 bytes each with their names.

mod document;
mod files;
mod out;
mod page;
mod row;
mod summary;
mod table;
mod text;
mod user;

use std::path::Path;

use msal_migrate::{Class, JournalReader, State};

use self::out::Out;
use self::row::{Row, Rows};
use self::summary::Summary;
pub(super) use self::summary::classes;
use super::places;
use crate::cli::{Format, ReportArgs, ReportBy};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::Printer;
use crate::shell::quoted;
use crate::todo::Who;

pub(crate) fn run(arguments: &ReportArgs, printer: &Printer) -> Result<Exit, Failure> {
    let mut out = Out::new(arguments, printer)?;
    let journal = opened(&arguments.journal)?;
    let (mut rows, summary) = read(&journal, arguments).map_err(|error| Failure::new(&error))?;
    match printer.format {
        Format::Csv => table::print(&rows, &mut out),
        Format::Html => page::print(&rows, &summary, &mut out),
        Format::Json => document::print(&rows, &summary, &mut out),
        Format::Text => {
            row::leave_out_folder(&mut rows);
            text::print(&rows, &summary, &mut out);
        }
    }
    out.finish()?;
    if let Some(path) = &arguments.out {
        let lines = crate::text::counted(rows.len() as u64, "line");
        printer.say(&format!(
            "{lines} written to {}",
            crate::outside::Outside(path.display())
        ));
    }
    Ok(Exit::Success)
}

/// The journal at `path`, read.
pub(super) fn opened(path: &Path) -> Result<JournalReader, Failure> {
    JournalReader::open(path).map_err(|error| {
        let hint = places::journal_meant_by(path)
            .map(|journal| format!("msal migrate report {}", quoted(&journal.to_string_lossy())))
            .or_else(|| error.hint())
            .unwrap_or_else(|| "a migration's journal is TARGET.journal".to_owned());
        Failure::new(&error).with_hint(hint)
    })
}

/// The lines that are asked for, sorted, and what they are about.
fn read(
    journal: &JournalReader,
    arguments: &ReportArgs,
) -> Result<(Vec<Row>, Summary), msal_migrate::JournalError> {
    let by_user = arguments.by == ReportBy::User;
    let superseded = journal.superseded()?;
    let mut maker = Rows::new(arguments.show_users);
    let mut rows = Vec::new();
    journal.tokens(&mut |token| {
        if arguments.all || token.state != State::Concluded(Class::Migrated) {
            let is_superseded = superseded.contains(&token.fingerprint);
            rows.push(maker.of_token(token, is_superseded));
        } else {
            maker.note_file(&token.locator);
        }
    })?;
    let mut skipped = 0;
    journal.rows_left_out(&mut |row| {
        skipped += 1;
        rows.push(maker.of_row(row));
    })?;
    // Who has nothing to do is nobody to talk to.
    if by_user && !arguments.all {
        rows.retain(|row| row.todo.who != Who::Nobody);
    }
    maker.name_files(&mut rows);
    row::sort(&mut rows, by_user.then_some(&maker.people));
    let summary = Summary {
        journal: arguments.journal.display().to_string(),
        counts: journal.counts(),
        superseded: superseded.len() as u64,
        skipped,
        hidden: maker.hidden,
        all: arguments.all,
        by_user,
        show_users: arguments.show_users,
    };
    Ok((rows, summary))
}
