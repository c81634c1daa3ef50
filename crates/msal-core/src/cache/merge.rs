//! Two writers, one cache: what changed here is applied to what somebody else saved meanwhile.

use std::collections::HashSet;

use super::TokenCache;
use super::entry::{Entry, RefreshTokenEntry};
use super::record::Record;
use super::sections::Section;
use super::table::Table;
use crate::Text;

impl TokenCache {
    /// Applies the changes made here since the last save to `theirs`, the cache as it is stored now.
    ///
    /// Entry by entry: what was added or changed here is put in, unless it is a refresh token and theirs is newer. Who
    /// was signed out here is signed out there, and a token that was only renewed here stays away from a user who was
    /// signed out there. All else is theirs. Doing it twice changes nothing more.
    #[must_use]
    pub fn rebase_onto(&self, mut theirs: Self) -> Self {
        theirs.dialect = self.dialect;
        for (client_id, account) in &self.signed_out {
            theirs.remove_account(client_id.as_str(), account);
        }
        let gone = self.signed_out_in(&theirs);
        let stays = |home: Option<&Text>, environment: &Text| {
            home.is_none_or(|home| !gone.contains(&(home, environment)))
        };
        let applied = [
            apply(
                &self.access_tokens,
                &mut theirs.access_tokens,
                |entry, _| stays(entry.home_account_id.as_ref(), &entry.environment),
            ),
            apply(&self.accounts, &mut theirs.accounts, |_, _| true),
            apply(&self.id_tokens, &mut theirs.id_tokens, |entry, _| {
                stays(entry.home_account_id.as_ref(), &entry.environment)
            }),
            apply(
                &self.refresh_tokens,
                &mut theirs.refresh_tokens,
                |entry, theirs| {
                    stays(entry.home_account_id.as_ref(), &entry.environment)
                        && theirs.is_none_or(|theirs| is_newer(entry, theirs))
                },
            ),
            apply(&self.app_metadata, &mut theirs.app_metadata, |_, _| true),
        ];
        for section in Section::ALL {
            if theirs.count(section) > 0 {
                theirs.layout.include(section);
            }
        }
        theirs.is_changed |= applied.contains(&true);
        theirs
    }

    /// The users, by home account and environment, whose refresh tokens were renewed here and are not in `theirs`.
    fn signed_out_in<'a>(&'a self, theirs: &Self) -> HashSet<(&'a Text, &'a Text)> {
        let renewed = self
            .refresh_tokens
            .changes()
            .filter(|record| record.is_renewal);
        renewed
            .filter_map(Record::entry)
            .filter_map(|entry| Some((entry, entry.home_account_id.as_ref()?)))
            .filter(|(entry, home)| {
                let (environment, client) = (entry.environment.as_str(), entry.client_id.as_str());
                !theirs.can_renew(client, home.as_str(), environment)
            })
            .map(|(entry, home)| (home, &entry.environment))
            .collect()
    }

    fn count(&self, section: Section) -> usize {
        match section {
            Section::AccessToken => self.access_tokens.len(),
            Section::Account => self.accounts.len(),
            Section::IdToken => self.id_tokens.len(),
            Section::RefreshToken => self.refresh_tokens.len(),
            Section::AppMetadata => self.app_metadata.len(),
        }
    }
}

/// Whether anything of ours made a difference. `wins` decides about an entry of ours and theirs under the same key;
/// what nobody here understands is kept.
fn apply<E: Entry + Clone + PartialEq>(
    ours: &Table<E>,
    theirs: &mut Table<E>,
    wins: impl Fn(&E, Option<&E>) -> bool,
) -> bool {
    let mut is_different = false;
    for record in ours.changes() {
        let known = theirs.entry(record.key.as_str());
        let is_same = known.is_some() && known == record.entry();
        let is_kept = record.entry().is_none_or(|ours| wins(ours, known));
        if is_kept && !is_same {
            theirs.put_changed(record.clone());
            is_different = true;
        }
    }
    is_different
}

/// A server that rotates has revoked the older token, so the newer one must survive whoever saves last.
fn is_newer(ours: &RefreshTokenEntry, theirs: &RefreshTokenEntry) -> bool {
    ours.last_modification_time >= theirs.last_modification_time
}
