//! Taking a token response into the cache: all its entries at once, after every check.

use super::TokenCache;
use super::dialect::Dialect;
use super::entry::{
    AccessTokenEntry, AccountEntry, AppMetadataEntry, Entry, IdTokenEntry, RefreshTokenEntry,
};
use super::issuance::Issuance;
use super::sections::Section;
use super::table::Table;
use super::term::{Host, Term};
use super::token_event::{Party, TokenEvent};
use crate::{RefreshToken, Text};

impl TokenCache {
    /// Adds the tokens of a sign-in or of a redeemed refresh token, with the user's account.
    pub fn add(&mut self, event: &TokenEvent<'_>) {
        let accounts = self.accounts.entries();
        let environment = self.hosts.environment(event.host, self.dialect, accounts);
        let issuance = Issuance::new(event, &environment, self.dialect, &mut self.interner);
        // Sections appear in a new document in the order in which MSAL Python makes them.
        self.add_access_token(&issuance);
        self.add_account(&issuance);
        self.add_id_token(&issuance);
        self.add_refresh_token(&issuance);
        self.add_app_metadata(&issuance);
        self.is_changed = true;
    }

    /// Adds the tokens of a silent renewal: the entry that `redeemed` came from is given the new refresh token, its
    /// target and family stay, and the account is left as it is.
    ///
    /// Nothing is added for a user who was signed out while the renewal was on its way, and the answer is false: nobody
    /// may have that user's tokens.
    #[must_use]
    pub fn renew(&mut self, event: &TokenEvent<'_>) -> bool {
        // Under the name of the cloud that the redeemed token stands under.
        let environment = self.dialect.environment(event.host);
        let issuance = Issuance::new(event, &environment, self.dialect, &mut self.interner);
        // A sign-out leaves no trace but the absence of refresh tokens. Where there are none, the user has left, and
        // what has just arrived must not bring them back.
        let Some(home_account_id) = issuance.home_account_id.clone() else {
            return false;
        };
        let is_signed_out = |environment: &String| {
            !self.can_renew(event.client_id, home_account_id.as_str(), environment)
        };
        if issuance.environments().iter().all(is_signed_out) {
            return false;
        }
        self.add_access_token(&issuance);
        self.add_id_token(&issuance);
        if let (Some(redeemed), Some(successor)) = (event.redeemed, &event.response.refresh_token) {
            self.replace_refresh_token(redeemed, successor, home_account_id.as_str(), &issuance);
        }
        self.add_app_metadata(&issuance);
        self.is_changed = true;
        true
    }

    /// The response of `event`, under the name of its cloud that it came from.
    pub(super) fn issuance_under_own_name<'e>(
        &mut self,
        event: &'e TokenEvent<'e>,
    ) -> Issuance<'e> {
        let environment = self.dialect.environment(event.host);
        Issuance::new(event, &environment, self.dialect, &mut self.interner)
    }

    pub(super) fn add_access_token(&mut self, issuance: &Issuance<'_>) {
        let entry = AccessTokenEntry::issued(issuance);
        // A user's token whose answer names nobody is found by nobody, and must not be taken for the application's own.
        if entry.is_of_application() && issuance.event.party != Party::Application {
            return;
        }
        self.layout.include(Section::AccessToken);
        self.access_tokens.upsert(entry, self.dialect);
    }

    /// Adds the account, and says the same where it stands under another name of its cloud.
    pub(super) fn add_account(&mut self, issuance: &Issuance<'_>) {
        let Some(account) = AccountEntry::issued(issuance) else {
            return;
        };
        self.layout.include(Section::Account);
        let known = found_beside(&self.accounts, &account);
        let (same, others): (Vec<_>, Vec<_>) = known
            .into_iter()
            .partition(|(_, known)| account.is_same_entry(known, self.dialect));
        let twins = others
            .into_iter()
            .filter(|(_, known)| known.is_twin_of(&account));
        for (key, twin) in twins {
            self.accounts
                .change(key, twin.described_as(&account), self.dialect);
        }
        let account = same
            .iter()
            .fold(account, |account, (_, known)| account.in_place_of(known));
        self.hosts.add(&account.environment);
        self.accounts.upsert(account, self.dialect);
    }

    fn add_id_token(&mut self, issuance: &Issuance<'_>) {
        if let Some(entry) = IdTokenEntry::issued(issuance) {
            self.layout.include(Section::IdToken);
            self.id_tokens.upsert(entry, self.dialect);
        }
    }

    /// Adds the refresh token, also in place of older ones under another name of the cloud: applications that look there
    /// are to find it.
    fn add_refresh_token(&mut self, issuance: &Issuance<'_>) {
        let Some(entry) = self.store_refresh_token(issuance) else {
            return;
        };
        let (dialect, now) = (self.dialect, issuance.event.now);
        for (key, known) in found_beside(&self.refresh_tokens, &entry) {
            if known.is_twin_of(&entry, dialect) {
                let renewed = known.renewed(entry.secret.clone(), now);
                self.refresh_tokens.change(key.clone(), renewed, dialect);
                if dialect != Dialect::Python {
                    // MSAL Node uses the first that it finds, and renews the one under the name that it writes.
                    self.refresh_tokens.move_to_end(key.as_str());
                }
            }
        }
    }

    pub(super) fn store_refresh_token(
        &mut self,
        issuance: &Issuance<'_>,
    ) -> Option<RefreshTokenEntry> {
        let entry = RefreshTokenEntry::issued(issuance)?;
        self.layout.include(Section::RefreshToken);
        self.refresh_tokens.upsert(entry.clone(), self.dialect);
        Some(entry)
    }

    pub(super) fn add_app_metadata(&mut self, issuance: &Issuance<'_>) {
        let (client_id, environment) = (issuance.event.client_id, issuance.environment.as_str());
        let known_family = self.family_of(client_id, environment);
        self.layout.include(Section::AppMetadata);
        let entry = AppMetadataEntry::issued(issuance, known_family);
        self.app_metadata.upsert(entry, self.dialect);
    }

    /// Puts `successor` into every entry that holds `redeemed`.
    fn replace_refresh_token(
        &mut self,
        redeemed: &RefreshToken,
        successor: &RefreshToken,
        home_account_id: &str,
        issuance: &Issuance<'_>,
    ) {
        // Several SDKs may have stored the same token, each under a key of its own.
        let mut holders = Vec::new();
        for environment in &issuance.environments() {
            let owner = Term::Owner {
                home_account_id,
                environment: Host(environment),
            };
            // Compared by value: the token of a family is stored under the client that signed in.
            for (key, entry) in self.refresh_tokens.find_with_keys(&owner) {
                if entry.secret == *redeemed {
                    holders.push((key.clone(), entry.clone()));
                }
            }
        }
        if holders.is_empty() {
            // Somebody else replaced the entry meanwhile: the successor is stored as a new one.
            self.store_refresh_token(issuance);
        }
        for (key, entry) in holders {
            // Two of them that are the same under two keys become one.
            if self.refresh_tokens.entry(key.as_str()).is_some() {
                let renewed = entry.renewed(successor.clone(), issuance.event.now);
                self.refresh_tokens.renew(key, renewed, self.dialect);
            }
        }
    }
}

/// The entries among which those that have to do with `entry` are, with their keys.
fn found_beside<E: Entry>(table: &Table<E>, entry: &E) -> Vec<(Text, E)> {
    let found = entry
        .place()
        .into_iter()
        .flat_map(|place| table.find_with_keys(&place));
    found
        .map(|(key, entry)| (key.clone(), entry.clone()))
        .collect()
}
