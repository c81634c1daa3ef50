//! The formats that are read, and their names on the command line.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SourceKind {
    /// ADAL Node's cache. It differs from ADAL Python's in how it writes times.
    AdalNode,
    /// ADAL Python's cache; also Azure CLI's before version 2.30.
    AdalPython,
    /// A table with a header line, separated by commas (RFC 4180).
    Csv,
    /// JSON objects, one after the other or in an array, read with a [`Mapping`](crate::Mapping).
    Jsonl,
    /// The unified token cache that all MSALs share, of another application or another language.
    MsalCache,
    /// Rows of a MySQL or MariaDB database, from a query.
    MySql,
    /// Rows of a PostgreSQL database, from a query.
    Postgres,
    /// Rows of a program's own, such as [`Records`](crate::Records). No file has this format.
    Records,
    /// Rows of an SQLite database, from a query.
    Sqlite,
    /// Token responses as an OAuth 2.0 library stored them: one, many, or a directory of files.
    TokenJson,
}

impl SourceKind {
    /// All formats of files, in alphabetical order.
    pub const ALL: &[Self] = &[
        Self::AdalNode,
        Self::AdalPython,
        Self::Csv,
        Self::Jsonl,
        Self::MsalCache,
        Self::Sqlite,
        Self::TokenJson,
    ];

    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AdalNode => "adal-node",
            Self::AdalPython => "adal-python",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::MsalCache => "msal-cache",
            Self::MySql => "mysql",
            Self::Postgres => "postgres",
            Self::Records => "records",
            Self::Sqlite => "sqlite",
            Self::TokenJson => "token-json",
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for SourceKind {
    type Err = UnknownSourceKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownSourceKind(text.to_owned()))
    }
}

/// A name that no [`SourceKind`] has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not a source")]
pub struct UnknownSourceKind(String);
