//! Two writers, one cache: what changed here is applied to what somebody else saved meanwhile.

use std::collections::HashSet;

use super::TokenCache;
use super::dialect::Dialect;
use super::entry::{Entry, RefreshTokenEntry};
use super::record::Record;
use super::sections::Section;
use super::table::Table;
use super::term::{Host, Term};
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
        // First, so that whoever signs in again here afterwards is put in below.
        for sign_out in &self.signed_out {
            theirs.sign_out_again(sign_out);
        }
        let signed_out_there = self.signed_out_in(&theirs);
        let ended_there = self.ended_in(&theirs);
        let dialect = self.dialect;
        let stays = |home_account_id: &Option<Text>, environment: &Text| {
            let owner = owner(home_account_id, environment);
            owner.is_none_or(|owner| !signed_out_there.contains(&owner))
        };
        let applied = [
            apply(
                (&self.access_tokens, &mut theirs.access_tokens, dialect),
                |ours| {
                    stays(&ours.home_account_id, &ours.environment)
                        && !ended_there.contains(&on_behalf(
                            &ours.assertion,
                            &ours.client_id,
                            &ours.environment,
                        ))
                },
                |_, _, _| true,
            ),
            // A renewal writes no account: one that was added or changed here is that of a sign-in.
            apply(
                (&self.accounts, &mut theirs.accounts, dialect),
                |_| true,
                |_, _, _| true,
            ),
            apply(
                (&self.id_tokens, &mut theirs.id_tokens, dialect),
                |ours| stays(&ours.home_account_id, &ours.environment),
                |_, _, _| true,
            ),
            apply(
                (&self.refresh_tokens, &mut theirs.refresh_tokens, dialect),
                |ours| {
                    stays(&ours.home_account_id, &ours.environment)
                        && !ended_there.contains(&on_behalf(
                            &ours.assertion,
                            &ours.client_id,
                            &ours.environment,
                        ))
                },
                is_newer,
            ),
            apply(
                (&self.app_metadata, &mut theirs.app_metadata, dialect),
                |_| true,
                |_, _, _| true,
            ),
        ];
        for section in Section::ALL {
            if theirs.count(section) > 0 {
                theirs.layout.include(section);
            }
        }
        theirs.is_changed |= applied.contains(&true);
        theirs.hosts.forget();
        theirs
    }

    /// The users who are signed out in `theirs`, and whose refresh tokens were renewed here meanwhile.
    fn signed_out_in(&self, theirs: &Self) -> HashSet<Term<'_>> {
        let changes = self.refresh_tokens.changes();
        let renewed = changes.filter(|record| record.is_renewal);
        // A renewal assumes that the user is signed in. A sign-in does not, so it is kept whatever happened there.
        renewed
            .filter_map(Record::entry)
            .filter(|ours| ours.assertion.is_none())
            .filter(|ours| {
                let home_account_id = ours.home_account_id.as_ref().map(Text::as_str);
                let (client, environment) = (ours.client_id.as_str(), ours.environment.as_str());
                home_account_id.is_some_and(|home| !theirs.can_renew(client, home, environment))
            })
            .filter_map(|ours| owner(&ours.home_account_id, &ours.environment))
            .collect()
    }

    /// The sessions that have ended in `theirs`, and were renewed here meanwhile.
    fn ended_in(&self, theirs: &Self) -> HashSet<Option<Term<'_>>> {
        let changes = self.refresh_tokens.changes();
        let renewed = changes.filter(|record| record.is_renewal);
        renewed
            .filter_map(Record::entry)
            .filter_map(|ours| on_behalf(&ours.assertion, &ours.client_id, &ours.environment))
            .filter(|session| theirs.refresh_tokens.find(session).next().is_none())
            .map(Some)
            .collect()
    }

    pub(super) fn count(&self, section: Section) -> usize {
        match section {
            Section::AccessToken => self.access_tokens.len(),
            Section::Account => self.accounts.len(),
            Section::IdToken => self.id_tokens.len(),
            Section::RefreshToken => self.refresh_tokens.len(),
            Section::AppMetadata => self.app_metadata.len(),
        }
    }
}

fn owner<'a>(home_account_id: &'a Option<Text>, environment: &'a Text) -> Option<Term<'a>> {
    let home_account_id = home_account_id.as_ref()?.as_str();
    Some(Term::Owner {
        home_account_id,
        environment: Host(environment.as_str()),
    })
}

fn on_behalf<'a>(
    assertion: &'a Option<Text>,
    client_id: &'a Text,
    environment: &'a Text,
) -> Option<Term<'a>> {
    Some(Term::OnBehalf {
        key: assertion.as_ref()?.as_str(),
        client_id: client_id.as_str(),
        environment: Host(environment.as_str()),
    })
}

/// Puts what changed in `ours` into `theirs`, and answers whether that made a difference.
///
/// An entry of ours that still `stays` is put in if it `wins` over those of theirs that are the same. One that could not be
/// understood is put in.
fn apply<E: Entry>(
    (ours, theirs, dialect): (&Table<E>, &mut Table<E>, Dialect),
    stays: impl Fn(&E) -> bool,
    wins: impl Fn(&Record<E>, &E, &E) -> bool,
) -> bool {
    let mut is_different = false;
    for record in ours.changes() {
        let known = theirs.entry(record.key.as_str());
        let is_put = record.entry().is_none_or(|ours| {
            let others = theirs.others(&record.key, ours, dialect);
            let others: Vec<&E> = others.filter_map(Record::entry).collect();
            let is_same = known == Some(ours) && others.is_empty();
            let wins_over = |theirs: &E| wins(record, ours, theirs);
            !is_same
                && stays(ours)
                && known.is_none_or(wins_over)
                && others.into_iter().all(wins_over)
        });
        if is_put {
            theirs.put_changed(record.clone(), dialect);
            is_different = true;
        }
    }
    is_different
}

/// A server that rotates has revoked the older token, so the newer one must survive whoever saves last. Clocks differ, so
/// the successor of the very token that they have is newer whatever the times are.
fn is_newer(
    record: &Record<RefreshTokenEntry>,
    ours: &RefreshTokenEntry,
    theirs: &RefreshTokenEntry,
) -> bool {
    let is_successor = || {
        record
            .replaced()
            .is_some_and(|replaced| replaced.secret == theirs.secret)
    };
    ours.last_modification_time >= theirs.last_modification_time || is_successor()
}
