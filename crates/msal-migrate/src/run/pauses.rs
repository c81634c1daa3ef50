//! What busy servers ask of those who redeem one token at a time: a lane for each token endpoint and client, as in a
//! [run](super::lane), without anybody who waits.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use msal_core::UnixTime;

use super::engine::Engine;
use super::lane::Lane;
use crate::journal::Reason;
use crate::plan::Redemption;

/// The lanes that wait, or that failed the last time. Those that go well take no room.
#[derive(Debug, Default)]
pub(crate) struct Pauses(Mutex<HashMap<LaneKey, Pause>>);

/// Authority and client, as text.
type LaneKey = (String, String);

#[derive(Debug)]
struct Pause {
    lane: Lane,
    until: UnixTime,
    reason: Reason,
}

impl Pauses {
    /// Why nothing is sent for this redemption now, and for how long.
    pub(super) fn of(&self, redemption: &Redemption, now: UnixTime) -> Option<(Reason, Duration)> {
        let pauses = self.lock();
        let pause = pauses.get(&key(redemption))?;
        let left = now.until(pause.until);
        (!left.is_zero()).then(|| (pause.reason.clone(), left))
    }

    /// The server is busy, and `asked` for a wait or not.
    pub(super) fn stumble(
        &self,
        redemption: &Redemption,
        asked: Option<Duration>,
        reason: &Reason,
        engine: &Engine<'_>,
    ) {
        let now = engine.runtime.clock().now();
        let mut pauses = self.lock();
        pauses.retain(|_, pause| pause.until.until(now) < FORGOTTEN);
        let pause = pauses.entry(key(redemption)).or_insert_with(|| Pause {
            lane: Lane::new(usize::MAX, Duration::MAX),
            until: now,
            reason: Reason::default(),
        });
        if pause.until <= now {
            pause.lane.unblock();
        }
        pause.lane.depart();
        let wait = pause.lane.stumble(asked, engine.jitter());
        // Requests that were in flight together: the longest wait that was asked for counts.
        let wait = wait.max(asked).unwrap_or_default();
        // Times are whole seconds, and a wait is not cut short.
        pause.until = pause.until.max(now + wait + Duration::from_secs(1));
        pause.reason = reason.clone();
    }

    /// The server has answered as it should.
    pub(super) fn arrive(&self, redemption: &Redemption, now: UnixTime) {
        let mut pauses = self.lock();
        let key = key(redemption);
        // What was in flight when another was told to wait does not end that wait.
        if pauses.get(&key).is_some_and(|pause| pause.until <= now) {
            pauses.remove(&key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LaneKey, Pause>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(redemption: &Redemption) -> LaneKey {
    let authority = redemption.authority.to_string();
    (authority, redemption.client_id.to_ascii_lowercase())
}

/// How long after its wait a lane is forgotten that nobody has used since.
const FORGOTTEN: Duration = Duration::from_secs(600);
