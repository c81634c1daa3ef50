//! Two caches of one application: what one has of its users goes into the other, as it is.

use std::collections::HashSet;

use super::TokenCache;
use super::dialect::Dialect;
use super::entry::{Entry, RefreshTokenEntry};
use super::record::Record;
use super::sections::Section;
use super::table::Table;
use super::term::{Host, Term};
use crate::{RefreshToken, Text, case};

/// How many refresh tokens were taken over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TakenOver {
    /// Those that are here now.
    pub refresh_tokens: u64,
    /// Those whose user had one here that is as good, or newer as far as their entries say.
    pub known: u64,
}

impl TokenCache {
    /// Takes over what `other` has of users whose refresh tokens are wanted: these tokens, and the accounts, the ID tokens and
    /// what is known of the application.
    ///
    /// `is_wanted` is asked for each refresh token, with its client and its environment. The entries keep all their members,
    /// those that nobody knows here too, and are named as the dialect of this cache has it. A user who can be renewed here
    /// keeps the token, unless both entries say when they were written and the other is newer. Access tokens stay behind:
    /// the next silent call gets one. Doing it twice changes nothing more.
    pub fn take_over(
        &mut self,
        other: &Self,
        is_wanted: &dyn Fn(&str, &RefreshToken, &str) -> bool,
    ) -> TakenOver {
        let mut counts = TakenOver::default();
        let mut users = Users::default();
        for record in other.refresh_tokens.records() {
            let Some(entry) = record.entry() else {
                continue;
            };
            let (client, environment) = (entry.client_id.as_str(), entry.environment.as_str());
            let Some(owner) = entry.place() else { continue };
            if !is_wanted(client, &entry.secret, environment) {
                continue;
            }
            users.add(owner, client, environment);
            let is_taken = !self.has_as_good(entry, &owner)
                && take(&mut self.refresh_tokens, record, entry, self.dialect);
            match is_taken {
                true => counts.refresh_tokens += 1,
                false => counts.known += 1,
            }
        }
        let dialect = self.dialect;
        let taken = [
            counts.refresh_tokens > 0,
            take_missing(
                (&other.accounts, &mut self.accounts),
                dialect,
                |entry| entry.place().is_some_and(|owner| users.has(&owner)),
                |entry, known| entry.is_same_entry(known, dialect) || entry.is_twin_of(known),
            ),
            take_missing(
                (&other.id_tokens, &mut self.id_tokens),
                dialect,
                |entry| {
                    let owner = entry.place();
                    owner.is_some_and(|owner| users.has_at(&owner, entry.client_id.as_str()))
                },
                |entry, known| entry.is_same_entry(known, dialect),
            ),
            take_missing(
                (&other.app_metadata, &mut self.app_metadata),
                dialect,
                |entry| {
                    entry
                        .place()
                        .is_some_and(|client| users.clients.contains(&client))
                },
                |entry, known| entry.is_same_entry(known, dialect),
            ),
        ];
        for section in Section::ALL {
            if self.count(section) > 0 {
                self.layout.include(section);
            }
        }
        self.is_changed |= taken.contains(&true);
        self.hosts.forget();
        counts
    }

    /// Whether the user of an entry can be renewed here with a token that is not older than the entry's.
    fn has_as_good(&self, entry: &RefreshTokenEntry, owner: &Term<'_>) -> bool {
        let is_older = |known: &RefreshTokenEntry| {
            let times = (known.last_modification_time, entry.last_modification_time);
            matches!(times, (Some(known), Some(taken)) if known < taken)
        };
        self.refresh_tokens.find(owner).any(|known| {
            let is_twin = known.is_twin_of(entry, self.dialect);
            is_twin || known.is_same_entry(entry, self.dialect) && !is_older(known)
        })
    }
}

/// The users whose refresh tokens are wanted.
#[derive(Default)]
struct Users<'a> {
    owners: HashSet<Term<'a>>,
    /// With the client in lower case.
    at_clients: HashSet<(Term<'a>, String)>,
    clients: HashSet<Term<'a>>,
}

impl<'a> Users<'a> {
    fn add(&mut self, owner: Term<'a>, client_id: &'a str, environment: &'a str) {
        self.owners.insert(owner);
        self.at_clients
            .insert((owner, case::written(client_id).into_owned()));
        self.clients.insert(Term::Client {
            client_id,
            environment: Host(environment),
        });
    }

    fn has(&self, owner: &Term<'_>) -> bool {
        self.owners.contains(owner)
    }

    fn has_at(&self, owner: &Term<'_>, client_id: &str) -> bool {
        self.at_clients
            .contains(&(*owner, case::written(client_id).into_owned()))
    }
}

/// Takes over the wanted entries of `from` that are the same as none of `to`, and answers whether there were any.
fn take_missing<E: Entry>(
    (from, to): (&Table<E>, &mut Table<E>),
    dialect: Dialect,
    is_wanted: impl Fn(&E) -> bool,
    is_known: impl Fn(&E, &E) -> bool,
) -> bool {
    let mut is_taken = false;
    for record in from.records() {
        let Some(entry) = record.entry().filter(|entry| is_wanted(entry)) else {
            continue;
        };
        let is_here = entry.place().is_some_and(|place| {
            let mut here = to.find(&place);
            here.any(|known| is_known(entry, known))
        });
        if is_here {
            continue;
        }
        is_taken |= take(to, record, entry, dialect);
    }
    is_taken
}

/// Takes an entry over, under the name that the dialect has for it. What stands there and was not understood stays.
fn take<E: Entry>(to: &mut Table<E>, record: &Record<E>, entry: &E, dialect: Dialect) -> bool {
    let key = Text::from(entry.storage_key(dialect));
    if to.is_taken_by_unknown(key.as_str()) {
        return false;
    }
    let record = Record {
        key,
        changed_after: None,
        is_renewal: false,
        content: record.content.clone(),
    };
    to.put_changed(record, dialect);
    true
}
