//! Numbers of records under the hashes of what the records are found by.

use hashbrown::HashTable;

/// Any count of numbers under any hash. A hash is no proof: whoever asks compares what it stands for.
#[derive(Clone, Default)]
pub(super) struct Postings {
    table: HashTable<Posting>,
}

/// With the hash beside the number, a table that grows need not look at the records.
#[derive(Clone, Copy)]
struct Posting {
    hash: u64,
    number: u32,
}

impl Posting {
    fn hash(&self) -> u64 {
        self.hash
    }
}

impl Postings {
    /// Puts `number` under `hash`.
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        let posting = Posting { hash, number };
        self.table.insert_unique(hash, posting, Posting::hash);
    }

    /// Takes `number` away from under `hash`.
    pub(super) fn remove(&mut self, hash: u64, number: u32) {
        let is_it = |posting: &Posting| posting.number == number && posting.hash == hash;
        if let Ok(found) = self.table.find_entry(hash, is_it) {
            found.remove();
        }
    }

    /// The numbers under `hash`, in no order.
    pub(super) fn under(&self, hash: u64) -> impl Iterator<Item = u32> {
        let postings = self.table.iter_hash(hash);
        postings
            .filter(move |posting| posting.hash == hash)
            .map(|posting| posting.number)
    }

    /// How many numbers there are.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }
}
