//! Sources read or refused, and migrations against the emulator, in process.

#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod bad_input;
mod clouds;
mod examples;
mod held_back;
mod kinds;
mod neighbours;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod odd_files;
mod outcomes;
mod pacing;
mod recovery;
mod refusals;
mod several_clients;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod sources;
mod trust;
mod verification;
mod world;
