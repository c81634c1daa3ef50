//! The certificate authorities that are trusted besides the platform's.

use std::fmt;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::error::ConfigError;

/// Certificate authorities that are trusted besides the platform's.
#[derive(Clone, Default)]
pub(super) struct Authorities(Vec<CertificateDer<'static>>);

impl Authorities {
    /// Adds those of a PEM bundle, of which every one can be read.
    pub(super) fn add_pem(&mut self, bundle: &[u8]) -> Result<(), ConfigError> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(bundle)
            .collect::<Result<_, _>>()
            .map_err(|_unspecific| ConfigError::Certificate)?;
        if certificates.is_empty() {
            return Err(ConfigError::Certificate);
        }
        // Only a store looks into the certificates.
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            store
                .add(certificate.clone())
                .map_err(|_unspecific| ConfigError::Certificate)?;
        }
        self.0.extend(certificates);
        Ok(())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.0.iter()
    }
}

/// How many there are: each is a kilobyte of numbers.
impl fmt::Debug for Authorities {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Authorities")
            .field(&self.0.len())
            .finish()
    }
}
