//! What can be chosen of a file store.

use std::time::Duration;

use private_file::Gate;

/// Like the builder methods of [`FileStore`](super::FileStore).
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) any_content: bool,
    /// Whether a rehearsal leaves the folder that it has made.
    pub(super) keeps_folder: bool,
    pub(super) lock_wait: Duration,
    /// Open, except in tests.
    pub(super) gate: Gate,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            any_content: false,
            keeps_folder: false,
            lock_wait: Duration::from_secs(10),
            gate: Gate::default(),
        }
    }
}
