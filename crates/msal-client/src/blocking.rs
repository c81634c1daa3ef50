//! Waiting for calls in programs without a runtime: scripts, build tools, desktop programs with a loop of their own.
//!
//! ```no_run
//! use msal::blocking::Wait as _;
//! use msal::{FileStore, PublicClientApplication};
//!
//! let app = PublicClientApplication::builder("11112222-bbbb-3333-cccc-4444dddd5555")
//!     .store(FileStore::new("token_cache.json"))
//!     .build()?;
//! for account in app.accounts().wait()? {
//!     let token = app.acquire_token_silent("User.Read", &account).wait()?;
//!     println!("{account}: a token until {}", token.expires_on);
//! }
//! # Ok::<(), msal::Error>(())
//! ```

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{ConfigError, Error};

/// A call that can be waited for.
pub trait Wait<T>: IntoFuture<Output = Result<T, Error>> + Sized {
    /// Makes the call and blocks the thread until it is done.
    ///
    /// The first call of the process starts one thread, which lives as long as the process, because connections to the
    /// authority stay open for the next call.
    ///
    /// # Errors
    /// Those of the call; [`ConfigError::InsideRuntime`] on a thread of a tokio runtime, where the call is awaited instead;
    /// [`ConfigError::NoRuntime`] when the thread cannot be started.
    fn wait(self) -> Result<T, Error> {
        if Handle::try_current().is_ok() {
            return Err(ConfigError::InsideRuntime.into());
        }
        runtime()?.block_on(self.into_future())
    }
}

impl<F: IntoFuture<Output = Result<T, Error>>, T> Wait<T> for F {}

/// One for the whole process: a connection that is kept open is driven by the runtime that opened it.
fn runtime() -> Result<&'static Runtime, ConfigError> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("msal")
        .enable_all()
        .build()
        .map_err(|_no_thread| ConfigError::NoRuntime)?;
    // Of two threads that come here at once, one starts a thread that is stopped again.
    Ok(RUNTIME.get_or_init(|| runtime))
}
