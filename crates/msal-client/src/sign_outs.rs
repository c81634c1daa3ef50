//! Word of sign-outs: how a cache in memory learns that a user is gone who was signed out through another one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use crate::store::Partition;

/// Counts the sign-outs that were saved, by partition.
///
/// A fixed number of counters for any number of partitions: where two share one, a sign-out in the one makes the cache of
/// the other ask its store once for nothing.
pub(crate) struct SignOuts(Box<[AtomicU64]>);

impl Default for SignOuts {
    fn default() -> Self {
        Self((0..COUNTERS).map(|_| AtomicU64::new(1)).collect())
    }
}

impl fmt::Debug for SignOuts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SignOuts")
    }
}

/// The count of one partition.
#[derive(Clone, Debug)]
pub(crate) struct SignOutCount {
    counts: Arc<SignOuts>,
    slot: usize,
}

impl SignOutCount {
    pub(crate) fn of(partition: &Partition, counts: &Arc<SignOuts>) -> Self {
        let hash = xxh3_64(partition.as_str().as_bytes());
        Self {
            counts: Arc::clone(counts),
            slot: usize::try_from(hash % COUNTERS).unwrap_or_default(),
        }
    }

    /// The count, which is never zero. Who reads it sees what was stored before it was raised.
    pub(crate) fn now(&self) -> u64 {
        self.counts.0[self.slot].load(Ordering::Acquire)
    }

    /// Tells all others that somebody was signed out: they look at the store before they hand out another token.
    pub(crate) fn raise(&self) {
        self.counts.0[self.slot].fetch_add(1, Ordering::Release);
    }
}

/// Eight kilobytes for each runtime.
const COUNTERS: u64 = 1024;
