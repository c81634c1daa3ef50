//! What the cache knows of accounts. Nothing here asks the network.

use hashbrown::HashMap;

use super::TokenCache;
use super::entry::{AccessTokenEntry, AccountEntry, RefreshTokenEntry};
use super::term::{Host, Term, Username};
use crate::authority::bare_host;
use crate::{
    Account, HomeAccountId, IdTokenClaims, RefreshToken, ScopeSet, UnixTime, case, same_cloud,
    same_environment,
};

impl TokenCache {
    /// Every user of the cache, once each, in the order they were first stored.
    ///
    /// A user seen in several tenants is one account, described by the home tenant's entry or, where there is none, by the
    /// one that was stored last; one who is stored under the hosts of several clouds is one of each. Accounts of other
    /// applications that share the cache are listed too, as all MSALs do.
    pub fn accounts(&self) -> Vec<Account> {
        distinct(self.accounts.entries(), same_environment)
    }

    /// The users that are stored under one of `environments`, once each.
    pub fn accounts_in(&self, environments: &[String]) -> Vec<Account> {
        let is_meant = |entry: &&AccountEntry| {
            let stored = entry.environment.as_str();
            environments
                .iter()
                .any(|environment| same_cloud(environment, stored))
        };
        // All of these are the application's own cloud.
        distinct(self.accounts.entries().filter(is_meant), |_, _| true)
    }

    /// The accounts with this user name in any of their tenants, in any spelling of [`comparable_username`](crate::comparable_username),
    /// as [`TokenCache::accounts`] describes them. It costs the same however many others there are.
    pub fn accounts_named(&self, username: &str) -> Vec<Account> {
        let named = distinct(
            self.accounts.find(&Term::Named(Username(username))),
            same_environment,
        );
        let described = named.into_iter().map(|named| {
            self.described(&named.home_account_id, &named.environment)
                .unwrap_or(named)
        });
        described.collect()
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
        entries
            .map(Account::from)
            .reduce(|known, later| described_by(&known, later))
    }

    /// The scopes that an account has granted to a client in a tenant, without the reserved ones: those of its last access
    /// token there or, where it has none, of its last refresh token or else of its last access token anywhere.
    pub fn granted_scopes(&self, client_id: &str, account: &Account, realm: &str) -> ScopeSet {
        let in_realm = |entry: &&AccessTokenEntry| case::is_same(entry.realm.as_str(), realm);
        let there = self
            .plain_access_tokens(client_id, account)
            .filter(in_realm)
            .last();
        let of_refresh_tokens = || {
            owners(account)
                .flat_map(|owner| self.refresh_tokens.find(&owner))
                .filter(|entry| entry.is_of_client(client_id))
                .filter_map(|entry| entry.target.as_ref())
                .last()
        };
        let anywhere = || self.plain_access_tokens(client_id, account).last();
        let target = there
            .map(|entry| &entry.target)
            .or_else(of_refresh_tokens)
            .or_else(|| anywhere().map(|entry| &entry.target));
        target.map_or_else(ScopeSet::default, |target| {
            ScopeSet::from_text(target.clone()).without_reserved()
        })
    }

    /// The tenants that a client has tokens of this account for, as they are stored, once each and in the order in which
    /// they were first stored. A guest has tokens of several.
    pub fn realms_of(&self, client_id: &str, account: &Account) -> Vec<String> {
        let of_access_tokens = self
            .plain_access_tokens(client_id, account)
            .map(|entry| &entry.realm);
        let of_id_tokens = owners(account)
            .flat_map(|owner| self.id_tokens.find(&owner))
            .filter(|entry| case::is_same_client(entry.client_id.as_str(), client_id))
            .map(|entry| &entry.realm);
        let mut realms: Vec<String> = Vec::new();
        for realm in of_access_tokens.chain(of_id_tokens) {
            let is_new = realms
                .iter()
                .all(|known| !case::is_same(known, realm.as_str()));
            if is_new && !realm.as_str().is_empty() {
                realms.push(realm.to_string());
            }
        }
        realms
    }

    /// The subjects by which a client knows this account: those of its ID tokens, of which a guest has several. One that
    /// cannot be read has none.
    pub fn subjects_of(&self, client_id: &str, account: &Account) -> Vec<String> {
        owners(account)
            .flat_map(|owner| self.id_tokens.find(&owner))
            .filter(|entry| case::is_same_client(entry.client_id.as_str(), client_id))
            .filter_map(|entry| IdTokenClaims::decode(&entry.secret, client_id).ok())
            .map(|claims| claims.subject)
            .collect()
    }

    /// The access tokens of an account that a client is given when it asks for no more than scopes.
    fn plain_access_tokens<'c>(
        &'c self,
        client_id: &'c str,
        account: &'c Account,
    ) -> impl Iterator<Item = &'c AccessTokenEntry> {
        owners(account)
            .flat_map(|owner| self.access_tokens.find(&owner).collect::<Vec<_>>())
            .filter(|entry| case::is_same_client(entry.client_id.as_str(), client_id))
            .filter(|entry| entry.is_for_user(None))
    }

    /// The clients that hold a refresh token of this account.
    pub fn clients_of(&self, account: &Account) -> Vec<String> {
        let mut clients: Vec<String> = owners(account)
            .flat_map(|owner| self.refresh_tokens.find(&owner))
            .map(|entry| case::written(entry.client_id.as_str()).into_owned())
            .collect();
        clients.sort_unstable();
        clients.dedup();
        clients
    }

    /// Whether this client has a refresh token of the account, of whatever age.
    pub fn holds_refresh_token(
        &self,
        client_id: &str,
        home_account_id: &HomeAccountId,
        environment: &str,
    ) -> bool {
        let mut entries = self.refresh_tokens_of(client_id, home_account_id, environment);
        entries.next().is_some()
    }

    /// Whether the refresh token `successor`, which a redemption at `at` has brought, is stored for this client and account,
    /// or one that came later: an application that shares the cache may have renewed it meanwhile. One that `is_spent`, as
    /// the redeemed token is, came earlier, whatever its entry says.
    pub fn holds_successor(
        &self,
        client_id: &str,
        home_account_id: &HomeAccountId,
        environment: &str,
        (successor, at): (&RefreshToken, UnixTime),
        is_spent: &dyn Fn(&RefreshToken) -> bool,
    ) -> bool {
        let mut entries = self.refresh_tokens_of(client_id, home_account_id, environment);
        entries.any(|entry| {
            // MSAL Node, Java and .NET write no time. Who has renewed the token got an access token in the same answer, and
            // that has one. Where none tells, the entry counts as earlier. If that is wrong, a renewal is lost of which no
            // access token is left, and only at a server that rotates. The other mistake would lose the successor, which
            // nobody else has, for an entry that was there before and may be dead.
            let is_later = || match entry.last_modification_time {
                Some(time) => time >= at,
                None => self.has_access_token_since(client_id, home_account_id, environment, at),
            };
            entry.secret == *successor || !is_spent(&entry.secret) && is_later()
        })
    }

    fn refresh_tokens_of<'c>(
        &'c self,
        client_id: &'c str,
        home_account_id: &HomeAccountId,
        environment: &str,
    ) -> impl Iterator<Item = &'c RefreshTokenEntry> + use<'c> {
        self.refresh_tokens
            .find(&owner(home_account_id, environment))
            .filter(|entry| entry.is_of_client(client_id))
    }

    fn has_access_token_since(
        &self,
        client_id: &str,
        home_account_id: &HomeAccountId,
        environment: &str,
        at: UnixTime,
    ) -> bool {
        self.access_tokens
            .find(&owner(home_account_id, environment))
            .filter(|entry| case::is_same_client(entry.client_id.as_str(), client_id))
            .filter(|entry| entry.assertion.is_none())
            .any(|entry| entry.cached_at.is_some_and(|cached_at| cached_at >= at))
    }
}

/// The users of these entries, in the order they come: one of each cloud.
fn distinct<'e>(
    entries: impl Iterator<Item = &'e AccountEntry>,
    is_same_cloud: impl Fn(&str, &str) -> bool,
) -> Vec<Account> {
    let mut accounts: Vec<Account> = Vec::with_capacity(entries.size_hint().0);
    // The last account of each user, and for each account the one of the same user before it.
    let mut latest: HashMap<&str, usize> = HashMap::with_capacity(accounts.capacity());
    let mut earlier: Vec<Option<usize>> = Vec::with_capacity(accounts.capacity());
    for entry in entries {
        let account = Account::from(entry);
        let last = latest.get(entry.home_account_id.as_str()).copied();
        let known = std::iter::successors(last, |number| *earlier.get(*number)?).find(|number| {
            let known = accounts.get(*number);
            known.is_some_and(|known| is_same_cloud(&known.environment, &account.environment))
        });
        match known.and_then(|number| accounts.get_mut(number)) {
            Some(known) => *known = described_by(known, account),
            None => {
                latest.insert(entry.home_account_id.as_str(), accounts.len());
                earlier.push(last);
                accounts.push(account);
            }
        }
    }
    accounts
}

/// What a later entry says of an account, because names change; but not what another tenant says where the home tenant
/// has spoken, so that a user is the same whatever is asked for: by name, by identifier, in a list. The port stays where
/// an entry has it: MSAL Node writes it, and the other MSALs do not.
fn described_by(known: &Account, later: Account) -> Account {
    if known.is_of_home_tenant() && !later.is_of_home_tenant() {
        return known.clone();
    }
    let is_port_known = bare_host(&known.environment).eq_ignore_ascii_case(&later.environment);
    match is_port_known {
        true => Account {
            environment: known.environment.clone(),
            ..later
        },
        false => later,
    }
}

/// What an account's entries are found by: they may stand under the account's host without its port.
fn owners(account: &Account) -> impl Iterator<Item = Term<'_>> {
    let (host, bare) = (
        account.environment.as_str(),
        bare_host(&account.environment),
    );
    let without_port = (bare != host).then_some(bare);
    std::iter::once(host)
        .chain(without_port)
        .map(|environment| owner(&account.home_account_id, environment))
}

fn owner<'a>(home_account_id: &'a HomeAccountId, environment: &'a str) -> Term<'a> {
    Term::Owner {
        home_account_id: home_account_id.as_str(),
        environment: Host(environment),
    }
}
