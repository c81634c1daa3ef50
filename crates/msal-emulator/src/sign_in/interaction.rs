//! A sign-in as it goes from page to page.
//!
//! Each form carries it, sealed: what was asked for at first, what the person has done since, and the browser it
//! belongs to. It also protects against cross-site request forgery (RFC 6749 §10.12): a form that another site makes
//! a browser send contains no interaction that fits the cookie of that browser.

use std::time::Duration;

use http::HeaderValue;

use crate::directory::Account;
use crate::issuer::{RecordKind, RecordReader, RecordWriter, scramble};
use crate::memory::Platform;
use crate::protocol::{Call, Moment, Parameters, Version};

/// A sign-in as it goes from page to page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interaction {
    pub(crate) purpose: Purpose,
    /// The first segment of the path.
    pub(crate) tenant: String,
    /// The parameters of the request that began it, as a form.
    pub(crate) asked: String,
    browser: u64,
    begun: Moment,
    /// The person who signs in, once they said so.
    pub(crate) upn: Option<String>,
    /// Whether they chose or typed the account in this sign-in.
    pub(crate) chosen: bool,
    /// When they typed their password in this sign-in.
    pub(crate) password_at: Option<Moment>,
    pub(crate) mfa: bool,
    /// Whether they want to make an account.
    pub(crate) creating: bool,
    /// Whether they agreed to what the application asks for, or to the sign-in of the device.
    pub(crate) accepted: bool,
}

/// What a sign-in is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// An authorization code.
    Authorize(Version),
    /// A device that waits for its user.
    Device,
    /// A sign-out.
    SignOut,
}

impl Interaction {
    pub(crate) fn begin(
        purpose: Purpose,
        tenant: &str,
        asked: String,
        browser: Browser,
        now: Moment,
    ) -> Self {
        Self {
            purpose,
            tenant: tenant.to_owned(),
            asked,
            browser: browser.id,
            begun: now,
            upn: None,
            chosen: false,
            password_at: None,
            mfa: false,
            creating: false,
            accepted: false,
        }
    }

    /// Forgets the account and what was done with it.
    pub(crate) fn restart(&mut self) {
        self.upn = None;
        self.chosen = true;
        self.password_at = None;
        self.mfa = false;
        self.creating = false;
        self.accepted = false;
    }

    /// The client that the person signs in to.
    pub(crate) fn client_id(&self, platform: Platform<'_>, call: &Call<'_>) -> Option<String> {
        let asked = Parameters::read(self.asked.as_bytes());
        let of_device = || {
            // At the first page of a device, the code is what the person types.
            let typed = call.parameter("user_code");
            platform
                .devices()
                .client(asked.value("user_code").or(typed)?)
        };
        asked
            .value("client_id")
            .map(str::to_owned)
            .or_else(of_device)
    }

    /// Chooses an account.
    pub(crate) fn choose(&mut self, upn: String) {
        self.restart();
        self.upn = Some(upn);
    }

    /// The same interaction, with the account that the next page is about.
    pub(crate) fn about(&self, account: Option<&Account>) -> Self {
        let mut interaction = self.clone();
        if let Some(account) = account {
            interaction.upn = Some(account.upn.clone());
        }
        interaction
    }

    pub(crate) fn seal(&self, platform: Platform<'_>) -> String {
        let purpose = match self.purpose {
            Purpose::Authorize(Version::V1) => 1,
            Purpose::Authorize(Version::V2) => 2,
            Purpose::Device => 3,
            Purpose::SignOut => 4,
        };
        let flags = u8::from(self.chosen)
            | u8::from(self.mfa) << 1
            | u8::from(self.accepted) << 2
            | u8::from(self.password_at.is_some()) << 3
            | u8::from(self.upn.is_some()) << 4
            | u8::from(self.creating) << 5;
        let writer = RecordWriter::new(RecordKind::Interaction)
            .byte(purpose)
            .byte(flags)
            .number(self.browser)
            .number(self.begun.millis())
            .number(self.password_at.map_or(0, Moment::millis))
            .text(&self.tenant)
            .text(self.upn.as_deref().unwrap_or_default())
            .text(&self.asked);
        let serial = platform.identifiers().serial();
        platform.sealer().seal("", serial, writer.finish())
    }

    /// Reads the field of a form; `None` unless it is from here, of this browser, and not too old.
    pub(crate) fn open(platform: Platform<'_>, call: &Call<'_>) -> Option<Self> {
        let plain = platform.sealer().open("", call.parameter(FIELD)?)?;
        let interaction = Self::read(&plain)?;
        let ours = Browser::known(call)?.id == interaction.browser;
        (ours && call.now <= interaction.begun.plus(LIFE)).then_some(interaction)
    }

    fn read(plain: &[u8]) -> Option<Self> {
        let mut reader = RecordReader::new(RecordKind::Interaction, plain)?;
        let purpose = match reader.byte()? {
            1 => Purpose::Authorize(Version::V1),
            2 => Purpose::Authorize(Version::V2),
            3 => Purpose::Device,
            4 => Purpose::SignOut,
            _ => return None,
        };
        let flags = reader.byte()?;
        let flag = |bit: u8| flags & (1 << bit) != 0;
        Some(Self {
            purpose,
            browser: reader.number()?,
            begun: Moment::from_millis(reader.number()?),
            password_at: Some(Moment::from_millis(reader.number()?)).filter(|_| flag(3)),
            tenant: reader.text()?,
            upn: Some(reader.text()?).filter(|_| flag(4)),
            asked: reader.text()?,
            chosen: flag(0),
            mfa: flag(1),
            accepted: flag(2),
            creating: flag(5),
        })
    }
}

/// A browser, known by a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Browser {
    id: u64,
    new: bool,
}

impl Browser {
    /// The browser that sends a request. One that is not known gets a new id.
    pub(crate) fn of(platform: Platform<'_>, call: &Call<'_>) -> Self {
        Self::known(call).unwrap_or_else(|| Self {
            id: scramble(platform.identifiers().serial() ^ scramble(platform.settings().seed)),
            new: true,
        })
    }

    fn known(call: &Call<'_>) -> Option<Self> {
        let id = u64::from_str_radix(call.cookie(COOKIE)?, 16).ok()?;
        Some(Self { id, new: false })
    }

    /// The `Set-Cookie` that a new browser gets.
    pub(crate) fn cookie(self) -> Option<HeaderValue> {
        let text = format!(
            "{COOKIE}={:016x}; path=/; secure; HttpOnly; SameSite=None",
            self.id
        );
        self.new.then(|| HeaderValue::try_from(text).ok()).flatten()
    }
}

/// The hidden field of the forms.
pub(crate) const FIELD: &str = "flow";

/// Entra's cookie of the same purpose has this name.
const COOKIE: &str = "buid";
const LIFE: Duration = Duration::from_secs(3600);
