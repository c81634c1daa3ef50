//! Whose tokens were removed from a cache.

use crate::{Account, OnBehalfKey, Text};

/// Whose tokens were removed.
#[derive(Clone)]
pub(super) enum Removal {
    /// An account's, by a client.
    Account { client_id: Text, account: Account },
    /// Those of a client itself.
    Application { client_id: Text, environment: Text },
    /// Those of an assertion or a session.
    OnBehalf {
        client_id: Text,
        key: OnBehalfKey,
        environment: Text,
    },
}
