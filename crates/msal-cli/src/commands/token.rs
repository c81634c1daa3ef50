//! `msal token`: an access token for an account of a token cache, or for a service.

mod challenge;
mod form;

use std::sync::Arc;

use msal::{
    Account, AuthenticationResult, Authority, ClientApplication, ConfidentialClientApplication,
    Runtime, SharedTokenCache,
};
use msal_migrate::{AuthorityOverride, Credentials};

use crate::application::Place;
use crate::cli::{Form, TokenArgs};
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::Printer;
use crate::runtime::block_on;
use crate::{account, authority, credentials, network, signal, target};

pub(super) fn run(arguments: &TokenArgs, printer: &Printer) -> Result<Exit, Failure> {
    if printer.is_json() && arguments.form != Form::Token {
        return Err(Failure::usage(
            "`--as` says how text is printed",
            "leave --format json out, or --as",
        ));
    }
    let (runtime, sends) = network::stoppable(&arguments.network)?;
    let clock = runtime.clone();
    let asked = Asked {
        arguments,
        credentials: credentials::read(&arguments.secrets, arguments.client_id.as_deref())?,
        runtime,
        named: authority::of_accounts(arguments.authority.as_deref(), printer)?,
        claims: challenge::claims(arguments.claims_challenge.as_deref())?,
    };
    let is_of_application = arguments.account.is_none() && arguments.secrets.are_given();
    let result = block_on(async {
        let asking = async {
            match is_of_application {
                true => asked.for_application().await,
                false => asked.for_user().await,
            }
        };
        let result = sends.unless(signal::stop(), asking, printer).await;
        result.ok_or_else(|| Failure::stopped("there is no token"))?
    });
    network::tell_clock(&clock, printer);
    let result = result?;
    form::print(&result, arguments, printer)?;
    Ok(Exit::Success)
}

/// What was typed, read.
struct Asked<'a> {
    arguments: &'a TokenArgs,
    credentials: Credentials,
    runtime: Runtime,
    named: Option<AuthorityOverride>,
    claims: String,
}

impl Asked<'_> {
    /// A token for an account of the cache.
    async fn for_user(self) -> Result<AuthenticationResult, Failure> {
        let arguments = self.arguments;
        let Some(target) = &arguments.target else {
            return Err(Failure::usage(
                "no token cache is named, and no credential of a service",
                "name the cache: msal token TARGET --scope SCOPE; `msal login` makes one",
            ));
        };
        let cache = target::open(target, arguments.sdk.dialect()).await?;
        let cache = Arc::new(cache.rehearsing());
        let named = self.named.as_ref();
        let account = account::find(&cache, arguments.account.as_deref(), named)?;
        let client_id = find_client(&cache, &account, arguments)?;
        let authority = authority_of(&account, named)?;
        let builder = ClientApplication::builder(&client_id, self.credentials.of(&client_id))
            .cache(cache)
            .runtime(self.runtime);
        let application = Place { authority, named }.build(builder)?;
        let mut call = application
            .acquire_token_silent(&arguments.scope, &account)
            .force_refresh(arguments.force_refresh)
            .claims_challenge(self.claims);
        if let Some(tenant) = &arguments.tenant {
            call = call.tenant(tenant);
        }
        call.await.map_err(Failure::of_call)
    }

    /// A token for the application itself.
    async fn for_application(self) -> Result<AuthenticationResult, Failure> {
        let arguments = self.arguments;
        let Some(client_id) = &arguments.client_id else {
            return Err(Failure::usage(
                "which service asks for a token?",
                "name its --client-id, or the --account that a token is wanted for",
            ));
        };
        let named = self.named.as_ref();
        let place = Place::named(named).at(arguments.tenant.as_deref())?;
        if place.authority.tenant().is_shared() {
            return Err(Failure::usage(
                "a service asks one tenant for its token",
                "name it with --tenant, by its GUID or its domain, or in --authority: https://HOST/TENANT",
            ));
        }
        let dialect = arguments.sdk.dialect();
        let cache = match &arguments.target {
            Some(target) => target::open_or_new(target, dialect).await?.rehearsing(),
            None => SharedTokenCache::in_memory(dialect),
        };
        let credential = self.credentials.of(client_id);
        let builder = ConfidentialClientApplication::builder(client_id, credential)
            .cache(Arc::new(cache))
            .runtime(self.runtime);
        let call = place
            .build(builder)?
            .acquire_token_for_client(&arguments.scope)
            .force_refresh(arguments.force_refresh)
            .claims_challenge(self.claims);
        call.await.map_err(Failure::of_call)
    }
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
