//! Two caches of one application: what one has of its users goes into the other.

use std::collections::{HashMap, HashSet};

use super::TokenCache;
use super::dialect::Dialect;
use super::entry::{Entry, RefreshTokenEntry};
use super::record::{Content, Record};
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
    /// `host` is asked for each refresh token, with its client and its environment. It answers the host, with its port, of the
    /// authority at which the application will ask; `None` leaves the token behind. The entries keep all their members, those
    /// that nobody knows here too; their keys and their environment are spelled as the dialect of this cache has it, because
    /// an MSAL Node that finds its own spelling beside another one fails. A user who can be renewed here keeps the token,
    /// unless both entries say when they were written and the other is newer. Access tokens stay behind: the next silent
    /// call gets one. Doing it twice changes nothing more.
    pub fn take_over(
        &mut self,
        other: &Self,
        host: &dyn Fn(&str, &RefreshToken, &str) -> Option<String>,
    ) -> TakenOver {
        let dialect = self.dialect;
        let mut counts = TakenOver::default();
        let mut users = Users::default();
        for record in other.refresh_tokens.records() {
            let Some((entry, owner)) = record.entry().and_then(|it| Some((it, it.place()?))) else {
                continue;
            };
            // A session on behalf of a user is the service's that has its key, and no sign-in.
            if entry.assertion.is_some() {
                continue;
            }
            let (client, environment) = (entry.client_id.as_str(), entry.environment.as_str());
            let Some(host) = host(client, &entry.secret, environment) else {
                continue;
            };
            let environment = self.interner.intern(&dialect.environment(&host));
            users.add(owner, entry, &environment);
            let entry = RefreshTokenEntry {
                environment,
                ..entry.clone()
            };
            let is_taken =
                !self.has_as_good(&entry) && take(&mut self.refresh_tokens, record, entry, dialect);
            match is_taken {
                true => counts.refresh_tokens += 1,
                false => counts.known += 1,
            }
        }
        let taken = [
            counts.refresh_tokens > 0,
            take_missing(
                (&other.accounts, &mut self.accounts),
                dialect,
                |entry| {
                    let environment = users.environments.get(&entry.place()?)?.clone();
                    let mut moved = entry.clone();
                    moved.environment = environment;
                    Some(moved)
                },
                |entry, known| entry.is_same_entry(known, dialect) || entry.is_twin_of(known),
            ),
            take_missing(
                (&other.id_tokens, &mut self.id_tokens),
                dialect,
                |entry| {
                    let environment = users.environment_at(entry.place()?, &entry.client_id)?;
                    let mut moved = entry.clone();
                    moved.environment = environment;
                    Some(moved)
                },
                |entry, known| entry.is_same_entry(known, dialect),
            ),
            take_missing(
                (&other.app_metadata, &mut self.app_metadata),
                dialect,
                |entry| {
                    let environment = users.environments.get(&entry.place()?)?.clone();
                    let mut moved = entry.clone();
                    moved.environment = environment;
                    Some(moved)
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
    fn has_as_good(&self, entry: &RefreshTokenEntry) -> bool {
        let is_older = |known: &RefreshTokenEntry| {
            let times = (known.last_modification_time, entry.last_modification_time);
            matches!(times, (Some(known), Some(taken)) if known < taken)
        };
        let owner = entry.place();
        let mut here = owner
            .iter()
            .flat_map(|owner| self.refresh_tokens.find(owner));
        here.any(|known| {
            known.is_twin_of(entry, self.dialect)
                || known.is_same_entry(entry, self.dialect) && !is_older(known)
        })
    }
}

/// The users whose refresh tokens are wanted, and the environment that their entries get.
#[derive(Default)]
struct Users<'a> {
    /// By the owner in the other cache, and by the client.
    environments: HashMap<Term<'a>, Text>,
    /// The clients of each owner, in lower case.
    clients: HashSet<(Term<'a>, String)>,
}

impl<'a> Users<'a> {
    fn add(&mut self, owner: Term<'a>, entry: &'a RefreshTokenEntry, environment: &Text) {
        let client = Term::Client {
            client_id: entry.client_id.as_str(),
            environment: Host(entry.environment.as_str()),
        };
        for term in [owner, client] {
            self.environments
                .entry(term)
                .or_insert_with(|| environment.clone());
        }
        self.clients.insert((owner, lower(&entry.client_id)));
    }

    fn environment_at(&self, owner: Term<'_>, client_id: &Text) -> Option<Text> {
        let has_client = self.clients.contains(&(owner, lower(client_id)));
        has_client.then(|| self.environments.get(&owner).cloned())?
    }
}

fn lower(client_id: &Text) -> String {
    case::written(client_id.as_str()).into_owned()
}

/// Takes over the entries of `from` that are `moved`, and the same as none of `to`; answers whether there were any.
fn take_missing<E: Entry>(
    (from, to): (&Table<E>, &mut Table<E>),
    dialect: Dialect,
    moved: impl Fn(&E) -> Option<E>,
    is_known: impl Fn(&E, &E) -> bool,
) -> bool {
    let mut is_taken = false;
    for record in from.records() {
        let Some(entry) = record.entry().and_then(&moved) else {
            continue;
        };
        let is_here = entry.place().is_some_and(|place| {
            let mut here = to.find(&place);
            here.any(|known| is_known(&entry, known))
        });
        is_taken |= !is_here && take(to, record, entry, dialect);
    }
    is_taken
}

/// Takes over the entry that was made of a record, under the name that the dialect has for it. What stands there and was not
/// understood, or is something else, stays.
fn take<E: Entry>(to: &mut Table<E>, record: &Record<E>, entry: E, dialect: Dialect) -> bool {
    let key = Text::from(entry.storage_key(dialect));
    let known = to.entry(key.as_str());
    let is_other = known.is_some_and(|known| !entry.is_same_entry(known, dialect));
    if is_other || to.is_taken_by_unknown(key.as_str()) {
        return false;
    }
    let content = match record.entry() == Some(&entry) {
        true => record.content.clone(),
        false => Content::made(entry, Some(&record.content)),
    };
    let record = Record {
        key,
        content,
        changed_after: None,
        is_renewal: false,
    };
    to.put_changed(record, dialect);
    true
}
