//! Who a browser is: two cookies, whose values are keys to what the server remembers. Nothing that matters is in a cookie.
//!
//! | cookie | while | `SameSite` | why |
//! |---|---|---|---|
//! | `__Host-sign-in` | a sign-in is under way | `None` | with `form_post` the user comes back by a form of another site, which brings no other cookie |
//! | `__Host-session` | the user is signed in | `Lax` | no form of another site can use it |
//!
//! Both are `HttpOnly`, so that no script can read them, and `Secure`; browsers take `http://localhost` for secure. `__Host-`
//! keeps other hosts of the domain from setting them (RFC 6265bis §4.1.3.2).
//!
//! The sign-in has a key of its own and the session a fresh one: whoever planted a cookie in a browser before its user signed
//! in knows nothing afterwards (session fixation).

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use msal::{Account, AuthCodeFlow, AuthResponse, Partition, UnixTime};

use super::WebApp;

/// 256 random bits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn new() -> Self {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("every system has a source of randomness");
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A user at a browser.
pub(crate) struct Session {
    pub(crate) account: Account,
    /// To be shown, and escaped where it is.
    pub(crate) name: String,
    /// Whose tokens are in it: this session's, and no other's.
    pub(crate) cache: Partition,
    /// The claims that the sign-in was asked for.
    pub(crate) claims: Option<String>,
    /// What the session is called at the authority, and how the user is named there at the sign-out.
    pub(crate) sid: Option<String>,
    pub(crate) logout_hint: Option<String>,
    /// The sign-ins among which it began: those of one browser, which has one session.
    pub(crate) sign_ins: Key,
    /// In every form that changes something: only our own pages know it.
    pub(crate) form_key: Key,
    pub(crate) began: Instant,
}

/// A sign-in that is under way.
pub(crate) struct SignIn {
    pub(crate) flow: AuthCodeFlow,
    /// Where the user goes on afterwards: one of our own addresses, so that nobody can send them elsewhere.
    pub(crate) next: &'static str,
    pub(crate) claims: Option<String>,
    /// The session that it takes the place of.
    pub(crate) replaces: Option<Key>,
}

#[derive(Default)]
pub(crate) struct Sessions(Mutex<Tables>);

/// The sign-ins of one browser.
struct Waiting {
    flows: Vec<SignIn>,
    /// When the last of them began.
    since: Instant,
}

#[derive(Default)]
struct Tables {
    /// Of each browser, as somebody may sign in in two windows.
    sign_ins: HashMap<Key, Waiting>,
    sessions: HashMap<Key, Arc<Session>>,
}

impl Sessions {
    /// Remembers a sign-in of a browser, which may have others under way. They cost memory, and nobody has shown who they
    /// are: where there are too many, the browser makes way that has waited longest. Whoever begins many locks nobody out.
    pub(crate) fn begin(&self, browser: Option<Key>, sign_in: SignIn) -> Key {
        let mut tables = self.tables();
        let sign_ins = &mut tables.sign_ins;
        let known = browser.filter(|key| sign_ins.contains_key(key));
        if known.is_none() && sign_ins.len() >= SIGN_INS {
            let now = UnixTime::from(SystemTime::now());
            sign_ins.retain(|_, waiting| {
                let mut flows = waiting.flows.iter();
                flows.any(|sign_in| now < sign_in.flow.expires_on())
            });
        }
        if known.is_none() && sign_ins.len() >= SIGN_INS {
            let oldest = sign_ins.iter().min_by_key(|(_, waiting)| waiting.since);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                sign_ins.remove(&key);
            }
        }
        let key = known.unwrap_or_else(Key::new);
        let since = Instant::now();
        let flows = Vec::new();
        let waiting = sign_ins
            .entry(key.clone())
            .or_insert(Waiting { flows, since });
        waiting.since = since;
        if waiting.flows.len() >= SIGN_INS_OF_A_BROWSER {
            waiting.flows.remove(0);
        }
        waiting.flows.push(sign_in);
        key
    }

    /// The sign-in of this browser that `response` answers. It is taken out, so that it is used once; what answers none of
    /// them leaves them as they are, because anybody can make a browser bring something.
    pub(crate) fn take(&self, browser: &Key, response: &AuthResponse) -> Option<SignIn> {
        let mut tables = self.tables();
        let flows = &mut tables.sign_ins.get_mut(browser)?.flows;
        let index = flows
            .iter()
            .position(|sign_in| sign_in.flow.is_answered_by(response))?;
        let taken = flows.remove(index);
        if flows.is_empty() {
            tables.sign_ins.remove(browser);
        }
        Some(taken)
    }

    /// Opens a session. Those that the browser had before end: the one that it `replaces`, and what was opened meanwhile
    /// from another window. Their tokens are to be removed.
    pub(crate) fn open(
        &self,
        session: Session,
        replaces: Option<&Key>,
    ) -> (Key, Vec<Arc<Session>>) {
        let key = Key::new();
        let mut tables = self.tables();
        let ended = tables
            .end(|known, other| Some(known) == replaces || other.sign_ins == session.sign_ins);
        tables.sessions.insert(key.clone(), Arc::new(session));
        (key, ended)
    }

    pub(crate) fn find(&self, key: &Key) -> Option<Arc<Session>> {
        let session = self.tables().sessions.get(key).cloned();
        session.filter(|session| session.began.elapsed() < LIFE)
    }

    /// Ends a session: its tokens are to be removed.
    pub(crate) fn end(&self, key: &Key) -> Vec<Arc<Session>> {
        self.tables().end(|known, _| known == key)
    }

    /// Ends the sessions that the authority calls `sid`.
    pub(crate) fn end_of_authority(&self, sid: &str) -> Vec<Arc<Session>> {
        self.tables()
            .end(|_, session| session.sid.as_deref() == Some(sid))
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().expect("nobody panics while holding it")
    }
}

impl Tables {
    /// Takes sessions out, with those that are too old.
    fn end(&mut self, ends: impl Fn(&Key, &Session) -> bool) -> Vec<Arc<Session>> {
        let ended = self
            .sessions
            .extract_if(|key, session| ends(key, session) || session.began.elapsed() >= LIFE);
        ended.map(|(_, session)| session).collect()
    }
}

/// Whose browser sends a request.
pub(crate) enum Visitor {
    Nobody,
    User(Key, Arc<Session>),
}

impl Visitor {
    pub(crate) fn session(&self) -> Option<&Arc<Session>> {
        match self {
            Self::Nobody => None,
            Self::User(_, session) => Some(session),
        }
    }
}

impl FromRequestParts<Arc<WebApp>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<WebApp>,
    ) -> Result<Self, Self::Rejection> {
        let key = cookie(&parts.headers, SESSION);
        let found = key.and_then(|key| app.sessions.find(&key).map(|session| (key, session)));
        Ok(found.map_or(Self::Nobody, |(key, session)| Self::User(key, session)))
    }
}

pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<Key> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut pairs = cookies
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split("; "))
        .filter_map(|pair| pair.split_once('='));
    let value = pairs.find_map(|(key, value)| (key == name).then_some(value))?;
    Some(Key::from(value))
}

pub(crate) fn set_session(key: &Key) -> HeaderValue {
    set(SESSION, key.as_str(), "SameSite=Lax")
}

pub(crate) fn set_sign_in(key: &Key) -> HeaderValue {
    set(SIGN_IN, key.as_str(), "SameSite=None; Max-Age=600")
}

pub(crate) fn unset_session() -> HeaderValue {
    set(SESSION, "", "SameSite=Lax; Max-Age=0")
}

fn set(name: &str, value: &str, attributes: &str) -> HeaderValue {
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; {attributes}");
    HeaderValue::try_from(text).expect("a key has no other characters than a header may have")
}

const SESSION: &str = "__Host-session";
pub(crate) const SIGN_IN: &str = "__Host-sign-in";
/// A working day, however busy the user is.
const LIFE: Duration = Duration::from_secs(10 * 3600);
const SIGN_INS: usize = 10_000;
const SIGN_INS_OF_A_BROWSER: usize = 5;
