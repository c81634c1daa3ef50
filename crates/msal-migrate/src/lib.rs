//! Moves the refresh tokens an application already holds into an MSAL token cache.

mod credentials;
mod error;
mod fingerprint;
mod journal;
mod migration;
mod observer;
mod plan;
mod record;
mod report;
mod run;
mod settings;
mod source;
mod verify;

pub use credentials::Credentials;
pub use error::MigrationError;
pub use fingerprint::{Fingerprint, FingerprintFn};
pub use journal::{
    Class, Counts, Destination, JournalError, JournalReader, Reason, State, TokenReport,
};
pub use migration::Migration;
pub use observer::{NoObserver, Observer};
pub use plan::{
    AuthorityOverride, AuthorityOverrideError, Count, Plan, PlanError, PlanOptions, Planned,
    Redemption, SkipCount, Summary, Warning, Warnings,
};
pub use record::{Locator, Place, Record, RecordFlags, Remedy, Row, SkipReason, UserHints};
pub use report::{Completion, Report};
pub use settings::{RotationPolicy, Settings};
pub use source::{
    Foreign, Mapping, MappingError, Source, SourceError, SourceKind, SourceOptions,
    UnknownSourceKind, open,
};
pub use verify::{Asked, Proof, Verification, Verifier};
