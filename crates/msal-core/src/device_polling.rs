//! When a device asks again for the tokens of its user (RFC 8628 §3.5).

use std::time::Duration;

use crate::{Refusal, ServiceError, UnixTime};

/// A device that waits for its user: how long it has been told to wait, and until when.
#[derive(Clone, Debug)]
pub struct DevicePolling {
    interval: Duration,
    expires_on: UnixTime,
    /// How often in a row there was no answer to speak of.
    unanswered: u32,
}

impl DevicePolling {
    /// A device that may ask every `interval`, and whose code is good until `expires_on`.
    pub fn new(interval: Duration, expires_on: UnixTime) -> Self {
        Self {
            interval,
            expires_on,
            unanswered: 0,
        }
    }

    /// Whether the code is not good any more.
    pub fn is_over(&self, now: UnixTime) -> bool {
        self.expires_on <= now
    }

    /// How long to wait after a refusal before the next question; `None` when there is to be none.
    pub fn after_refusal(&mut self, refusal: &ServiceError, now: UnixTime) -> Option<Duration> {
        match refusal.error.as_str() {
            "authorization_pending" => self.unanswered = 0,
            "slow_down" => {
                // RFC 8628 §3.5: "the interval MUST be increased by 5 seconds for this and all subsequent requests."
                self.interval += SLOWER;
                self.unanswered = 0;
            }
            _ if refusal.refusal() == Refusal::Transient => {
                let backed_off = self.back_off();
                let asked_for = refusal.retry_after.unwrap_or_default();
                return Some(self.until_expiry(backed_off.max(asked_for), now));
            }
            // RFC 8628 §3.5: access_denied, expired_token and all others end it.
            _ => return None,
        }
        Some(self.until_expiry(self.interval, now))
    }

    /// How long to wait before the next question when the last one had no answer.
    ///
    /// RFC 8628 §3.5: "On encountering a connection timeout, clients MUST unilaterally reduce their polling frequency
    /// before retrying. The use of an exponential backoff algorithm to achieve this, such as doubling the polling interval
    /// on each such connection timeout, is RECOMMENDED."
    pub fn after_no_answer(&mut self, now: UnixTime) -> Duration {
        let wait = self.back_off();
        self.until_expiry(wait, now)
    }

    fn back_off(&mut self) -> Duration {
        self.unanswered = self.unanswered.saturating_add(1);
        let factor = 1_u32.checked_shl(self.unanswered).unwrap_or(u32::MAX);
        let doubled = self.interval.saturating_mul(factor);
        doubled.min(self.interval.max(LONGEST_BACK_OFF))
    }

    /// Nobody waits for longer than the code is good for.
    fn until_expiry(&self, wait: Duration, now: UnixTime) -> Duration {
        wait.min(now.until(self.expires_on))
    }
}

/// RFC 8628 §3.5
const SLOWER: Duration = Duration::from_secs(5);

/// A user who has entered the code is not to wait for much longer, when the network comes back.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;
    use proptest::prelude::*;

    use super::*;
    use crate::TokenOutcome;

    const T0: UnixTime = UnixTime::from_secs(1_700_000_000);

    fn refusal(status: u16, error: &str, retry_after: Option<u64>) -> ServiceError {
        let mut response = Response::builder().status(status);
        if let Some(wait) = retry_after {
            response = response.header("retry-after", wait);
        }
        let body = format!(r#"{{"error":"{error}"}}"#);
        match TokenOutcome::read(&response.body(Bytes::from(body)).unwrap(), "app") {
            TokenOutcome::Refused(error) => *error,
            other => panic!("{other:?}"),
        }
    }

    fn polling(lifetime: u64) -> DevicePolling {
        DevicePolling::new(Duration::from_secs(5), T0 + Duration::from_secs(lifetime))
    }

    #[test]
    fn every_word_of_the_standard_has_its_consequence() {
        for (status, error, retry_after, expected) in [
            (400, "authorization_pending", None, Some(5)),
            (400, "slow_down", None, Some(10)),
            (400, "access_denied", None, None),
            (400, "authorization_declined", None, None),
            (400, "expired_token", None, None),
            (400, "bad_verification_code", None, None),
            (400, "invalid_grant", None, None),
            (503, "", None, Some(10)),
            (503, "", Some(30), Some(30)),
            (429, "", Some(7), Some(10)),
            (500, "server_error", None, Some(10)),
        ] {
            let mut polling = polling(900);
            let wait = polling.after_refusal(&refusal(status, error, retry_after), T0);
            assert_eq!(
                wait.map(|wait| wait.as_secs()),
                expected,
                "{status} {error}"
            );
        }
    }

    #[test]
    fn slowing_down_holds_for_all_that_follow() {
        let mut polling = polling(900);
        let (pending, slow) = (
            refusal(400, "authorization_pending", None),
            refusal(400, "slow_down", None),
        );
        let waits: Vec<u64> = [&pending, &slow, &pending, &slow, &pending, &pending]
            .into_iter()
            .map(|error| polling.after_refusal(error, T0).unwrap().as_secs())
            .collect();
        assert_eq!(waits, [5, 10, 10, 15, 15, 15]);
    }

    #[test]
    fn time_outs_double_the_pause_and_an_answer_ends_that() {
        let mut polling = polling(900);
        let waits: Vec<u64> = (0..6)
            .map(|_| polling.after_no_answer(T0).as_secs())
            .collect();
        assert_eq!(waits, [10, 20, 40, 60, 60, 60]);
        let pending = refusal(400, "authorization_pending", None);
        assert_eq!(
            polling.after_refusal(&pending, T0),
            Some(Duration::from_secs(5))
        );
        assert_eq!(polling.after_no_answer(T0), Duration::from_secs(10));
    }

    #[test]
    fn nobody_waits_for_longer_than_the_code_is_good_for() {
        let mut polling = polling(3);
        let pending = refusal(400, "authorization_pending", None);
        assert_eq!(
            polling.after_refusal(&pending, T0),
            Some(Duration::from_secs(3))
        );
        assert!(!polling.is_over(T0));
        assert!(polling.is_over(T0 + Duration::from_secs(3)));
    }

    proptest! {
        #[test]
        fn no_pause_is_shorter_than_the_interval_and_none_ends_after_the_code(
            interval in 1_u64..100_000,
            lifetime in 0_u64..100_000,
            events in proptest::collection::vec(0_u8..4, 1..100),
        ) {
            let expires_on = T0 + Duration::from_secs(lifetime);
            let mut polling = DevicePolling::new(Duration::from_secs(interval), expires_on);
            let mut now = T0;
            for event in events {
                if polling.is_over(now) {
                    break;
                }
                let wait = match event {
                    0 => polling.after_refusal(&refusal(400, "authorization_pending", None), now),
                    1 => polling.after_refusal(&refusal(400, "slow_down", None), now),
                    2 => polling.after_refusal(&refusal(503, "", Some(100)), now),
                    _ => Some(polling.after_no_answer(now)),
                }.unwrap();
                let left = now.until(expires_on);
                prop_assert!(wait <= left && (wait.as_secs() >= interval || wait == left));
                now = now + wait;
            }
        }
    }
}
