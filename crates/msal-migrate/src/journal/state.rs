//! Where a token can stand.

use serde::{Deserialize, Serialize};

/// Where a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum State {
    /// It has an outcome.
    Concluded(Class),
    /// A request was about to be sent, and nothing says whether the token was redeemed.
    InDoubt,
    /// The server answered; the answer is in the journal and nowhere else.
    Unpublished,
}

impl State {
    /// Whether no run tries the token unless it is told to.
    pub(crate) fn is_settled(self) -> bool {
        match self {
            Self::Concluded(Class::Failed | Class::Retryable) | Self::Unpublished => false,
            Self::Concluded(_) | Self::InDoubt => true,
        }
    }
}

/// What became of a token. Each token of a run ends in exactly one of these, or is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Class {
    /// The operator corrects why: the server refused where it was sent, as which client, with which secret or for which
    /// scopes, or its authority could not be used, or it was not sent because it is listed for another client too.
    Failed,
    /// It is in the target, durably, and was read back.
    Migrated,
    /// Its user has to sign in, as far as the authority, the client and the scopes are right that were asked.
    NeedsUser,
    /// The server answered, and the answer must not be used as it is: another user's, for example.
    Quarantined,
    /// Trying again later may help.
    Retryable,
}
