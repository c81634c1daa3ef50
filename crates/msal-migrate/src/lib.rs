//! Moves the refresh tokens an application already holds into an MSAL token cache, so that its users need not sign in
//! again.
//!
//! An ADAL cache goes in, a cache that MSAL reads comes out, and every token of it is accounted for:
//!
//! ```
//! # use std::{sync::Arc, time::SystemTime};
//! # use msal_emulator::{Directory, Emulator, sample};
//! # // Microsoft's part is played by the emulator, so that the example runs.
//! # let emulator = Arc::new(Emulator::new(Directory::sample()));
//! # let old_token = emulator.issue_refresh_token(sample::ALICE, sample::DESKTOP, SystemTime::now())?;
//! # let runtime = msal::Runtime::with_http(msal::http_fn(emulator.responder(SystemTime::now)));
//! # let folder = tempfile::tempdir()?;
//! # let path = |name: &str| folder.path().join(name);
//! # let (adal_cache, target, journal) = (path("adal.json"), path("token_cache.json"), path("journal"));
//! # let authority = "https://login.microsoftonline.com/contoso.example";
//! # std::fs::write(&adal_cache, format!(r#"[{{
//! #     "tokenType": "Bearer", "accessToken": "AT", "refreshToken": "{old_token}", "isMRRT": true,
//! #     "expiresIn": 3599, "expiresOn": "2026-11-22 14:22:23.771552", "userId": "{}",
//! #     "resource": "https://graph.microsoft.com", "_clientId": "{}", "_authority": "{authority}"
//! # }}]"#, sample::ALICE, sample::DESKTOP))?;
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! use msal::{Dialect, FileStore, Partition, SharedTokenCache};
//! use msal_migrate::{Completion, Destination, Migration, NoObserver, SourceOptions, Verifier};
//!
//! // Told from its content: ADAL's cache, another MSAL's, token responses, CSV or JSON lines.
//! let source = msal_migrate::open(&adal_cache, &SourceOptions::default())?;
//! let store = Arc::new(FileStore::new(&target));
//! let cache = Arc::new(SharedTokenCache::new(store, Partition::default(), Dialect::Python));
//! let destination = Destination::new().with("target", target.display().to_string());
//!
//! // Redeems each token once. Stopped or killed, it goes on where it was when it is run again with the same journal.
//! let never = Box::pin(std::future::pending()); // or what completes when the migration is to stop
//! let report = Migration::new(source, Arc::clone(&cache), journal, destination, runtime.clone())
//!     .run(&mut NoObserver, never)
//!     .await?;
//! println!("{} of {} tokens migrated", report.migrated, report.tokens);
//! assert_eq!(report.completion(), Completion::Complete);
//!
//! // Every account of the target answers as it will answer an application.
//! let verification = Verifier::offline(cache, &runtime).run(&mut |_asked| {}).await?;
//! assert!(verification.is_sound());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A store with names of its own is read as a [`MappingFile`] says; those of known applications are each a [`Preset`].
//! [`open_reader`] reads what can be read only once.
//!
//! | a program that | has the example |
//! |---|---|
//! | brings its own rows, as a batch | `from_memory` |
//! | cannot stop for a batch, and redeems a token when its user comes back | `on_first_use` |
//!
//! # Dependencies
//!
//! ```toml
//! [dependencies]
//! msal-client = "0.1" # stores, and the HTTP client; its library is called `msal`
//! msal-migrate = "0.1"
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```
//!
//! With `default-features = false, features = ["https-client"]` for msal-client that was 133 packages, and 132 s of processor
//! time for a clean debug build on a cloud machine of two cores; what msal-client brings by default is more. A run needs a
//! tokio runtime with I/O and time. The cryptography, aws-lc-rs, wants a C compiler. Without a line of code, the command
//! `msal migrate` does the same.
//!
//! # How it goes
//!
//! 1. A [`Source`] streams [`Row`]s; it is only ever read. [`open`] tells which kind it is, or says why it is none. A
//!    program brings its own tokens as [`Records`], or streams them from a source of its own.
//! 2. A [`Plan`] makes one [`Redemption`] of all copies of a token, and decides its client, its authority and its scopes
//!    as [`PlanOptions`] say. It asks no server, and each row that it leaves out is counted with its [`SkipReason`].
//! 3. A [`Migration`] sends each redemption. The answer is sealed in a journal beside the target before any field of it is
//!    looked at.
//! 4. Tokens of the right user go to the target, many in one write. The target is read back, and only what is found there
//!    counts as migrated. Tokens of a user other than the row says stay sealed until [`Settings`] allow them.
//!    What earlier runs have set aside is tried again when [`Migration::retry`] names it, and one answer of another user
//!    is published when [`Migration::release`] names its row.
//! 5. A [`Report`] counts each token in exactly one class; [`Report::completion`] says what is left to do, and
//!    [`Report::outcomes`] goes through the tokens one by one. An [`Observer`] hears of each while the run goes on.
//! 6. A [`Verifier`] asks the accounts of the target for tokens. A [`JournalReader`] tells later how each token ended,
//!    [what](JournalReader::remains) would be lost with the source, and is [removed](JournalReader::remove) in the end.
//!
//! # What survives a crash
//!
//! All that was answered. A run that is killed, or whose future is dropped, leaves its answers in the journal; the next one
//! publishes them without asking again, even if the source is gone. What was migrated is not sent a second time. A token
//! whose request was on its way when the process died is sent again, which does no harm at Entra, where a redeemed token
//! stays valid. For an issuer whose tokens are spent by use, choose [`RotationPolicy::SingleUse`]: each request is on the
//! disk before it leaves, and a token that may have been received, with no answer or with one that does not say what
//! became of it, is reported as in doubt and not sent again. The journal keeps
//! answers encrypted and erases their key when nothing is left to publish; its key file lies beside it, so keep both as
//! private as the target.
//!
//! # When users come back
//!
//! A [`Migrator`] redeems one token at a time: [`Migrator::redeem_on_first_use`] takes what the old store has of the user who
//! is there, puts the successor into the cache of that user, and says what came of it as a [`FirstUse`]. It goes by the rules
//! of a batch and keeps its journal. All processes that have a journal open send each token once between them, a running batch
//! included: they write in turns, and whoever is about to send a token claims it by a lock that ends with the process. The
//! folder `<journal>.claims` holds these locks, and stays as long as the journal does.
//!
//! A batch publishes what it finds answered and left behind into its own target. While it runs it may have answers that are
//! not yet there: their users are told to come [later](FirstUse::Later). Where the system does not lock files for other
//! processes, as on some network drives, let one process have the journal.
//!
//! # What is logged
//!
//! With `tracing`: each request is a span `token_request` at DEBUG under the target `msal_migrate`, with `authority`,
//! `attempt`, `correlation_id` and `status`, or `error` where there is no answer. The look-ups of authorities and what becomes
//! of the target are logged under `msal`, as the documentation of that crate has it. No log has anything else of a row in it,
//! nor of an answer: how each token ended is in the report and in the journal.
//!
//! # How it is paced
//!
//! Each pair of authority and client has a lane, because that is what a server throttles. A lane widens with every success
//! and halves at every setback, and a 429 stops it for as long as the server asks, with all that wait for it. A lane that
//! has waited longer than [`Settings::patience`] without a success is left to a later run, as is a token that fails again
//! and again. A client that is refused halts its lane: other tokens of it would be refused alike. At `organizations` and its
//! like, where the user's own directory answers, only a wrong secret does. No more than [`Settings::concurrency`] requests
//! are in flight.
//!
//! # When it fails
//!
//! What concerns one token stops nothing and is in [`Report::outcomes`]. [`MigrationError`] is what stops a run: the source cannot be
//! read or has changed ([`PlanError`]), the journal is in use, damaged or of another destination ([`JournalError`], with a
//! [hint](JournalError::hint)), the target cannot be written, a host cannot be talked to. Nothing that was answered is lost
//! by it: correct the cause, and run the same migration again.
//!
//! # What it does not do
//!
//! It never writes to the source, and never deletes a token there: that is left to whoever has verified the target. It
//! sends tokens to Microsoft's hosts and to the one that [`AuthorityOverride`] names, whatever the source says. It migrates
//! no tokens of AD FS, Azure AD B2C or service principals, and those of somebody else's programs only where their client is
//! named. It decrypts nothing without a key that it is given, and signs nobody in. Several batches into one target run one
//! after the other: a journal has one batch at a time.

mod caches;
mod cause;
mod copy;
mod credentials;
mod error;
mod fingerprint;
mod first_use;
mod journal;
mod left_out;
mod migration;
mod migrator;
mod named;
mod observer;
mod people;
mod plan;
mod record;
mod remains;
mod report;
mod retry;
mod row_name;
mod run;
mod settings;
mod source;
mod spa_origin;
mod users;
mod verify;

pub use caches::Caches;
pub use cause::Cause;
pub use copy::{Copied, copy_cache};
pub use credentials::Credentials;
pub use error::MigrationError;
pub use fingerprint::{Fingerprint, FingerprintFn};
pub use first_use::FirstUse;
pub use journal::{
    Class, Counts, Destination, JournalError, JournalReader, LatestRun, Pause, Reason, RowReport,
    Running, State, TokenReport, journal_files, remove_finished_journal, running,
};
pub use migration::Migration;
pub use migrator::Migrator;
pub use observer::{Conclusion, NoObserver, ObservedToken, Observer};
pub use people::{Identifiers, People};
pub use plan::{
    AuthorityOverride, AuthorityOverrideError, Count, LooksLike, NameOf, OddName, Plan, PlanError,
    PlanOptions, Planned, Redemption, SkipCount, Summary, Warning, Warnings,
};
pub use record::{Locator, Place, Record, RecordFlags, Remedy, Row, SkipReason, UserHints};
pub use remains::Remains;
pub use report::{Completion, Report};
pub use retry::{Retry, RetryClass};
pub use settings::{RotationPolicy, Settings};
pub use source::{
    DatabaseError, DatabaseLogin, DatabasePassword, DatabaseUrl, DatabaseUrlError, DecodingKey,
    FieldPlace, KeySource, KnownBy, LikelyPlace, Mapping, MappingError, MappingFile,
    MappingFileError, OtherFiles, Preset, Records, RowLayout, Source, SourceError, SourceKind,
    SourceOptions, UnknownSourceKind, UnsupportedFormat, open, open_database, open_reader,
};
pub use spa_origin::{InvalidSpaOrigin, SpaOrigin};
pub use verify::{Asked, Proof, Verification, Verifier};
