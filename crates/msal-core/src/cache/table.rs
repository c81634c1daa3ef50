//! One section of the cache: its entries in order, found by key and by what they say.
//!
//! The indexes hold hashes and slot numbers, never copies of the fields. A hash only proposes candidates; whoever
//! asks compares the fields, so a collision costs time and nothing else.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::dialect::Dialect;
use super::schema::{Entity, Wire, entry_size, write_entry};
use super::slots::Slots;
use crate::Text;

/// An entry with the key it is stored under and its JSON text.
#[derive(Clone)]
pub(super) struct Slot<E> {
    pub(super) key: Text,
    pub(super) body: Body,
    /// `None` when the text could not be understood; it is kept all the same.
    pub(super) entity: Option<E>,
    /// How often the table had been saved when the entry was added or changed; `None` when it stands in the document as
    /// it was loaded.
    changed_after: Option<u64>,
    /// Whether that change only renews what was there before, so that it does not outlive it.
    pub(super) is_renewal: bool,
}

/// Where the JSON text of an entry comes from.
#[derive(Clone)]
pub(super) enum Body {
    /// It is written from the entity when the document is: a cache that is being filled holds no text of its own.
    Made {
        /// The text it replaces, whose members that are not known here are kept.
        previous: Option<Text>,
        /// See [`entry_size`].
        size: usize,
    },
    /// It stands in a document.
    Read(Text),
}

impl<E: Entity> Slot<E> {
    /// As many bytes as the text takes where no character needs an escape: see [`LONGEST_ESCAPE`](crate::json).
    pub(super) fn size(&self) -> usize {
        match &self.body {
            Body::Made { size, .. } => *size,
            Body::Read(text) => text.as_bytes().len(),
        }
    }

    /// Appends the text.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match (&self.body, &self.entity) {
            (Body::Read(text), _) => out.extend_from_slice(text.as_bytes()),
            (Body::Made { previous, .. }, Some(entity)) => {
                write_entry(out, entity, previous.as_ref())
            }
            (Body::Made { .. }, None) => out.extend_from_slice(b"null"),
        }
    }
}

/// A section's entries.
#[derive(Clone)]
pub(super) struct Table<E> {
    slots: Slots<Slot<E>>,
    keys: HashTable<Posting>,
    postings: HashTable<Posting>,
    hasher: DefaultHashBuilder,
    /// How often the table was saved: to mark all entries as saved is to count on.
    saves: u64,
}

/// The hash of something that a slot can be found by: with it, a table that grows need not look at the slots.
#[derive(Clone, Copy)]
struct Posting {
    hash: u64,
    slot: u32,
}

impl Posting {
    fn hash(&self) -> u64 {
        self.hash
    }
}

/// A key's hash, and the number of the slot under it if there is one.
struct Found {
    hash: u64,
    number: Option<u32>,
}

impl<E> Default for Table<E> {
    fn default() -> Self {
        Self {
            slots: Slots::default(),
            keys: HashTable::new(),
            postings: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            saves: 0,
        }
    }
}

impl<E: Entity> Table<E> {
    /// Takes in an entry as it stands in a document.
    pub(super) fn load(&mut self, key: Text, text: &str, document: &Text) {
        let wire: Option<Wire<'_>> = serde_json::from_str(text).ok();
        let entity = wire.and_then(|wire| E::read(&wire, document));
        self.put(Slot {
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
        let was_added = previous.is_some_and(|slot| self.has_changed(slot) && !slot.is_renewal);
        self.store(key, entity, !was_added);
    }

    fn store(&mut self, key: Text, entity: E, is_renewal: bool)
    where
        E: PartialEq,
    {
        let found = self.find(key.as_str());
        let slot = found.number.and_then(|number| self.slots.get_mut(number));
        let previous = match slot {
            Some(slot) if slot.entity.as_ref() == Some(&entity) => {
                (slot.changed_after, slot.is_renewal) = (Some(self.saves), is_renewal);
                return;
            }
            Some(slot) => match &slot.body {
                Body::Made { previous, .. } => previous.clone(),
                Body::Read(text) => Some(text.clone()),
            },
            None => None,
        };
        let size = entry_size(&entity, previous.as_ref());
        let slot = Slot {
            key,
            body: Body::Made { previous, size },
            entity: Some(entity),
            changed_after: Some(self.saves),
            is_renewal,
        };
        self.put_at(found, slot);
    }

    /// Puts a slot of another table under its key, as a change.
    pub(super) fn put_changed(&mut self, mut slot: Slot<E>) {
        slot.changed_after = Some(self.saves);
        self.put(slot);
    }

    fn put(&mut self, slot: Slot<E>) {
        self.put_at(self.find(slot.key.as_str()), slot);
    }

    fn put_at(&mut self, found: Found, slot: Slot<E>) {
        let number = match found.number {
            Some(number) => {
                self.forget_postings(number);
                number
            }
            None => u32::try_from(self.slots.len()).unwrap_or(u32::MAX),
        };
        if let Some(entity) = &slot.entity {
            let (hasher, postings) = (&self.hasher, &mut self.postings);
            entity.index(&mut Terms {
                hasher,
                each: &mut |hash| {
                    postings.insert_unique(hash, Posting { hash, slot: number }, Posting::hash);
                },
            });
        }
        match self.slots.get_mut(number) {
            Some(place) => *place = slot,
            None => {
                let hash = found.hash;
                let posting = Posting { hash, slot: number };
                self.keys.insert_unique(hash, posting, Posting::hash);
                self.slots.push(slot);
            }
        }
    }

    /// Removes the entry under `key`.
    pub(super) fn remove(&mut self, key: &str) -> Option<Slot<E>> {
        let Found { hash, number } = self.find(key);
        let number = number?;
        self.forget_postings(number);
        if let Ok(found) = self.keys.find_entry(hash, |posting| posting.slot == number) {
            found.remove();
        }
        self.slots.take(number)
    }

    /// The entry under `key`.
    pub(super) fn by_key(&self, key: &str) -> Option<&Slot<E>> {
        self.slot(self.find(key).number?)
    }

    /// Entries that may belong to `owner` in `environment`, oldest first.
    pub(super) fn owned_by<'t>(
        &'t self,
        owner: &str,
        environment: &str,
    ) -> impl Iterator<Item = &'t Slot<E>> + use<'t, E> {
        self.proposed(&mut |terms| terms.owner(owner, environment))
    }

    /// Access tokens that may grant `scope` to `client` for the account.
    pub(super) fn granting<'t>(
        &'t self,
        home: &str,
        environment: &str,
        client: &str,
        scope: &str,
    ) -> impl Iterator<Item = &'t Slot<E>> + use<'t, E> {
        self.proposed(&mut |terms| terms.granted(home, environment, client, scope))
    }

    /// Accounts that may have this user name, in any case.
    pub(super) fn named<'t>(
        &'t self,
        username: &str,
    ) -> impl Iterator<Item = &'t Slot<E>> + use<'t, E> {
        self.proposed(&mut |terms| terms.username(username))
    }

    /// All entries, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot<E>> {
        self.slots.iter()
    }

    /// Marks every entry as saved.
    pub(super) fn mark_saved(&mut self) {
        self.saves += 1;
    }

    /// The entries that were added or changed since the table was last saved, in order.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Slot<E>> {
        self.iter().filter(|slot| self.has_changed(slot))
    }

    fn has_changed(&self, slot: &Slot<E>) -> bool {
        slot.changed_after == Some(self.saves)
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    fn proposed<'t>(
        &'t self,
        term: &mut dyn FnMut(&mut Terms<'_>),
    ) -> impl Iterator<Item = &'t Slot<E>> + use<'t, E> {
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
                        None => only = Some(posting.slot),
                        Some(_) => numbers.push(posting.slot),
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
        numbers.filter_map(|number| self.slot(number))
    }

    fn slot(&self, number: u32) -> Option<&Slot<E>> {
        self.slots.get(number)
    }

    fn find(&self, key: &str) -> Found {
        let hash = self.hasher.hash_one(key);
        let is_it = |posting: &Posting| {
            posting.hash == hash && self.slot(posting.slot).is_some_and(|slot| slot.key == key)
        };
        Found {
            hash,
            number: self.keys.find(hash, is_it).map(|posting| posting.slot),
        }
    }

    fn forget_postings(&mut self, number: u32) {
        let Some(Slot {
            entity: Some(entity),
            ..
        }) = self.slots.get(number)
        else {
            return;
        };
        let (hasher, postings) = (&self.hasher, &mut self.postings);
        entity.index(&mut Terms {
            hasher,
            each: &mut |hash| {
                if let Ok(found) = postings.find_entry(hash, |posting| {
                    posting.slot == number && posting.hash == hash
                }) {
                    found.remove();
                }
            },
        });
    }
}

/// Turns what an entry can be found by into hashes.
pub(super) struct Terms<'a> {
    hasher: &'a DefaultHashBuilder,
    each: &'a mut dyn FnMut(u64),
}

impl Terms<'_> {
    /// The account (or, for application metadata, the client) that an entry belongs to.
    pub(super) fn owner(&mut self, owner: &str, environment: impl AsRef<str>) {
        self.emit(0, &[owner], environment.as_ref());
    }

    /// One scope of an access token.
    pub(super) fn granted(
        &mut self,
        home: &str,
        environment: impl AsRef<str>,
        client: impl AsRef<str>,
        scope: &str,
    ) {
        self.emit(1, &[home, client.as_ref(), scope], environment.as_ref());
    }

    /// A user name, in any case.
    pub(super) fn username(&mut self, username: &str) {
        self.emit(2, &[&username.to_lowercase()], "");
    }

    fn emit(&mut self, kind: u8, parts: &[&str], environment: &str) {
        let mut hasher = self.hasher.build_hasher();
        kind.hash(&mut hasher);
        for part in parts {
            part.hash(&mut hasher);
        }
        match environment.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => environment.to_ascii_lowercase().hash(&mut hasher),
            false => environment.hash(&mut hasher),
        }
        (self.each)(hasher.finish());
    }
}
