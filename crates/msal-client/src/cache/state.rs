//! What is in memory of a cache, and what a save takes of it.

use std::sync::Arc;

use msal_core::TokenCache;

use crate::store::Version;

#[derive(Debug, Default)]
pub(super) struct State {
    /// Shared with a save that is under way: it is copied if it changes meanwhile.
    pub(super) cache: Arc<TokenCache>,
    /// The store's version that `cache` is based on.
    pub(super) version: Option<Version>,
    pub(super) is_loaded: bool,
    /// Whether the blob of that version was written from `cache`, and not loaded.
    pub(super) is_written: bool,
    /// Counts changes, so that a save can tell whether its snapshot has all of them.
    pub(super) generation: u64,
    /// Counts the times that `cache` was brought up to date with the store, so that a load can tell whether it was
    /// overtaken.
    pub(super) epoch: u64,
}

/// What a save works on.
pub(super) struct Snapshot {
    pub(super) cache: Arc<TokenCache>,
    pub(super) version: Option<Version>,
    pub(super) is_written: bool,
    pub(super) generation: u64,
    pub(super) epoch: u64,
}
