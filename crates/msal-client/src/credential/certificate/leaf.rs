//! What must be known of the certificate of a key: X.509 (RFC 5280 §4.1).

use msal_core::{KeyType, UnixTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::OID_EC_P256;
use x509_parser::public_key::PublicKey;

use crate::error::CertificateError;

/// The certificate of a key.
#[derive(Clone)]
pub(super) struct Leaf {
    pub(super) key_type: KeyType,
    /// What its `subjectPublicKey` holds.
    pub(super) public_key: Vec<u8>,
    pub(super) expires_on: UnixTime,
}

impl Leaf {
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Result<Self, CertificateError> {
        let key = certificate.public_key();
        let key_type = match key.parsed() {
            Ok(PublicKey::RSA(key)) => {
                check_length(key.key_size())?;
                KeyType::Rsa
            }
            Ok(PublicKey::EC(_)) => {
                // RFC 5480 §2.1.1: the parameters name the curve.
                let curve = key.algorithm.parameters.as_ref();
                match curve.and_then(|curve| curve.as_oid().ok()) {
                    Some(curve) if curve == OID_EC_P256 => KeyType::P256,
                    _ => return Err(CertificateError::UnsupportedKey),
                }
            }
            _ => return Err(CertificateError::UnsupportedKey),
        };
        Ok(Self {
            key_type,
            public_key: key.subject_public_key.data.to_vec(),
            expires_on: UnixTime::from_secs(certificate.validity().not_after.timestamp()),
        })
    }
}

/// Reads a certificate in DER form.
pub(super) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    match x509_parser::parse_x509_certificate(der) {
        Ok((&[], certificate)) => Ok(certificate),
        _ => Err(CertificateError::Malformed {
            what: "certificate",
        }),
    }
}

/// Refuses an RSA key that is too short.
pub(super) fn check_length(bits: usize) -> Result<(), CertificateError> {
    match bits < SHORTEST {
        true => Err(CertificateError::ShortKey { bits }),
        false => Ok(()),
    }
}

/// NIST SP 800-131A: RSA keys below that are not to be used.
const SHORTEST: usize = 2048;
