//! The formats that are read, and their names on the command line.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

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
    /// JSON objects, one after the other or in an array, read with a [`Mapping`](crate::Mapping).
    Jsonl,
    /// The unified token cache that all MSALs share, of another application or another language.
    MsalCache,
    /// The configuration of rclone, which may be encrypted.
    Rclone,
    /// Rows of a program's own, such as [`Records`](crate::Records). No file has this format.
    Records,
    /// Token responses as an OAuth 2.0 library stored them: one, many, or a directory of files.
    TokenJson,
}

impl SourceKind {
    /// All formats of files, in alphabetical order.
    pub const ALL: &[Self] = &[
        Self::AdalNet,
        Self::AdalNode,
        Self::AdalPython,
        Self::Bare,
        Self::Csv,
        Self::Jsonl,
        Self::MsalCache,
        Self::Rclone,
        Self::TokenJson,
    ];

    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AdalNet => "adal-net",
            Self::AdalNode => "adal-node",
            Self::AdalPython => "adal-python",
            Self::Bare => "bare",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::MsalCache => "msal-cache",
            Self::Rclone => "rclone",
            Self::Records => "records",
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
