//! `msal migrate plan`: what a migration would do, without any network.

use std::ops::ControlFlow;

use aws_lc_rs::hmac;
use msal_core::{Authority, RefreshToken};
use msal_migrate::{Count, Fingerprint, Plan, Planned, Remedy, SkipReason, Source, Summary};
use serde_json::{Value, json};

use super::run::{select, settings};
use super::{estimate, layout, odd_names, other_files, skipped};
use crate::cli::PlanArgs;
use crate::error::Failure;
use crate::exit::Exit;
use crate::input;
use crate::output::{BAD, BOLD, DIM, HINT, Printer, versioned};
use crate::outside::Outside;
use crate::{reading, text};

pub(crate) fn run(arguments: &PlanArgs, printer: &Printer) -> Result<Exit, Failure> {
    let (source, mut options) = input::open(&arguments.run.source, printer)?;
    select(&mut options, &arguments.run.part);
    let source = reading::shown(source, printer);
    let key = session_key()?;
    let fingerprint = |client: &str, token: &RefreshToken| fingerprint(&key, client, token);
    let plan = Plan::make(&*source, &options, &fingerprint)?;
    match printer.is_json() {
        true => print_json(&plan, &*source, arguments, &fingerprint, printer)?,
        false => {
            if arguments.list || arguments.skipped {
                list(&plan, &*source, &fingerprint, arguments, printer)?;
            }
            printer.prose(&summary(&*source, plan.summary(), arguments));
            let settings = settings(&arguments.run);
            printer.prose(&estimate::to_text(plan.summary().tokens, &settings));
        }
    }
    Ok(exit(plan.summary()))
}

/// There is something to correct about a plan that must not be taken for "there is nothing more": where not all of the source is understood, or
/// nothing would be redeemed.
fn exit(summary: &Summary) -> Exit {
    let is_unclear = summary.skipped.iter().any(|skip| {
        let reason = skip.reason;
        matches!(
            reason,
            SkipReason::NotUnderstood(_) | SkipReason::Undecryptable
        )
    });
    match is_unclear || summary.tokens == 0 {
        true => Exit::ToCorrect,
        false => Exit::Success,
    }
}

/// Tokens are told apart by a keyed hash whose key is forgotten when the command ends.
fn session_key() -> Result<hmac::Key, Failure> {
    let mut bytes = [0; 32];
    msal::SecureRandom::fill(&msal::SystemRandom, &mut bytes)
        .map_err(|error| Failure::new(&error))?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

fn fingerprint(key: &hmac::Key, client: &str, token: &RefreshToken) -> Fingerprint {
    let hash = |client: &str| {
        let mut context = hmac::Context::with_key(key);
        context.update(&client.len().to_be_bytes());
        context.update(client.as_bytes());
        context.update(token.expose_secret().as_bytes());
        let tag = context.sign();
        let mut bytes = [0; 8];
        for (byte, tag) in bytes.iter_mut().zip(tag.as_ref()) {
            *byte = *tag;
        }
        bytes
    };
    Fingerprint::new(hash(""), hash(client))
}

fn list(
    plan: &Plan,
    source: &dyn Source,
    fingerprint: &msal_migrate::FingerprintFn<'_>,
    arguments: &PlanArgs,
    printer: &Printer,
) -> Result<(), Failure> {
    plan.rows(source, fingerprint, &mut |row| {
        if !is_listed(&row, arguments) {
            return ControlFlow::Continue(());
        }
        printer.prose(&match row {
            Planned::Redemption(redemption) => format!(
                "{}  redeem for {} at {}, asking for {}\n",
                Outside(&redemption.locator),
                Outside(Summary::shown_name(&redemption.client_id)),
                Outside(authority(&redemption.authority)),
                Outside(Summary::shown_scopes(redemption.scopes.as_str()))
            ),
            Planned::Duplicate { locator, of } => {
                let (locator, of) = (Outside(locator), Outside(of));
                format!("{locator}  {DIM}same token as {of}{DIM:#}\n")
            }
            Planned::Skipped { locator, reason } => {
                let (locator, code) = (Outside(locator), reason.code());
                format!("{locator}  {DIM}skip: {code}: {}{DIM:#}\n", Outside(reason))
            }
            _ => String::new(),
        });
        ControlFlow::Continue(())
    })?;
    printer.prose("\n");
    Ok(())
}

/// Whether a row is one of those that were asked for.
fn is_listed(row: &Planned, arguments: &PlanArgs) -> bool {
    arguments.list || matches!(row, Planned::Skipped { .. })
}

/// An authority, without a tenant that may be something else.
fn authority(authority: &Authority) -> String {
    let tenant = Summary::shown_name(authority.tenant().as_str());
    match tenant == authority.tenant().as_str() {
        true => authority.to_string(),
        false => format!("https://{}/{tenant}", authority.host()),
    }
}

fn summary(source: &dyn Source, summary: &Summary, arguments: &PlanArgs) -> String {
    let mut out = format!(
        "{BOLD}{}{BOLD:#} would be redeemed, from {} of {}\n",
        text::counted(summary.tokens, "token"),
        text::counted(summary.rows, "row"),
        source.kind(),
    );
    if let Some(by) = source.recognised_by() {
        let by = text::wrapped(&format!("read so because {by}"), 0);
        out.push_str(&format!("{DIM}{}{DIM:#}\n", by.trim_end()));
    }
    out.push('\n');
    if let Some(layout) = source.layout() {
        out.push_str(&layout::to_text(&layout));
    }
    if let Some(others) = source.other_files() {
        out.push_str(&other_files::to_text(others));
    }
    for (title, counts) in [
        ("clients", &summary.clients),
        ("authorities", &summary.hosts),
        ("tenants", &summary.tenants),
        ("scopes", &summary.scopes),
    ] {
        out.push_str(&names(title, counts));
    }
    if summary.duplicates > 0 {
        out.push_str(&format!(
            "{DIM}duplicates{DIM:#}\n{}\n",
            text::table(&[(
                "rows that repeat a token".to_owned(),
                text::count(summary.duplicates)
            )])
        ));
    }
    if !summary.skipped.is_empty() {
        out.push_str(&format!(
            "{DIM}skipped{DIM:#}\n{}{}\n",
            skipped::to_text(&summary.skipped),
            all_of_them(summary, arguments)
        ));
    }
    out.push_str(&odd_names::to_text(&summary.odd_names));
    for (warning, count) in &summary.warnings {
        let count = text::counted(*count, "token");
        let words = format!("{count}: {}", warning.explanation());
        out.push_str(&format!("{}\n", text::note(&words, warning.hint())));
    }
    if summary.tokens == 0 {
        let hint = text::wrapped(&format!("hint: {}", next(summary)), 0);
        out.push_str(&format!(
            "{BAD}nothing would be redeemed{BAD:#}\n{HINT}hint{HINT:#}{}",
            hint.trim_start_matches("hint")
        ));
    }
    out
}

/// How to see more than the first rows of each reason.
fn all_of_them(summary: &Summary, arguments: &PlanArgs) -> String {
    let rows: u64 = summary.skipped.iter().map(|skip| skip.count).sum();
    match arguments.list || arguments.skipped {
        true => String::new(),
        false => format!(
            "{HINT}hint{HINT:#}: --skipped lists {}\n",
            match rows {
                1 => "it".to_owned(),
                rows => format!("all {}", text::count(rows)),
            }
        ),
    }
}

/// What to do where nothing would be redeemed.
fn next(summary: &Summary) -> &'static str {
    let of = |remedy| {
        let skipped = summary.skipped.iter();
        let of_it = skipped.filter(move |skip| skip.reason.remedy() == remedy);
        of_it.max_by_key(|skip| skip.count)
    };
    let remedies = [Remedy::Operator, Remedy::User, Remedy::NoneNeeded];
    match remedies.into_iter().find_map(of) {
        Some(skip) => skip.reason.hint(),
        None => "the input has no rows: name the file that the application writes",
    }
}

/// A name of this kind, where it can be nothing secret.
fn shown<'a>(kind: &str, name: &'a str) -> &'a str {
    match kind {
        "clients" | "tenants" => Summary::shown_name(name),
        "scopes" => Summary::shown_scopes(name),
        _ => name,
    }
}

fn names(title: &str, counts: &[Count]) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let mut rows: Vec<_> = counts
        .iter()
        .take(SHOWN)
        .map(|count| {
            (
                shown(title, &count.name).to_owned(),
                text::count(count.count),
            )
        })
        .collect();
    if counts.len() > SHOWN {
        rows.push((
            format!("… and {} more", counts.len() - SHOWN),
            String::new(),
        ));
    }
    format!("{DIM}{title}{DIM:#}\n{}\n", text::table(&rows))
}

fn print_json(
    plan: &Plan,
    source: &dyn Source,
    arguments: &PlanArgs,
    fingerprint: &msal_migrate::FingerprintFn<'_>,
    printer: &Printer,
) -> Result<(), Failure> {
    let summary = plan.summary();
    let counts = |kind: &str, counts: &[Count]| -> Value {
        let counts = counts.iter();
        counts
            .map(|count| json!({ "name": shown(kind, &count.name), "count": count.count }))
            .collect()
    };
    let document = json!({
        "source": source.kind().as_str(),
        "recognised_by": source.recognised_by(),
        "rows": summary.rows,
        "tokens": summary.tokens,
        "duplicates": summary.duplicates,
        "mapping": source.layout().as_ref().map(layout::to_json),
        "other_files": source.other_files().map(other_files::to_json),
        "clients": counts("clients", &summary.clients),
        "authorities": counts("authorities", &summary.hosts),
        "tenants": counts("tenants", &summary.tenants),
        "scopes": counts("scopes", &summary.scopes),
        "odd_names": odd_names::to_json(&summary.odd_names),
        "seconds": estimate::lasts(summary.tokens, &settings(&arguments.run)).as_secs(),
        "skipped": skipped::to_json(&summary.skipped),
        "warnings": summary.warnings.iter().map(|(warning, count)| json!({
            "warning": warning.code(), "count": count,
            "explanation": warning.explanation(), "hint": warning.hint(),
        })).collect::<Vec<_>>(),
        "hint": (summary.tokens == 0).then(|| next(summary)),
    });
    if !arguments.list && !arguments.skipped {
        printer.json(&document);
        return Ok(());
    }
    let head = serde_json::to_string_pretty(&versioned(&document)).unwrap_or_default();
    let mut out = head.trim_end_matches(['}', '\n']).to_owned();
    out.push_str(",\n  \"list\": [");
    let mut separator = "";
    let read = plan.rows(source, fingerprint, &mut |row| {
        if is_listed(&row, arguments) {
            out.push_str(&format!("{separator}\n    {}", row_json(&row)));
            separator = ",";
        }
        // Piece by piece: there may be more rows than fit into memory.
        if out.len() > PIECE {
            printer.document(&out);
            out.clear();
        }
        ControlFlow::Continue(())
    });
    // A document that is not whole has no end.
    read?;
    out.push_str("\n  ]\n}\n");
    printer.document(&out);
    Ok(())
}

fn row_json(row: &Planned) -> Value {
    match row {
        Planned::Redemption(redemption) => json!({
            "row": redemption.locator.to_string(), "action": "redeem",
            "client_id": Summary::shown_name(&redemption.client_id),
            "authority": authority(&redemption.authority),
            "scopes": Summary::shown_scopes(redemption.scopes.as_str()), "duplicates": redemption.duplicates,
        }),
        Planned::Duplicate { locator, of } => {
            json!({ "row": locator.to_string(), "action": "none", "duplicate_of": of.to_string() })
        }
        Planned::Skipped { locator, reason } => {
            json!({
                "row": locator.to_string(), "action": "skip", "reason": reason.code(),
                "explanation": reason.explanation(),
            })
        }
        _ => Value::Null,
    }
}

/// How much of a list is printed at once.
const PIECE: usize = 64 << 10;

/// How many names of one kind are shown to people.
const SHOWN: usize = 8;
