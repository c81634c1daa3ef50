//! Somebody who is signed in at a browser.

use crate::directory::{AppEntry, AppIndex};
use crate::issuer::{RecordReader, RecordWriter, scramble};
use crate::protocol::{Guid, Moment};

/// One account at a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedIn {
    pub(crate) upn: String,
    /// When they typed their password.
    pub(crate) at: Moment,
    /// Whether they showed a second factor.
    pub(crate) mfa: bool,
    /// The position of the sign-in among everything issued.
    pub(crate) serial: u64,
    /// The sign-in that the session began with; later ones of the same account go on with it.
    pub(crate) session: u64,
    /// The applications to be told when it ends.
    pub(crate) apps: Vec<AppIndex>,
}

impl SignedIn {
    /// Somebody who has just signed in.
    pub(crate) fn new(upn: String, at: Moment, mfa: bool, serial: u64) -> Self {
        Self {
            upn,
            at,
            mfa,
            serial,
            session: serial,
            apps: Vec::new(),
        }
    }

    /// The same sign-in, as part of the session that the account has had at this browser.
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

    /// The `session_state` of authorization responses and the `sid` of id_tokens.
    pub(crate) fn session_id(&self) -> Guid {
        Guid::derived(&scramble(self.session).to_be_bytes(), "session")
    }

    /// Notes an application that is to be told when the session ends, if it asked for that.
    pub(crate) fn join(&mut self, app: &AppEntry) {
        if app.front_channel_logout.is_some() && !self.apps.contains(&app.index) {
            self.apps.push(app.index);
            // The list travels in a cookie, which browsers limit to 4 KiB.
            self.apps.truncate(MAX_APPS);
        }
    }

    pub(crate) fn write(&self, writer: RecordWriter) -> RecordWriter {
        let writer = writer
            .byte(u8::from(self.mfa))
            .number(self.serial)
            .number(self.session)
            .number(self.at.millis())
            .text(&self.upn)
            .byte(u8::try_from(self.apps.len()).unwrap_or_default());
        let apps = self.apps.iter();
        apps.fold(writer, |writer, app| writer.number(app.0.into()))
    }

    pub(crate) fn read(reader: &mut RecordReader<'_>) -> Option<Self> {
        Some(Self {
            mfa: reader.byte()? == 1,
            serial: reader.number()?,
            session: reader.number()?,
            at: Moment::from_millis(reader.number()?),
            upn: reader.text()?,
            apps: {
                let count = reader.byte()?;
                let app = |_| Some(AppIndex(u32::try_from(reader.number()?).ok()?));
                (0..count).map(app).collect::<Option<_>>()?
            },
        })
    }
}

const MAX_APPS: usize = 32;
