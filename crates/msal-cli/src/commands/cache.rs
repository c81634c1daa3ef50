//! `msal cache inspect`: what is in a token cache, without a token.

use std::path::Path;

use msal::{Clock as _, SystemClock, UnixTime};
use msal_core::{CacheContents, Dialect, Oddity, OddityKind};
use private_file::{Access, Folder, Gate};
use serde_json::{Value, json};

use crate::cli::InspectArgs;
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{BOLD, DIM, HINT, Printer};
use crate::outside::Outside;
use crate::runtime::block_on;
use crate::{target, text};

pub(super) fn run(arguments: &InspectArgs, printer: &Printer) -> Result<Exit, Failure> {
    let now = SystemClock.now();
    let contents = block_on(async {
        let cache = target::open(&arguments.target, Dialect::Python).await?;
        Ok(cache.read(|cache| cache.contents(now)))
    })?;
    let inspected = Inspected {
        is_exposed: is_exposed(&arguments.target),
        contents,
        now,
    };
    match printer.is_json() {
        true => printer.json(&inspected.to_json()),
        false => printer.prose(&inspected.to_text()),
    }
    Ok(Exit::Success)
}

/// Whether others can read or write the file.
fn is_exposed(path: &Path) -> bool {
    let opened = private_file::folder_and_name(path).and_then(|(folder, name)| {
        let folder = Folder::open(folder, &Gate::default())?;
        folder.map_or(Ok(None), |folder| folder.open_to_read(name))
    });
    matches!(opened, Ok(Some((_, Access::Exposed))))
}

struct Inspected {
    contents: CacheContents,
    is_exposed: bool,
    now: UnixTime,
}

impl Inspected {
    fn to_text(&self) -> String {
        let contents = &self.contents;
        let mut out = format!("{BOLD}Sections{BOLD:#}\n");
        let rows = contents.sections.iter().map(|section| {
            let entries = text::counted(section.entries as u64, "entry");
            (section.name.to_owned(), entries)
        });
        out.push_str(&text::table(&rows.collect::<Vec<_>>()));
        out.push_str(&format!("\n{BOLD}Tokens{BOLD:#}\n"));
        out.push_str(&text::table(&self.tokens()));
        out.push_str(&format!("\n{BOLD}Accounts{BOLD:#}\n"));
        match contents.tenants.is_empty() {
            true => out.push_str("  none\n"),
            false => out.push_str(&text::table(&self.tenants())),
        }
        out.push_str(&format!("\n{BOLD}Oddities{BOLD:#}\n"));
        let oddities = self.oddities();
        match oddities.is_empty() {
            true => out.push_str(&format!("  {DIM}none{DIM:#}\n")),
            false => {
                for (what, meaning) in oddities {
                    out.push_str(&format!("  {HINT}{}{HINT:#}\n", Outside(what)));
                    out.push_str(&format!("    {DIM}{meaning}{DIM:#}\n"));
                }
            }
        }
        out
    }

    fn tokens(&self) -> Vec<(String, String)> {
        let contents = &self.contents;
        let entries = |name| {
            let section = contents
                .sections
                .iter()
                .find(|section| section.name == name);
            section.map_or(0, |section| section.entries)
        };
        let mut valid = format!(
            "{} of {} still valid",
            text::count(contents.valid_access_tokens as u64),
            text::count(entries("AccessToken") as u64),
        );
        if let Some(until) = contents.valid_until {
            valid.push_str(&format!(", the last until {until}"));
        }
        let mut rows = vec![("access tokens".to_owned(), valid)];
        let mut row =
            |name: &str, value: String| rows.push((String::new(), format!("{value} {name}")));
        if contents.application_access_tokens > 0 {
            row(
                "of applications themselves",
                text::count(contents.application_access_tokens as u64),
            );
        }
        if contents.bound_access_tokens > 0 {
            row(
                "for one purpose only",
                text::count(contents.bound_access_tokens as u64),
            );
        }
        rows.push((
            "refresh tokens".to_owned(),
            text::count(entries("RefreshToken") as u64),
        ));
        let mut row =
            |name: &str, value: String| rows.push((String::new(), format!("{value} {name}")));
        if let Some(oldest) = contents.oldest_refresh_token {
            row(&self.ago(oldest), "the oldest stored".to_owned());
        }
        if let Some(newest) = contents.newest_refresh_token {
            row(&self.ago(newest), "the newest stored".to_owned());
        }
        if contents.undated_refresh_tokens > 0 {
            row(
                "without a time",
                text::count(contents.undated_refresh_tokens as u64),
            );
        }
        if contents.family_refresh_tokens > 0 {
            row(
                "of a family of clients, which share them",
                text::count(contents.family_refresh_tokens as u64),
            );
        }
        if contents.on_behalf_tokens > 0 {
            let tokens = text::counted(contents.on_behalf_tokens as u64, "token");
            rows.push(("on behalf of users".to_owned(), tokens));
        }
        rows
    }

    /// A moment, and how many days ago that was: refresh tokens live for ninety days unused.
    fn ago(&self, time: UnixTime) -> String {
        let days = time.until(self.now).as_secs() / 86_400;
        match days {
            0 => time.to_string(),
            days => format!("{time} ({} ago)", text::counted(days, "day")),
        }
    }

    fn tenants(&self) -> Vec<(String, String)> {
        let tenants = self.contents.tenants.iter().map(|tenant| {
            let place = format!("{}/{}", named(&tenant.environment), named(&tenant.realm));
            (place, text::counted(tenant.users as u64, "user"))
        });
        tenants.collect()
    }

    /// What is odd, and what it means.
    fn oddities(&self) -> Vec<(String, &'static str)> {
        let mut told: Vec<_> = self
            .contents
            .oddities
            .iter()
            .map(|oddity| (headline(oddity), meaning(oddity.kind)))
            .collect();
        let members = &self.contents.other_members;
        if !members.is_empty() {
            let names: Vec<_> = members
                .iter()
                .take(MOST_NAMES)
                .map(|name| named(name))
                .collect();
            told.push((
                format!(
                    "{} beside the sections: {}",
                    text::counted(members.len() as u64, "member"),
                    names.join(", ")
                ),
                "another program keeps something there; it is left alone",
            ));
        }
        if self.is_exposed {
            told.push((
                "other users can read or write the file".to_owned(),
                "chmod 600 closes it; who read it has the tokens",
            ));
        }
        told
    }

    fn to_json(&self) -> Value {
        let contents = &self.contents;
        let seconds = |time: Option<UnixTime>| time.map(UnixTime::as_secs);
        let sections = contents.sections.iter();
        let sections = sections.map(|section| (section.name.to_owned(), json!(section.entries)));
        let tenants = contents.tenants.iter().map(|tenant| {
            json!({
                "environment": named(&tenant.environment), "realm": named(&tenant.realm), "users": tenant.users,
            })
        });
        let oddities = contents.oddities.iter().map(|oddity| {
            json!({
                "kind": code(oddity.kind), "section": oddity.section, "count": oddity.count,
                "meaning": meaning(oddity.kind),
            })
        });
        let members = contents.other_members.iter().map(|name| named(name));
        json!({
            "sections": Value::Object(sections.collect()),
            "access_tokens": {
                "valid": contents.valid_access_tokens,
                "valid_until": seconds(contents.valid_until),
                "of_applications": contents.application_access_tokens,
                "for_one_purpose": contents.bound_access_tokens,
            },
            "refresh_tokens": {
                "oldest_stored": seconds(contents.oldest_refresh_token),
                "newest_stored": seconds(contents.newest_refresh_token),
                "undated": contents.undated_refresh_tokens,
                "of_a_family": contents.family_refresh_tokens,
            },
            "on_behalf_tokens": contents.on_behalf_tokens,
            "accounts": tenants.collect::<Vec<_>>(),
            "oddities": oddities.collect::<Vec<_>>(),
            "other_members": members.collect::<Vec<_>>(),
            "exposed": self.is_exposed,
        })
    }
}

/// A name from the document, if it looks like one: what was put in its place may be a token.
fn named(name: &str) -> &str {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/ ".contains(&byte);
    match name.len() <= LONGEST_NAME && name.bytes().all(is_name) {
        true if name.is_empty() => "(none)",
        true => name,
        false => "(not a name)",
    }
}

fn headline(oddity: &Oddity) -> String {
    let section = oddity.section.unwrap_or_default();
    let what = match oddity.kind {
        OddityKind::Duplicate => "stored more than once",
        OddityKind::MixedHosts => "host names for one cloud",
        OddityKind::MixedSpelling => "spelled in several ways",
        OddityKind::NoExpiry => "without an expiry",
        OddityKind::NoRefreshToken => "without a refresh token",
        OddityKind::OtherHost => "at hosts that are not Microsoft's",
        OddityKind::OtherKey => "under an unusual key",
        OddityKind::Ownerless => "without an account",
        OddityKind::Unreadable => "that cannot be read",
        OddityKind::Userless => "without a user",
        OddityKind::YetToCome => "stored in the future",
        _ => "out of the ordinary",
    };
    match oddity.kind {
        OddityKind::MixedHosts => format!("{section}: {} {what}", text::count(oddity.count as u64)),
        _ => format!(
            "{section}: {} {what}",
            text::counted(oddity.count as u64, "entry")
        ),
    }
}

fn code(kind: OddityKind) -> &'static str {
    match kind {
        OddityKind::Duplicate => "duplicate",
        OddityKind::MixedHosts => "mixed_hosts",
        OddityKind::MixedSpelling => "mixed_spelling",
        OddityKind::NoExpiry => "no_expiry",
        OddityKind::NoRefreshToken => "no_refresh_token",
        OddityKind::OtherHost => "other_host",
        OddityKind::OtherKey => "other_key",
        OddityKind::Ownerless => "ownerless",
        OddityKind::Unreadable => "unreadable",
        OddityKind::Userless => "userless",
        OddityKind::YetToCome => "yet_to_come",
        _ => "other",
    }
}

fn meaning(kind: OddityKind) -> &'static str {
    match kind {
        OddityKind::Duplicate => {
            "which one counts depends on who reads; the next token replaces them"
        }
        OddityKind::MixedHosts => "MSAL Python without instance discovery looks under one of them",
        OddityKind::MixedSpelling => {
            "several MSALs write here; name the one that reads it with --sdk"
        }
        OddityKind::NoExpiry => "they count as expired",
        OddityKind::NoRefreshToken => "their users sign in again once the access token has expired",
        OddityKind::OtherHost => "nothing is sent there unless the host is named with --authority",
        OddityKind::OtherKey => "they are found by what they say, and replaced when renewed",
        OddityKind::Ownerless => "no MSAL lists their users; signing in again makes the account",
        OddityKind::Unreadable => "they are kept as they are, and used by nobody here",
        OddityKind::Userless => "nobody can be given them",
        OddityKind::YetToCome => "a clock was wrong, or the time is not in seconds",
        _ => "",
    }
}

/// The names of domains have 253 characters at most, and tokens have more than this.
const LONGEST_NAME: usize = 128;

/// More of them are not listed.
const MOST_NAMES: usize = 8;
