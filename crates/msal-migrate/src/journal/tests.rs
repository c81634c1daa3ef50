//! The journal against real files, real kills and every kind of damage.

mod crash;
mod damage;
mod life;
mod pace;

use std::path::{Path, PathBuf};

use bytes::Bytes;
use msal::SystemRandom;
use msal_core::UnixTime;
use tempfile::TempDir;

use super::{
    Class, Event, Identity, Intent, Journal, JournalError, Outcome, Position, RawResponse,
    Redeemed, Replay,
};
use crate::{Fingerprint, Locator, Place};

/// A folder with a journal in it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("cache.json.journal")
    }

    fn key(&self) -> PathBuf {
        self.0.path().join("cache.json.journal.key")
    }

    fn open(&self) -> (Journal, Replay) {
        self.try_open().unwrap()
    }

    fn try_open(&self) -> Result<(Journal, Replay), JournalError> {
        open(&self.journal())
    }
}

fn open(path: &Path) -> Result<(Journal, Replay), JournalError> {
    Journal::open(
        path,
        &Identity::new().with("target", "/srv/cache.json"),
        &SystemRandom::default(),
    )
}

fn token(n: u64) -> Fingerprint {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&n.to_le_bytes());
    Fingerprint::from_bytes(bytes)
}

fn locator(n: u64) -> Locator {
    Locator::new(&"tokens.csv".into(), Place::Line(n)).with_key("alice@contoso.example")
}

fn at() -> UnixTime {
    UnixTime::from_secs(1_700_000_000)
}

fn intent(n: u64) -> Event {
    Event::Intent(Intent {
        fingerprint: token(n),
        locator: locator(n),
        attempt: 1,
        at: at(),
    })
}

fn redeemed(n: u64, body: impl Into<Bytes>) -> Event {
    let response = RawResponse {
        status: 200,
        body: body.into(),
    };
    Event::Redeemed(Redeemed {
        fingerprint: token(n),
        locator: locator(n),
        at: at(),
        response,
    })
}

fn outcome(n: u64, class: Class) -> Event {
    Event::Outcome(Outcome::new(token(n), locator(n), class, at()))
}

/// As long as a token endpoint's answers are.
fn body(n: u64) -> Bytes {
    format!(
        "{{\"refresh_token\":\"0.SECRET-{n}\",\"fill\":\"{}\"}}",
        "x".repeat(4_400)
    )
    .into()
}

async fn append(journal: &Journal, event: Event) -> Position {
    journal.append(event).await.unwrap()
}
