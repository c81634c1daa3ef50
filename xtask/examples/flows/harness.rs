//! What an application has to do with the outside, played by whoever asks.

use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use msal::{BoxFuture, Browser, Clock, NoBrowser, UnixTime};
use serde_json::{Value, json};

/// Prints a line, at once.
pub(crate) fn say(value: &Value) {
    let mut out = stdout().lock();
    writeln!(out, "{value}")
        .and_then(|()| out.flush())
        .expect("who asks is there");
}

/// A clock on which waits take no time: the system's, and so much later.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    slept: AtomicU64,
}

impl Clock for Waits {
    fn now(&self) -> UnixTime {
        UnixTime::from(SystemTime::now()) + Duration::from_secs(self.slept.load(Ordering::Relaxed))
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            say(&json!({"sleep": duration.as_secs_f64()}));
            let mut line = String::new();
            stdin()
                .lock()
                .read_line(&mut line)
                .expect("who asks is there");
            self.slept.fetch_add(duration.as_secs(), Ordering::Relaxed);
        })
    }
}

/// A browser that another program has.
#[derive(Debug)]
pub(crate) struct Page;

impl Browser for Page {
    fn open<'a>(&'a self, address: &'a str) -> BoxFuture<'a, Result<(), NoBrowser>> {
        Box::pin(async move {
            say(&json!({"open": address}));
            Ok(())
        })
    }
}
