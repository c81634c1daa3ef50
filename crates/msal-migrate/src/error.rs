//! What stops a whole migration.

use msal::{HttpError, RandomError, StoreError};
use thiserror::Error;

use crate::journal::JournalError;
use crate::plan::PlanError;

/// What stops a whole migration. Nothing that was answered is lost: run the same command again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// A host cannot be talked to at all: its certificate is not trusted, or no request can be made for it. Correct the
    /// host or its certificate.
    #[error("cannot send tokens to `{host}`")]
    #[non_exhaustive]
    Http {
        /// The host.
        host: String,
        /// Why.
        source: HttpError,
    },
    /// The journal cannot be opened or written; [`JournalError::hint`] says what to do.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Rows, clients or tenants were named whose tokens are to be released or tried again, and there are none. Nothing was
    /// sent.
    #[error("the source has no token {named}")]
    #[non_exhaustive]
    NotThere {
        /// What was named, in words.
        named: String,
    },
    /// The target was written and does not hold what was written. Stop the program that overwrites it.
    #[error(
        "{missing} tokens that were written to the target are not in it any more: is another program writing it?"
    )]
    #[non_exhaustive]
    NotReadBack {
        /// How many.
        missing: usize,
    },
    /// The source cannot be read, or has changed since it was planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The operating system gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// A sealed answer is not one. Keep the journal: it was written by another version.
    #[error("an answer sealed in the journal cannot be read")]
    SealedAnswer,
    /// A task of the migrator's own was cancelled: the runtime is shutting down.
    #[error("the migration was shut down")]
    ShutDown,
    /// The target cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}
