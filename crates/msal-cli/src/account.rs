//! Which account of a token cache is meant.

use msal::{Account, SharedTokenCache};
use msal_core::{TokenCache, same_environment};
use msal_migrate::AuthorityOverride;

use crate::error::Failure;

/// The account with this user name or home account id; without one, the only account of the cache.
pub(crate) fn find(
    cache: &SharedTokenCache,
    wanted: Option<&str>,
    named: Option<&AuthorityOverride>,
) -> Result<Account, Failure> {
    let mut found = match wanted {
        Some(wanted) => matching(cache, wanted),
        None => cache.read(TokenCache::accounts),
    };
    // A user may be stored under the hosts of several clouds.
    if let Some(named) = named.filter(|_| found.len() > 1) {
        found.retain(|account| same_environment(named.host(), &account.environment));
    }
    let refused = |message: &str, hint: &str| Err(Failure::usage(message, hint));
    match (found.as_slice(), wanted) {
        ([account], _) => Ok(account.clone()),
        ([], None) => refused(
            "the token cache has no account",
            "sign somebody in first: `msal login`",
        ),
        ([], Some(_)) => refused(
            "the token cache has no such account",
            "`msal accounts TARGET` lists them",
        ),
        ([first, others @ ..], _) if others.iter().all(|other| is_same_user(first, other)) => {
            refused(
                "the account is stored under several hosts",
                "name one of them with --authority: `msal accounts TARGET` lists them",
            )
        }
        (_, None) => refused(
            "the token cache has several accounts",
            "name one with --account: `msal accounts TARGET` lists them",
        ),
        (_, Some(_)) => refused(
            "several accounts have this user name",
            "name the home account id instead: `msal accounts TARGET` lists them",
        ),
    }
}

fn matching(cache: &SharedTokenCache, wanted: &str) -> Vec<Account> {
    let named = cache.read(|cache| cache.accounts_named(wanted));
    if !named.is_empty() {
        return named;
    }
    let has_id = |account: &Account| {
        let id = account.home_account_id.as_str();
        id.eq_ignore_ascii_case(wanted)
    };
    let mut all = cache.read(TokenCache::accounts);
    all.retain(has_id);
    all
}

fn is_same_user(one: &Account, other: &Account) -> bool {
    one.home_account_id == other.home_account_id
}
