//! What a run writes down of itself, for whoever asks how far it is.

use msal_core::UnixTime;
use serde::{Deserialize, Serialize};

use super::encoding::AsSeconds;

/// A run that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begun {
    /// How many tokens its plan has.
    pub(crate) tokens: u64,
    /// How many of them it leaves alone, as earlier runs have settled them.
    pub(crate) settled: u64,
    /// How many it tries at most.
    pub(crate) limit: Option<u64>,
}

/// A lane that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pause {
    /// Until when.
    #[serde(with = "AsSeconds")]
    pub until: UnixTime,
    /// Whether its server asks for it; otherwise it failed, or did not answer.
    pub is_asked: bool,
}
