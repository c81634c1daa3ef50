//! Why a source cannot be read. Every message is one line that names the file and the place in it; `hint` says what to do
//! next.

use std::error::Error;
use std::io;

use super::kind::SourceKind;
use super::other_files::OtherFiles;
use super::read::database::DatabaseError;
use super::row::mapping::MappingError;
use super::unsupported::UnsupportedFormat;

/// Why a source cannot be read. No message holds a token or a person's name, other than in the path that the user gave.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// A database cannot be read.
    #[error("{file}: {problem}")]
    #[non_exhaustive]
    Database {
        /// What was opened: a path, or a URL without what is secret in it.
        file: String,
        /// What is wrong.
        problem: DatabaseError,
    },
    /// A directory, for a format that is read from a file.
    #[error("{file}: is a directory")]
    #[non_exhaustive]
    Directory {
        /// What was opened.
        file: String,
    },
    /// A file with nothing in it.
    #[error("{file}: is empty{}", if *.in_keyring { " and has a lock file: the tokens are in the system's keyring" } else { "" })]
    #[non_exhaustive]
    Empty {
        /// What was opened.
        file: String,
        /// Whether a lock file beside it says that the tokens are in the keyring.
        in_keyring: bool,
    },
    /// A format that is recognised and not supported.
    #[error("{file}: {format}")]
    #[non_exhaustive]
    UnsupportedFormat {
        /// What was opened.
        file: String,
        /// What it is.
        format: UnsupportedFormat,
    },
    /// The operating system cannot open or read the file, or its UTF-16 text is damaged.
    #[error("{file}: cannot be read")]
    #[non_exhaustive]
    Io {
        /// What was opened.
        file: String,
        /// What went wrong.
        source: io::Error,
    },
    /// The mapping does not fit the input.
    #[error("{file}: {problem}")]
    #[non_exhaustive]
    Mapping {
        /// What was opened.
        file: String,
        /// What does not fit.
        problem: MappingError,
    },
    /// A directory without a token file.
    #[error("{file}: is a directory without token files{}", listed(.others))]
    #[non_exhaustive]
    NoFiles {
        /// What was opened.
        file: String,
        /// What it has besides.
        others: OtherFiles,
    },
    /// A pipe, a socket or a device: these can be read only once.
    #[error("{file}: is not a regular file, and the input is read more than once")]
    #[non_exhaustive]
    NotRegular {
        /// What was opened.
        file: String,
    },
    /// What is encrypted cannot be opened.
    #[error("{file}: {}", if *.is_given { "the password does not open it" } else { "is encrypted, and no password is given" })]
    #[non_exhaustive]
    Password {
        /// What was opened.
        file: String,
        /// Whether there was a password.
        is_given: bool,
    },
    /// A source of a program's own failed.
    #[error("{name}: cannot be read")]
    #[non_exhaustive]
    Other {
        /// What the program calls it.
        name: String,
        /// Its own error, which must not quote a token.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The text is not of its format.
    #[error("{file}: {problem}")]
    #[non_exhaustive]
    Syntax {
        /// What was opened.
        file: String,
        /// What is wrong, and where.
        problem: String,
    },
    /// The text ends too early.
    #[error("{file}: is cut off: {problem}")]
    #[non_exhaustive]
    Truncated {
        /// What was opened.
        file: String,
        /// Where it ends.
        problem: String,
    },
    /// JSON in which nothing is called like a refresh token.
    #[error("{file}: is JSON in which nothing is called like a refresh token; there are {members}")]
    #[non_exhaustive]
    Unmapped {
        /// What was opened.
        file: String,
        /// The members of its first object.
        members: String,
        /// The arguments that most probably read it.
        likely: Option<String>,
    },
    /// Nothing that is recognised.
    #[error("{file}: is no store of refresh tokens that is known")]
    #[non_exhaustive]
    Unrecognised {
        /// What was opened.
        file: String,
    },
    /// A database in which the tables of the named application are not.
    #[error("{file}: is no database that `{store}` reads: {missing}")]
    #[non_exhaustive]
    OtherStore {
        /// What was opened.
        file: String,
        /// The preset or mapping file.
        store: String,
        /// Which table or column is not there, and which are.
        missing: String,
    },
    /// A database on standard input, or as the output of a command.
    #[error("{file}: is a database, which is read where it is")]
    #[non_exhaustive]
    PathNeeded {
        /// What was opened.
        file: String,
    },
    /// A database with the tables of several applications that are known.
    #[error("{file}: has the tables of several applications: {stores}")]
    #[non_exhaustive]
    SeveralStores {
        /// What was opened.
        file: String,
        /// The presets for them.
        stores: String,
    },
    /// The content is not of the format that was named.
    #[error("{file}: is not what `{kind}` reads: {problem}")]
    #[non_exhaustive]
    WrongKind {
        /// What was opened.
        file: String,
        /// The format that was named.
        kind: SourceKind,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl SourceError {
    /// [`SourceError::Other`]: what a source of a program's own, called `name`, says when it fails. Neither text may quote a
    /// token.
    pub fn other(name: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Other {
            name: name.into(),
            source: source.into(),
        }
    }

    pub(super) fn database(file: &str, problem: DatabaseError) -> Self {
        Self::Database {
            file: file.to_owned(),
            problem,
        }
    }

    /// What the user can do, in one line.
    pub fn hint(&self) -> Option<String> {
        if let Self::Mapping {
            problem:
                MappingError::NoTokenColumn {
                    store: Some(store),
                    likely,
                    ..
                },
            ..
        } = self
        {
            return Some(match likely {
                Some(likely) => {
                    format!("its columns are those of `{store}`; most probably: {likely}")
                }
                None => format!(
                    "its columns are those of a table of `{store}`: export the answer to the query that `msal sources show {store}` prints, and read that with --from {store}"
                ),
            });
        }
        if let Self::Mapping {
            problem: MappingError::NoTokenColumn { likely, .. },
            ..
        }
        | Self::Unmapped { likely, .. } = self
            && let Some(likely) = likely
        {
            return Some(format!(
                "say where the refresh token is; most probably: {likely}"
            ));
        }
        let hint = match self {
            Self::Database { problem, .. } => return problem.hint(),
            Self::Directory { .. } => {
                "name a file; only `token-json` reads a directory, one token per file"
            }
            Self::Empty {
                in_keyring: true, ..
            } => {
                "export the entry with the keyring's own tool, such as `secret-tool` or `security`, into a file"
            }
            Self::UnsupportedFormat { format, .. } => format.hint(),
            Self::Mapping { .. } | Self::Unmapped { .. } => {
                "say where the refresh token is with --map refresh_token=COLUMN, or /POINTER, or COLUMN:/POINTER"
            }
            Self::NoFiles { .. } => {
                "name the directory that the files are in: those of directories inside it are not read"
            }
            Self::NotRegular { .. } => {
                "pass it on standard input, with `-` as the input: it is kept sealed, so that it can be read again"
            }
            Self::OtherStore { .. } => {
                "name another application with --from, or edit a copy of its file: msal sources show NAME"
            }
            Self::PathNeeded { .. } => "name the database's file",
            Self::SeveralStores { .. } => "name the one to read with --from, and run once for each",
            Self::Password {
                is_given: false, ..
            } => {
                "name what holds the password: --password-env RCLONE_CONFIG_PASS, or --password-file FILE"
            }
            Self::Password { .. } => {
                "check the password: that of an rclone configuration is what `rclone config show` asks for"
            }
            Self::Truncated { .. } => "copy the file again while its application does not write it",
            Self::Unrecognised { .. } => {
                "name its format with --from, or convert it to CSV and use --map"
            }
            Self::WrongKind { .. } => "leave --from out to have the format detected",
            Self::Empty { .. } => {
                "name the file that the application writes; an empty one has no tokens"
            }
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "check the path; nothing is searched for",
                io::ErrorKind::PermissionDenied => "run as the user who owns the file",
                _ => "check that the file can be read, and run the command again",
            },
            Self::Other { .. } => return None,
            Self::Syntax { problem, .. } if problem.ends_with("not UTF-8") => {
                "write the file in UTF-8; one of Windows with `iconv -f WINDOWS-1252 -t UTF-8 FILE`"
            }
            Self::Syntax { .. } => "correct the file at that place, or export it again",
        };
        Some(hint.to_owned())
    }
}

/// What a directory has, in a few words.
fn listed(others: &OtherFiles) -> String {
    let first = others.first.iter().take(LISTED);
    let first: Vec<_> = first.map(|(name, why)| format!("{name} ({why})")).collect();
    let more = others.count.saturating_sub(first.len() as u64);
    match (first.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!("; it has {}", first.join(", ")),
        (false, more) => format!("; it has {} and {more} more", first.join(", ")),
    }
}

/// How many files are named.
const LISTED: usize = 3;
