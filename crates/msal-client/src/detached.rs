//! Work that nobody may leave half done.

use std::panic::resume_unwind;

use tokio::runtime::Handle;
use tracing::Instrument as _;

use crate::error::{ConfigError, Error};

/// Does `work` to its end, also when the caller is dropped meanwhile: on a task of the tokio runtime that the caller is on.
/// Where there is none, the work ends with its caller.
pub(crate) async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let Ok(runtime) = Handle::try_current() else {
        return work.await;
    };
    match runtime.spawn(work.in_current_span()).await {
        Ok(outcome) => outcome,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        // The runtime is being shut down, and its tasks with it.
        Err(_) => Err(ConfigError::NoRuntime.into()),
    }
}
