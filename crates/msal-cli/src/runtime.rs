//! The thread that commands run on.

use std::future::Future;

use tokio::runtime::Builder;

use crate::error::Failure;

/// Runs `work` on one thread: what bulk work saves in hand-overs between threads is worth more than a second core.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime
        .map_err(|error| Failure::new(&error))?
        .block_on(work)
}
