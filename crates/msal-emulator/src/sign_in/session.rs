//! The sign-in session of a browser: who is signed in there, in a sealed cookie.

use http::HeaderValue;

use crate::directory::{Account, AppEntry, AppIndex};
use crate::issuer::{Packer, Unpacker, scramble};
use crate::memory::{Cut, Platform};
use crate::protocol::{Call, Guid, Moment};

/// Who is signed in at a browser, last first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session(Vec<SignedIn>);

/// One account at a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedIn {
    pub(crate) upn: String,
    /// When they typed their password.
    pub(crate) at: Moment,
    /// They showed a second factor.
    pub(crate) mfa: bool,
    /// Orders it among everything issued.
    pub(crate) serial: u64,
    /// The sign-in that the session began with; later ones of the same account go on with it.
    pub(crate) session: u64,
    /// The applications to be told when it ends.
    pub(crate) apps: Vec<AppIndex>,
}

impl Session {
    /// Reads the cookie. Accounts that were closed, or whose sessions were revoked since, are not in it.
    pub(crate) fn read(platform: Platform<'_>, call: &Call<'_>) -> Self {
        let read = || {
            let plain = platform.sealer().open("", call.cookie(COOKIE)?)?;
            let mut unpacker = Unpacker::new(FORMAT, &plain)?;
            let count = unpacker.byte()?;
            (0..count)
                .map(|_| SignedIn::read(&mut unpacker))
                .collect::<Option<Vec<_>>>()
        };
        let mut people = read().unwrap_or_default();
        people.retain(|person| person.is_valid(platform));
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
        self.0.truncate(MAX_PEOPLE);
    }

    /// Notes what an account that is here has joined; answers the `Set-Cookie` when that is new.
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

    /// Takes an account out, or all of them.
    pub(crate) fn sign_out(&mut self, whom: Option<&str>) -> Vec<SignedIn> {
        let goes = |person: &SignedIn| whom.is_none_or(|upn| person.upn.eq_ignore_ascii_case(upn));
        let (gone, stay) = std::mem::take(&mut self.0).into_iter().partition(goes);
        self.0 = stay;
        gone
    }

    /// The `Set-Cookie` that keeps it.
    ///
    /// `SameSite=None`, because a client may send its user here by a form, or look in a hidden frame
    /// whether somebody is signed in; the forms of the pages carry a token of their own instead.
    pub(crate) fn cookie(&self, platform: Platform<'_>) -> Option<HeaderValue> {
        let text = if self.0.is_empty() {
            format!("{COOKIE}=; path=/; secure; HttpOnly; SameSite=None; Max-Age=0")
        } else {
            let count = u8::try_from(self.0.len()).unwrap_or_default();
            let packer = Packer::new(FORMAT).byte(count);
            let packer = self
                .0
                .iter()
                .fold(packer, |packer, person| person.write(packer));
            let serial = platform.identifiers().serial();
            let value = platform.sealer().seal("", serial, packer.finish());
            format!("{COOKIE}={value}; path=/; secure; HttpOnly; SameSite=None")
        };
        HeaderValue::try_from(text).ok()
    }
}

impl SignedIn {
    /// Somebody who has just proven who they are.
    pub(crate) const fn new(upn: String, at: Moment, mfa: bool, serial: u64) -> Self {
        Self {
            upn,
            at,
            mfa,
            serial,
            session: serial,
            apps: Vec::new(),
        }
    }

    /// Goes on with the session that the account has had at this browser.
    pub(crate) fn continuing(self, before: Option<&Self>) -> Self {
        match before {
            None => self,
            Some(before) => Self {
                session: before.session,
                apps: before.apps.clone(),
                ..self
            },
        }
    }

    /// `session_state` of authorization responses, and `sid` of id_tokens.
    pub(crate) fn session_id(&self) -> Guid {
        Guid::derived(&scramble(self.session).to_be_bytes(), "session")
    }

    /// Remembers to tell an application, when it wants to be told.
    pub(crate) fn join(&mut self, app: &AppEntry) {
        if app.front_channel_logout.is_some() && !self.apps.contains(&app.index) {
            self.apps.push(app.index);
            self.apps.truncate(MAX_APPS);
        }
    }

    fn is_valid(&self, platform: Platform<'_>) -> bool {
        let begun = Cut {
            at: self.at,
            serial: self.serial,
        };
        let account = platform.directory().account(&self.upn);
        account.is_some_and(|account| platform.people().is_enabled(&account))
            && platform.people().session_ended(&self.upn, begun).is_none()
    }

    fn write(&self, packer: Packer) -> Packer {
        let packer = packer
            .byte(u8::from(self.mfa))
            .number(self.serial)
            .number(self.session)
            .number(self.at.millis())
            .text(&self.upn)
            .byte(u8::try_from(self.apps.len()).unwrap_or_default());
        let apps = self.apps.iter();
        apps.fold(packer, |packer, app| packer.number(app.0.into()))
    }

    fn read(unpacker: &mut Unpacker<'_>) -> Option<Self> {
        Some(Self {
            mfa: unpacker.byte()? == 1,
            serial: unpacker.number()?,
            session: unpacker.number()?,
            at: Moment::from_millis(unpacker.number()?),
            upn: unpacker.text()?,
            apps: {
                let count = unpacker.byte()?;
                let app = |_| Some(AppIndex(u32::try_from(unpacker.number()?).ok()?));
                (0..count).map(app).collect::<Option<_>>()?
            },
        })
    }
}

/// The name of Entra's.
const COOKIE: &str = "ESTSAUTH";
const FORMAT: u8 = 3;
const MAX_PEOPLE: usize = 8;
const MAX_APPS: usize = 32;
