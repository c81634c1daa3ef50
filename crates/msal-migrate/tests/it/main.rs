//! Migrations against the emulator, in process.
#![expect(missing_docs, reason = "a test binary has no readers of its documentation")]

mod outcomes;
mod pacing;
mod recovery;
mod world;
