//! What the cache knows of accounts. Nothing here asks the network.

use std::collections::HashSet;

use hashbrown::HashMap;

use super::TokenCache;
use super::entry::AccountEntry;
use super::term::{Host, Term, Username};
use crate::{Account, HomeAccountId, RefreshToken, ScopeSet, UnixTime};

impl TokenCache {
    /// Every user of the cache, once each, in the order they were first stored.
    ///
    /// A user seen in several tenants is one account, described by the home tenant's entry or, where there is none, by the
    /// one that was stored last. Accounts of other applications that share the cache are listed too, as all MSALs do.
    pub fn accounts(&self) -> Vec<Account> {
        self.accounts_where(|_| true)
    }

    /// The users that are stored under one of `environments`, as [`TokenCache::accounts`] lists them.
    pub fn accounts_in(&self, environments: &[String]) -> Vec<Account> {
        self.accounts_where(|entry| {
            let stored = entry.environment.as_str();
            environments
                .iter()
                .any(|environment| environment.eq_ignore_ascii_case(stored))
        })
    }

    fn accounts_where(&self, is_meant: impl Fn(&AccountEntry) -> bool) -> Vec<Account> {
        let mut accounts: Vec<Account> = Vec::with_capacity(self.accounts.len());
        let mut numbers = HashMap::with_capacity(self.accounts.len());
        for entry in self.accounts.entries().filter(|entry| is_meant(entry)) {
            let account = Account::from(entry);
            let number = *numbers
                .entry(entry.home_account_id.as_str())
                .or_insert(accounts.len());
            match accounts.get_mut(number) {
                Some(known) => describe_better(known, account),
                None => accounts.push(account),
            }
        }
        accounts
    }

    /// The accounts with this user name in any of their tenants, in any case, as [`TokenCache::accounts`] describes them. It
    /// costs the same however many others there are.
    pub fn accounts_named(&self, username: &str) -> Vec<Account> {
        let mut seen = HashSet::new();
        self.accounts
            .find(&Term::Named(Username(username)))
            .filter(|entry| seen.insert(entry.home_account_id.clone()))
            .filter_map(|entry| {
                let named = Account::from(entry);
                self.described(&named.home_account_id, &named.environment)
            })
            .collect()
    }

    /// The account with this identifier in one of `environments`.
    pub fn account(
        &self,
        home_account_id: &HomeAccountId,
        environments: &[String],
    ) -> Option<Account> {
        environments
            .iter()
            .find_map(|environment| self.described(home_account_id, environment))
    }

    /// The account as the entries of one environment describe it.
    fn described(&self, home_account_id: &HomeAccountId, environment: &str) -> Option<Account> {
        let entries = self.accounts.find(&owner(home_account_id, environment));
        entries.map(Account::from).reduce(|mut known, account| {
            describe_better(&mut known, account);
            known
        })
    }

    /// The scopes that an account has granted to a client, without the reserved ones: those of its last refresh token
    /// or, where the SDK that wrote it does not say, of its last access token.
    pub fn granted_scopes(&self, client_id: &str, account: &Account) -> ScopeSet {
        let owner = owner(&account.home_account_id, &account.environment);
        let of_refresh_tokens = self
            .refresh_tokens
            .find(&owner)
            .filter(|entry| entry.client_id == client_id)
            .filter_map(|entry| entry.target.as_ref());
        let of_access_tokens = || {
            self.access_tokens
                .find(&owner)
                .filter(|entry| entry.client_id == client_id)
                .map(|entry| &entry.target)
                .last()
        };
        let target = of_refresh_tokens.last().or_else(of_access_tokens);
        target.map_or_else(ScopeSet::default, |target| {
            ScopeSet::from_text(target).without_reserved()
        })
    }

    /// The clients that hold a refresh token of this account.
    pub fn clients_of(&self, account: &Account) -> Vec<String> {
        let mut clients: Vec<String> = self
            .refresh_tokens
            .find(&owner(&account.home_account_id, &account.environment))
            .map(|entry| entry.client_id.to_string())
            .collect();
        clients.sort_unstable();
        clients.dedup();
        clients
    }

    /// Whether this client has a refresh token with this value for the account, or one that was stored at `at` or
    /// later: an application that shares the cache may have renewed it meanwhile.
    ///
    /// An entry without a time, as MSAL Node writes them, counts as later.
    pub fn holds_refresh_token(
        &self,
        client_id: &str,
        home_account_id: &HomeAccountId,
        environment: &str,
        secret: &RefreshToken,
        at: UnixTime,
    ) -> bool {
        let is_later = |time: Option<UnixTime>| time.is_none_or(|time| time >= at);
        self.refresh_tokens
            .find(&owner(home_account_id, environment))
            .filter(|entry| entry.client_id == client_id)
            .any(|entry| entry.secret == *secret || is_later(entry.last_modification_time))
    }
}

/// Replaces what is known of a user by what a later entry says, because names change; but not what the home tenant says
/// by what another one does, so that a user is the same whatever is asked for: by name, by identifier, in a list.
fn describe_better(known: &mut Account, later: Account) {
    if later.is_of_home_tenant() || !known.is_of_home_tenant() {
        *known = later;
    }
}

fn owner<'a>(home_account_id: &'a HomeAccountId, environment: &'a str) -> Term<'a> {
    Term::Owner {
        home_account_id: home_account_id.as_str(),
        environment: Host(environment),
    }
}
