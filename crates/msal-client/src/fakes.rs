//! Ports for tests: a clock that jumps, scripted HTTP, predictable bytes. Ninety days take no time with them.
//!
//! With the emulator as the HTTP client, of the same clock, a test of one's own application needs neither sockets nor sleep:
//!
//! ```
//! use std::sync::Arc;
//! use std::time::{Duration, SystemTime};
//!
//! use msal::fakes::JumpingClock;
//! use msal::{PublicClientApplication, Runtime, http_fn};
//! use msal_emulator::{Directory, Emulator, Fault, sample};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let emulator = Arc::new(Emulator::new(Directory::sample()));
//! let clock = Arc::new(JumpingClock::new(SystemTime::now().into()));
//! let time = Arc::clone(&clock);
//! let http = http_fn(emulator.responder(move || time.system_time()));
//! let runtime = Runtime::with_http(http).with_clock(Arc::clone(&clock));
//! let app = PublicClientApplication::builder(sample::DESKTOP).runtime(runtime).build()?;
//!
//! let token = emulator.issue_refresh_token(sample::ALICE, sample::DESKTOP, clock.system_time())?;
//! app.acquire_token_by_refresh_token(token, "User.Read").await?;
//!
//! // What does my application do after two hours, when the server is busy?
//! clock.advance(Duration::from_secs(7200));
//! emulator.add_fault(Fault::throttle(30));
//! let alice = app.account(sample::ALICE).await?.ok_or("nobody is signed in")?;
//! let error = app.acquire_token_silent("User.Read", &alice).await.unwrap_err();
//! assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The example `tested` is an application with such tests.

#[cfg(feature = "interactive")]
mod browser;

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use msal_core::UnixTime;
use sha2::{Digest, Sha256};

use crate::ports::{BoxFuture, Clock, HttpClient, RandomError, SecureRandom};
use crate::transport::HttpError;

#[cfg(feature = "interactive")]
pub use browser::FakeBrowser;

/// A clock that stands still, except that sleeping moves it on at once.
#[derive(Debug)]
pub struct JumpingClock(AtomicI64);

impl JumpingClock {
    /// A clock that shows `now`.
    pub fn new(now: UnixTime) -> Self {
        Self(AtomicI64::new(now.as_secs()))
    }

    /// Moves the clock on.
    pub fn advance(&self, duration: Duration) {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// What the clock shows, for what wants it so: an emulator, above all.
    pub fn system_time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.now().as_secs().unsigned_abs())
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::SeqCst))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.advance(duration);
        Box::pin(std::future::ready(()))
    }
}

/// Answers with prepared responses, in order, and remembers what was asked.
#[derive(Default)]
pub struct ScriptedHttp {
    answers: Mutex<VecDeque<Result<Response<Bytes>, HttpError>>>,
    requests: Mutex<Vec<Request<Bytes>>>,
}

impl ScriptedHttp {
    /// Prepares the next answer.
    pub fn answer(&self, answer: Result<Response<Bytes>, HttpError>) {
        lock(&self.answers).push_back(answer);
    }

    /// Prepares a JSON answer.
    pub fn answer_json(&self, status: u16, body: impl Into<Bytes>) {
        let mut response = Response::new(body.into());
        if let Ok(status) = StatusCode::from_u16(status) {
            *response.status_mut() = status;
        }
        self.answer(Ok(response));
    }

    /// Takes the requests that were sent so far.
    pub fn take_requests(&self) -> Vec<Request<Bytes>> {
        std::mem::take(&mut lock(&self.requests))
    }
}

impl fmt::Debug for ScriptedHttp {
    /// Counts only: bodies hold secrets even in a test.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ScriptedHttp")
            .field("answers", &lock(&self.answers).len())
            .field("requests", &lock(&self.requests).len())
            .finish()
    }
}

impl HttpClient for ScriptedHttp {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        lock(&self.requests).push(request);
        let answer = lock(&self.answers).pop_front();
        Box::pin(std::future::ready(
            answer.unwrap_or_else(|| Err(HttpError::unreachable())),
        ))
    }
}

/// Bytes that look random and are the same in every run.
#[derive(Debug, Default)]
pub struct SeededRandom {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededRandom {
    /// Bytes that follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            drawn: AtomicU64::new(0),
        }
    }
}

impl SecureRandom for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        for chunk in bytes.chunks_mut(32) {
            let counter = self.drawn.fetch_add(1, Ordering::SeqCst);
            let mut block = Sha256::new();
            block.update(self.seed.to_be_bytes());
            block.update(counter.to_be_bytes());
            for (byte, random) in chunk.iter_mut().zip(block.finalize()) {
                *byte = random;
            }
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
