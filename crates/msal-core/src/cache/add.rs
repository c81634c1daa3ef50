//! Taking a token response into the cache: all its entries at once, after every check.

mod entries;
mod event;

use super::TokenCache;
use super::entry::{AccessTokenEntry, RefreshTokenEntry};
use super::sections::Section;
use super::term::Term;
use crate::RefreshToken;

pub use event::TokenEvent;

use entries::Entries;

impl TokenCache {
    /// Adds the tokens of a sign-in or of a redeemed refresh token, with the user's account.
    pub fn add(&mut self, event: &TokenEvent<'_>) {
        let entries = Entries::new(event, self.dialect, &mut self.interner);
        self.add_access_token(entries.access_token());
        if let Some(account) = entries.account() {
            self.lay_out(Section::Account);
            self.accounts.upsert(account, self.dialect);
        }
        self.add_id_token(&entries);
        if let Some(refresh_token) = entries.refresh_token() {
            self.lay_out(Section::RefreshToken);
            self.refresh_tokens.upsert(refresh_token, self.dialect);
        }
        self.add_app_metadata(&entries);
        self.is_changed = true;
    }

    /// Adds the tokens of a silent renewal: the entry that `redeemed` came from is given the new refresh token, its
    /// target and family stay, and the account is left as it is.
    ///
    /// Nothing is added for a user who was signed out while the renewal was on its way.
    pub fn renew(&mut self, event: &TokenEvent<'_>) {
        let entries = Entries::new(event, self.dialect, &mut self.interner);
        let Some(home) = entries.home_account_id.clone() else {
            return;
        };
        let is_signed_out =
            |environment: &String| !self.can_renew(event.client_id, home.as_str(), environment);
        if entries.stored_under().iter().all(is_signed_out) {
            return;
        }
        self.add_access_token(entries.access_token());
        self.add_id_token(&entries);
        if let (Some(redeemed), Some(refresh_token)) =
            (event.redeemed, &event.response.refresh_token)
        {
            self.update_refresh_token(redeemed, refresh_token, home.as_str(), &entries);
        }
        self.add_app_metadata(&entries);
        self.is_changed = true;
    }

    fn add_access_token(&mut self, access_token: AccessTokenEntry) {
        self.lay_out(Section::AccessToken);
        self.access_tokens.upsert(access_token, self.dialect);
    }

    fn add_id_token(&mut self, entries: &Entries<'_>) {
        if let Some(id_token) = entries.id_token() {
            self.lay_out(Section::IdToken);
            self.id_tokens.upsert(id_token, self.dialect);
        }
    }

    fn add_app_metadata(&mut self, entries: &Entries<'_>) {
        let known = self.family_of(entries.event.client_id, entries.environment.as_str());
        self.lay_out(Section::AppMetadata);
        let entry = entries.app_metadata(known);
        self.app_metadata.upsert(entry, self.dialect);
    }

    fn update_refresh_token(
        &mut self,
        redeemed: &RefreshToken,
        successor: &RefreshToken,
        home: &str,
        entries: &Entries<'_>,
    ) {
        let mut holders = Vec::new();
        for environment in entries.stored_under() {
            let owner = Term::Owner {
                home_account_id: home,
                environment: &environment,
            };
            for (key, entry) in self.refresh_tokens.find_with_keys(&owner) {
                if entry.secret == *redeemed {
                    holders.push((key.clone(), entry.clone()));
                }
            }
        }
        if holders.is_empty() {
            // Somebody else replaced the entry meanwhile: the successor is stored as a new one.
            self.lay_out(Section::RefreshToken);
            if let Some(entry) = entries.refresh_token() {
                self.refresh_tokens.upsert(entry, self.dialect);
            }
        }
        for (key, entry) in holders {
            let renewed = RefreshTokenEntry {
                secret: successor.clone(),
                last_modification_time: Some(entries.event.now),
                ..entry
            };
            self.refresh_tokens.renew(key, renewed);
        }
    }
}
