//! `msal migrate report`: how each token of a migration ended.

use msal_migrate::{Class, Counts, JournalReader, State, TokenReport};
use serde_json::{Value, json};

use crate::cli::{Format, ReportArgs};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{BOLD, DIM, Printer};
use crate::outside::{Outside, csv_field};
use crate::text;

pub(crate) fn run(arguments: &ReportArgs, printer: &Printer) -> Result<Exit, Failure> {
    let journal = JournalReader::open(&arguments.journal).map_err(|error| {
        let hint = error
            .hint()
            .unwrap_or_else(|| "a migration's journal is TARGET.journal".to_owned());
        Failure::new(&error).with_hint(hint)
    })?;
    let mut rows = Vec::new();
    let mut each = |row: Row| match printer.format {
        Format::Text => printer.text(&row.to_text()),
        Format::Csv => printer.text(&row.to_csv()),
        Format::Json => rows.push(row.to_json()),
    };
    if printer.format == Format::Csv {
        printer.text("row,class,error,suberror,aadsts,home_account_id,at\n");
    }
    journal
        .tokens(&mut |token| {
            if arguments.all || token.state != State::Concluded(Class::Migrated) {
                each(Row::new(token, arguments.show_users));
            }
        })
        .map_err(|error| Failure::new(&error))?;
    let counts = journal.counts();
    match printer.format {
        Format::Json => printer.json(&json!({ "counts": counts_json(&counts), "tokens": rows })),
        Format::Text => printer.text(&counts_text(&counts)),
        Format::Csv => {}
    }
    Ok(Exit::Success)
}

/// One token.
struct Row {
    place: String,
    class: &'static str,
    error: String,
    suberror: String,
    aadsts: String,
    home_account_id: String,
    at: i64,
}

impl Row {
    fn new(token: TokenReport, show_users: bool) -> Self {
        // The key of a row and the name of a file may be a user's name.
        let place = match show_users {
            true => token.locator.to_string(),
            false => token.locator.place().to_string(),
        };
        let reason = token.reason;
        let codes: Vec<_> = reason
            .aadsts
            .iter()
            .map(|code| format!("AADSTS{code}"))
            .collect();
        Self {
            place,
            class: class_of(token.state),
            error: reason.error.into_owned(),
            suberror: reason.suberror.unwrap_or_default(),
            aadsts: codes.join(" "),
            home_account_id: token.home_account_id.unwrap_or_default(),
            at: token.at.as_secs(),
        }
    }

    fn to_text(&self) -> String {
        let why: Vec<_> = [
            &self.error,
            &self.aadsts,
            &self.suberror,
            &self.home_account_id,
        ]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(String::as_str)
        .collect();
        format!(
            "{}  {BOLD}{}{BOLD:#}  {DIM}{}{DIM:#}\n",
            Outside(&self.place),
            self.class,
            Outside(why.join(" "))
        )
    }

    fn to_csv(&self) -> String {
        let fields = [
            self.place.as_str(),
            self.class,
            &self.error,
            &self.suberror,
            &self.aadsts,
            &self.home_account_id,
        ];
        let quoted: Vec<_> = fields.iter().map(|field| csv_field(field)).collect();
        format!("{},{}\n", quoted.join(","), self.at)
    }

    fn to_json(&self) -> Value {
        json!({
            "row": self.place, "class": self.class, "error": self.error, "suberror": self.suberror,
            "aadsts": self.aadsts, "home_account_id": self.home_account_id, "at": self.at,
        })
    }
}

fn class_of(state: State) -> &'static str {
    match state {
        State::Concluded(Class::Failed) => "failed",
        State::Concluded(Class::Migrated) => "migrated",
        State::Concluded(Class::NeedsUser) => "needs_user",
        State::Concluded(Class::Quarantined) => "quarantined",
        State::InDoubt => "in_doubt",
        State::Unpublished => "unpublished",
        _ => "retryable",
    }
}

fn counts_json(counts: &Counts) -> Value {
    json!({
        "total": counts.total(), "migrated": counts.migrated, "needs_user": counts.needs_user,
        "failed": counts.failed, "quarantined": counts.quarantined, "retryable": counts.retryable,
        "in_doubt": counts.in_doubt, "unpublished": counts.unpublished,
    })
}

fn counts_text(counts: &Counts) -> String {
    let rows: Vec<_> = [
        ("migrated", counts.migrated),
        ("need their user", counts.needs_user),
        ("failed", counts.failed),
        ("held back", counts.quarantined),
        ("left to retry", counts.retryable),
        ("in doubt", counts.in_doubt),
        ("answered, not yet published", counts.unpublished),
    ]
    .into_iter()
    .filter(|(name, count)| *count > 0 || *name == "migrated")
    .map(|(name, count)| (format!("{:>9} {name}", text::count(count)), String::new()))
    .collect();
    format!(
        "{BOLD}{}{BOLD:#} in the journal\n{}",
        text::counted(counts.total(), "token"),
        text::table(&rows)
    )
}
