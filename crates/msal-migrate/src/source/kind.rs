//! The formats that are read, and their names on the command line.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::closest::closest;
use super::presets::Preset;

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SourceKind {
    /// ADAL.NET's binary cache, also in a context of Azure PowerShell before Az 3.
    AdalNet,
    /// ADAL Node's cache. It differs from ADAL Python's in how it writes times.
    AdalNode,
    /// ADAL Python's cache; also Azure CLI's before version 2.30.
    AdalPython,
    /// Refresh tokens and nothing else, one in each line.
    Bare,
    /// A table with a header line, separated by commas (RFC 4180).
    Csv,
    /// A configuration file with sections, of which each is a row.
    Ini,
    /// JSON objects, one after the other or in an array, read with a [`Mapping`](crate::Mapping).
    Jsonl,
    /// The unified token cache that all MSALs share, of another application or another language.
    MsalCache,
    /// Rows of a MySQL or MariaDB database, from a query.
    MySql,
    /// Rows of a PostgreSQL database, from a query.
    Postgres,
    /// The configuration of rclone, which may be encrypted.
    Rclone,
    /// Rows of a program's own, such as [`Records`](crate::Records). No file has this format.
    Records,
    /// Rows of an SQLite database, from a query.
    Sqlite,
    /// Token responses as an OAuth 2.0 library stored them: one, many, or a directory of files.
    TokenJson,
    /// A table with a header line, separated by tabs.
    Tsv,
}

impl SourceKind {
    /// All formats of files and databases, in alphabetical order.
    pub const ALL: &[Self] = &[
        Self::AdalNet,
        Self::AdalNode,
        Self::AdalPython,
        Self::Bare,
        Self::Csv,
        Self::Ini,
        Self::Jsonl,
        Self::MsalCache,
        Self::MySql,
        Self::Postgres,
        Self::Rclone,
        Self::Sqlite,
        Self::TokenJson,
        Self::Tsv,
    ];

    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AdalNet => "adal-net",
            Self::AdalNode => "adal-node",
            Self::AdalPython => "adal-python",
            Self::Bare => "bare",
            Self::Csv => "csv",
            Self::Ini => "ini",
            Self::Jsonl => "jsonl",
            Self::MsalCache => "msal-cache",
            Self::MySql => "mysql",
            Self::Postgres => "postgres",
            Self::Rclone => "rclone",
            Self::Records => "records",
            Self::Sqlite => "sqlite",
            Self::TokenJson => "token-json",
            Self::Tsv => "tsv",
        }
    }
}

impl SourceKind {
    /// What it is, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::AdalNet => "the cache of ADAL.NET 2.8 to 5, and of Azure PowerShell before Az 3",
            Self::AdalNode => "the cache of ADAL Node",
            Self::AdalPython => "the cache of ADAL Python, and of Azure CLI before 2.30",
            Self::Bare => "refresh tokens and nothing else, one in a line",
            Self::Csv => "a table separated by commas, or as --delimiter says",
            Self::Ini => "a configuration file with sections, each of which is a row",
            Self::Jsonl => "JSON objects, in an array, in lines, or where --records says",
            Self::MsalCache => "the token cache of another MSAL, or of another application",
            Self::MySql => "a MySQL or MariaDB database, of which --query says what to read",
            Self::Postgres => "a PostgreSQL database, of which --query says what to read",
            Self::Rclone => "the configuration of rclone, encrypted or not",
            Self::Records => "rows of a program's own",
            Self::Sqlite => "an SQLite database, of which --query says what to read",
            Self::TokenJson => {
                "token responses as OAuth 2.0 libraries keep them, one, many, or a folder of them"
            }
            Self::Tsv => "a table separated by tabs",
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
        let presets = Preset::ALL.iter().map(Preset::name);
        let known = presets.chain(Self::ALL.iter().map(|kind| kind.as_str()));
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == text)
            // What a mapping file calls it, and what people call it whose file is one array.
            .or_else(|| (text == "json").then_some(Self::Jsonl))
            .ok_or_else(|| UnknownSourceKind {
                name: text.to_owned(),
                suggestion: closest(text, known),
            })
    }
}

/// A name that no [`SourceKind`] has. The message says which one was probably meant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{name}` is not a source{suggestion}")]
pub struct UnknownSourceKind {
    name: String,
    suggestion: String,
}
