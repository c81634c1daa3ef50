//! Why a database cannot be read. No message quotes a value of a row: servers put those into theirs, so that only what is
//! about names, access and the connection is handed on.

use std::fmt;

/// Why a database cannot be read. No message holds a token or a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The certificate authorities that were named cannot be read.
    #[error("cannot be asked: the certificate authorities in `{file}` cannot be read: {reason}")]
    #[non_exhaustive]
    Authorities {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Another program has locked it.
    #[error("is locked by another program")]
    Busy,
    /// The file has changed while it was read without a lock.
    #[error("has been changed while it was read")]
    Changed,
    /// The file is damaged, or encrypted.
    #[error("is damaged: {reason}")]
    #[non_exhaustive]
    Damaged {
        /// What is found.
        reason: String,
    },
    /// The log of a write-ahead database stands there without its index.
    #[error(
        "has changes in its file `-wal`, which cannot be read without the file `-shm` beside it"
    )]
    LogWithoutIndex,
    /// The reader of such databases is left out of this build.
    #[error("is a database that this build cannot read: the feature `{feature}` is left out")]
    #[non_exhaustive]
    LeftOut {
        /// The feature.
        feature: &'static str,
    },
    /// The server does not let in.
    #[error("does not let in: {reason}")]
    #[non_exhaustive]
    Login {
        /// What it says.
        reason: String,
    },
    /// The connection broke, or the file cannot be read any more.
    #[error("could not be read to the end: {reason}")]
    #[non_exhaustive]
    Lost {
        /// What happened.
        reason: String,
    },
    /// A query, and nothing that could answer it.
    #[error("is no database, so that it takes no query")]
    NoDatabase,
    /// The server asks for a password.
    #[error("asks for a password, and none is given")]
    NoPassword,
    /// Nobody has said what to read.
    #[error("is a database, and nothing says what to read of it; its tables are {tables}")]
    #[non_exhaustive]
    NoQuery {
        /// The tables there are.
        tables: String,
        /// The arguments that most probably read its tokens.
        likely: Option<String>,
    },
    /// The query is not one SELECT.
    #[error("the query is not one SELECT: {reason}")]
    #[non_exhaustive]
    NotSelect {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// It is being read already, and has one answer at a time.
    #[error("is being read already")]
    Reading,
    /// The database refuses the query.
    #[error("the query is refused: {reason}")]
    #[non_exhaustive]
    Refused {
        /// What it says.
        reason: String,
    },
    /// The server does not answer.
    #[error("does not answer in time")]
    TimedOut,
    /// A value that is too large for a row of tokens.
    #[error("a row has a value of more than {limit} bytes")]
    #[non_exhaustive]
    TooLarge {
        /// How large it may be.
        limit: usize,
    },
    /// A write that was interrupted has not been undone.
    #[error("was not closed properly: a write that was interrupted has to be undone first")]
    Unfinished,
    /// The server cannot be reached, or is not the one that was named.
    #[error("cannot be reached: {reason}")]
    #[non_exhaustive]
    Unreachable {
        /// What is in the way.
        reason: String,
    },
    /// The query names a column that there is not.
    #[error("the query is refused: {reason}; there are {columns}")]
    #[non_exhaustive]
    UnknownColumn {
        /// What the database says.
        reason: String,
        /// The columns of the tables that the query names.
        columns: String,
    },
    /// The query names a table that there is not.
    #[error("the query is refused: {reason}; there are {tables}")]
    #[non_exhaustive]
    UnknownTable {
        /// What the database says.
        reason: String,
        /// The tables there are.
        tables: String,
    },
}

impl DatabaseError {
    /// The connection or file gave out.
    pub(super) fn lost(reason: &dyn fmt::Display) -> Self {
        Self::Lost {
            reason: reason.to_string(),
        }
    }

    /// The thread of the session has ended, which it never does by itself.
    pub(super) fn gone() -> Self {
        Self::lost(&"its reader has ended")
    }

    /// What the user can do, in one line.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Authorities { .. } => {
                "name a file with certificates as PEM: -----BEGIN CERTIFICATE-----"
            }
            Self::Busy => "try again when no other program writes to it",
            Self::Changed => {
                "run the same command again; while its application has it open, changes are kept apart from what is read"
            }
            Self::Damaged { .. } => {
                "check that it is the file its application writes: `sqlite3 FILE 'pragma quick_check'`"
            }
            Self::LogWithoutIndex => {
                "copy the files again with all that begins with the same name, or open it once with its application"
            }
            Self::LeftOut { .. } => {
                "build it with that feature, or export the rows to CSV and use --map"
            }
            Self::Login { .. } | Self::NoPassword => {
                "give the password with --database-password-env NAME or --database-password-file FILE"
            }
            Self::NoDatabase => "leave --query out",
            Self::NoQuery {
                likely: Some(likely),
                ..
            } => return Some(format!("say what to read; most probably: {likely}")),
            Self::NoQuery { .. } => {
                "say what to read with --query 'select … from TABLE', and which column is what with --map"
            }
            Self::NotSelect { .. } => "write one SELECT statement",
            Self::Refused { .. } | Self::UnknownColumn { .. } | Self::UnknownTable { .. } => {
                "correct the query; it can be tried with the database's own tool"
            }
            Self::TooLarge { .. } => "leave rows out that are none of a user's tokens: WHERE …",
            Self::TimedOut => "check the host and the port, and what stands between",
            Self::Unreachable { reason } if reason.contains("certificate") => {
                "if the server is your own, name the certificate of its authority with --database-tls-ca"
            }
            Self::Unreachable { .. } => {
                "check the host and the port; a server without TLS is asked where it runs, or with ?sslmode=disable"
            }
            Self::Unfinished => "open it once with its application, and run the command again",
            Self::Lost { .. } | Self::Reading => return None,
        };
        Some(hint.to_owned())
    }
}
