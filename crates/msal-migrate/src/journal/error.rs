//! What can go wrong with a journal, by what its user can do about it.

use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Why a journal could not be opened, read or written.
///
/// Never holds a token, an answer, or a locator.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// An earlier write failed, so that nothing more is accepted: what is on the disk after it is unknown until the
    /// journal is opened again.
    #[error("the journal {path} cannot be written any more")]
    #[non_exhaustive]
    Broken {
        /// The journal.
        path: String,
        /// The failure.
        source: Arc<io::Error>,
    },

    /// The journal is not, or no longer, what was read.
    #[error("the journal {path} has changed since it was read")]
    #[non_exhaustive]
    Changed {
        /// The journal.
        path: String,
    },

    /// A byte in it is not what was written.
    #[error("the journal {path} is damaged at byte {offset}: {reason}")]
    #[non_exhaustive]
    Damaged {
        /// The journal or its key file.
        path: String,
        /// Where the damaged part begins.
        offset: u64,
        /// What does not fit.
        reason: &'static str,
    },

    /// The answer was erased when the migration was finished, or there is none.
    #[error("the journal holds no answer at byte {position}, or it has been erased")]
    #[non_exhaustive]
    Erased {
        /// Where it was looked for.
        position: u64,
    },

    /// The migration is finished, and the removal of its journal was interrupted: see
    /// [`JournalReader::remove`](crate::JournalReader::remove).
    #[error("the journal {path} is finished, and was not removed to the end")]
    #[non_exhaustive]
    Finished {
        /// The journal.
        path: String,
    },

    /// Another process is migrating with this journal.
    #[error("the journal {path} is in use{}", .pid.map(|pid| format!(" by process {pid}")).unwrap_or_default())]
    #[non_exhaustive]
    InUse {
        /// The journal.
        path: String,
        /// The process, as far as it can be told.
        pid: Option<u32>,
    },

    /// Reading or writing failed.
    #[error("cannot {action} {path}")]
    #[non_exhaustive]
    Io {
        /// What was being done: a verb.
        action: &'static str,
        /// The file or folder.
        path: String,
        /// What the system said.
        source: Arc<io::Error>,
    },

    /// The key beside the journal is another journal's.
    #[error("{path} is the key of another journal")]
    #[non_exhaustive]
    Key {
        /// The key.
        path: String,
    },

    /// There is a journal, and its key is missing or incomplete.
    #[error("the key {path} of the journal is missing")]
    #[non_exhaustive]
    KeyMissing {
        /// Where the key should be.
        path: String,
    },

    /// There is a key, and its journal is missing: without it, tokens that were redeemed would be redeemed again.
    #[error("the journal {path} is missing, and its key is there")]
    #[non_exhaustive]
    Missing {
        /// Where the journal should be.
        path: String,
    },

    /// The file is something else.
    #[error("{path} is not a journal")]
    #[non_exhaustive]
    NotAJournal {
        /// The file.
        path: String,
    },

    /// The file or folder cannot be trusted with tokens: a symbolic link, a directory, somebody else's.
    #[error("{path} cannot hold a journal: {reason}")]
    #[non_exhaustive]
    NotOurs {
        /// The file or folder.
        path: String,
        /// Why it is refused.
        reason: Cow<'static, str>,
    },

    /// The journal is of a migration to another destination: it has another target, for example.
    #[error("the journal {path} is of another run: {difference}")]
    #[non_exhaustive]
    OtherDestination {
        /// The journal.
        path: String,
        /// What differs.
        difference: String,
    },

    /// The system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,

    /// The record is larger than any answer of a token endpoint.
    #[error("{bytes} bytes are too many for one journal record")]
    #[non_exhaustive]
    TooLarge {
        /// How large it would be.
        bytes: usize,
    },

    /// Tokens that only the journal holds would be lost.
    #[error("{answers} answers are in the journal only")]
    #[non_exhaustive]
    Unpublished {
        /// How many.
        answers: u64,
    },

    /// The journal is of another version of this program.
    #[error("the journal {path} has format {version}, which this program does not know")]
    #[non_exhaustive]
    Version {
        /// The journal.
        path: String,
        /// Its version.
        version: u16,
    },
}

impl JournalError {
    /// Whether the same may succeed later without anybody changing anything: another process has the journal, or the system
    /// had no randomness or was interrupted.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Changed { .. } | Self::InUse { .. } | Self::Random | Self::Unpublished { .. } => {
                true
            }
            Self::Broken { source, .. } | Self::Io { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::Interrupted
                    | io::ErrorKind::ResourceBusy
                    | io::ErrorKind::StaleNetworkFileHandle
                    | io::ErrorKind::TimedOut
                    | io::ErrorKind::WouldBlock
            ),
            _ => false,
        }
    }

    /// What to do next, in one sentence for a person, where there is something to say.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Broken { source, .. } | Self::Io { source, .. } => return io_hint(source),
            Self::Changed { .. } => "run the same command again".into(),
            Self::Damaged { path, .. } => {
                format!(
                    "restore {path} from a copy, with its key; if there is none, keep it and name another journal: {REDEEMED_AGAIN}"
                )
            }
            Self::Finished { .. } => {
                format!("finish it again, which removes the rest; to migrate once more: {REDEEMED_AGAIN}")
            }
            Self::InUse { .. } => "let the other process finish, or stop it".into(),
            Self::Key { path } | Self::KeyMissing { path } => {
                format!(
                    "put the journal's own key to {path}: both are moved together; if it is lost, keep the journal and name another journal: {REDEEMED_AGAIN}"
                )
            }
            Self::Missing { path } => {
                format!(
                    "put the journal back to {path}; if it is lost, name another journal: {REDEEMED_AGAIN}"
                )
            }
            Self::NotAJournal { .. } => {
                "name a journal: a migration's is TARGET.journal unless it was told otherwise".into()
            }
            Self::NotOurs { .. } => {
                "name a regular file of your own, in a folder of your own that nobody else can write to: chmod go-w FOLDER"
                    .into()
            }
            Self::OtherDestination { .. } => {
                "repeat the command it was made with, or name another journal: --journal PATH".into()
            }
            Self::Unpublished { .. } => {
                "run the migration again, so that it brings them to the target".into()
            }
            Self::Version { .. } => "use the version of the program that made it".into(),
            Self::Erased { .. } | Self::Random | Self::TooLarge { .. } => return None,
        })
    }

    pub(super) fn damaged(path: &Path, offset: u64, reason: &'static str) -> Self {
        Self::Damaged {
            path: path.display().to_string(),
            offset,
            reason,
        }
    }

    pub(super) fn not_a_journal(path: &Path) -> Self {
        Self::NotAJournal {
            path: path.display().to_string(),
        }
    }

    pub(super) fn not_ours(path: &Path, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::NotOurs {
            path: path.display().to_string(),
            reason: reason.into(),
        }
    }

    /// What was found wrong with the file at `path`, or with its folder.
    pub(super) fn private(path: &Path, error: private_file::Error) -> Self {
        match error {
            private_file::Error::Io { action, source, .. } => Self::io(action, path)(source),
            private_file::Error::Refused { path, reason } => Self::not_ours(&path, reason),
        }
    }

    /// A failed `action`, as a function of what the system said.
    pub(super) fn io(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.display().to_string(),
            source: Arc::new(source),
        }
    }
}

/// What a new journal for an old target costs.
const REDEEMED_AGAIN: &str = "what was migrated is redeemed again then, and where tokens are spent by use, users may be signed out";

fn io_hint(source: &io::Error) -> Option<String> {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(
            "make room on the disk and run the same command again; it goes on where it stopped"
                .into(),
        ),
        io::ErrorKind::PermissionDenied => {
            Some("check who may write to the file and its folder".into())
        }
        _ => None,
    }
}
