//! What several holders share by key, for as long as one of them holds it.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Weak};

/// Values by key, none of which is kept alive by standing here.
///
/// Keys whose value is gone are swept out whenever there may be as many of them as of the others, so that they cost a
/// constant amount of time and memory for each value that is put in.
pub(crate) struct WeakMap<K, V> {
    values: HashMap<K, Weak<V>>,
    /// The number of keys at which the next sweep is due.
    due: usize,
}

impl<K, V> Default for WeakMap<K, V> {
    fn default() -> Self {
        Self {
            values: HashMap::new(),
            due: SMALL,
        }
    }
}

impl<K: Eq + Hash, V> WeakMap<K, V> {
    /// The value, if somebody still holds it.
    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        self.values.get(key)?.upgrade()
    }

    /// Puts in a value that somebody else holds, in place of the one with the same key.
    pub(crate) fn insert(&mut self, key: K, value: &Arc<V>) {
        if self.values.len() >= self.due {
            self.values.retain(|_, value| value.strong_count() > 0);
            self.due = SMALL.max(2 * self.values.len());
        }
        self.values.insert(key, Arc::downgrade(value));
    }
}

impl<K, V> WeakMap<K, V> {
    /// How many values somebody still holds.
    pub(crate) fn live(&self) -> usize {
        let is_held = |value: &&Weak<V>| value.strong_count() > 0;
        self.values.values().filter(is_held).count()
    }
}

/// The number of values only: keys name people.
impl<K, V> fmt::Debug for WeakMap<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} live", self.live())
    }
}

/// So few keys are not worth a sweep.
const SMALL: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_holds_is_gone_and_takes_no_room_for_long() {
        let mut map = WeakMap::default();
        let held = Arc::new("held");
        map.insert(0, &held);
        for key in 1..10_000 {
            map.insert(key, &Arc::new("dropped"));
        }
        assert_eq!(map.get(&0).as_ref(), Some(&held));
        assert_eq!(map.get(&9_999), None);
        assert_eq!(map.live(), 1);
        assert!(map.values.len() <= SMALL);
    }

    #[test]
    fn sweeping_costs_a_constant_time_for_each_value() {
        let mut map = WeakMap::default();
        let mut held = Vec::new();
        let mut sweeps = 0;
        for key in 0..100_000 {
            let due = map.due;
            held.push(Arc::new(key));
            map.insert(key, &held[key]);
            sweeps += usize::from(map.due != due);
        }
        assert!(sweeps < 20, "{sweeps}");
    }
}
