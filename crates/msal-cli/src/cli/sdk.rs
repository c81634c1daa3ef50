//! Which MSAL reads a token cache.

use clap::ValueEnum;
use msal_core::Dialect;

/// The MSAL that will read the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sdk {
    /// MSAL Python, and this library.
    Python,
    /// MSAL Node from version 5 on.
    Node,
    /// MSAL Node up to version 3, which names its entries differently.
    Node3,
}

impl Sdk {
    /// What is typed for it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    /// How it spells a cache.
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::Python => Dialect::Python,
            Self::Node => Dialect::Node,
            Self::Node3 => Dialect::Node3,
        }
    }
}
