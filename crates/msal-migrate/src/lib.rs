//! Moves the refresh tokens an application already holds into an MSAL token cache.

pub mod journal;
mod plan;
mod record;
mod source;

pub use plan::{
    AuthorityOverride, AuthorityOverrideError, Count, Fingerprint, FingerprintFn, Job, Plan,
    PlanError, PlanOptions, Planned, SkipCount, Summary, Warning, Warnings,
};
pub use record::{Locator, Place, Record, RecordFlags, Row, SkipReason, UserHints};
pub use source::{
    Foreign, Mapping, MappingError, Source, SourceError, SourceKind, SourceOptions,
    UnknownSourceKind, open,
};
