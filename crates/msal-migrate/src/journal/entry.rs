//! What a journal records: the steps of each refresh token's migration.

use std::{fmt, time::Duration};

use bytes::Bytes;
use msal_core::UnixTime;

use super::Position;
use crate::{Fingerprint, Locator};

/// One step.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A request is about to be sent. Durable before it is, where sending it twice could do harm.
    Intent(Intent),
    /// What became of the token, for this run at least.
    Outcome(Outcome),
    /// Redeemed tokens were written to the target, in one save.
    Published(Published),
    /// The server answered. Recorded before any field of the answer is interpreted.
    Redeemed(Redeemed),
}

/// A request that is about to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever records it")]
pub struct Intent {
    /// The token.
    pub fingerprint: Fingerprint,
    /// Where it came from.
    pub locator: Locator,
    /// The how-manieth request for this token it is, from 1.
    pub attempt: u8,
    /// When.
    pub at: UnixTime,
}

/// An answer of a token endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever records it")]
pub struct Redeemed {
    /// The token that was redeemed.
    pub fingerprint: Fingerprint,
    /// Where it came from.
    pub locator: Locator,
    /// When.
    pub at: UnixTime,
    /// The answer as it came.
    pub response: RawResponse,
}

/// The status and body of an answer. Secret.
#[derive(Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever records it")]
pub struct RawResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body, which may hold tokens.
    pub body: Bytes,
}

/// Tokens that were written to the target together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever records it")]
pub struct Published {
    /// The tokens.
    pub fingerprints: Vec<Fingerprint>,
    /// Which state of the target holds them: the version that its store gave.
    pub generation: Vec<u8>,
    /// When.
    pub at: UnixTime,
}

/// What became of a token.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The token.
    pub fingerprint: Fingerprint,
    /// Where it came from.
    pub locator: Locator,
    /// What became of it.
    pub class: Class,
    /// When.
    pub at: UnixTime,
    /// The server's error code, such as `invalid_grant`.
    pub error: Option<String>,
    /// Its `suberror`.
    pub suberror: Option<String>,
    /// Its `AADSTS` numbers.
    pub codes: Vec<u32>,
    /// The reason in words fit for a report: no token, no name.
    pub message: Option<String>,
    /// How long to wait before the next attempt.
    pub retry_after: Option<Duration>,
    /// Whose token it turned out to be.
    pub home_account_id: Option<String>,
    /// Where the answer is, if it is worth keeping: for what was quarantined.
    pub response: Option<Position>,
}

impl Outcome {
    /// An outcome without particulars.
    pub fn new(fingerprint: Fingerprint, locator: Locator, class: Class, at: UnixTime) -> Self {
        Self {
            fingerprint,
            locator,
            class,
            at,
            error: None,
            suberror: None,
            codes: Vec::new(),
            message: None,
            retry_after: None,
            home_account_id: None,
            response: None,
        }
    }
}

/// What became of a token. Each token of a run ends in exactly one of these, or is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Class {
    /// It cannot be redeemed any more.
    Failed,
    /// It is in the target, durably, and was read back.
    Migrated,
    /// Its user has to sign in.
    NeedsUser,
    /// The server answered, and the answer must not be used as it is: another user's, for example.
    Quarantined,
    /// Trying again later may help.
    Retry,
    /// It was not tried.
    Skipped,
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawResponse")
            .field("status", &self.status)
            .field(
                "body",
                &format_args!("[{} bytes redacted]", self.body.len()),
            )
            .finish()
    }
}

impl fmt::Debug for Outcome {
    /// Leaves out whose token it was.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Outcome")
            .field("fingerprint", &self.fingerprint)
            .field("locator", &self.locator)
            .field("class", &self.class)
            .field("error", &self.error)
            .field("suberror", &self.suberror)
            .field("codes", &self.codes)
            .finish_non_exhaustive()
    }
}
