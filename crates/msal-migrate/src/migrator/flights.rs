//! The redemptions that are under way in a process: one for each token, in a task that no caller can cancel.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::first_use::FirstUse;

pub(super) type Landed = Result<FirstUse, Arc<MigrationError>>;
type UnderWay = Arc<Mutex<HashMap<Fingerprint, watch::Receiver<Option<Landed>>>>>;

/// How a call got what it was told.
pub(super) enum Flight {
    /// By the redemption of another call, for the same token.
    Joined(Landed),
    Own(Landed),
}

/// The redemptions that are under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Flights(UnderWay);

impl Flights {
    /// Waits for the redemption of `token` that is under way, or else begins `work` and waits for that. Dropping the future
    /// stops neither.
    pub(super) async fn join(
        &self,
        token: Fingerprint,
        work: impl Future<Output = Result<FirstUse, MigrationError>> + Send + 'static,
    ) -> Flight {
        let (mut flight, is_own) = self.board(token, work);
        let landed = flight.wait_for(Option::is_some).await;
        // Nobody says anything any more where the runtime is shutting down.
        let landed = landed.ok().and_then(|landed| landed.clone());
        let landed = landed.unwrap_or_else(|| Err(Arc::new(MigrationError::ShutDown)));
        match is_own {
            true => Flight::Own(landed),
            false => Flight::Joined(landed),
        }
    }

    fn board(
        &self,
        token: Fingerprint,
        work: impl Future<Output = Result<FirstUse, MigrationError>> + Send + 'static,
    ) -> (watch::Receiver<Option<Landed>>, bool) {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = under_way.get(&token) {
            return (flight.clone(), false);
        }
        let (sender, flight) = watch::channel(None);
        under_way.insert(token, flight.clone());
        let listed = Listed {
            under_way: Arc::clone(&self.0),
            token,
        };
        // A runtime that is closing drops the work in here, and the work takes its flight off the list.
        drop(under_way);
        tokio::spawn(async move {
            let landed = work.await.map_err(Arc::new);
            // Before it is told: who comes after that begins anew, and finds it in the journal.
            drop(listed);
            sender.send_replace(Some(landed));
        });
        (flight, true)
    }
}

/// Takes the flight off the list, whatever ends it.
struct Listed {
    under_way: UnderWay,
    token: Fingerprint,
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut under_way = self
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        under_way.remove(&self.token);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc;
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    use super::*;

    /// Spawning drops the future at once, with what takes the flight off the list.
    #[test]
    fn a_call_on_a_runtime_that_is_closing_ends() {
        let (told, heard) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.build().unwrap();
            let closed = runtime.handle().clone();
            drop(runtime);
            let _entered = closed.enter();
            let flights = Flights::default();
            let work = std::future::pending::<Result<FirstUse, MigrationError>>();
            let call = pin!(flights.join(Fingerprint::from_bytes([1; 16]), work));
            let ended = call.poll(&mut Context::from_waker(Waker::noop()));
            let is_shut_down = match ended {
                Poll::Ready(Flight::Own(Err(error))) => matches!(*error, MigrationError::ShutDown),
                _ => false,
            };
            let under_way = flights.0.lock().unwrap().len();
            told.send((is_shut_down, under_way)).unwrap();
        });
        let ended = heard.recv_timeout(Duration::from_secs(20));
        assert_eq!(ended, Ok((true, 0)));
    }
}
