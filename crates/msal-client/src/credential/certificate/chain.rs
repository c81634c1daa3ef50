//! A certificate and those who issued it.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use msal_core::{AssertionHeader, AuthorityKind, SignatureAlgorithm, Thumbprint, UnixTime};
use x509_parser::certificate::X509Certificate;

use super::super::signed::SignedAssertions;
use super::super::signer::AssertionSigner;
use super::leaf::{Leaf, parse};
use super::pem;
use crate::error::CertificateError;

/// A certificate without its key, and the certificates of its issuers as far as they are known.
#[derive(Clone)]
pub struct CertificateChain {
    leaf: Leaf,
    /// The leaf and its issuers, in DER form.
    chain: Vec<Vec<u8>>,
    is_sent: bool,
}

impl CertificateChain {
    /// Reads PEM (RFC 7468): the certificate of the key first, its issuers in any order. Keys in it are not looked at.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`] when there is none; [`CertificateError::UnsupportedKey`] and
    /// [`CertificateError::ShortKey`] for a key that cannot be used.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, CertificateError> {
        let certificates = pem::read(pem.as_ref())?.certificates;
        Certificates::parse(&certificates)?.chain_of(|_first| true)
    }

    /// Sends all of it along, as [`Certificate::send_chain`](super::Certificate::send_chain) does.
    #[must_use]
    pub fn send_chain(self) -> Self {
        Self {
            is_sent: true,
            ..self
        }
    }

    /// When the certificate expires: from then on, calls that need it fail without a request.
    pub fn expires_on(&self) -> UnixTime {
        self.leaf.expires_on
    }

    /// Assertions that `signer` signs with the key of the certificate.
    pub(in crate::credential) fn assertions(
        &self,
        signer: Arc<dyn AssertionSigner>,
    ) -> SignedAssertions {
        let headers = [AuthorityKind::Entra, AuthorityKind::Adfs].map(|kind| self.header(kind));
        SignedAssertions::new(headers, self.expires_on(), signer)
    }

    /// The header of assertions for authorities of this kind.
    fn header(&self, authority: AuthorityKind) -> AssertionHeader {
        let leaf = self.chain.first().map(Vec::as_slice).unwrap_or_default();
        let thumbprint = match authority {
            AuthorityKind::Adfs => {
                let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, leaf);
                Thumbprint::Sha1(octets(digest.as_ref()))
            }
            _ => Thumbprint::Sha256(octets(digest(&SHA256, leaf).as_ref())),
        };
        let algorithm = SignatureAlgorithm::of(self.leaf.key_type, authority);
        let sent = match self.is_sent {
            true => &self.chain[..],
            false => &[],
        };
        AssertionHeader::new(algorithm, thumbprint, sent)
    }
}

fn octets<const N: usize>(digest: &[u8]) -> [u8; N] {
    digest
        .try_into()
        .expect("a digest has the length of its algorithm")
}

/// Two kilobytes of numbers would tell nobody anything.
impl fmt::Debug for CertificateChain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CertificateChain")
            .field("key_type", &self.leaf.key_type)
            .field("expires_on", &self.leaf.expires_on)
            .field("certificates", &self.chain.len())
            .field("is_sent", &self.is_sent)
            .finish()
    }
}

/// Certificates in the order that somebody has put them in, and those of them whose keys can be used.
pub(super) struct Certificates<'a> {
    all: Vec<X509Certificate<'a>>,
    leaves: Vec<(usize, Leaf)>,
}

impl<'a> Certificates<'a> {
    /// Reads them. One whose key can be used must be among them.
    pub(super) fn parse(certificates: &'a [Vec<u8>]) -> Result<Self, CertificateError> {
        let all = certificates
            .iter()
            .map(|der| parse(der))
            .collect::<Result<Vec<_>, _>>()?;
        let mut refused = CertificateError::Malformed {
            what: "PEM certificate",
        };
        let mut leaves = Vec::new();
        for (at, certificate) in all.iter().enumerate() {
            match Leaf::of(certificate) {
                Ok(leaf) => leaves.push((at, leaf)),
                Err(error) => refused = error,
            }
        }
        match leaves.is_empty() {
            true => Err(refused),
            false => Ok(Self { all, leaves }),
        }
    }

    /// Takes the first certificate that `is_wanted`, and those that lead from it to its root.
    pub(super) fn chain_of(
        self,
        is_wanted: impl Fn(&Leaf) -> bool,
    ) -> Result<CertificateChain, CertificateError> {
        let mut leaves = self.leaves.into_iter();
        let found = leaves.find(|(_, leaf)| is_wanted(leaf));
        let (at, leaf) = found.ok_or(CertificateError::Mismatch)?;
        Ok(CertificateChain {
            leaf,
            chain: chain(&self.all[at], &self.all),
            is_sent: false,
        })
    }
}

/// RFC 7515 §4.1.6: "The certificate containing the public key corresponding to the key used to digitally sign the JWS MUST
/// be the first certificate. This MAY be followed by additional certificates, with each subsequent certificate being the
/// one used to certify the previous one."
fn chain(leaf: &X509Certificate<'_>, all: &[X509Certificate<'_>]) -> Vec<Vec<u8>> {
    let mut chain = vec![leaf];
    while let Some(last) = chain.last().copied()
        && last.issuer() != last.subject()
        && let Some(issuer) = all.iter().find(|other| {
            other.subject() == last.issuer() && !chain.iter().any(|known| known == other)
        })
    {
        chain.push(issuer);
    }
    chain
        .iter()
        .map(|certificate| certificate.as_raw().to_vec())
        .collect()
}

#[cfg(test)]
impl CertificateChain {
    /// Whose certificates they are, the leaf's first.
    pub(super) fn subjects(&self) -> Vec<String> {
        let subject = |der: &Vec<u8>| parse(der).unwrap().subject().to_string();
        self.chain.iter().map(subject).collect()
    }
}
