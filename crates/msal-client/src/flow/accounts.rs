//! Who is in the cache, and signing out.

use msal_core::{Account, TokenCache, comparable_username};

use crate::error::{ConfigError, Error};
use crate::handle::Handle;
use crate::observe;

/// Every account of the cache that belongs to the application's cloud.
pub(crate) async fn accounts(handle: &Handle) -> Result<Vec<Account>, Error> {
    let span = observe::accounts(handle.client.caller());
    observe::plain_call(&span, list(handle)).await
}

async fn list(handle: &Handle) -> Result<Vec<Account>, Error> {
    // Another application may have signed somebody in or out.
    reload(handle).await?;
    let client = &handle.client;
    handle
        .cache
        .save_leftover(client.runtime.clock().now())
        .await;
    let environments = &client.environments;
    Ok(handle.cache.read(|cache| cache.accounts_in(environments)))
}

/// The account that is meant by its identifier or by its user name.
pub(crate) async fn account(handle: &Handle, name_or_id: &str) -> Result<Option<Account>, Error> {
    let span = observe::account(handle.client.caller());
    observe::plain_call(&span, find(handle, name_or_id)).await
}

async fn find(handle: &Handle, name_or_id: &str) -> Result<Option<Account>, Error> {
    let accounts = list(handle).await?;
    let has_id = |account: &&Account| {
        let id = account.home_account_id.as_str();
        id.eq_ignore_ascii_case(name_or_id)
    };
    if let Some(account) = accounts.iter().find(has_id) {
        return Ok(Some(account.clone()));
    }
    let name = comparable_username(name_or_id);
    let mut named = accounts
        .into_iter()
        .filter(|account| comparable_username(&account.username) == name);
    match (named.next(), named.next()) {
        (Some(_), Some(_)) => Err(ConfigError::AmbiguousUsername.into()),
        (account, _) => Ok(account),
    }
}

/// Saves what is in memory alone.
pub(crate) async fn save(handle: &Handle) -> Result<(), Error> {
    let span = observe::save(handle.client.caller());
    let save = async {
        let saved = handle.cache.save().await;
        saved.map_err(|error| Error::from(error).of(handle.client.details()))
    };
    observe::plain_call(&span, save).await
}

/// Removes an account's tokens from the cache.
pub(crate) async fn remove_account(handle: &Handle, account: &Account) -> Result<(), Error> {
    let span = observe::remove_account(handle.client.caller());
    observe::plain_call(&span, remove(handle, account)).await
}

async fn remove(handle: &Handle, account: &Account) -> Result<(), Error> {
    // What another application has saved of the account since must go as well.
    reload(handle).await?;
    let remove = |cache: &mut TokenCache| {
        cache.remove_account(&handle.client.client_id, account);
    };
    let removed = handle.cache.update(remove).await;
    removed.map_err(|error| Error::from(error).of(handle.client.details()))?;
    // Where another program has removed them before, others may still have them in memory.
    handle.cache.tell_of_sign_out();
    Ok(())
}

async fn reload(handle: &Handle) -> Result<(), Error> {
    let reloaded = handle.cache.reload().await;
    reloaded.map_err(|error| Error::from(error).of(handle.client.details()))
}
