//! Moves the refresh tokens an application already holds into an MSAL token cache.

mod record;
mod source;

pub use record::{Locator, Place, Record, RecordFlags, Row, SkipReason, UserHints};
pub use source::{
    Foreign, Source, SourceError, SourceKind, SourceOptions, UnknownSourceKind, open,
};
