//! Pacing: one lane for each token endpoint, tenant and client, because that is what a server throttles.
//!
//! A lane widens by one for each success and halves at each setback (additive increase, multiplicative decrease). A
//! 429 stops the whole lane and no other: one answer tells what a thousand requests would only repeat. Nothing here
//! waits or knows the time: the run waits for as long as a lane says.

use std::time::Duration;

use crate::journal::Class;

/// Why nothing more is sent on a lane in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// The lane has waited longer than the operator is willing to.
    Exhausted,
    /// The server refused the client itself, so it would refuse every token of it.
    Refused,
}

impl Halt {
    /// What becomes of the lane's tokens.
    pub(super) fn class(self) -> Class {
        match self {
            Self::Exhausted => Class::Retryable,
            Self::Refused => Class::Failed,
        }
    }
}

/// One lane.
#[derive(Debug)]
pub(super) struct Lane {
    width: usize,
    ceiling: usize,
    in_flight: usize,
    is_blocked: bool,
    /// Setbacks since the last success.
    setbacks: u32,
    /// How long the lane has waited since the last success.
    waited: Duration,
    patience: Duration,
    halt: Option<Halt>,
}

impl Lane {
    /// A lane that never has more than `ceiling` requests in flight and waits no longer than `patience` without a
    /// success.
    pub(super) fn new(ceiling: usize, patience: Duration) -> Self {
        Self {
            width: ceiling.min(FIRST_WIDTH),
            ceiling,
            in_flight: 0,
            is_blocked: false,
            setbacks: 0,
            waited: Duration::ZERO,
            patience,
            halt: None,
        }
    }

    /// Whether a request may be sent now.
    pub(super) fn is_open(&self) -> bool {
        self.halt.is_none() && !self.is_blocked && self.in_flight < self.width
    }

    /// Why nothing more is sent, if so.
    pub(super) fn halt(&self) -> Option<Halt> {
        self.halt
    }

    /// How often it failed since the last success.
    pub(super) fn setbacks(&self) -> u32 {
        self.setbacks
    }

    /// A request was sent.
    pub(super) fn depart(&mut self) {
        self.in_flight += 1;
    }

    /// A request was not sent after all.
    pub(super) fn step_back(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// A request was answered, with tokens or with a refusal of this one token.
    pub(super) fn arrive(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        // By one for each answer: all that are in flight answer in one round trip, so the width doubles with it.
        self.width = (self.width + 1).min(self.ceiling);
        self.setbacks = 0;
        self.waited = Duration::ZERO;
    }

    /// A request failed in a way that concerns the lane. Returns how long the lane is blocked from now, or `None` when
    /// it is blocked already: the requests that were in flight with the first one bring nothing new.
    ///
    /// `jitter` between 0 and 1 spreads the waits of several migrators; the server's own wish is never shortened.
    pub(super) fn stumble(
        &mut self,
        retry_after: Option<Duration>,
        jitter: f64,
    ) -> Option<Duration> {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.is_blocked || self.halt.is_some() {
            return None;
        }
        // Halved once for all that were in flight together: halving for each would close the lane at one setback.
        self.width = (self.width / 2).max(1);
        // The shift is bounded, so that it cannot overflow however long an outage lasts.
        let doubled = FIRST_BACK_OFF.saturating_mul(1 << self.setbacks.min(16));
        // Between a half and the whole, so that migrators that were refused together do not come back together.
        let own = doubled
            .min(LONGEST_BACK_OFF)
            .mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
        // RFC 9110 §10.2.3: the server says how long to wait before the next request. Up to a tenth longer, never shorter.
        let wait = retry_after.map_or(own, |asked| {
            asked + asked.mul_f64(jitter.clamp(0.0, 1.0) / 10.0)
        });
        self.setbacks += 1;
        self.waited = self.waited.saturating_add(wait);
        // Judged before the wait: one that would exceed the patience is not begun.
        if self.waited > self.patience {
            self.halt = Some(Halt::Exhausted);
            return None;
        }
        self.is_blocked = true;
        Some(wait)
    }

    /// The wait is over.
    pub(super) fn unblock(&mut self) {
        self.is_blocked = false;
    }

    /// Nobody waits for it any longer.
    pub(super) fn exhaust(&mut self) {
        self.halt = Some(Halt::Exhausted);
    }

    /// The server refused the client itself.
    pub(super) fn refuse(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.halt = Some(Halt::Refused);
    }
}

/// The first wait after a setback for which the server names none; it doubles up to [`LONGEST_BACK_OFF`].
const FIRST_BACK_OFF: Duration = Duration::from_secs(2);

const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

/// How many requests a lane begins with: enough to be quick, and few enough not to be throttled at once.
const FIRST_WIDTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn lane() -> Lane {
        Lane::new(100, Duration::from_secs(600))
    }

    #[test]
    fn success_widens_by_one_up_to_the_ceiling() {
        let mut lane = lane();
        assert_eq!(lane.width, FIRST_WIDTH);
        for _ in 0..500 {
            lane.depart();
            lane.arrive();
        }
        assert_eq!(lane.width, 100);
    }

    #[test]
    fn no_more_than_the_width_is_in_flight() {
        let mut lane = Lane::new(2, Duration::MAX);
        lane.depart();
        assert!(lane.is_open());
        lane.depart();
        assert!(!lane.is_open());
        lane.arrive();
        assert!(lane.is_open());
    }

    #[test]
    fn a_429_blocks_once_for_as_long_as_the_server_asks() {
        let mut lane = lane();
        (0..10).for_each(|_| lane.depart());
        let minute = Some(Duration::from_secs(60));
        assert_eq!(lane.stumble(minute, 0.0), minute);
        assert!(!lane.is_open());
        assert_eq!(lane.stumble(minute, 0.0), None, "already blocked");
        assert_eq!(lane.width, FIRST_WIDTH / 2);
        lane.unblock();
        assert!(lane.is_open());
    }

    #[test]
    fn jitter_never_shortens_the_servers_wish() {
        let minute = Duration::from_secs(60);
        for jitter in [0.0, 0.5, 1.0, 7.0] {
            assert!(lane().stumble(Some(minute), jitter).unwrap() >= minute);
        }
    }

    #[test]
    fn own_waits_double_up_to_a_minute_and_start_anew_after_a_success() {
        let mut lane = Lane::new(100, Duration::MAX);
        let mut wait = || {
            let wait = lane.stumble(None, 1.0).unwrap().as_secs();
            lane.unblock();
            wait
        };
        let waits: Vec<_> = (0..8).map(|_| wait()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60, 60]);
        lane.arrive();
        assert_eq!(lane.stumble(None, 1.0), Some(FIRST_BACK_OFF));
    }

    #[test]
    fn patience_ends() {
        let mut lane = Lane::new(1, Duration::from_secs(100));
        assert!(lane.stumble(Some(Duration::from_secs(60)), 0.0).is_some());
        lane.unblock();
        assert_eq!(lane.stumble(Some(Duration::from_secs(60)), 0.0), None);
        assert_eq!(lane.halt(), Some(Halt::Exhausted));
        assert!(!lane.is_open());
    }

    #[test]
    fn a_refused_client_halts_its_lane() {
        let mut lane = lane();
        lane.depart();
        lane.refuse();
        assert_eq!(lane.halt(), Some(Halt::Refused));
    }
}
