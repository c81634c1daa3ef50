//! `msal logout`: removes users' tokens from a token cache.

use msal::{Account, Clock as _, SharedTokenCache, SystemClock, TokenCache};
use msal_core::{CacheContents, Dialect, SectionContents};
use serde_json::{Value, json};

use crate::cli::LogoutArgs;
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{BOLD, Printer};
use crate::outside::Outside;
use crate::runtime::block_on;
use crate::{account, target, text};

pub(super) fn run(arguments: &LogoutArgs, printer: &Printer) -> Result<Exit, Failure> {
    let outcome = block_on(async {
        // What is removed is spelled in no way.
        let cache = target::open(&arguments.target, Dialect::Python).await?;
        let all = cache.read(TokenCache::accounts);
        let nobody = all.is_empty() && arguments.account.is_none();
        let accounts = match arguments.all || nobody {
            true => all,
            false => account::find_everywhere(&cache, arguments.account.as_deref())?,
        };
        if let Some(client_id) = &arguments.client_id {
            check_client(&cache, &accounts, client_id)?;
        }
        sign_out(&cache, accounts, arguments.client_id.as_deref()).await
    })?;
    match printer.is_json() {
        true => printer.json(&outcome.to_json()),
        false => printer.prose(&outcome.to_text()),
    }
    if arguments.all && outcome.nobodys() > 0 {
        printer.say(&format!(
            "\n{} of no account stay: `msal cache inspect` tells more;\ndelete the file to be rid of them.",
            text::counted(outcome.nobodys() as u64, "refresh token")
        ));
    }
    if !outcome.accounts.is_empty() {
        printer.say(
            "\nThe tokens are gone from this file. The session in the browser lives on, and so\n\
             do tokens that were handed out before: `msal logout --help` tells of both.",
        );
    }
    Ok(Exit::Success)
}

/// A client that is mistyped must not take the account away from those that have its tokens.
fn check_client(
    cache: &SharedTokenCache,
    accounts: &[Account],
    client_id: &str,
) -> Result<(), Failure> {
    let clients = |account| cache.read(|cache| cache.clients_of(account));
    let mut clients: Vec<_> = accounts.iter().flat_map(clients).collect();
    clients.sort_unstable();
    clients.dedup();
    let is_one = |client: &String| client.eq_ignore_ascii_case(client_id);
    match accounts.is_empty() || clients.iter().any(is_one) {
        true => Ok(()),
        false => Err(Failure::usage(
            format!("client {client_id} holds no refresh token here"),
            match clients.is_empty() {
                true => "leave --client-id out: no client does".to_owned(),
                false => format!("these do: {}", clients.join(", ")),
            },
        )),
    }
}

/// Who was signed out, and how many entries each section has lost.
struct Outcome {
    accounts: Vec<Account>,
    removed: Vec<(&'static str, usize)>,
    /// How many other clients still hold refresh tokens of these accounts.
    others: usize,
    /// How many refresh tokens are left in the cache.
    left: usize,
}

async fn sign_out(
    cache: &SharedTokenCache,
    accounts: Vec<Account>,
    client_id: Option<&str>,
) -> Result<Outcome, Failure> {
    let mut removed = Vec::new();
    let (mut others, mut left) = (0, 0);
    let remove = |cache: &mut TokenCache| {
        let before = counted(cache);
        for account in &accounts {
            remove_account(cache, account, client_id);
            others += cache.clients_of(account).len();
        }
        let after = counted(cache);
        let is_refresh_token = |section: &&SectionContents| section.name == REFRESH_TOKEN;
        let section = after.sections.iter().find(is_refresh_token);
        left = section.map_or(0, |section| section.entries);
        let lost = before.sections.iter().zip(&after.sections);
        removed = lost
            .map(|(before, after)| (before.name, before.entries.saturating_sub(after.entries)))
            .collect();
    };
    cache.update(remove).await?;
    Ok(Outcome {
        accounts,
        removed,
        others,
        left,
    })
}

fn remove_account(cache: &mut TokenCache, account: &Account, client_id: Option<&str>) {
    let clients = match client_id {
        Some(client_id) => vec![client_id.to_owned()],
        None => cache.clients_of(account),
    };
    for client_id in &clients {
        cache.remove_account(client_id, account);
    }
    // An account without a refresh token has no client, and entries all the same.
    if clients.is_empty() {
        cache.remove_account("", account);
    }
}

fn counted(cache: &TokenCache) -> CacheContents {
    cache.contents(SystemClock.now())
}

impl Outcome {
    fn to_text(&self) -> String {
        let mut out = String::new();
        for account in &self.accounts {
            out.push_str(&format!(
                "{BOLD}{}{BOLD:#} is signed out\n",
                Outside(account)
            ));
        }
        if self.accounts.is_empty() {
            out.push_str("nobody was signed in\n");
            return out;
        }
        let removed: Vec<_> = self
            .removed
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(section, count)| text::counted(*count as u64, noun(section)))
            .collect();
        out.push_str(&format!("removed: {}\n", removed.join(", ")));
        if self.others > 0 {
            out.push_str(&format!(
                "refresh tokens of {} stay\n",
                text::counted(self.others as u64, "other client")
            ));
        }
        out
    }

    /// Refresh tokens that are nobody's by their account, when everybody was signed out.
    fn nobodys(&self) -> usize {
        self.left.saturating_sub(self.others)
    }

    fn to_json(&self) -> Value {
        let accounts = self.accounts.iter().map(|account| {
            json!({
                "username": account.username,
                "home_account_id": account.home_account_id.as_str(),
                "environment": account.environment,
            })
        });
        let removed = self
            .removed
            .iter()
            .map(|(section, count)| ((*section).to_owned(), json!(count)));
        json!({
            "signed_out": accounts.collect::<Vec<_>>(),
            "removed": Value::Object(removed.collect()),
            "other_clients": self.others,
        })
    }
}

fn noun(section: &str) -> &'static str {
    match section {
        "AccessToken" => "access token",
        "Account" => "account entry",
        "IdToken" => "ID token",
        REFRESH_TOKEN => "refresh token",
        _ => "entry",
    }
}

const REFRESH_TOKEN: &str = "RefreshToken";
