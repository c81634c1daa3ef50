//! What can go wrong between a cache and its home, by what the caller can do about it.

use std::borrow::Cow;
use std::io;

use super::partition::Partition;

/// Why a [`CacheStore`](super::CacheStore) could not do what it was asked.
///
/// Never holds a byte of a blob.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The stored blob is not the one the caller expected.
    ///
    /// Load again, merge, save again.
    #[error("the stored cache has changed since it was loaded")]
    Conflict,

    /// There is something, but it cannot be a cache: empty, all zeros, cut off, or not the store's format.
    ///
    /// Nothing was changed. The tokens may be recoverable from a copy; to start anew, set the ruins aside.
    #[error("{place} is not a token cache: {reason}")]
    #[non_exhaustive]
    Corrupt {
        /// The file, row or key.
        place: String,
        /// What is wrong with it.
        reason: Cow<'static, str>,
    },

    /// The medium is full, or the user's share of it.
    ///
    /// The old blob is still there. Make room and try again.
    #[error("no room to write {place}")]
    #[non_exhaustive]
    Full {
        /// What was being written.
        place: String,
        /// What the system said.
        source: io::Error,
    },

    /// Reading or writing failed.
    #[error("cannot {action} {place}")]
    #[non_exhaustive]
    Io {
        /// What was being done: a verb, as in "cannot read".
        action: &'static str,
        /// What it was done to.
        place: String,
        /// What the system said.
        source: io::Error,
    },

    /// Another process holds the cache and did not let go in time.
    #[error("{place} is held by {}", .holder.as_deref().unwrap_or("another process"))]
    #[non_exhaustive]
    Locked {
        /// The file that is locked.
        place: String,
        /// Who holds it, as far as it says so.
        holder: Option<String>,
    },

    /// There is no tokio runtime, which the store needs. Nothing was done.
    ///
    /// Await the call inside one, or use the feature `blocking`.
    #[error("there is no tokio runtime here, which the cache store needs")]
    NoRuntime,

    /// The new state is in place, but the system could not promise that it survives a power failure.
    ///
    /// Unlike after the other errors, the old blob is gone: load before the next save.
    #[error("{place} has changed, but may not survive a power failure")]
    #[non_exhaustive]
    NotDurable {
        /// The file.
        place: String,
        /// What the system said.
        source: io::Error,
    },

    /// What stands there is not a private file of this user: a symbolic link, a directory, somebody else's.
    ///
    /// Refused because tokens would be read from, or end up in, other hands.
    #[error("{place} cannot hold a token cache: {reason}")]
    #[non_exhaustive]
    NotOurs {
        /// The file or folder.
        place: String,
        /// Why it is refused.
        reason: Cow<'static, str>,
    },

    /// A store of another kind failed in its own way.
    #[error("the cache store failed")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),

    /// The store is out of reach for the moment: its database does not answer, or its connections are all in use.
    ///
    /// Try again later.
    #[error("the cache store is out of reach")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),

    /// The store keeps a single partition and was asked for another one.
    #[error("{place} keeps one partition only, not {partition}")]
    #[non_exhaustive]
    SinglePartition {
        /// The store.
        place: String,
        /// The partition asked for.
        partition: Partition,
    },
}

impl StoreError {
    /// [`StoreError::Corrupt`] at `place`. Neither text may quote the blob.
    pub fn corrupt(place: impl Into<String>, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Corrupt {
            place: place.into(),
            reason: reason.into(),
        }
    }

    /// A failed `action` on `place`: [`StoreError::Full`] or [`StoreError::Io`], as the system says.
    pub fn io(action: &'static str, place: impl Into<String>, source: io::Error) -> Self {
        let place = place.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { place, source }
            }
            _ => Self::Io {
                action,
                place,
                source,
            },
        }
    }

    /// [`StoreError::Locked`] at `place`, by `holder` if known.
    pub fn locked(place: impl Into<String>, holder: Option<String>) -> Self {
        Self::Locked {
            place: place.into(),
            holder,
        }
    }

    /// [`StoreError::NotDurable`] at `place`.
    pub fn not_durable(place: impl Into<String>, source: io::Error) -> Self {
        Self::NotDurable {
            place: place.into(),
            source,
        }
    }

    /// [`StoreError::NotOurs`] at `place`.
    pub fn not_ours(place: impl Into<String>, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::NotOurs {
            place: place.into(),
            reason: reason.into(),
        }
    }

    /// [`StoreError::Other`] around a store's own error, which must not quote the blob.
    pub fn other(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(source.into())
    }

    /// [`StoreError::Unavailable`], because of what `source` says, which must not quote the blob.
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unavailable(source.into())
    }

    /// Whether the same may succeed later without anybody changing anything: another process held the cache, or its home
    /// was out of reach.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Conflict | Self::Locked { .. } | Self::Unavailable(_) => true,
            Self::Io { source, .. } => is_of_a_moment(source.kind()),
            _ => false,
        }
    }

    /// What to do next, in one sentence for a person, where there is something to say.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Conflict => {
                "load the cache again, merge the change into it, and save again".into()
            }
            Self::Corrupt { place, .. } => format!(
                "move {place} away, restore it from a copy if there is one, or sign in again; nothing was changed"
            ),
            Self::Full { place, .. } => {
                format!("make room for {place} and try again; the old content is intact")
            }
            Self::Io { source, place, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    format!("check who may read and write {place} and its folder")
                }
                io::ErrorKind::ReadOnlyFilesystem => {
                    format!("choose a place that can be written instead of {place}")
                }
                _ => return None,
            },
            Self::Locked { place, .. } => {
                format!(
                    "let the other process finish, or stop it; if it no longer runs, delete {place}"
                )
            }
            Self::NoRuntime => {
                "await the call inside a tokio runtime, or use the feature `blocking`".into()
            }
            Self::NotDurable { place, .. } => format!("check the disk that {place} is on"),
            Self::NotOurs { place, .. } => {
                format!(
                    "instead of {place}, name a regular file of your own, in a folder of your own that nobody else can \
                     write to: chmod go-w FOLDER"
                )
            }
            Self::Other(_) | Self::Unavailable(_) => return None,
            Self::SinglePartition { .. } => {
                "use a store that keeps a file or row per partition".into()
            }
        })
    }
}

/// Whether a failure to read or write may be over when it is tried again.
fn is_of_a_moment(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable,
        Interrupted, NetworkDown, NetworkUnreachable, NotConnected, ResourceBusy,
        StaleNetworkFileHandle, TimedOut, WouldBlock,
    };
    matches!(
        kind,
        BrokenPipe
            | ConnectionAborted
            | ConnectionRefused
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
            | NotConnected
            | ResourceBusy
            | StaleNetworkFileHandle
            | TimedOut
            | WouldBlock
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_from_other_trouble() {
        let full = StoreError::io("write", "/c", io::ErrorKind::StorageFull.into());
        assert!(matches!(full, StoreError::Full { .. }));
        let quota = StoreError::io("write", "/c", io::ErrorKind::QuotaExceeded.into());
        assert!(matches!(quota, StoreError::Full { .. }));
        let denied = StoreError::io("write", "/c", io::ErrorKind::PermissionDenied.into());
        assert_eq!(denied.to_string(), "cannot write /c");
        assert_eq!(
            denied.hint().unwrap(),
            "check who may read and write /c and its folder"
        );
    }

    #[test]
    fn a_lock_names_its_holder() {
        let locked = StoreError::locked("/c.lockfile", Some("4711 app.py".into()));
        assert_eq!(locked.to_string(), "/c.lockfile is held by 4711 app.py");
        assert_eq!(
            StoreError::locked("/c", None).to_string(),
            "/c is held by another process"
        );
    }
}
