//! `msal demo`: the whole job on the embedded emulator.
//!
//! What is shown is the real thing: an ADAL cache is written as ADAL would, and read, redeemed over HTTPS, published
//! and verified by the code that `msal migrate run` runs.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use msal::{HttpSettings, HttpsClient, Runtime};
use msal_emulator::{Directory, Emulator, Server, UnknownParty, sample};
use msal_migrate::{AuthorityOverride, Credentials, PlanOptions, Retry, Settings, SourceOptions};
use serde_json::{Value, json};
use tokio::runtime::Builder;

use super::migrate::job::Job;
use super::migrate::outcome::Outcome;
use crate::cli::{DemoArgs, Sdk};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{BOLD, DIM, HINT, Printer};
use crate::{runtime, text};

const GRAPH: &str = "https://graph.microsoft.com";
const MANAGEMENT: &str = "https://management.core.windows.net/";

/// Every so many users also use the confidential application.
const WEB_USERS: u32 = 4;

pub(super) fn run(arguments: &DemoArgs, printer: &Printer) -> Result<Exit, Failure> {
    let folder = tempfile::tempdir().map_err(|error| Failure::new(&error))?;
    runtime::require_files()?;
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(&error))?;
    runtime.block_on(async {
        let emulator = Arc::new(Emulator::new(Directory::sample()));
        let server = Server::builder(Arc::clone(&emulator)).port(0).start().await;
        let server = server.map_err(|error| Failure::new(&error))?;
        let source = folder.path().join("adal_cache.json");
        let target = folder.path().join("msal_cache.json");
        let entries = adal_cache(&emulator, &server.url(), arguments.users)
            .map_err(|error| Failure::new(&error))?;
        fs::write(&source, Value::from(entries.clone()).to_string())
            .map_err(|error| Failure::new(&error))?;
        printer.say(&format!(
            "An emulator of Microsoft Entra ID runs at {}, and an ADAL cache with {} is ready.\n",
            server.url(),
            text::counted(entries.len() as u64, "entry")
        ));
        let outcome = job(&server, &source, &target)?.migrate(printer).await?;
        let redemptions = emulator.redemptions().seen();
        let after = read(&target)?;
        match printer.is_json() {
            true => printer.json(&json!({
                "users": arguments.users,
                "entries": entries.len(),
                "tokens": outcome.report.tokens,
                "migrated": outcome.report.migrated,
                "redemptions": redemptions,
                "accounts": outcome.verification.map(|verification| verification.accounts),
                "seconds": outcome.took.as_secs_f64(),
            })),
            false => printer.prose(&story(
                &entries,
                &after,
                &outcome,
                redemptions,
                &target,
                arguments.users,
            )),
        }
        let exit = outcome.exit();
        server.shutdown().await;
        Ok(exit)
    })
}

/// What ADAL Python would have in its cache: for each user an entry for each resource, all with the same refresh token.
fn adal_cache(emulator: &Emulator, url: &str, users: u32) -> Result<Vec<Value>, UnknownParty> {
    let mut entries = Vec::new();
    for number in 1..=users {
        let upn = format!("user{number}@{}", sample::CONTOSO);
        let token = emulator.issue_refresh_token(&upn, sample::DESKTOP, SystemTime::now())?;
        for resource in [GRAPH, MANAGEMENT] {
            entries.push(entry(url, &upn, sample::DESKTOP, resource, &token));
        }
        if number % WEB_USERS == 0 {
            let token = emulator.issue_refresh_token(&upn, sample::WEB, SystemTime::now())?;
            entries.push(entry(url, &upn, sample::WEB, GRAPH, &token));
        }
    }
    Ok(entries)
}

fn entry(url: &str, upn: &str, client_id: &str, resource: &str, refresh_token: &str) -> Value {
    json!({
        "tokenType": "Bearer",
        "accessToken": "an access token of the v1 endpoint, which is not migrated",
        "refreshToken": refresh_token,
        "expiresIn": 3599,
        "expiresOn": "2026-11-22 14:22:23.771552",
        "resource": resource,
        "userId": upn,
        "isUserIdDisplayable": true,
        "isMRRT": true,
        "_clientId": client_id,
        "_authority": format!("{url}/{}", sample::CONTOSO),
    })
}

fn job(server: &Server, source: &Path, target: &Path) -> Result<Job, Failure> {
    let settings = HttpSettings::default()
        .authorities_pem(server.ca_pem().as_bytes())?
        // The server is on this machine, where no proxy leads.
        .no_proxy();
    let mut plan = PlanOptions::default();
    let authority =
        AuthorityOverride::parse(&server.url()).map_err(|error| Failure::new(&error))?;
    plan.authority = Some(authority);
    Ok(Job {
        source: msal_migrate::open(source, &SourceOptions::default())?,
        plan,
        credentials: Credentials::none().with_credential(sample::WEB, sample::WEB_SECRET),
        clients: Vec::new(),
        runtime: Runtime::with_http(HttpsClient::new(settings)),
        target: target.to_owned(),
        journal: target.with_extension("journal"),
        sdk: Sdk::Python,
        settings: Settings::default(),
        spa_origin: None,
        retry: Retry::default(),
        release: Vec::new(),
    })
}

fn read(target: &Path) -> Result<Value, Failure> {
    let text = fs::read(target).map_err(|error| Failure::new(&error))?;
    serde_json::from_slice(&text).map_err(|error| Failure::new(&error))
}

fn story(
    entries: &[Value],
    after: &Value,
    outcome: &Outcome,
    redemptions: u64,
    target: &Path,
    users: u32,
) -> String {
    let name = target.file_name().map(Path::new).unwrap_or(target);
    let mut out = outcome.to_text(name, Path::new("msal_cache.journal"));
    out.push_str(&format!(
        "counted at the emulator: {} for {}\n",
        text::counted(redemptions, "redemption"),
        text::counted(outcome.report.tokens, "distinct token"),
    ));
    out.push_str(&format!("\n{DIM}before, in ADAL's cache{DIM:#}\n"));
    out.push_str(&shown(
        entries.first(),
        &[
            "userId",
            "resource",
            "refreshToken",
            "_clientId",
            "_authority",
        ],
    ));
    out.push_str(&format!("\n{DIM}after, in MSAL's{DIM:#}\n"));
    let stored = after["RefreshToken"]
        .as_object()
        .and_then(|tokens| tokens.values().next());
    out.push_str(&shown(
        stored,
        &[
            "credential_type",
            "secret",
            "home_account_id",
            "environment",
            "client_id",
            "target",
        ],
    ));
    out.push_str(&format!(
        "\n{BOLD}Now yours{BOLD:#}\n\
         {HINT}msal migrate plan CACHE{HINT:#}                  says what would happen to your cache\n\
         {HINT}msal migrate run CACHE --to msal.json{HINT:#}    migrates it, and goes on after a stop\n\
         {HINT}msal emulator serve{HINT:#}                      runs such an emulator for your tests\n\
         \nTo see more users: msal demo --users {}\n",
        (users.saturating_mul(10)).min(100_000)
    ));
    out
}

/// A few members of an entry, tokens left out.
fn shown(entry: Option<&Value>, members: &[&str]) -> String {
    let value = |member: &str| match member {
        "refreshToken" | "secret" => "[redacted]".to_owned(),
        _ => entry
            .and_then(|entry| entry[member].as_str())
            .unwrap_or_default()
            .to_owned(),
    };
    let rows: Vec<_> = members
        .iter()
        .map(|member| ((*member).to_owned(), value(member)))
        .collect();
    text::table(&rows)
}
