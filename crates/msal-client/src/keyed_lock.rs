//! A lock for each key: who comes with the same key waits, in order of arrival.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Queue, OwnedMutexGuard};

use crate::weak_map::WeakMap;

/// Locks by key. Those that nobody holds or waits for take no memory for long.
#[derive(Debug)]
pub(crate) struct KeyedLock<K> {
    queues: Mutex<WeakMap<K, Queue<()>>>,
}

/// Holds the lock of a key until it is dropped.
#[derive(Debug)]
pub(crate) struct KeyGuard(#[expect(dead_code, reason = "held")] OwnedMutexGuard<()>);

impl<K> Default for KeyedLock<K> {
    fn default() -> Self {
        Self {
            queues: Mutex::default(),
        }
    }
}

impl<K: Eq + Hash> KeyedLock<K> {
    /// Waits until all who came before have let go of `key`, or have given up waiting.
    pub(crate) async fn lock(&self, key: K) -> KeyGuard {
        KeyGuard(self.queue(key).lock_owned().await)
    }

    fn queue(&self, key: K) -> Arc<Queue<()>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&key) {
            return queue;
        }
        let queue = Arc::new(Queue::new(()));
        queues.insert(key, &queue);
        queue
    }
}
