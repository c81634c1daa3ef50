//! Certificates with their keys, in the forms that people have them in.

mod chain;
mod key;
mod leaf;
mod pem;
mod pfx;
mod read;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use msal_core::Passphrase;

pub use chain::CertificateChain;

use super::signed::SignedAssertions;
use crate::error::CertificateError;
use chain::Certificates;
use key::{KeyBytes, PrivateKey};

/// A certificate and its private key, which is read once and kept.
///
/// The key is RSA of 2048 bits or more, or on the elliptic curve P-256. Assertions are signed with PS256 and named by the
/// SHA-256 digest of the certificate, or with ES256; for ADFS, with RS256 and by the SHA-1 digest.
///
/// # Examples
/// ```no_run
/// use msal::Certificate;
///
/// # fn vault() -> String { String::new() }
/// let certificate = Certificate::from_pem(std::fs::read("key-and-certificate.pem")?)?;
/// let certificate = Certificate::from_encrypted_pem(std::fs::read("encrypted.pem")?, vault())?;
/// let certificate = Certificate::from_pfx(std::fs::read("app.pfx")?, vault())?;
/// println!("to be renewed before {}", certificate.chain().expires_on());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Certificate {
    chain: CertificateChain,
    key: Arc<PrivateKey>,
}

impl Certificate {
    /// Reads a certificate and its key from PEM (RFC 7468), in any order, with others of the chain where there are some. The
    /// key is in PKCS #8, PKCS #1 or SEC 1 form, and not encrypted.
    ///
    /// # Errors
    /// [`CertificateError`], of every kind but [`Unreadable`](CertificateError::Unreadable).
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, CertificateError> {
        Self::of_pem(pem.as_ref(), None)
    }

    /// As [`from_pem`](Self::from_pem), with a key that is encrypted as PKCS #8 has it.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem).
    pub fn from_encrypted_pem(
        pem: impl AsRef<[u8]>,
        passphrase: impl Into<Passphrase>,
    ) -> Result<Self, CertificateError> {
        Self::of_pem(pem.as_ref(), Some(&passphrase.into()))
    }

    /// Reads a certificate and its key, with others of the chain where there are some, from a PFX (PKCS #12, RFC 7292). One
    /// without a passphrase has an empty one.
    ///
    /// # Errors
    /// As [`from_pem`](Self::from_pem).
    pub fn from_pfx(
        pfx: impl AsRef<[u8]>,
        passphrase: impl Into<Passphrase>,
    ) -> Result<Self, CertificateError> {
        Self::of_pfx(pfx.as_ref(), &passphrase.into())
    }

    /// Reads a file that is PEM or a PFX, now: it is not read again when it changes.
    ///
    /// # Errors
    /// [`CertificateError`]; [`Unreadable`](CertificateError::Unreadable) for a file that cannot be read.
    pub fn from_file(
        path: impl AsRef<Path>,
        passphrase: Option<Passphrase>,
    ) -> Result<Self, CertificateError> {
        let bytes = read::file(path.as_ref())?;
        match pem::is_pem(&bytes) {
            true => Self::of_pem(&bytes, passphrase.as_ref()),
            false => Self::of_pfx(&bytes, &passphrase.unwrap_or_else(|| "".into())),
        }
    }

    fn of_pem(pem: &[u8], passphrase: Option<&Passphrase>) -> Result<Self, CertificateError> {
        let contents = pem::read(pem)?;
        let key = match &contents.keys[..] {
            [] if contents.certificates.is_empty() => {
                return Err(CertificateError::Malformed {
                    what: "PEM certificate",
                });
            }
            [] => return Err(CertificateError::NoKey),
            [key] => key,
            keys => return Err(CertificateError::SeveralKeys { count: keys.len() }),
        };
        Self::pair(contents.certificates, key, passphrase)
    }

    fn of_pfx(pfx: &[u8], passphrase: &Passphrase) -> Result<Self, CertificateError> {
        let (certificates, key) = pfx::read(pfx, passphrase)?;
        Self::pair(certificates, &KeyBytes::Pkcs8(key), None)
    }

    fn pair(
        certificates: Vec<Vec<u8>>,
        key: &KeyBytes,
        passphrase: Option<&Passphrase>,
    ) -> Result<Self, CertificateError> {
        if certificates.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        // A certificate says better than the key what is wrong with both.
        let certificates = Certificates::parse(&certificates)?;
        let key = key.read(passphrase)?;
        Ok(Self {
            chain: certificates.chain_of(|leaf| key.belongs_to(leaf))?,
            key: Arc::new(key),
        })
    }

    /// Sends the certificate and its issuers along (`x5c`), for an application that accepts every certificate with its
    /// subject name from an issuer that it trusts: then a renewed one need not be registered.
    #[must_use]
    pub fn send_chain(self) -> Self {
        Self {
            chain: self.chain.send_chain(),
            ..self
        }
    }

    /// Assertions that the key signs.
    pub(super) fn assertions(self) -> SignedAssertions {
        self.chain.assertions(self.key)
    }

    /// The certificate without its key: when it expires, above all.
    pub fn chain(&self) -> &CertificateChain {
        &self.chain
    }
}

/// Nothing of the key.
impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Certificate")
            .field("chain", &self.chain)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
