//! What a sign-in has come to, and what to type next.

use msal::{Account, AuthenticationResult, SharedTokenCache};
use serde_json::json;

use super::scopes;
use crate::cli::{LoginArgs, Sdk};
use crate::output::{BOLD, HINT, Printer};
use crate::outside::Outside;
use crate::shell::quoted;
use crate::text;

pub(super) fn print(
    result: &AuthenticationResult,
    arguments: &LoginArgs,
    cache: &SharedTokenCache,
    printer: &Printer,
) {
    let next = next_command(result, arguments, cache);
    match printer.is_json() {
        true => print_json(result, arguments, &next, printer),
        false => print_text(result, arguments, &next, printer),
    }
}

fn print_json(result: &AuthenticationResult, arguments: &LoginArgs, next: &str, printer: &Printer) {
    let account = result.account.as_ref().map(|account| {
        json!({
            "username": account.username,
            "home_account_id": account.home_account_id.as_str(),
            "environment": account.environment,
            "realm": account.realm,
            "local_account_id": account.local_account_id,
        })
    });
    printer.json(&json!({
        "account": account,
        "client_id": arguments.client_id,
        "scopes": result.scopes.iter().collect::<Vec<_>>(),
        "expires_on": result.expires_on.as_secs(),
        "target": arguments.target.display().to_string(),
        "next": next,
    }));
}

fn print_text(result: &AuthenticationResult, arguments: &LoginArgs, next: &str, printer: &Printer) {
    let who = result.account.as_ref().map_or_else(
        || "somebody whom the server does not name".to_owned(),
        Account::to_string,
    );
    let mut rows = Vec::new();
    if let Some(account) = &result.account {
        rows.push(("account".to_owned(), account.home_account_id.to_string()));
        rows.push((
            "tenant".to_owned(),
            format!("{} at {}", account.realm, account.environment),
        ));
    }
    let scopes: Vec<_> = result.scopes.iter().collect();
    rows.push(("client".to_owned(), arguments.client_id.clone()));
    rows.push(("scopes".to_owned(), scopes.join(" ")));
    rows.push(("kept in".to_owned(), arguments.target.display().to_string()));
    printer.prose(&format!(
        "{BOLD}{}{BOLD:#} is signed in\n\n{}",
        Outside(who),
        text::table(&rows)
    ));
    printer.say(&format!("\n{HINT}next{HINT:#}: {}", Outside(next)));
}

/// What gets a token for what was signed in to. It is typed into a shell: names are another's to choose.
fn next_command(
    result: &AuthenticationResult,
    arguments: &LoginArgs,
    cache: &SharedTokenCache,
) -> String {
    let mut words = vec![
        "msal".to_owned(),
        "token".to_owned(),
        arguments.target.display().to_string(),
    ];
    let mut option = |name: &str, value: &str| {
        words.push(name.to_owned());
        words.push(value.to_owned());
    };
    if let Some(account) = &result.account {
        let (namesakes, clients) = cache.read(|cache| {
            let namesakes = cache.accounts_named(&account.username);
            (namesakes.len(), cache.clients_of(account))
        });
        let is_plain = Outside(&account.username).to_string() == account.username;
        match namesakes == 1 && is_plain {
            true => option("--account", &account.username),
            false => option("--account", account.home_account_id.as_str()),
        }
        if clients.len() > 1 {
            option("--client-id", &arguments.client_id);
        }
    }
    for scope in scopes::of(arguments) {
        option("--scope", &scope);
    }
    if let Some(authority) = &arguments.authority {
        option("--authority", authority);
    }
    // Else an account is asked at its own tenant, which is not where a guest has signed in.
    if let Some(tenant) = &arguments.tenant {
        option("--tenant", tenant);
    }
    // What is renewed is written into the same cache.
    if arguments.sdk != Sdk::Python {
        option("--sdk", &arguments.sdk.name());
    }
    if let Some(file) = &arguments.network.ca_file {
        option("--ca-file", &file.display().to_string());
    }
    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}
