//! The name of a refresh token where its value must not be shown.

use std::fmt;

/// The name of a refresh token in logs and counters. The token cannot be derived from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefreshTokenId(u64);

impl RefreshTokenId {
    pub(crate) fn new(number: u64) -> Self {
        Self(number)
    }

    /// A number to choose a shard by.
    pub(crate) fn spread(self) -> usize {
        usize::try_from(self.0 >> 32).unwrap_or_default()
    }
}

impl fmt::Display for RefreshTokenId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "rt-{:016x}", self.0)
    }
}

impl fmt::Debug for RefreshTokenId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
