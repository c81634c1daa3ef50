//! Who is in the cache, and signing out.

use msal_core::{Account, TokenCache};

use crate::client::Client;
use crate::error::Error;

/// Every account of the cache that belongs to the application's cloud.
pub(crate) async fn accounts(client: &Client) -> Result<Vec<Account>, Error> {
    // Another application may have signed somebody in or out.
    client.cache.reload().await?;
    let environments = &client.environments;
    Ok(client.cache.read(|cache| cache.accounts_in(environments)))
}

/// Removes an account's tokens from the cache.
pub(crate) async fn remove_account(client: &Client, account: &Account) -> Result<(), Error> {
    // What another application has saved of the account since must go as well.
    client.cache.reload().await?;
    let remove = |cache: &mut TokenCache| {
        cache.remove_account(&client.client_id, account);
    };
    Ok(client.cache.update(remove).await?)
}
