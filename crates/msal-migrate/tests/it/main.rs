//! Sources read or refused, and migrations against the emulator, in process.

#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod bad_input;
mod clouds;
mod kinds;
mod logging;
mod neighbours;
mod outcomes;
mod pacing;
mod recovery;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod sources;
mod trust;
mod verification;
mod world;
