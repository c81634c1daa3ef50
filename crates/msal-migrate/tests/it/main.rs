//! Sources read or refused, and migrations against the emulator, in process.

#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod another_authority;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod bad_input;
mod clouds;
#[cfg(unix)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod databases;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod examples;
mod held_back;
mod kinds;
mod logging;
mod neighbours;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod observing;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod odd_files;
mod outcomes;
mod own_sources;
mod pacing;
mod recovery;
mod refusals;
#[cfg(unix)]
mod servers;
mod several_clients;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod sources;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod sqlite;
mod trust;
mod verification;
mod world;
