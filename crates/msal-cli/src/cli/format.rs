//! How results look.

use clap::ValueEnum;

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one JSON document.
    Json,
    /// For spreadsheets: one row for each token (`migrate report` only).
    Csv,
    /// A page for browsers, which needs nothing else (`migrate report` only).
    Html,
}

/// Whether output is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal that has colours.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}
