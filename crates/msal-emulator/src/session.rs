//! The sign-in session of a browser: who is signed in there, in a sealed cookie.

use http::HeaderValue;

use crate::call::Call;
use crate::directory::Account;
use crate::moment::Moment;
use crate::packed::{Packer, Unpacker};
use crate::people::Cut;
use crate::platform::Platform;

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

    pub(crate) fn remove(&mut self, upn: &str) {
        self.0
            .retain(|person| !person.upn.eq_ignore_ascii_case(upn));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
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
        packer
            .byte(u8::from(self.mfa))
            .number(self.serial)
            .number(self.at.millis())
            .text(&self.upn)
    }

    fn read(unpacker: &mut Unpacker<'_>) -> Option<Self> {
        Some(Self {
            mfa: unpacker.byte()? == 1,
            serial: unpacker.number()?,
            at: Moment::from_millis(unpacker.number()?),
            upn: unpacker.text()?,
        })
    }
}

/// The name of Entra's.
const COOKIE: &str = "ESTSAUTH";
const FORMAT: u8 = 3;
const MAX_PEOPLE: usize = 8;
