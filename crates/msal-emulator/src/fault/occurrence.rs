//! How often a fault strikes.

use crate::issuer::scramble;

#[derive(Clone, Copy, Debug)]
pub(super) enum Occurrence {
    Always,
    Every(u64),
    First(u64),
    Nth(u64),
    /// A share of the requests, in parts of 2^32, drawn with a seed.
    Share {
        of_2_to_32: u64,
        seed: u64,
    },
}

impl Occurrence {
    pub(super) fn strikes(self, count: u64) -> bool {
        match self {
            Self::Always => true,
            // Every zeroth request is none.
            Self::Every(0) => false,
            Self::Every(n) => count.is_multiple_of(n),
            Self::First(n) => count <= n,
            Self::Nth(n) => count == n,
            Self::Share { of_2_to_32, seed } => scramble(seed ^ scramble(count)) >> 32 < of_2_to_32,
        }
    }
}
