//! `msal accounts`: who is in a token cache.

use msal::Account;
use msal_core::Dialect;
use serde_json::json;

use crate::cli::AccountsArgs;
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{BOLD, DIM, Printer};
use crate::outside::Outside;
use crate::runtime::block_on;
use crate::{target, text};

pub(super) fn run(arguments: &AccountsArgs, printer: &Printer) -> Result<Exit, Failure> {
    let (accounts, clients) = block_on(async {
        let cache = target::open(&arguments.target, Dialect::Python).await?;
        Ok(cache.read(|cache| {
            let accounts = cache.accounts();
            let clients: Vec<_> = accounts
                .iter()
                .map(|account| cache.clients_of(account))
                .collect();
            (accounts, clients)
        }))
    })?;
    match printer.is_json() {
        true => print_json(&accounts, &clients, printer),
        false => print_text(&accounts, &clients, printer),
    }
    Ok(Exit::Success)
}

fn print_json(accounts: &[Account], clients: &[Vec<String>], printer: &Printer) {
    let listed: Vec<_> = accounts
        .iter()
        .zip(clients)
        .map(|(account, clients)| {
            json!({
                "username": account.username,
                "home_account_id": account.home_account_id.as_str(),
                "environment": account.environment,
                "realm": account.realm,
                "local_account_id": account.local_account_id,
                "clients": clients,
            })
        })
        .collect();
    printer.json(&json!({ "accounts": listed }));
}

fn print_text(accounts: &[Account], clients: &[Vec<String>], printer: &Printer) {
    let width = text::width(accounts.iter().map(|account| account.username.as_str()));
    let mut out = String::new();
    for (account, clients) in accounts.iter().zip(clients) {
        out.push_str(&format!(
            "{BOLD}{:width$}{BOLD:#}  {}  {DIM}{} · {}{DIM:#}\n",
            Outside(&account.username),
            Outside(&account.home_account_id),
            Outside(&account.environment),
            text::counted(clients.len() as u64, "client"),
        ));
    }
    printer.text(&out);
    printer.say(&text::counted(accounts.len() as u64, "account"));
}
