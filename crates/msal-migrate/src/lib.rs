//! Moves the refresh tokens an application already holds into an MSAL token cache.

mod credentials;
pub mod journal;
mod migration;
mod plan;
mod record;
mod report;
mod source;
mod verify;

pub use credentials::Credentials;
pub use journal::{
    Appending, Class, Counts, Event, Identity, Intent, Journal, JournalEntry, JournalError,
    JournalReader, Outcome, Position, Published, RawResponse, Redeemed, Replay, State, States,
};
pub use migration::{Migration, MigrationError, NoObserver, Observer, RotationPolicy, Settings};
pub use plan::{
    AuthorityOverride, AuthorityOverrideError, Count, Fingerprint, FingerprintFn, Job, Plan,
    PlanError, PlanOptions, Planned, SkipCount, Summary, Warning, Warnings,
};
pub use record::{Locator, Place, Record, RecordFlags, Remedy, Row, SkipReason, UserHints};
pub use report::{Completion, Report};
pub use source::{
    Mapping, MappingError, Source, SourceError, SourceKind, SourceOptions, UnknownSourceKind,
    UnsupportedFormat, open,
};
pub use verify::{Answer, Proof, Verification, Verifier};
