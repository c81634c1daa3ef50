//! `msal migrate report`: how each token of a migration ended.

use std::fmt;

use msal_migrate::{Class, Counts, JournalReader, State, TokenReport, UserHints};
use serde_json::{Value, json};

use super::places;
use crate::cli::{Format, ReportArgs};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{BOLD, DIM, Printer};
use crate::outside::{Outside, csv_field};
use crate::shell::quoted;
use crate::text;

pub(crate) fn run(arguments: &ReportArgs, printer: &Printer) -> Result<Exit, Failure> {
    let journal = JournalReader::open(&arguments.journal).map_err(|error| {
        let hint = places::journal_meant_by(&arguments.journal)
            .map(|journal| format!("msal migrate report {}", quoted(&journal.to_string_lossy())))
            .or_else(|| error.hint())
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
        printer.text("row,class,error,suberror,aadsts,home_account_id,at,client_id,authority,expected,found,kept_old_rt\n");
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
    client_id: String,
    authority: String,
    has_sealed_token: bool,
    kept_old_rt: bool,
    /// Whose token it is said to be, and whose the answer is, where the answer is held back.
    users: Option<(User, User)>,
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
            client_id: token.client_id.unwrap_or_default(),
            authority: token.authority.unwrap_or_default(),
            has_sealed_token: token.has_sealed_token,
            kept_old_rt: token.kept_old_rt,
            users: token.expected.zip(token.found).map(|(expected, found)| {
                (
                    User::new(expected, show_users),
                    User::new(found, show_users),
                )
            }),
        }
    }

    fn to_text(&self) -> String {
        let users = self
            .users
            .as_ref()
            .map_or_else(String::new, |(expected, found)| {
                format!("expected {expected}, came {found}")
            });
        let sealed = match self.has_sealed_token && self.class == "in_doubt" {
            true => {
                "(a newer token is sealed: --retry in-doubt sends that one, and not the input's)"
            }
            false => "",
        };
        let kept = match self.kept_old_rt {
            true => "kept_old_rt",
            false => "",
        };
        let why: Vec<_> = [
            &self.error,
            &self.aadsts,
            &self.suberror,
            &self.home_account_id,
            kept,
            &users,
            sealed,
        ]
        .into_iter()
        .filter(|text| !text.is_empty())
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
        let shown = |user: fn(&(User, User)) -> &User| {
            self.users
                .as_ref()
                .map_or_else(String::new, |users| user(users).to_string())
        };
        let (expected, found) = (shown(|users| &users.0), shown(|users| &users.1));
        let more = [&self.client_id, &self.authority, &expected, &found];
        let quoted = |fields: &[&str]| {
            let quoted: Vec<_> = fields.iter().map(|field| csv_field(field)).collect();
            quoted.join(",")
        };
        format!(
            "{},{},{},{}\n",
            quoted(&fields),
            self.at,
            quoted(&more.map(String::as_str)),
            self.kept_old_rt
        )
    }

    fn to_json(&self) -> Value {
        json!({
            "row": self.place, "class": self.class, "error": self.error, "suberror": self.suberror,
            "aadsts": self.aadsts, "home_account_id": self.home_account_id, "at": self.at,
            "client_id": self.client_id, "authority": self.authority, "has_sealed_token": self.has_sealed_token,
            "kept_old_rt": self.kept_old_rt,
            "expected": self.users.as_ref().map(|(expected, _)| expected.to_json()),
            "found": self.users.as_ref().map(|(_, found)| found.to_json()),
        })
    }
}

/// What is known of a user: identifiers always, the name only when it is asked for.
struct User {
    home_account_id: Option<String>,
    oid: Option<String>,
    tid: Option<String>,
    username: Option<String>,
    /// Whether there is a name that is not shown.
    hides_name: bool,
}

impl User {
    fn new(hints: UserHints, show_users: bool) -> Self {
        Self {
            home_account_id: hints.home_account_id.map(|id| id.to_string()),
            oid: hints.oid,
            tid: hints.tid,
            hides_name: hints.username.is_some() && !show_users,
            username: hints.username.filter(|_| show_users),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "home_account_id": self.home_account_id, "oid": self.oid, "tid": self.tid, "username": self.username,
        })
    }
}

impl fmt::Display for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [
            ("name", &self.username),
            ("home account", &self.home_account_id),
            ("oid", &self.oid),
            ("tid", &self.tid),
        ];
        let known: Vec<_> = known
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", Outside(value.as_deref()?))))
            .collect();
        match (known.is_empty(), self.hides_name) {
            (true, true) => formatter.write_str("a name (--show-users shows it)"),
            (true, false) => formatter.write_str("nobody that is named"),
            (false, _) => formatter.write_str(&known.join(" ")),
        }
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
