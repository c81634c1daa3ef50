//! Listing accounts and signing them out. Neither asks the network.

use std::collections::HashSet;

use hashbrown::HashMap;

use super::TokenCache;
use super::entry::AccountEntry;
use super::schema::Entity;
use super::table::Table;
use crate::{Account, HomeAccountId, RefreshToken, ScopeSet, Text, UnixTime, same_cloud};

impl TokenCache {
    /// Every user of the cache, once each, in the order they were first stored.
    ///
    /// A user seen in several tenants is one account, described by the entry that was stored last. Accounts of other
    /// applications that share the cache are listed too, as all MSALs do.
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
        let mut places = HashMap::with_capacity(self.accounts.len());
        let entries = self.accounts.iter().filter_map(|slot| slot.entity.as_ref());
        for entry in entries.filter(|entry| is_meant(entry)) {
            let account = Account::from(entry);
            let place = *places
                .entry(entry.home_account_id.as_str())
                .or_insert(accounts.len());
            match accounts.get_mut(place) {
                Some(known) => *known = account,
                None => accounts.push(account),
            }
        }
        accounts
    }

    /// The accounts with this user name, in any case. It costs the same however many others there are.
    pub fn accounts_named(&self, username: &str) -> Vec<Account> {
        let mut seen = HashSet::new();
        self.accounts
            .named(username)
            .filter_map(|slot| slot.entity.as_ref())
            .filter(|entry| entry.username.as_str().to_lowercase() == username.to_lowercase())
            .filter(|entry| seen.insert(entry.home_account_id.clone()))
            .map(Account::from)
            .collect()
    }

    /// The account with this identifier in one of `environments`.
    pub fn account(
        &self,
        home_account_id: &HomeAccountId,
        environments: &[String],
    ) -> Option<Account> {
        environments.iter().find_map(|environment| {
            self.accounts
                .owned_by(home_account_id.as_str(), environment)
                .filter_map(|slot| slot.entity.as_ref())
                .filter(|entry| entry.home_account_id == home_account_id.as_str())
                .last()
                .map(Account::from)
        })
    }

    /// The scopes that an account has granted to a client, without the reserved ones: those of its last refresh token
    /// or, where the SDK that wrote it does not say, of its last access token.
    pub fn granted_scopes(&self, client_id: &str, account: &Account) -> ScopeSet {
        let home = account.home_account_id.as_str();
        let refresh_tokens = self.refresh_tokens.owned_by(home, &account.environment);
        let of_refresh_tokens = refresh_tokens
            .filter_map(|slot| slot.entity.as_ref())
            .filter(|entry| entry.client_id == client_id)
            .filter_map(|entry| entry.target.as_ref());
        let of_access_tokens = || {
            let access_tokens = self.access_tokens.owned_by(home, &account.environment);
            access_tokens
                .filter_map(|slot| slot.entity.as_ref())
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
            .owned_by(account.home_account_id.as_str(), &account.environment)
            .filter_map(|slot| slot.entity.as_ref())
            .filter(|entry| {
                entry
                    .home_account_id
                    .as_ref()
                    .is_some_and(|id| *id == account.home_account_id.as_str())
            })
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
            .owned_by(home_account_id.as_str(), environment)
            .filter_map(|slot| slot.entity.as_ref())
            .filter(|entry| entry.client_id == client_id)
            .filter(|entry| {
                entry
                    .home_account_id
                    .as_ref()
                    .is_some_and(|id| *id == home_account_id.as_str())
            })
            .any(|entry| entry.secret == *secret || is_later(entry.last_modification_time))
    }

    /// Signs an account out: removes its refresh tokens of this client (or of its family), all its access tokens, ID
    /// tokens and accounts, in every host name of the account's cloud and under whatever key another SDK chose.
    ///
    /// A refresh token that another client holds stays, and so does what is known of the applications. Answers whether
    /// there was anything to remove.
    pub fn remove_account(&mut self, client_id: &str, account: &Account) -> bool {
        let family = self.family_of(client_id, &account.environment);
        let home = account.home_account_id.as_str();
        let is_theirs = |owner: Option<&Text>, environment: &Text| {
            owner.is_some_and(|owner| *owner == home)
                && same_cloud(environment.as_str(), &account.environment)
        };
        let refresh_tokens = keys(&self.refresh_tokens, |entry| {
            let is_ours =
                entry.client_id == client_id || (family.is_some() && entry.family_id == family);
            is_ours && is_theirs(entry.home_account_id.as_ref(), &entry.environment)
        });
        let access_tokens = keys(&self.access_tokens, |entry| {
            is_theirs(entry.home_account_id.as_ref(), &entry.environment)
        });
        let id_tokens = keys(&self.id_tokens, |entry| {
            is_theirs(entry.home_account_id.as_ref(), &entry.environment)
        });
        let accounts = keys(&self.accounts, |entry| {
            is_theirs(Some(&entry.home_account_id), &entry.environment)
        });
        let removed = remove_all(&mut self.refresh_tokens, &refresh_tokens)
            + remove_all(&mut self.access_tokens, &access_tokens)
            + remove_all(&mut self.id_tokens, &id_tokens)
            + remove_all(&mut self.accounts, &accounts);
        if removed > 0 {
            self.is_changed = true;
            self.signed_out.push((client_id.into(), account.clone()));
        }
        removed > 0
    }
}

fn keys<E: Entity>(table: &Table<E>, is_meant: impl Fn(&E) -> bool) -> Vec<Text> {
    table
        .iter()
        .filter(|slot| slot.entity.as_ref().is_some_and(&is_meant))
        .map(|slot| slot.key.clone())
        .collect()
}

fn remove_all<E: Entity>(table: &mut Table<E>, keys: &[Text]) -> usize {
    keys.iter()
        .filter_map(|key| table.remove(key.as_str()))
        .count()
}

impl From<&AccountEntry> for Account {
    fn from(entry: &AccountEntry) -> Self {
        Self {
            home_account_id: HomeAccountId::new(entry.home_account_id.as_str()),
            environment: entry.environment.to_string(),
            realm: entry.realm.to_string(),
            local_account_id: entry.local_account_id.to_string(),
            username: entry.username.to_string(),
        }
    }
}
