//! Who is in the cache, and signing out.

use msal_core::{Account, TokenCache};

use crate::error::Error;
use crate::handle::Handle;

/// Every account of the cache that belongs to the application's cloud.
pub(crate) async fn accounts(handle: &Handle) -> Result<Vec<Account>, Error> {
    // Another application may have signed somebody in or out.
    handle.cache.reload().await?;
    let environments = &handle.client.environments;
    Ok(handle.cache.read(|cache| cache.accounts_in(environments)))
}

/// Removes an account's tokens from the cache.
pub(crate) async fn remove_account(handle: &Handle, account: &Account) -> Result<(), Error> {
    // What another application has saved of the account since must go as well.
    handle.cache.reload().await?;
    let remove = |cache: &mut TokenCache| {
        cache.remove_account(&handle.client.client_id, account);
    };
    handle.cache.update(remove).await?;
    // Where another program has removed them before, others may still have them in memory.
    handle.cache.tell_of_sign_out();
    Ok(())
}
