//! Two writers, one cache: what changed here is applied to what somebody else saved meanwhile.

use super::TokenCache;
use super::entry::{RefreshTokenEntry, Section};
use super::schema::Entity;
use super::table::Table;

impl TokenCache {
    /// Applies the changes made here since the last save to `theirs`, the cache as it is stored now.
    ///
    /// Entry by entry: what was added or changed here is put in, unless it is a refresh token and theirs is newer; what
    /// was removed here is removed, whoever wrote it since. All else is theirs. Doing it twice changes nothing more.
    #[must_use]
    pub fn rebase_onto(&self, mut theirs: Self) -> Self {
        theirs.dialect = self.dialect;
        for (section, key) in &self.removed {
            theirs.remove(*section, key);
        }
        let applied = [
            apply(&self.access_tokens, &mut theirs.access_tokens, |_, _| true),
            apply(&self.accounts, &mut theirs.accounts, |_, _| true),
            apply(&self.id_tokens, &mut theirs.id_tokens, |_, _| true),
            apply(&self.refresh_tokens, &mut theirs.refresh_tokens, is_newer),
            apply(&self.app_metadata, &mut theirs.app_metadata, |_, _| true),
        ];
        for section in Section::ALL {
            if theirs.count(section) > 0 {
                theirs.lay_out(section);
            }
        }
        theirs.removed.clone_from(&self.removed);
        theirs.is_changed |= applied.contains(&true);
        theirs
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

/// Whether anything of ours made a difference.
fn apply<E: Entity + Clone>(
    ours: &Table<E>,
    theirs: &mut Table<E>,
    wins: impl Fn(&E, &E) -> bool,
) -> bool {
    let mut is_different = false;
    for slot in ours.iter().filter(|slot| slot.changed) {
        let known = theirs.by_key(slot.key.as_str());
        let is_kept = match (
            &slot.entity,
            known.map(|known| (&known.entity, &known.text)),
        ) {
            (_, Some((_, text))) if *text == slot.text => false,
            (Some(ours), Some((Some(theirs), _))) => wins(ours, theirs),
            _ => true,
        };
        if is_kept {
            theirs.put(slot.clone());
            is_different = true;
        }
    }
    is_different
}

/// A server that rotates has revoked the older token, so the newer one must survive whoever saves last.
fn is_newer(ours: &RefreshTokenEntry, theirs: &RefreshTokenEntry) -> bool {
    ours.last_modification_time >= theirs.last_modification_time
}
