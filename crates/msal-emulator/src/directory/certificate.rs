//! Certificates that applications authenticate with. Of X.509 (RFC 5280 §4.1), only what is needed for that is read.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::protocol::base64url;

/// A certificate registered with an application: its public key and its thumbprints.
///
/// Neither its issuer nor its validity is checked: what counts is that it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub(crate) public_key: Vec<u8>,
    /// The SHA-1 thumbprint as `x5t` has it (RFC 7515 §4.1.7).
    pub(crate) x5t: String,
    /// The SHA-256 thumbprint as `x5t#S256` has it (RFC 7515 §4.1.8).
    pub(crate) x5t_s256: String,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    ///
    /// Fails when the text has no certificate.
    pub fn from_pem(pem: &str) -> Result<Self, NotACertificate> {
        let (_, rest) = pem
            .split_once("-----BEGIN CERTIFICATE-----")
            .ok_or(NotACertificate)?;
        let (body, _) = rest
            .split_once("-----END CERTIFICATE-----")
            .ok_or(NotACertificate)?;
        Self::from_base64(body).ok_or(NotACertificate)
    }

    /// Reads a certificate in DER form.
    ///
    /// # Errors
    ///
    /// Fails when the bytes are no certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, NotACertificate> {
        let public_key = public_key(der).ok_or(NotACertificate)?;
        Ok(Self {
            public_key: public_key.to_vec(),
            x5t: base64url(digest(&SHA1_FOR_LEGACY_USE_ONLY, der).as_ref()),
            x5t_s256: base64url(digest(&SHA256, der).as_ref()),
        })
    }

    /// Reads an element of `x5c` (RFC 7515 §4.1.6), which is base64 and not base64url. MSAL Python leaves the line
    /// breaks of the PEM text in.
    pub(crate) fn from_base64(text: &str) -> Option<Self> {
        Self::from_der(&der(text)?).ok()
    }
}

/// The bytes of a certificate in base64, with line breaks or without.
pub(crate) fn der(base64: &str) -> Option<Vec<u8>> {
    let body: String = base64.split_ascii_whitespace().collect();
    STANDARD.decode(body).ok()
}

/// The text or the bytes are not an X.509 certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an X.509 certificate")]
#[non_exhaustive]
pub struct NotACertificate;

/// The `SubjectPublicKeyInfo` of a certificate.
fn public_key(der: &[u8]) -> Option<&[u8]> {
    let (certificate, after) = element(der, SEQUENCE)?;
    let (tbs, _) = element(certificate.content, SEQUENCE)?;
    if !after.is_empty() {
        return None;
    }
    // version is optional: [0] EXPLICIT; then serialNumber, signature, issuer, validity, subject.
    let mut rest = tbs.content;
    if let Some((_, after)) = element(rest, VERSION) {
        rest = after;
    }
    for tag in [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE] {
        (_, rest) = element(rest, tag)?;
    }
    element(rest, SEQUENCE).map(|(key, _)| key.whole)
}

struct Element<'a> {
    whole: &'a [u8],
    content: &'a [u8],
}

/// Splits off one element (X.690 §8.1) if it has this tag.
fn element(der: &[u8], tag: u8) -> Option<(Element<'_>, &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    if found != tag {
        return None;
    }
    let mut length = usize::from(first);
    // X.690 §8.1.3: a first octet from 0x80 says how many octets of length follow.
    if first >= 0x80 {
        let octets = usize::from(first & 0x7f);
        let (digits, after) = rest.split_at_checked(octets).filter(|_| octets <= 4)?;
        length = digits
            .iter()
            .fold(0, |length, &digit| length << 8 | usize::from(digit));
        rest = after;
    }
    let (content, after) = rest.split_at_checked(length)?;
    let whole = der.get(..der.len() - after.len())?;
    Some((Element { whole, content }, after))
}

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_are_no_certificates() {
        for der in [
            &b""[..],
            b"\x30",
            b"\x30\x80",
            b"\x30\x84\xff\xff\xff\xff",
            b"\x30\x02\x30\x00",
        ] {
            assert_eq!(Certificate::from_der(der), Err(NotACertificate));
        }
        assert_eq!(Certificate::from_pem("hello"), Err(NotACertificate));
    }
}
