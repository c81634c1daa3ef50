//! Migrations against the emulator, in process.

mod outcomes;
mod pacing;
mod recovery;
mod world;
