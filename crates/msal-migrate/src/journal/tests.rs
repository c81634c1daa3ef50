//! The journal against real files, real kills and every kind of damage.

mod crash;
mod damage;
mod life;
mod pace;
mod removal;
mod sharing;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use msal::SystemRandom;
use msal_core::UnixTime;
use tempfile::TempDir;

use super::answer::User;
use super::{
    Answer, Appending, Class, Condition, Destination, Entry, Holder, Journal, JournalError,
    Outcome, Position, Reason, Step,
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

    fn open(&self) -> (Journal, Condition) {
        self.try_open().unwrap()
    }

    fn try_open(&self) -> Result<(Journal, Condition), JournalError> {
        open(&self.journal())
    }
}

fn open(path: &Path) -> Result<(Journal, Condition), JournalError> {
    Journal::open(
        path,
        &Destination::new().with("target", "/srv/cache.json"),
        Arc::new(SystemRandom),
        Holder::Batch,
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

/// What a test records: an entry, with the body of the answer if it is about one.
#[derive(Debug)]
struct Given {
    fingerprint: Fingerprint,
    locator: Locator,
    step: Step<'static>,
    body: Bytes,
}

impl Given {
    fn new(n: u64, step: Step<'static>) -> Self {
        Self {
            fingerprint: token(n),
            locator: locator(n),
            step,
            body: Bytes::new(),
        }
    }

    fn entry(&self) -> Entry<'_> {
        Entry {
            fingerprint: self.fingerprint,
            origin: (&self.locator).into(),
            at: at(),
            step: self.step.clone(),
        }
    }
}

fn intent(n: u64) -> Given {
    Given::new(n, Step::Intended)
}

fn redeemed(n: u64, body: impl Into<Bytes>) -> Given {
    Given {
        body: body.into(),
        ..Given::new(n, Step::Answered)
    }
}

fn outcome(n: u64, class: Class) -> Given {
    let outcome = Outcome {
        class,
        asked: None,
        reason: Cow::Owned(Reason::default()),
        home_account_id: None,
        held_back: None,
        users: None,
    };
    Given::new(n, Step::Concluded(outcome))
}

fn answer(body: &[u8]) -> Answer<'_> {
    Answer {
        client_id: "client",
        authority: "https://login.microsoftonline.com/contoso.example",
        scopes: "a b",
        user: User::default(),
        redeemed_token: "0.SOURCE-TOKEN",
        status: 200,
        body,
    }
}

/// As long as a token endpoint's answers are.
fn body(n: u64) -> Bytes {
    format!(
        "{{\"refresh_token\":\"0.SECRET-{n}\",\"fill\":\"{}\"}}",
        "x".repeat(4_400)
    )
    .into()
}

fn begin(journal: &Journal, given: &Given) -> Appending {
    let sealed = answer(&given.body);
    let sealed = (given.step == Step::Answered).then_some(&sealed);
    journal.append(&given.entry(), sealed)
}

async fn append(journal: &Journal, given: Given) -> Position {
    begin(journal, &given).await.unwrap()
}

/// The body of the answer that is recorded at `position`.
async fn body_at(journal: &Journal, position: Position) -> Bytes {
    let (at, record) = journal.answered(position).await.unwrap().unwrap();
    assert_eq!(at, position);
    let answer = record.answer().unwrap();
    assert_eq!((answer.client_id, answer.status), ("client", 200));
    Bytes::copy_from_slice(answer.body)
}
