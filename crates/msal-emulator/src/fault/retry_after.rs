//! The values of `Retry-After` (RFC 9110 §10.2.3), valid and invalid ones.

use std::time::Duration;

use crate::protocol::Moment;

/// What a throttled answer says about when to come back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryAfter {
    /// An HTTP date, this long after the answer.
    Date(Duration),
    /// No header at all.
    Nothing,
    /// A number of seconds, as Entra sends.
    Seconds(u64),
    /// Any text: `-1`, `soon`, a number that is too large.
    Text(String),
}

impl RetryAfter {
    pub(super) fn header(&self, now: Moment) -> Option<String> {
        match self {
            Self::Date(after) => Some(now.plus(*after).http_date()),
            Self::Nothing => None,
            Self::Seconds(seconds) => Some(seconds.to_string()),
            Self::Text(text) => Some(text.clone()),
        }
    }
}

impl From<u64> for RetryAfter {
    fn from(seconds: u64) -> Self {
        Self::Seconds(seconds)
    }
}
