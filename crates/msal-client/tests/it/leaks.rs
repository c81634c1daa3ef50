//! The search for secrets in everything a person could get to see.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::fmt::{Debug, Write as _};
use std::io;
use std::sync::{LazyLock, Mutex};

use serde_json::Value;
use tracing::Subscriber;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::log::Capture;

/// As much of a secret as must not be seen: a whole password, or a piece of a token.
const PIECE: usize = 24;

/// The members of requests and answers whose values are secrets.
const SECRET_MEMBERS: [&str; 11] = [
    "access_token",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "device_code",
    "id_token",
    "password",
    "refresh_token",
    "assertion",
    "user_code",
];

/// Those whose values are for the program, and not for its log.
const PRIVATE_MEMBERS: [&str; 4] = ["claims", "client_info", "error_description", "username"];

/// What was logged in this process, by whatever crate, at every level.
static LOG: LazyLock<Capture> = LazyLock::new(|| {
    let capture = Capture::default();
    tracing::subscriber::set_global_default(subscriber(capture.clone())).unwrap();
    capture
});

/// Keeps all that is logged, at every level, for the search, and what it is made of in `capture`.
pub(crate) fn subscriber(capture: Capture) -> impl Subscriber + Send + Sync {
    let lines = layer().with_ansi(false).with_writer(|| Log);
    tracing_subscriber::registry().with(lines).with(capture)
}

static LOGGED: Mutex<String> = Mutex::new(String::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED
            .lock()
            .unwrap()
            .push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The secrets of one world, and what was shown in it.
#[derive(Default)]
pub(crate) struct Leaks {
    secrets: Mutex<BTreeSet<String>>,
    shown: Mutex<String>,
    /// What may be in a value or an error and not in the log: it says who a user is, or is what a server has said.
    private: Mutex<BTreeSet<String>>,
    /// How much had been logged when the world began, and cannot be about its secrets.
    logged_before: usize,
}

impl Leaks {
    pub(crate) fn new() -> Self {
        LazyLock::force(&LOG);
        Self {
            logged_before: LOGGED.lock().unwrap().len(),
            ..Self::default()
        }
    }

    pub(crate) fn add(&self, secret: &str) {
        if !secret.is_empty() {
            self.secrets.lock().unwrap().insert(secret.to_owned());
        }
    }

    /// What the log may not tell, in whatever case, though a value may.
    pub(crate) fn add_private(&self, text: &str) {
        if !text.is_empty() {
            self.private.lock().unwrap().insert(text.to_lowercase());
        }
    }

    /// Takes the secrets out of a form or of a JSON answer, and what else is not for the log.
    pub(crate) fn add_members(&self, members: &Value) {
        for member in PRIVATE_MEMBERS {
            // A request has `client_info=1`.
            let text = members.get(member).and_then(Value::as_str);
            if let Some(text) = text.filter(|text| *text != "1") {
                self.add_private(text);
            }
        }
        for member in SECRET_MEMBERS {
            if let Some(secret) = members.get(member).and_then(Value::as_str) {
                self.add(secret);
            }
        }
    }

    /// Remembers what a person would see of a value.
    pub(crate) fn show(&self, value: &dyn Debug) {
        let mut shown = self.shown.lock().unwrap();
        write!(shown, "{value:?}\n{value:#?}\n").unwrap();
    }

    /// Remembers what a person would see of an error.
    pub(crate) fn show_error(&self, error: &dyn Error) {
        self.show(&error);
        let mut shown = self.shown.lock().unwrap();
        let mut cause = Some(error);
        while let Some(error) = cause {
            writeln!(shown, "{error}").unwrap();
            cause = error.source();
        }
    }

    /// The secrets that were seen, by where and by their first characters.
    pub(crate) fn found(&self) -> Vec<String> {
        let secrets = self.secrets.lock().unwrap();
        let logged = LOGGED.lock().unwrap()[self.logged_before..].to_owned();
        let shown = self.shown.lock().unwrap();
        let mut found = Vec::new();
        for (place, text) in [("the log", &logged), ("an error or a value", &*shown)] {
            for secret in secrets_in(text, &secrets) {
                found.push(format!("a secret starting with {secret:.12} is in {place}"));
            }
        }
        let logged = logged.to_lowercase();
        let private = self.private.lock().unwrap();
        for text in private.iter().filter(|text| logged.contains(*text)) {
            found.push(format!("{text} is in the log"));
        }
        found.extend(LOG.undocumented());
        found
    }
}

/// The secrets of which at least a piece is in `text`.
fn secrets_in<'s>(text: &str, secrets: &'s BTreeSet<String>) -> BTreeSet<&'s str> {
    let (short, long): (Vec<_>, Vec<_>) = secrets.iter().partition(|it| it.len() < PIECE);
    let mut found: BTreeSet<&str> = short
        .into_iter()
        .map(String::as_str)
        .filter(|secret| text.contains(secret))
        .collect();
    // Pieces that do not overlap: whoever prints half a token prints one of them.
    let mut pieces = HashMap::new();
    for secret in long {
        assert!(
            secret.bytes().all(is_of_a_token),
            "look for it in another way"
        );
        for piece in secret.as_bytes().chunks_exact(PIECE) {
            pieces.insert(piece, secret.as_str());
        }
    }
    let words = text.as_bytes().split(|byte| !is_of_a_token(*byte));
    let windows = words.flat_map(|word| word.windows(PIECE));
    found.extend(windows.filter_map(|window| pieces.get(window)));
    found
}

/// Base64url and what joins its parts.
fn is_of_a_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

#[test]
fn a_secret_that_is_logged_is_found() {
    let leaks = Leaks::new();
    leaks.add("logged-secret-of-this-test-0123456789-0123456789");
    assert_eq!(leaks.found(), [""; 0]);
    tracing::trace!(
        token = "secret-of-this-test-0123456789-0123456789",
        "half of it"
    );
    assert_eq!(leaks.found().len(), 1);
}

#[test]
fn a_secret_in_a_value_or_in_the_cause_of_an_error_is_found() {
    let leaks = Leaks::new();
    leaks.add("password");
    leaks.show(&"no harm");
    assert_eq!(leaks.found(), [""; 0]);
    leaks.show_error(&io::Error::other(io::Error::other(
        "the password is password",
    )));
    assert_eq!(leaks.found().len(), 1);
}

#[test]
fn a_name_that_is_logged_is_found_in_whatever_case() {
    let leaks = Leaks::new();
    leaks.add_private("Name-Of-This-Test");
    leaks.show(&"Name-Of-This-Test");
    assert_eq!(leaks.found(), [""; 0]);
    tracing::trace!(user = "NAME-of-this-test", "somebody");
    assert_eq!(leaks.found().len(), 1);
}
