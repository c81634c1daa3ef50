//! The sign-in session of a browser: who is signed in there, in a sealed cookie.

use http::HeaderValue;

use crate::directory::Account;
use crate::issuer::{RecordKind, RecordReader, RecordWriter};
use crate::memory::{IssuePoint, Platform, SignedIn};
use crate::protocol::Call;

/// Who is signed in at a browser. The last to sign in comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session(Vec<SignedIn>);

impl Session {
    /// Reads the cookie. Accounts that were disabled or whose sessions were revoked since are left out.
    pub(crate) fn read(platform: Platform<'_>, call: &Call<'_>) -> Self {
        let read = || {
            let plain = platform.sealer().open("", call.cookie(COOKIE)?)?;
            let mut reader = RecordReader::new(RecordKind::Session, &plain)?;
            let count = reader.byte()?;
            (0..count)
                .map(|_| SignedIn::read(&mut reader))
                .collect::<Option<Vec<_>>>()
        };
        let mut people = read().unwrap_or_default();
        people.retain(|person| is_valid(person, platform));
        Self(people)
    }

    pub(crate) fn people(&self) -> &[SignedIn] {
        &self.0
    }

    pub(crate) fn of(&self, account: &Account) -> Option<&SignedIn> {
        self.0
            .iter()
            .find(|person| person.upn.eq_ignore_ascii_case(&account.upn))
    }

    /// Puts an account first.
    pub(crate) fn add(&mut self, person: SignedIn) {
        self.remove(&person.upn);
        self.0.insert(0, person);
        // The list travels in a cookie, which browsers limit to 4 KiB.
        self.0.truncate(MAX_PEOPLE);
    }

    /// Notes the applications that a signed-in account uses. Answers the `Set-Cookie` if one is new.
    pub(crate) fn remember(
        &mut self,
        person: &SignedIn,
        platform: Platform<'_>,
    ) -> Option<HeaderValue> {
        let known = self.0.iter_mut().find(|known| known.upn == person.upn)?;
        if known.apps == person.apps || known.session != person.session {
            return None;
        }
        known.apps.clone_from(&person.apps);
        self.cookie(platform)
    }

    pub(crate) fn remove(&mut self, upn: &str) {
        self.0
            .retain(|person| !person.upn.eq_ignore_ascii_case(upn));
    }

    /// Removes an account, or all of them, and answers which they were.
    pub(crate) fn sign_out(&mut self, whom: Option<&str>) -> Vec<SignedIn> {
        let goes = |person: &SignedIn| whom.is_none_or(|upn| person.upn.eq_ignore_ascii_case(upn));
        let (gone, stay) = std::mem::take(&mut self.0).into_iter().partition(goes);
        self.0 = stay;
        gone
    }

    /// The `Set-Cookie` that keeps the session.
    ///
    /// `SameSite=None`, because a client may send its user here by a form, or look in a hidden frame
    /// whether somebody is signed in; the forms of the pages carry a token of their own instead.
    pub(crate) fn cookie(&self, platform: Platform<'_>) -> Option<HeaderValue> {
        let text = if self.0.is_empty() {
            format!("{COOKIE}=; path=/; secure; HttpOnly; SameSite=None; Max-Age=0")
        } else {
            let count = u8::try_from(self.0.len()).unwrap_or_default();
            let writer = RecordWriter::new(RecordKind::Session).byte(count);
            let writer = self
                .0
                .iter()
                .fold(writer, |writer, person| person.write(writer));
            let serial = platform.identifiers().serial();
            let value = platform.sealer().seal("", serial, writer.finish());
            format!("{COOKIE}={value}; path=/; secure; HttpOnly; SameSite=None")
        };
        HeaderValue::try_from(text).ok()
    }
}

/// Whether the account is enabled and its sessions were not revoked since.
fn is_valid(person: &SignedIn, platform: Platform<'_>) -> bool {
    let begun = IssuePoint {
        at: person.at,
        serial: person.serial,
    };
    let account = platform.directory().account(&person.upn);
    account.is_some_and(|account| platform.people().is_enabled(&account))
        && platform
            .people()
            .session_ended(&person.upn, begun)
            .is_none()
}

/// Entra's cookie of the same purpose has this name.
const COOKIE: &str = "ESTSAUTH";
const MAX_PEOPLE: usize = 8;
