//! One section of the cache: its entries in order, found by key and by what they say.

use std::hash::BuildHasher as _;

use hashbrown::DefaultHashBuilder;

use super::arena::Arena;
use super::dialect::Dialect;
use super::entry::Entry;
use super::index::Index;
use super::postings::Postings;
use super::record::{Content, Record};
use super::term::Term;
use crate::Text;

/// A section's entries.
#[derive(Clone)]
pub(super) struct Table<E> {
    records: Arena<Record<E>>,
    keys: Postings,
    hasher: DefaultHashBuilder,
    index: Index,
    /// How often the table was saved. A record changed since the last save when it bears this number.
    saves: u64,
}

/// The hash of a key, and the record under that key if there is one.
struct KeySlot {
    hash: u64,
    number: Option<u32>,
}

impl<E> Default for Table<E> {
    fn default() -> Self {
        Self {
            records: Arena::default(),
            keys: Postings::default(),
            hasher: DefaultHashBuilder::default(),
            index: Index::default(),
            saves: 0,
        }
    }
}

impl<E: Entry> Table<E> {
    /// Takes in an entry as it stands in a document.
    pub(super) fn load(&mut self, key: Text, text: &str, document: &Text) {
        self.put(Record::read(key, text, document));
    }

    /// Takes in the entry that has the place `number` in its section, instead of the one that has it here. False where its
    /// key has another place here: then the order is another one, or the key occurs twice.
    pub(super) fn load_at(&mut self, number: u32, key: Text, text: &str, document: &Text) -> bool {
        self.remove_at(number);
        let slot = self.slot(key.as_str());
        let is_new = slot.number.is_none();
        if is_new {
            self.keys.insert(slot.hash, number);
            let record = Record::read(key, text, document);
            if let Some(entry) = record.entry() {
                self.index.insert(number, entry);
            }
            self.records.set(number, record);
        }
        is_new
    }

    /// The text of the entry that has the place `number`, if it stands under `key` and was read as an object.
    pub(super) fn text_at(&self, number: u32, key: &str) -> Option<&str> {
        let record = self.records.get(number)?;
        let text = record.text().filter(|_| record.key == key)?;
        text.starts_with('{').then_some(text)
    }

    /// Whether the places of the entries are their numbers in the section.
    pub(super) fn is_dense(&self) -> bool {
        self.records.len() == self.keys.len()
    }

    /// Gives up the entries from the place `number` on.
    pub(super) fn truncate(&mut self, number: u32) {
        let end = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
        for number in number..end {
            self.remove_at(number);
        }
        self.records.truncate(number);
    }

    /// Adds an entry in place of those that [are the same](Entry::is_same_entry), keeping the members that are not known
    /// here.
    ///
    /// An entry that says the same as the one that is there keeps its text, and counts as added all the same: it must
    /// be there after the next save, though somebody else may have removed it by then.
    pub(super) fn upsert(&mut self, entry: E, dialect: Dialect) {
        let key = Text::from(entry.storage_key(dialect));
        self.store(key, entry, false, dialect);
    }

    /// Changes the entry under `key`, which may be one that another SDK chose.
    pub(super) fn change(&mut self, key: Text, entry: E, dialect: Dialect) {
        self.store(key, entry, false, dialect);
    }

    /// Renews the entry under `key`, which may be one that another SDK chose.
    pub(super) fn renew(&mut self, key: Text, entry: E, dialect: Dialect) {
        // What was added since the last save and is renewed before the next one is still an addition.
        let previous = self.record(self.slot(key.as_str()).number);
        let was_added =
            previous.is_some_and(|record| self.has_changed(record) && !record.is_renewal);
        self.store(key, entry, !was_added, dialect);
    }

    fn store(&mut self, key: Text, entry: E, is_renewal: bool, dialect: Dialect) {
        let others = self.take_others(&key, &entry, dialect);
        let slot = self.slot(key.as_str());
        // An entry that did not change keeps its bytes, so that saving it again changes nothing in the document.
        let known = slot.number.and_then(|number| self.records.get_mut(number));
        let content = match known {
            Some(known) if known.entry() == Some(&entry) => {
                (known.changed_after, known.is_renewal) = (Some(self.saves), is_renewal);
                return;
            }
            known => {
                let known = known.map(|known| &known.content);
                let replaced = known.or_else(|| others.first().map(|other| &other.content));
                Content::made(entry, replaced)
            }
        };
        let record = Record {
            key,
            content,
            changed_after: Some(self.saves),
            is_renewal,
        };
        self.put_at(slot, record);
    }

    /// Puts a record of another table under its key, as a change, in place of the entries that are the same.
    pub(super) fn put_changed(&mut self, mut record: Record<E>, dialect: Dialect) {
        if let Some(entry) = record.entry() {
            self.take_others(&record.key, entry, dialect);
        }
        record.changed_after = Some(self.saves);
        self.put(record);
    }

    /// Takes out the entries that are the same as `entry` and do not stand under `key`: other SDKs, and other versions of
    /// one, spell keys in other ways.
    fn take_others(&mut self, key: &Text, entry: &E, dialect: Dialect) -> Vec<Record<E>> {
        let others = self.others(key, entry, dialect);
        let keys: Vec<Text> = others.map(|other| other.key.clone()).collect();
        keys.iter()
            .filter_map(|other| self.remove(other.as_str()))
            .collect()
    }

    /// The records of the entries that are the same as `entry` and do not stand under `key`.
    pub(super) fn others<'t>(
        &'t self,
        key: &'t Text,
        entry: &'t E,
        dialect: Dialect,
    ) -> impl Iterator<Item = &'t Record<E>> {
        let records = entry
            .place()
            .into_iter()
            .flat_map(|place| self.find_records(&place));
        records.filter(move |record| {
            let is_same = |other: &E| entry.is_same_entry(other, dialect);
            record.key != *key && record.entry().is_some_and(is_same)
        })
    }

    /// Has the entry under `key` stand behind all others.
    pub(super) fn move_to_end(&mut self, key: &str) {
        if let Some(record) = self.remove(key) {
            self.put(record);
        }
    }

    fn put(&mut self, record: Record<E>) {
        self.put_at(self.slot(record.key.as_str()), record);
    }

    fn put_at(&mut self, slot: KeySlot, record: Record<E>) {
        let number = match slot.number {
            Some(number) => {
                self.make_unfindable(number);
                number
            }
            None => u32::try_from(self.records.len()).unwrap_or(u32::MAX),
        };
        if let Some(entry) = record.entry() {
            self.index.insert(number, entry);
        }
        match self.records.get_mut(number) {
            Some(previous) => *previous = record,
            None => {
                self.keys.insert(slot.hash, number);
                self.records.push(record);
            }
        }
    }

    /// Removes every entry that `is_meant`, and answers how many there were.
    pub(super) fn remove_where(&mut self, is_meant: impl Fn(&E) -> bool) -> usize {
        let records = self.records.iter();
        let meant = records.filter(|record| record.entry().is_some_and(&is_meant));
        let keys: Vec<Text> = meant.map(|record| record.key.clone()).collect();
        for key in &keys {
            self.remove(key.as_str());
        }
        keys.len()
    }

    /// Removes every entry that has `term`, and answers how many there were.
    pub(super) fn remove_found(&mut self, term: &Term<'_>) -> usize {
        let found = self.find_with_keys(term);
        let keys: Vec<Text> = found.map(|(key, _)| key.clone()).collect();
        for key in &keys {
            self.remove(key.as_str());
        }
        keys.len()
    }

    fn remove(&mut self, key: &str) -> Option<Record<E>> {
        self.remove_at(self.slot(key).number?)
    }

    fn remove_at(&mut self, number: u32) -> Option<Record<E>> {
        self.make_unfindable(number);
        let record = self.records.take(number)?;
        self.keys
            .remove(self.hasher.hash_one(record.key.as_str()), number);
        Some(record)
    }

    fn make_unfindable(&mut self, number: u32) {
        if let Some(entry) = self.records.get(number).and_then(Record::entry) {
            self.index.remove(number, entry);
        }
    }

    /// The entry under `key`.
    pub(super) fn entry(&self, key: &str) -> Option<&E> {
        self.record(self.slot(key).number)?.entry()
    }

    /// Whether something stands under `key` that could not be understood.
    pub(super) fn is_taken_by_unknown(&self, key: &str) -> bool {
        let record = self.record(self.slot(key).number);
        record.is_some_and(|record| record.entry().is_none())
    }

    /// The entries that have `term`, oldest first.
    pub(super) fn find<'t>(&'t self, term: &Term<'_>) -> impl Iterator<Item = &'t E> + use<'t, E> {
        self.find_with_keys(term).map(|(_, entry)| entry)
    }

    /// Shows the entries that have `term` to `each`, oldest first.
    #[inline]
    pub(super) fn for_each_found<'t>(&'t self, term: &Term<'_>, mut each: impl FnMut(&'t E)) {
        let entry_in = |number| self.records.get(number)?.entry();
        let mut found = self.index.find_in_no_order(term, entry_in);
        // Mostly there is one, which needs no order.
        match (found.next(), found.next()) {
            (None, _) => {}
            (Some((_, only)), None) => each(only),
            _ => self.find(term).for_each(each),
        }
    }

    /// The entries that have `term`, oldest first, each with the key it is stored under.
    pub(super) fn find_with_keys<'t>(
        &'t self,
        term: &Term<'_>,
    ) -> impl Iterator<Item = (&'t Text, &'t E)> + use<'t, E> {
        self.find_records(term)
            .filter_map(|record| Some((&record.key, record.entry()?)))
    }

    fn find_records<'t>(
        &'t self,
        term: &Term<'_>,
    ) -> impl Iterator<Item = &'t Record<E>> + use<'t, E> {
        let numbers = self
            .index
            .find(term, |number| self.records.get(number)?.entry());
        numbers.filter_map(|number| self.records.get(number))
    }

    /// All entries that could be understood, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = &E> {
        self.records.iter().filter_map(Record::entry)
    }

    /// All entries as they are written, in order.
    pub(super) fn records(&self) -> impl Iterator<Item = &Record<E>> {
        self.records.iter()
    }

    /// The entries that were added or changed since the table was last saved, in order.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Record<E>> {
        self.records
            .iter()
            .filter(|record| self.has_changed(record))
    }

    fn has_changed(&self, record: &Record<E>) -> bool {
        record.changed_after == Some(self.saves)
    }

    /// Marks every entry as saved.
    pub(super) fn mark_saved(&mut self) {
        self.saves += 1;
    }

    /// How many entries there are, with those that could not be understood.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    fn slot(&self, key: &str) -> KeySlot {
        let hash = self.hasher.hash_one(key);
        let has_key = |record: &Record<E>| record.key == key;
        let mut numbers = self.keys.under(hash);
        KeySlot {
            hash,
            number: numbers.find(|number| self.record(Some(*number)).is_some_and(has_key)),
        }
    }

    fn record(&self, number: Option<u32>) -> Option<&Record<E>> {
        self.records.get(number?)
    }
}
