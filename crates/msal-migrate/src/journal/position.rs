//! Where an entry is.

use serde::{Deserialize, Serialize};

/// Where in a journal an entry is. Later entries have greater positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Position(pub(super) u64);
