//! Authorization codes (RFC 6749 §4.1.2): who signed in, to what, and which client may redeem the code.

use aws_lc_rs::digest::{SHA256, digest};

use crate::access::OriginalGrant;
use crate::issuer::{RecordKind, RecordReader, RecordWriter, Sealer};
use crate::protocol::{Moment, Version, base64url};

/// What an authorization code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuthorizationCode {
    pub(crate) serial: u64,
    pub(crate) issued: Moment,
    pub(crate) upn: String,
    pub(crate) client_id: String,
    /// The tenant that the person signed in to.
    pub(crate) tenant: String,
    pub(crate) redirect_uri: String,
    /// What the authorization request asked for.
    pub(crate) asked: OriginalGrant,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
    /// Whether the challenge is a digest of the verifier, and not the verifier itself (RFC 7636 §4.3).
    pub(crate) s256: bool,
    /// When the person signed in.
    pub(crate) signed_in: Moment,
    /// Whether there was a second factor.
    pub(crate) mfa: bool,
    /// Whether the client asked when that was.
    pub(crate) auth_time: bool,
    /// Whether it was sent to a single-page application.
    pub(crate) spa: bool,
    /// The session at the browser, for clients that want to hear when it ends.
    pub(crate) session: String,
}

impl AuthorizationCode {
    pub(crate) fn seal(&self, sealer: &Sealer) -> String {
        let writer = RecordWriter::new(RecordKind::AuthorizationCode)
            .byte(
                u8::from(self.s256)
                    | u8::from(self.mfa) << 1
                    | u8::from(self.auth_time) << 2
                    | u8::from(self.spa) << 3
                    | u8::from(self.asked.version == Version::V1) << 4,
            )
            .number(self.serial)
            .number(self.issued.millis())
            .number(self.signed_in.millis());
        let texts = [
            &self.upn,
            &self.client_id,
            &self.tenant,
            &self.redirect_uri,
            &self.asked.text,
            &self.nonce,
            &self.challenge,
            &self.session,
        ];
        let writer = texts
            .into_iter()
            .fold(writer, |writer, text| writer.text(text));
        sealer.seal(PREFIX, self.serial, writer.finish())
    }

    pub(crate) fn open(sealer: &Sealer, text: &str) -> Option<Self> {
        let plain = sealer.open(PREFIX, text.strip_prefix(PREFIX)?)?;
        let mut reader = RecordReader::new(RecordKind::AuthorizationCode, &plain)?;
        let flags = reader.byte()?;
        let flag = |bit: u8| flags & (1 << bit) != 0;
        Some(Self {
            serial: reader.number()?,
            issued: Moment::from_millis(reader.number()?),
            signed_in: Moment::from_millis(reader.number()?),
            upn: reader.text()?,
            client_id: reader.text()?,
            tenant: reader.text()?,
            redirect_uri: reader.text()?,
            asked: OriginalGrant {
                version: if flag(4) { Version::V1 } else { Version::V2 },
                text: reader.text()?,
            },
            nonce: reader.text()?,
            challenge: reader.text()?,
            session: reader.text()?,
            s256: flag(0),
            mfa: flag(1),
            auth_time: flag(2),
            spa: flag(3),
        })
    }

    /// RFC 7636 §4.6: the challenge must be the one that the verifier gives.
    pub(crate) fn is_verified_by(&self, verifier: Option<&str>) -> bool {
        match verifier {
            // Without a challenge no verifier is needed; with one, leaving the verifier out must not help a thief.
            None => self.challenge.is_empty(),
            Some(verifier) if self.s256 => {
                self.challenge == base64url(digest(&SHA256, verifier.as_bytes()).as_ref())
            }
            Some(verifier) => self.challenge == verifier,
        }
    }
}

const PREFIX: &str = "1.AXoA.AgABAAIAAAD";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_back_and_verified() {
        // The vector of RFC 7636 appendix B.
        let code = AuthorizationCode {
            serial: 7,
            issued: Moment::from_millis(1000),
            upn: "alice@contoso.example".to_owned(),
            client_id: "client".to_owned(),
            tenant: "tenant".to_owned(),
            redirect_uri: "http://localhost".to_owned(),
            asked: OriginalGrant {
                version: Version::V1,
                text: "https://graph.windows.net".to_owned(),
            },
            nonce: String::new(),
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            s256: true,
            signed_in: Moment::from_millis(900),
            mfa: true,
            auth_time: false,
            spa: true,
            session: "session".to_owned(),
        };
        let sealer = Sealer::new(1);
        assert_eq!(
            AuthorizationCode::open(&sealer, &code.seal(&sealer)),
            Some(code.clone())
        );
        assert!(code.is_verified_by(Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")));
        assert!(!code.is_verified_by(Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK")));
        assert!(!code.is_verified_by(None));
    }
}
