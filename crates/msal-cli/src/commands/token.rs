//! `msal token`: an access token for an account of a token cache.

use std::sync::Arc;

use msal::{
    Account, AuthenticationResult, Authority, ClientApplication, ClientCredential, Runtime,
    SharedTokenCache, TokenSource, TrustedAuthority,
};
use msal_core::{Dialect, same_environment};
use msal_migrate::AuthorityOverride;
use serde_json::json;

use crate::cli::TokenArgs;
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::Printer;
use crate::runtime::block_on;
use crate::{credentials, input, network, target};

pub(super) fn run(arguments: &TokenArgs, printer: &Printer) -> Result<Exit, Failure> {
    let credentials = credentials::read(&arguments.secrets, arguments.client_id.as_deref())?;
    let runtime = network::runtime(&arguments.network, 1)?;
    let named = input::authority_of_accounts(arguments.authority.as_deref())?;
    let result = block_on(async {
        let cache = target::open(&arguments.target, Dialect::Python).await?;
        let cache = Arc::new(cache.rehearsing());
        let account = find_account(&cache, &arguments.account, named.as_ref())?;
        let client_id = find_client(&cache, &account, arguments)?;
        let authority = authority_of(&account, named.as_ref())?;
        let asked = Asked {
            arguments,
            account: &account,
            client_id: &client_id,
        };
        asked
            .acquire(
                authority,
                named.as_ref(),
                credentials.of(&client_id),
                cache,
                runtime,
            )
            .await
    })?;
    print(&result, printer);
    Ok(Exit::Success)
}

fn find_account(
    cache: &SharedTokenCache,
    wanted: &str,
    named: Option<&AuthorityOverride>,
) -> Result<Account, Failure> {
    let mut found = cache.read(|cache| cache.accounts_named(wanted));
    if found.is_empty() {
        let all = cache.read(msal_core::TokenCache::accounts);
        found.extend(
            all.into_iter()
                .filter(|account| account.home_account_id.as_str() == wanted),
        );
    }
    // A user may be stored under the hosts of several clouds.
    if let Some(named) = named.filter(|_| found.len() > 1) {
        found.retain(|account| same_environment(named.host(), &account.environment));
    }
    match found.as_slice() {
        [account] => Ok(account.clone()),
        [first, others @ ..] if others.iter().all(|other| is_same_user(first, other)) => {
            Err(Failure::usage(
                "the account is stored under several hosts",
                "name one of them with --authority: `msal accounts TARGET` lists them",
            ))
        }
        [] => Err(Failure::usage(
            "the token cache has no such account",
            "`msal accounts TARGET` lists them",
        )),
        _ => Err(Failure::usage(
            "several accounts have this user name",
            "name the home account id instead: `msal accounts TARGET` lists them",
        )),
    }
}

fn is_same_user(one: &Account, other: &Account) -> bool {
    one.home_account_id == other.home_account_id
}

fn find_client(
    cache: &SharedTokenCache,
    account: &Account,
    arguments: &TokenArgs,
) -> Result<String, Failure> {
    if let Some(client_id) = &arguments.client_id {
        return Ok(client_id.clone());
    }
    let clients = cache.read(|cache| cache.clients_of(account));
    match clients.as_slice() {
        [client_id] => Ok(client_id.clone()),
        [] => Err(Failure::usage(
            "no client holds a refresh token of this account",
            "name the client with --client-id",
        )),
        _ => Err(Failure::usage(
            "several clients hold tokens of this account",
            format!("name one with --client-id: {}", clients.join(", ")),
        )),
    }
}

/// The account's own authority, or what the user names: the authority as a whole, or only its host.
fn authority_of(
    account: &Account,
    named: Option<&AuthorityOverride>,
) -> Result<Authority, Failure> {
    let authority = match named {
        None => account.authority_at(&account.environment),
        Some(named) if named.tenant().is_some() => Ok((**named.authority()).clone()),
        Some(named) => named.of_account(account),
    };
    authority.map_err(|error| {
        Failure::usage(
            error.to_string(),
            "name the account's authority with --authority: https://HOST or https://HOST/TENANT",
        )
    })
}

struct Asked<'a> {
    arguments: &'a TokenArgs,
    account: &'a Account,
    client_id: &'a str,
}

impl Asked<'_> {
    async fn acquire(
        &self,
        authority: Authority,
        named: Option<&AuthorityOverride>,
        credential: ClientCredential,
        cache: Arc<SharedTokenCache>,
        runtime: Runtime,
    ) -> Result<AuthenticationResult, Failure> {
        let builder = ClientApplication::builder(self.client_id, credential)
            .cache(cache)
            .runtime(runtime);
        // The user names an authority to trust it; without one it is a host of Microsoft's, or refused.
        let named = named.map(AuthorityOverride::authority);
        let application = match TrustedAuthority::admit(authority.clone(), named) {
            Some(trusted) => builder.trusted_authority(trusted),
            None => builder.authority(authority),
        }
        .build()?;
        Ok(application
            .acquire_token_silent(&self.arguments.scope, self.account)
            .force_refresh(self.arguments.force_refresh)
            .await?)
    }
}

fn print(result: &AuthenticationResult, printer: &Printer) {
    let token = result.access_token.expose_secret();
    match printer.is_json() {
        true => printer.json(&json!({
            "access_token": token,
            "token_type": result.token_type,
            "expires_on": result.expires_on.as_secs(),
            "scopes": result.scopes.iter().collect::<Vec<_>>(),
            "source": match result.token_source {
                TokenSource::Cache => "cache",
                _ => "identity_provider",
            },
        })),
        false => printer.text(&format!("{token}\n")),
    }
}
