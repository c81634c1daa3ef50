//! How many requests a second all lanes of a run send together, where the operator has set a limit.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use msal::{BoxFuture, Clock};

/// Lets so many requests go in each turn, and then waits for the next one.
pub(super) struct Pace<'a> {
    clock: &'a dyn Clock,
    turn: Option<Turn>,
    /// How many have gone in this turn.
    departed: u32,
    wait: Option<BoxFuture<'a, ()>>,
}

/// A turn takes as long as its requests may take at this rate: no shorter than a clock can tell apart.
#[derive(Clone, Copy, Debug)]
struct Turn {
    requests: u32,
    lasts: Duration,
}

impl Turn {
    fn at(rate: NonZeroU32) -> Self {
        let requests = rate.get().div_ceil(TURNS_PER_SECOND);
        Self {
            requests,
            lasts: Duration::from_secs(1) * requests / rate.get(),
        }
    }
}

impl<'a> Pace<'a> {
    pub(super) fn new(rate: Option<NonZeroU32>, clock: &'a dyn Clock) -> Self {
        Self {
            clock,
            turn: rate.map(Turn::at),
            departed: 0,
            wait: None,
        }
    }

    /// Whether nothing is sent before the next turn.
    pub(super) fn is_waiting(&self) -> bool {
        self.wait.is_some()
    }

    /// A request goes.
    pub(super) fn depart(&mut self) {
        let Some(turn) = self.turn else { return };
        self.departed += 1;
        if self.departed == turn.requests {
            self.departed = 0;
            self.wait = Some(self.clock.sleep(turn.lasts));
        }
    }

    /// Waits for the next turn. Nothing is lost when that is given up.
    pub(super) async fn next_turn(&mut self) {
        if let Some(wait) = &mut self.wait {
            wait.await;
        }
        self.wait = None;
    }
}

impl fmt::Debug for Pace<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Pace").field(&self.turn).finish()
    }
}

/// Timers tell milliseconds apart, and wake some of them late.
const TURNS_PER_SECOND: u32 = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_to_the_rate_and_are_no_shorter_than_a_timer_can_tell() {
        for rate in [1, 3, 50, 51, 700, u32::MAX] {
            let turn = Turn::at(NonZeroU32::new(rate).unwrap());
            let per_second = f64::from(turn.requests) / turn.lasts.as_secs_f64();
            let rate = f64::from(rate);
            assert!((per_second / rate - 1.0).abs() < 0.001, "{rate}: {turn:?}");
            assert!(turn.lasts >= Duration::from_millis(19), "{rate}: {turn:?}");
        }
    }
}
