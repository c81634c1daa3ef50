//! PFX (PKCS #12, RFC 7292).

use msal_core::{Passphrase, SecretBuffer};
use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;

use crate::error::CertificateError;

/// The certificates in DER form, and the key in PKCS #8 form.
pub(super) fn read(
    pfx: &[u8],
    passphrase: &Passphrase,
) -> Result<(Vec<Vec<u8>>, SecretBuffer), CertificateError> {
    let archive = Pkcs12Archive::from_pkcs12(pfx, passphrase.expose_secret());
    let archive = archive.map_err(|error| said(&error, passphrase))?;
    let certificates = archive.certs.iter();
    let certificates = certificates
        .map(|bag| bag.cert.as_der().to_vec())
        .collect::<Vec<_>>();
    match &archive.keys[..] {
        [] => Err(CertificateError::NoKey),
        [bag] => Ok((certificates, bag.key.as_der().to_vec().into())),
        keys => Err(CertificateError::SeveralKeys { count: keys.len() }),
    }
}

fn said(error: &Error, passphrase: &Passphrase) -> CertificateError {
    match error {
        // RFC 7292 §4: the MAC is made with the passphrase.
        Error::MacError(_) if passphrase.is_empty() => CertificateError::PassphraseMissing,
        // Without a MAC, it is the padding that is wrong.
        Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError => {
            CertificateError::WrongPassphrase
        }
        Error::InvalidParameters
        | Error::UnsupportedEncryptionScheme
        | Error::UnsupportedMacAlgorithm => CertificateError::UnsupportedEncryption,
        _ => CertificateError::Malformed { what: "PFX" },
    }
}
