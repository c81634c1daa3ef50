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
    let mut found = candidates(cache, wanted);
    // A user may be stored under the hosts of several clouds.
    if let Some(named) = named.filter(|_| found.len() > 1) {
        found.retain(|account| same_environment(named.host(), &account.environment));
    }
    let mut accounts = of_one_user(found, wanted)?;
    match (accounts.pop(), accounts.is_empty()) {
        (Some(account), true) => Ok(account),
        _ => Err(Failure::usage(
            "the account is stored under several hosts",
            "name one of them with --authority: `msal accounts TARGET` lists them",
        )),
    }
}

/// As [`find`], under whatever hosts the user is stored.
pub(crate) fn find_everywhere(
    cache: &SharedTokenCache,
    wanted: Option<&str>,
) -> Result<Vec<Account>, Failure> {
    of_one_user(candidates(cache, wanted), wanted)
}

fn candidates(cache: &SharedTokenCache, wanted: Option<&str>) -> Vec<Account> {
    match wanted {
        Some(wanted) => matching(cache, wanted),
        None => cache.read(TokenCache::accounts),
    }
}

/// The accounts, unless there is none, or they are several users'.
fn of_one_user(accounts: Vec<Account>, wanted: Option<&str>) -> Result<Vec<Account>, Failure> {
    let refused = |message: &str, hint: &str| Err(Failure::usage(message, hint));
    let is_one = accounts.windows(2).all(|pair| match pair {
        [one, other] => one.home_account_id == other.home_account_id,
        _ => true,
    });
    match (accounts.is_empty(), is_one, wanted) {
        (false, true, _) => Ok(accounts),
        (true, _, None) => refused(
            "the token cache has no account",
            "sign somebody in first: `msal login`",
        ),
        (true, _, Some(_)) => refused(
            "the token cache has no such account",
            "`msal accounts TARGET` lists them",
        ),
        (false, false, None) => refused(
            "the token cache has several accounts",
            "name one with --account: `msal accounts TARGET` lists them",
        ),
        (false, false, Some(_)) => refused(
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
