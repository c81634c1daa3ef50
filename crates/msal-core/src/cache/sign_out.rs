//! Signing an account out.

use super::TokenCache;
use super::removal::Removal;
use crate::{Account, Text, same_environment};

impl TokenCache {
    /// Does what was done in another cache.
    pub(super) fn sign_out_again(&mut self, removal: &Removal) {
        match removal {
            Removal::Account { client_id, account } => {
                self.remove_account(client_id.as_str(), account);
            }
            Removal::Application {
                client_id,
                environment,
            } => {
                self.remove_for_client(client_id.as_str(), environment.as_str());
            }
            Removal::OnBehalf {
                client_id,
                key,
                environment,
            } => {
                self.remove_on_behalf(client_id.as_str(), key, environment.as_str());
            }
        }
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
                && same_environment(environment.as_str(), &account.environment)
        };
        let refresh_tokens = self.refresh_tokens.remove_where(|entry| {
            // A family's token belongs to this client as much as to the one that it was issued to.
            let is_family = family.is_some() && entry.family_id == family;
            let is_ours = is_family || entry.is_of_client(client_id);
            is_ours && is_theirs(entry.home_account_id.as_ref(), &entry.environment)
        });
        // The tokens of all clients go, as in every MSAL: a client whose refresh token stays gets new ones with it.
        let access_tokens = self
            .access_tokens
            .remove_where(|entry| is_theirs(entry.home_account_id.as_ref(), &entry.environment));
        let id_tokens = self
            .id_tokens
            .remove_where(|entry| is_theirs(entry.home_account_id.as_ref(), &entry.environment));
        let accounts = self
            .accounts
            .remove_where(|entry| is_theirs(Some(&entry.home_account_id), &entry.environment));
        let removed = refresh_tokens + access_tokens + id_tokens + accounts;
        if removed > 0 {
            self.is_changed = true;
            self.hosts.forget();
            // Another process may be renewing a token of this user at the moment: see `rebase_onto`.
            self.signed_out.push(Removal::Account {
                client_id: client_id.into(),
                account: account.clone(),
            });
        }
        removed > 0
    }
}
