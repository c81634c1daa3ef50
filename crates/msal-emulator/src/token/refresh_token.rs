//! Refresh tokens: what they say and how they are written.
//!
//! A refresh token is bound to a user and a client, not to a resource or a tenant, and is valid at v1
//! and v2.0. It looks like Entra's: `1.A…`, about 1,200 characters of base64url; that of a personal account `M.C…`.

use aws_lc_rs::digest::{SHA256, digest};

use crate::access::OriginalGrant;
use crate::directory::{Account, AppEntry};
use crate::issuer::{Identifiers, RecordKind, RecordReader, RecordWriter, Sealer, scramble};
use crate::memory::IssuePoint;
use crate::protocol::{Moment, RefreshTokenId, Version, base64url};

/// What a refresh token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    pub(crate) serial: u64,
    pub(crate) issued: Moment,
    /// The sign-in that this token descends from, named by the serial number of the first token.
    pub(crate) lineage: u64,
    pub(crate) upn: String,
    pub(crate) client_id: String,
    /// Issued to a member of the family of client ids.
    pub(crate) family: bool,
    /// Issued at the tenant of personal accounts, whose tokens look otherwise. That a tenant's token for a guest with
    /// such an account looks as the tenant's others do is a guess.
    pub(crate) personal: bool,
    /// Issued to a client that authenticated, and so survives a change of the user's password.
    pub(crate) confidential: bool,
    /// The sign-in had a second factor.
    pub(crate) mfa: bool,
    /// When the person signed in.
    pub(crate) signed_in: Moment,
    /// When a token of a single-page application ends, however often it is renewed.
    pub(crate) spa_until: Option<Moment>,
    /// What the sign-in was granted, which a request without a scope means (RFC 6749 §6).
    pub(crate) original: OriginalGrant,
}

/// What a refresh token inherits from the sign-in or from the token before it.
#[derive(Clone, Debug)]
pub(crate) struct Descent {
    /// `None` starts a lineage of its own.
    pub(crate) lineage: Option<u64>,
    pub(crate) confidential: bool,
    pub(crate) mfa: bool,
    pub(crate) signed_in: Moment,
    pub(crate) spa_until: Option<Moment>,
    /// `None` for what is granted now.
    pub(crate) original: Option<OriginalGrant>,
}

impl Descent {
    /// The descent of a token from a sign-in with a password.
    pub(crate) fn sign_in(confidential: bool, now: Moment) -> Self {
        Self {
            lineage: None,
            confidential,
            mfa: false,
            signed_in: now,
            spa_until: None,
            original: None,
        }
    }
}

impl RefreshToken {
    /// A new refresh token for a person and a client. `personal`: the tenant that issues it is that of personal accounts;
    /// `granted` is what they are granted now.
    pub(crate) fn new(
        identifiers: &Identifiers,
        app: &AppEntry,
        account: &Account,
        personal: bool,
        descent: &Descent,
        granted: &OriginalGrant,
        now: Moment,
    ) -> Self {
        let serial = identifiers.serial();
        Self {
            serial,
            issued: now,
            lineage: descent.lineage.unwrap_or(serial),
            upn: account.upn.clone(),
            client_id: app.client_id.clone(),
            family: app.family,
            personal,
            confidential: descent.confidential,
            mfa: descent.mfa,
            signed_in: descent.signed_in,
            spa_until: descent.spa_until,
            original: descent.original.as_ref().unwrap_or(granted).clone(),
        }
    }

    /// What the next token inherits from this one.
    pub(crate) fn descent(&self, confidential: bool) -> Descent {
        Descent {
            lineage: Some(self.lineage),
            confidential,
            mfa: self.mfa,
            signed_in: self.signed_in,
            spa_until: self.spa_until,
            // RFC 6749 §6: the scope of a new refresh token "MUST be identical" to that of the one before it.
            original: Some(self.original.clone()),
        }
    }

    /// Its place among everything issued.
    pub(crate) fn issue_point(&self) -> IssuePoint {
        IssuePoint {
            at: self.issued,
            serial: self.serial,
        }
    }

    pub(crate) fn id(&self) -> RefreshTokenId {
        RefreshTokenId::new(scramble(self.serial ^ scramble(self.issued.millis())))
    }

    pub(crate) fn seal(&self, sealer: &Sealer, chars: usize) -> String {
        let prefix = if self.personal {
            PERSONAL_PREFIX.to_owned()
        } else {
            let client = digest(&SHA256, self.client_id.as_bytes());
            format!("{PREFIX}{}{BODY_PREFIX}", base64url(&client.as_ref()[..12]))
        };
        let mut plain = self.to_bytes();
        // Zeros after the record make the text as long as the settings say: three bytes are four characters.
        let padded = chars.saturating_sub(prefix.len()).min(MAX_CHARS) * 3 / 4;
        let padded = padded.saturating_sub(Sealer::text_len(0) * 3 / 4);
        plain.resize(plain.len().max(padded), 0);
        sealer.seal(&prefix, self.serial, plain)
    }

    /// Reads a token; `None` when it is malformed or not from here.
    pub(crate) fn open(sealer: &Sealer, text: &str) -> Option<Self> {
        // Whatever a client sends is decoded, so it should not be longer than any token can be.
        if text.len() > MAX_CHARS * 2 {
            return None;
        }
        let body = if text.starts_with(PERSONAL_PREFIX) {
            PERSONAL_PREFIX.len()
        } else {
            text.strip_prefix(PREFIX)?;
            text.find(BODY_PREFIX)? + BODY_PREFIX.len()
        };
        Self::from_bytes(&sealer.open(&text[..body], &text[body..])?)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let flags = u8::from(self.family)
            | u8::from(self.confidential) << 1
            | u8::from(self.mfa) << 2
            | u8::from(self.spa_until.is_some()) << 3
            | u8::from(self.original.version == Version::V1) << 4
            | u8::from(self.personal) << 5;
        let writer = RecordWriter::new(RecordKind::RefreshToken)
            .byte(flags)
            .number(self.serial)
            .number(self.issued.millis());
        writer
            .number(self.lineage)
            .number(self.signed_in.millis())
            .number(self.spa_until.map_or(0, Moment::millis))
            .text(&self.client_id)
            .text(&self.upn)
            .text(&self.original.text)
            .finish()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = RecordReader::new(RecordKind::RefreshToken, bytes)?;
        let flags = reader.byte()?;
        let flag = |bit: u8| flags & (1 << bit) != 0;
        Some(Self {
            serial: reader.number()?,
            issued: Moment::from_millis(reader.number()?),
            lineage: reader.number()?,
            signed_in: Moment::from_millis(reader.number()?),
            spa_until: Some(Moment::from_millis(reader.number()?)).filter(|_| flag(3)),
            client_id: reader.text()?,
            upn: reader.text()?,
            original: OriginalGrant {
                version: if flag(4) { Version::V1 } else { Version::V2 },
                text: reader.text()?,
            },
            family: flag(0),
            personal: flag(5),
            confidential: flag(1),
            mfa: flag(2),
        })
    }
}

const PREFIX: &str = "1.A";
const BODY_PREFIX: &str = ".AgAB";

/// How refresh tokens of personal accounts begin. That they begin with `M.C` is often seen; the rest is a guess.
const PERSONAL_PREFIX: &str = "M.C500_EMU.0.U.-C";
const MAX_CHARS: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> RefreshToken {
        RefreshToken {
            serial: 42,
            issued: Moment::from_millis(1_786_656_269_042),
            lineage: 41,
            upn: "alice@contoso.example".to_owned(),
            client_id: "00c0ffee-0000-4000-8000-000000000001".to_owned(),
            family: true,
            personal: false,
            confidential: false,
            mfa: true,
            signed_in: Moment::from_millis(1_786_656_260_000),
            spa_until: Some(Moment::from_millis(1_786_742_669_042)),
            original: OriginalGrant {
                version: Version::V1,
                text: "https://graph.windows.net".to_owned(),
            },
        }
    }

    #[test]
    fn a_token_is_read_back() {
        let sealer = Sealer::new(1);
        let text = grant().seal(&sealer, 1200);
        assert!((1190..=1204).contains(&text.len()), "{}", text.len());
        assert!(text.starts_with("1.A"));
        assert_eq!(RefreshToken::open(&sealer, &text), Some(grant()));
    }

    #[test]
    fn a_token_is_never_shorter_than_its_content() {
        let sealer = Sealer::new(1);
        let text = grant().seal(&sealer, 0);
        assert_eq!(RefreshToken::open(&sealer, &text), Some(grant()));
    }

    #[test]
    fn a_changed_token_is_malformed() {
        let sealer = Sealer::new(1);
        let text = grant().seal(&sealer, 1200);
        for changed in [
            &text[..text.len() - 1],
            &text.to_lowercase(),
            &format!("{text}A"),
            &text.replacen("1.A", "1.B", 1),
        ] {
            assert_eq!(RefreshToken::open(&sealer, changed), None);
        }
    }

    #[test]
    fn the_id_does_not_depend_on_the_secret_part() {
        assert_eq!(grant().id(), grant().id());
        assert_ne!(
            grant().id(),
            RefreshToken {
                serial: 43,
                ..grant()
            }
            .id()
        );
        assert_eq!(grant().id().to_string().len(), 19);
    }
}
