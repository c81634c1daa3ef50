//! Signing an account out.

use super::TokenCache;
use super::entry::Entry;
use super::table::Table;
use crate::{Account, Text, same_cloud};

impl TokenCache {
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

fn keys<E: Entry>(table: &Table<E>, is_meant: impl Fn(&E) -> bool) -> Vec<Text> {
    table
        .iter()
        .filter(|record| record.entity.as_ref().is_some_and(&is_meant))
        .map(|record| record.key.clone())
        .collect()
}

fn remove_all<E: Entry>(table: &mut Table<E>, keys: &[Text]) -> usize {
    keys.iter()
        .filter_map(|key| table.remove(key.as_str()))
        .count()
}
