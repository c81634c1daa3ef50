//! Sources read or refused, and migrations against the emulator, in process.

#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod another_authority;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod at_home;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod bad_input;
mod clouds;
mod copying;
#[cfg(unix)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod databases;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod examples;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod first_use;
mod full_records;
mod held_back;
mod kinds;
mod logging;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod mapping_files;
mod neighbours;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod observing;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod odd_files;
mod outcomes;
mod own_sources;
mod pacing;
#[cfg(unix)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod per_user;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod presets;
mod recovery;
mod refusals;
mod refused_stores;
mod reporting;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod rows;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod samples;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod sealed_answers;
#[cfg(unix)]
mod servers;
mod several_clients;
mod single_page;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod sqlite;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod stored_secrets;
mod trust;
mod verification;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod what_to_type;
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod who;
mod world;
