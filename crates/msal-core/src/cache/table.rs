//! One section of the cache: its entries in order, found by key and by what they say.
//!
//! The indexes hold hashes and record numbers, never copies of the fields. A hash only proposes candidates; whoever
//! asks compares the fields, so a collision costs time and nothing else.

use std::borrow::Cow;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::arena::Arena;
use super::dialect::Dialect;
use super::entry::{Entry, Fields, entry_size};
use super::record::{Body, Record};
use super::term::Terms;
use crate::Text;

/// A section's entries.
#[derive(Clone)]
pub(super) struct Table<E> {
    records: Arena<Record<E>>,
    keys: HashTable<Posting>,
    postings: HashTable<Posting>,
    hasher: DefaultHashBuilder,
    /// How often the table was saved: to mark all entries as saved is to count on.
    saves: u64,
}

/// The hash of something that a record can be found by: with it, a table that grows need not look at the records.
#[derive(Clone, Copy)]
struct Posting {
    hash: u64,
    record: u32,
}

impl Posting {
    fn hash(&self) -> u64 {
        self.hash
    }
}

/// A key's hash, and the number of the record under it if there is one.
struct Found {
    hash: u64,
    number: Option<u32>,
}

impl<E> Default for Table<E> {
    fn default() -> Self {
        Self {
            records: Arena::default(),
            keys: HashTable::new(),
            postings: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            saves: 0,
        }
    }
}

impl<E: Entry> Table<E> {
    /// Takes in an entry as it stands in a document.
    pub(super) fn load(&mut self, key: Text, text: &str, document: &Text) {
        let entity = Fields::parse(text, document).and_then(|fields| E::read(&fields));
        self.put(Record {
            key,
            body: Body::Read(document.slice_of(Cow::Borrowed(text))),
            entity,
            changed_after: None,
            is_renewal: false,
        });
    }

    /// Adds an entry, or replaces the one under the same key, keeping the members that are not known here.
    ///
    /// An entry that says the same as the one that is there keeps its text, and counts as added all the same: it must be
    /// there after the next save, though somebody else may have removed it by then.
    pub(super) fn upsert(&mut self, entity: E, dialect: Dialect)
    where
        E: PartialEq,
    {
        let key = Text::from(entity.storage_key(dialect));
        self.store(key, entity, false);
    }

    /// Renews the entry under `key`, wherever that key comes from.
    pub(super) fn renew(&mut self, key: Text, entity: E)
    where
        E: PartialEq,
    {
        let previous = self.by_key(key.as_str());
        let was_added =
            previous.is_some_and(|record| self.has_changed(record) && !record.is_renewal);
        self.store(key, entity, !was_added);
    }

    fn store(&mut self, key: Text, entity: E, is_renewal: bool)
    where
        E: PartialEq,
    {
        let found = self.find(key.as_str());
        let record = found.number.and_then(|number| self.records.get_mut(number));
        let previous = match record {
            Some(record) if record.entity.as_ref() == Some(&entity) => {
                (record.changed_after, record.is_renewal) = (Some(self.saves), is_renewal);
                return;
            }
            Some(record) => match &record.body {
                Body::Made { previous, .. } => previous.clone(),
                Body::Read(text) => Some(text.clone()),
            },
            None => None,
        };
        let size = entry_size(&entity, previous.as_ref());
        let digest = self.digest(entity.secret().as_bytes());
        let record = Record {
            key,
            body: Body::Made {
                previous,
                size,
                digest,
            },
            entity: Some(entity),
            changed_after: Some(self.saves),
            is_renewal,
        };
        self.put_at(found, record);
    }

    /// Puts a record of another table under its key, as a change.
    pub(super) fn put_changed(&mut self, mut record: Record<E>) {
        record.changed_after = Some(self.saves);
        self.put(record);
    }

    fn put(&mut self, record: Record<E>) {
        self.put_at(self.find(record.key.as_str()), record);
    }

    fn put_at(&mut self, found: Found, record: Record<E>) {
        let number = match found.number {
            Some(number) => {
                self.forget_postings(number);
                number
            }
            None => u32::try_from(self.records.len()).unwrap_or(u32::MAX),
        };
        if let Some(entity) = &record.entity {
            let (hasher, postings) = (&self.hasher, &mut self.postings);
            entity.index(&mut Terms {
                hasher,
                each: &mut |hash| {
                    postings.insert_unique(
                        hash,
                        Posting {
                            hash,
                            record: number,
                        },
                        Posting::hash,
                    );
                },
            });
        }
        match self.records.get_mut(number) {
            Some(place) => *place = record,
            None => {
                let hash = found.hash;
                let posting = Posting {
                    hash,
                    record: number,
                };
                self.keys.insert_unique(hash, posting, Posting::hash);
                self.records.push(record);
            }
        }
    }

    /// Removes the entry under `key`.
    pub(super) fn remove(&mut self, key: &str) -> Option<Record<E>> {
        let Found { hash, number } = self.find(key);
        let number = number?;
        self.forget_postings(number);
        if let Ok(found) = self
            .keys
            .find_entry(hash, |posting| posting.record == number)
        {
            found.remove();
        }
        self.records.take(number)
    }

    /// The entry under `key`.
    pub(super) fn by_key(&self, key: &str) -> Option<&Record<E>> {
        self.record(self.find(key).number?)
    }

    /// Entries that may belong to `owner` in `environment`, oldest first.
    pub(super) fn owned_by<'t>(
        &'t self,
        owner: &str,
        environment: &str,
    ) -> impl Iterator<Item = &'t Record<E>> + use<'t, E> {
        self.proposed(&mut |terms| terms.owner(owner, environment))
    }

    /// Access tokens that may grant `scope` to `client` for the account.
    pub(super) fn granting<'t>(
        &'t self,
        home: &str,
        environment: &str,
        client: &str,
        scope: &str,
    ) -> impl Iterator<Item = &'t Record<E>> + use<'t, E> {
        self.proposed(&mut |terms| terms.granted(home, environment, client, scope))
    }

    /// Accounts that may have this user name, in any case.
    pub(super) fn named<'t>(
        &'t self,
        username: &str,
    ) -> impl Iterator<Item = &'t Record<E>> + use<'t, E> {
        self.proposed(&mut |terms| terms.username(username))
    }

    /// The hash by which a secret is told from others: see [`Body::Made`].
    pub(super) fn digest(&self, secret: &[u8]) -> u64 {
        self.hasher.hash_one(secret)
    }

    /// The first entry in the record of this number or a later one, with its number.
    pub(super) fn next(&self, from: u32) -> Option<(u32, &Record<E>)> {
        let last = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        (from..last).find_map(|number| Some((number, self.record(number)?)))
    }

    /// All entries, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Record<E>> {
        self.records.iter()
    }

    /// Marks every entry as saved.
    pub(super) fn mark_saved(&mut self) {
        self.saves += 1;
    }

    /// The entries that were added or changed since the table was last saved, in order.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Record<E>> {
        self.iter().filter(|record| self.has_changed(record))
    }

    fn has_changed(&self, record: &Record<E>) -> bool {
        record.changed_after == Some(self.saves)
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    fn proposed<'t>(
        &'t self,
        term: &mut dyn FnMut(&mut Terms<'_>),
    ) -> impl Iterator<Item = &'t Record<E>> + use<'t, E> {
        // Mostly there is one, for which nothing is allocated.
        let mut only = None;
        let mut numbers = Vec::new();
        let (hasher, postings) = (&self.hasher, &self.postings);
        term(&mut Terms {
            hasher,
            each: &mut |hash| {
                let same_hash = postings
                    .iter_hash(hash)
                    .filter(|posting| posting.hash == hash);
                for posting in same_hash {
                    match only {
                        None => only = Some(posting.record),
                        Some(_) => numbers.push(posting.record),
                    }
                }
            },
        });
        if !numbers.is_empty() {
            numbers.extend(only.take());
            numbers.sort_unstable();
            numbers.dedup();
        }
        let numbers = only.into_iter().chain(numbers);
        numbers.filter_map(|number| self.record(number))
    }

    fn record(&self, number: u32) -> Option<&Record<E>> {
        self.records.get(number)
    }

    fn find(&self, key: &str) -> Found {
        let hash = self.hasher.hash_one(key);
        let is_it = |posting: &Posting| {
            posting.hash == hash
                && self
                    .record(posting.record)
                    .is_some_and(|record| record.key == key)
        };
        Found {
            hash,
            number: self.keys.find(hash, is_it).map(|posting| posting.record),
        }
    }

    fn forget_postings(&mut self, number: u32) {
        let Some(Record {
            entity: Some(entity),
            ..
        }) = self.records.get(number)
        else {
            return;
        };
        let (hasher, postings) = (&self.hasher, &mut self.postings);
        entity.index(&mut Terms {
            hasher,
            each: &mut |hash| {
                if let Ok(found) = postings.find_entry(hash, |posting| {
                    posting.record == number && posting.hash == hash
                }) {
                    found.remove();
                }
            },
        });
    }
}
