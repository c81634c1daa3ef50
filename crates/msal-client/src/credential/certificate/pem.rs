//! PEM (RFC 7468), as files have it: with text between the blocks, in any order, with what is of no use here.

use super::key::KeyBytes;
use crate::error::CertificateError;

/// What was found.
#[derive(Default)]
pub(super) struct Contents {
    /// In DER form, in the order of the text.
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) keys: Vec<KeyBytes>,
}

/// Whether there is a block in it.
pub(super) fn is_pem(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"-----BEGIN ").is_some()
}

pub(super) fn read(pem: &[u8]) -> Result<Contents, CertificateError> {
    // What went wrong may quote what it read.
    let blocks = pem::parse_many(pem).map_err(|_quotes| MALFORMED)?;
    let mut contents = Contents::default();
    for block in blocks {
        let is_encrypted = block.headers().get("Proc-Type").is_some();
        let label = block.tag().to_owned();
        let bytes = block.into_contents();
        let key: fn(_) -> _ = match label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" => {
                contents.certificates.push(bytes);
                continue;
            }
            "ENCRYPTED PRIVATE KEY" => KeyBytes::Encrypted,
            "PRIVATE KEY" => KeyBytes::Pkcs8,
            // RFC 1421 §4.6.1.1
            "EC PRIVATE KEY" | "RSA PRIVATE KEY" if is_encrypted => {
                return Err(CertificateError::LegacyEncryption);
            }
            "EC PRIVATE KEY" => KeyBytes::Sec1,
            "RSA PRIVATE KEY" => KeyBytes::Pkcs1,
            // Parameters, requests, other people's keys.
            _ => continue,
        };
        contents.keys.push(key(bytes.into()));
    }
    Ok(contents)
}

const MALFORMED: CertificateError = CertificateError::Malformed { what: "PEM text" };
