//! What stops a whole migration.

use msal::{HttpError, RandomError, Remedy, StoreError};
use msal_core::{AuthorityError, ScopeError};
use thiserror::Error;

use crate::journal::JournalError;
use crate::plan::{AuthorityOverrideError, PlanError};
use crate::source::{MappingError, SourceError, UnknownSourceKind};
use crate::spa_origin::InvalidSpaOrigin;

/// What stops a whole migration, or keeps one from being set up: every error of this crate becomes one with `?`. Nothing that
/// was answered is lost: run the same command again. [`remedy`](Self::remedy) says whether anything has to be corrected
/// before, and [`hint`](Self::hint) what.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// A row was named by what the rows of several tokens are called. Nothing was sent, and nothing published.
    #[error("several tokens have a row that is called {named}: {names}")]
    #[non_exhaustive]
    Ambiguous {
        /// What was named.
        named: String,
        /// What the rows are called in full.
        names: String,
    },
    /// An authority was named that tokens are not migrated to.
    #[error(transparent)]
    Authority(#[from] AuthorityOverrideError),
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
    /// The mapping of columns or members is not one.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// A call of the library failed, such as one of a [`Verifier`](crate::Verifier).
    #[error(transparent)]
    Msal(#[from] msal::Error),
    /// A file cannot be copied as a token cache. Migrate it instead.
    #[error("{file}: cannot be copied: {problem}")]
    #[non_exhaustive]
    NotCopied {
        /// What was opened.
        file: String,
        /// Why.
        problem: String,
    },
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
    /// A format was named that is none.
    #[error(transparent)]
    SourceKind(#[from] UnknownSourceKind),
    /// The origin of a single-page application is none.
    #[error(transparent)]
    SpaOrigin(#[from] InvalidSpaOrigin),
    /// The target cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The caches of some users cannot be used. The tokens of all others are published; those of these users stay sealed in
    /// the journal, and the next run publishes them. Correct what the source says.
    #[error("tokens could not be stored for {}, and stay sealed in the journal", counted(*.users))]
    #[non_exhaustive]
    UserCaches {
        /// How many users those are.
        users: usize,
        /// Why the cache of one of them cannot be used.
        source: StoreError,
    },
}

impl MigrationError {
    /// Whether it is about the target alone: another one may be usable.
    pub(crate) fn is_of_store(&self) -> bool {
        matches!(
            self,
            Self::NotReadBack { .. } | Self::Store(_) | Self::UserCaches { .. }
        )
    }

    /// What to do about it. Nobody's sign-in helps, unless it is a user's of [`MigrationError::Msal`].
    pub fn remedy(&self) -> Remedy {
        let correct_unless = |is_transient: bool| match is_transient {
            true => Remedy::Wait(None),
            false => Remedy::Correct,
        };
        match self {
            Self::Ambiguous { .. }
            | Self::Authority(_)
            | Self::Http { .. }
            | Self::Mapping(_)
            | Self::NotCopied { .. }
            | Self::NotReadBack { .. }
            | Self::NotThere { .. }
            | Self::SourceKind(_)
            | Self::SpaOrigin(_) => Remedy::Correct,
            Self::Journal(error) => correct_unless(error.is_transient()),
            Self::Msal(error) => error.remedy(),
            // The next run makes a new plan.
            Self::Plan(error) => correct_unless(matches!(error, PlanError::Changed { .. })),
            Self::Random(_) | Self::ShutDown => Remedy::Wait(None),
            Self::SealedAnswer => Remedy::Report,
            Self::Store(error) | Self::UserCaches { source: error, .. } => {
                correct_unless(error.is_transient())
            }
        }
    }

    /// Whether the same run may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self.remedy(), Remedy::Wait(_))
    }

    /// What to do next, in one sentence for a person, where there is something to say.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Journal(error) => return error.hint(),
            Self::Plan(PlanError::Source(error)) => return error.hint(),
            Self::Store(error) => return error.hint(),
            Self::UserCaches { source, .. } => {
                let again = "run the migration again: nothing is sent twice";
                let hint = source.hint().map(|hint| format!("{hint}; then {again}"));
                return Some(hint.unwrap_or_else(|| again.to_owned()));
            }
            Self::Ambiguous { .. } => {
                "name one row, with as much of its file's path as tells it from the others; its place alone means a row of the input"
            }
            Self::Authority(_) => "name an authority of Microsoft Entra ID: https://HOST/TENANT",
            Self::Http { .. } => {
                "correct the authority, or trust the certificate authority of its host"
            }
            Self::Mapping(_) => {
                "say where the refresh token is: refresh_token=COLUMN, or /POINTER, or COLUMN:/POINTER"
            }
            Self::Msal(error) => return Some(error.remedy().to_string()),
            Self::NotCopied { .. } => {
                "name the client of the application with --client-id, or have the tokens redeemed: --mode redeem"
            }
            Self::NotReadBack { .. } => {
                "stop the programs that use the target, and run the migration again: nothing is lost"
            }
            Self::NotThere { .. } => {
                "name rows, clients and tenants as the plan and the report name them"
            }
            Self::Plan(PlanError::Changed { .. }) => {
                "stop the program that writes the input, and run the migration again"
            }
            Self::Random(_) | Self::ShutDown => {
                "run the migration again: nothing that was answered is lost"
            }
            Self::SealedAnswer => "keep the journal, and use the version that made it",
            Self::SpaOrigin(_) => "write https://HOST, or http://localhost:PORT, without a path",
            Self::SourceKind(_) => "leave the format out to have it detected",
        };
        Some(hint.to_owned())
    }
}

fn counted(users: usize) -> String {
    match users {
        1 => "1 user".to_owned(),
        users => format!("{users} users"),
    }
}

impl From<AuthorityError> for MigrationError {
    fn from(error: AuthorityError) -> Self {
        Self::Msal(error.into())
    }
}

impl From<ScopeError> for MigrationError {
    fn from(error: ScopeError) -> Self {
        Self::Msal(error.into())
    }
}

impl From<SourceError> for MigrationError {
    fn from(error: SourceError) -> Self {
        Self::Plan(error.into())
    }
}

#[cfg(test)]
mod tests;
