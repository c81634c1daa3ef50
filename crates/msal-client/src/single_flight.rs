//! One request in flight for each key. A caller with the same key waits for it; a caller with another key does not wait.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::observe;
use crate::weak_map::WeakMap;

/// Requests in flight by key.
#[derive(Debug)]
pub(crate) struct SingleFlight<K, V> {
    /// A flight is held by its callers; when they are gone, so is it.
    flights: Mutex<WeakMap<K, OnceCell<V>>>,
}

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self {
            flights: Mutex::default(),
        }
    }
}

impl<K: Eq + Hash, V: Clone> SingleFlight<K, V> {
    /// Runs `request`, unless one with the same key is in flight: then waits for that one's result. The other half of the
    /// answer is whether it is another caller's.
    ///
    /// When the caller that runs the request is dropped, one of those that wait runs its own request instead.
    pub(crate) async fn run(&self, key: K, request: impl Future<Output = V>) -> (V, bool) {
        let flight = self.join(key);
        let mut is_shared = true;
        let result = flight.get_or_init(|| {
            is_shared = false;
            request
        });
        (result.await.clone(), is_shared)
    }

    fn join(&self, key: K) -> Arc<OnceCell<V>> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&key) {
            // A result that is there already belongs to callers who came before, and may be out of date by now.
            if !flight.initialized() {
                observe::joined();
                return flight;
            }
        }
        let flight = Arc::new(OnceCell::new());
        flights.insert(key, &flight);
        flight
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn equal_keys_share_one_request_and_different_ones_do_not() {
        let flights = SingleFlight::default();
        let started = AtomicUsize::new(0);
        let gate = tokio::sync::Barrier::new(2);
        let request = || async {
            started.fetch_add(1, Ordering::SeqCst);
            gate.wait().await;
            7
        };
        let others = async {
            // Lets both waiters of "a" come in first, then opens the gate with a flight of its own.
            tokio::task::yield_now().await;
            flights.run("b", request()).await
        };
        let results = tokio::join!(
            flights.run("a", request()),
            flights.run("a", request()),
            others
        );
        assert_eq!(results, ((7, false), (7, true), (7, false)));
        assert_eq!(started.load(Ordering::SeqCst), 2);
        assert_eq!(flights.flights.lock().unwrap().live(), 0);
    }

    #[tokio::test]
    async fn a_waiter_takes_over_from_one_who_gave_up() {
        let flights = SingleFlight::default();
        let mut abandoned = Box::pin(flights.run("a", std::future::pending()));
        let mut waiter = Box::pin(flights.run("a", async { 5 }));
        tokio::select! {
            biased;
            _ = &mut abandoned => unreachable!("it never ends"),
            _ = &mut waiter => unreachable!("it waits for the other"),
            () = std::future::ready(()) => {}
        }
        drop(abandoned);
        assert_eq!(waiter.await, (5, false));
    }
}
