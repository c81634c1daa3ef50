//! `msal migrate plan`: what a migration would do, without any network.

use std::ops::ControlFlow;

use aws_lc_rs::hmac;
use msal_core::RefreshToken;
use msal_migrate::{Count, Fingerprint, Plan, Planned, SkipReason, Source, Summary};
use serde_json::{Value, json};

use super::run::{select, settings};
use super::{estimate, skipped};
use crate::cli::PlanArgs;
use crate::error::Failure;
use crate::exit::Exit;
use crate::input;
use crate::output::{BOLD, DIM, HINT, Printer};
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
            if arguments.list {
                list(&plan, &*source, &fingerprint, printer)?;
            }
            printer.prose(&summary(&*source, plan.summary()));
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
    printer: &Printer,
) -> Result<(), Failure> {
    plan.rows(source, fingerprint, &mut |row| {
        printer.prose(&match row {
            Planned::Redemption(redemption) => format!(
                "{}  redeem for {} at {}, asking for {}\n",
                Outside(&redemption.locator),
                Outside(&redemption.client_id),
                Outside(&redemption.authority),
                Outside(redemption.scopes.as_str())
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

fn summary(source: &dyn Source, summary: &Summary) -> String {
    let mut out = format!(
        "{BOLD}{}{BOLD:#} would be redeemed, from {} of {}\n",
        text::counted(summary.tokens, "token"),
        text::counted(summary.rows, "row"),
        source.kind(),
    );
    if let Some(by) = source.recognised_by() {
        out.push_str(&format!("{DIM}read so because {}{DIM:#}\n", Outside(by)));
    }
    out.push('\n');
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
            "{DIM}skipped{DIM:#}\n{}\n",
            skipped::to_text(&summary.skipped)
        ));
    }
    for (warning, count) in &summary.warnings {
        out.push_str(&format!(
            "{BOLD}note{BOLD:#}: {}: {}\n{HINT}hint{HINT:#}: {}\n\n",
            text::counted(*count, "token"),
            warning.explanation(),
            warning.hint()
        ));
    }
    out
}

fn names(title: &str, counts: &[Count]) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let shown = counts.iter().take(SHOWN);
    let mut rows: Vec<_> = shown
        .map(|count| (count.name.clone(), text::count(count.count)))
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
    let counts = |counts: &[Count]| -> Value {
        counts
            .iter()
            .map(|count| json!({ "name": count.name, "count": count.count }))
            .collect()
    };
    let mut document = json!({
        "source": source.kind().as_str(),
        "recognised_by": source.recognised_by(),
        "rows": summary.rows,
        "tokens": summary.tokens,
        "duplicates": summary.duplicates,
        "clients": counts(&summary.clients),
        "authorities": counts(&summary.hosts),
        "tenants": counts(&summary.tenants),
        "scopes": counts(&summary.scopes),
        "seconds": estimate::lasts(summary.tokens, &settings(&arguments.run)).as_secs(),
        "skipped": skipped::to_json(&summary.skipped),
        "warnings": summary.warnings.iter().map(|(warning, count)| json!({
            "warning": warning.code(), "count": count,
            "explanation": warning.explanation(), "hint": warning.hint(),
        })).collect::<Vec<_>>(),
    });
    if arguments.list {
        let mut rows = Vec::new();
        plan.rows(source, fingerprint, &mut |row| {
            rows.push(row_json(&row));
            ControlFlow::Continue(())
        })?;
        document["list"] = Value::from(rows);
    }
    printer.json(&document);
    Ok(())
}

fn row_json(row: &Planned) -> Value {
    match row {
        Planned::Redemption(redemption) => json!({
            "row": redemption.locator.to_string(), "action": "redeem", "client_id": redemption.client_id,
            "authority": redemption.authority.to_string(), "scopes": redemption.scopes.as_str(), "duplicates": redemption.duplicates,
        }),
        Planned::Duplicate { locator, of } => {
            json!({ "row": locator.to_string(), "action": "none", "duplicate_of": of.to_string() })
        }
        Planned::Skipped { locator, reason } => {
            json!({ "row": locator.to_string(), "action": "skip", "reason": reason.code() })
        }
        _ => Value::Null,
    }
}

/// How many names of one kind are shown to people.
const SHOWN: usize = 8;
