//! The server's certificate and the authority that signs it.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::error::ServerError;
use super::own_file::{self, Access};

/// A TLS configuration and the certificate that makes clients trust it.
pub(super) struct TlsIdentity {
    pub(super) config: ServerConfig,
    pub(super) ca_pem: String,
    /// The SHA-1 of the certificate, in hexadecimal.
    pub(super) thumbprint: String,
}

impl TlsIdentity {
    /// Makes an authority and a certificate for the loopback names and `names`.
    pub(super) fn new(names: &[String]) -> Result<Self, ServerError> {
        let ca_key = KeyPair::generate().map_err(refused)?;
        let ca_params = authority()?;
        let ca = ca_params.self_signed(&ca_key).map_err(refused)?;
        let key = KeyPair::generate().map_err(refused)?;
        let leaf = leaf(names)?
            .signed_by(&key, &Issuer::new(ca_params, ca_key))
            .map_err(refused)?;
        let config = config(
            leaf.der().clone(),
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )?;
        let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, leaf.der());
        let thumbprint = sha1.as_ref().iter().map(|byte| format!("{byte:02X}"));
        Ok(Self {
            config,
            ca_pem: ca.pem(),
            thumbprint: thumbprint.collect(),
        })
    }
}

/// Writes the certificate of the authority, in the place of an earlier one.
pub(super) fn write_authority(path: &Path, pem: &str) -> Result<(), ServerError> {
    let is_ours = |held: &[u8]| own_file::is_authority(held, AUTHORITY);
    match own_file::write(path, pem.as_bytes(), Access::Anybody, is_ours) {
        Ok(true) => Ok(()),
        Ok(false) => Err(ServerError::Occupied {
            path: path.to_owned(),
            what: "a certificate of an emulator",
        }),
        Err(source) => Err(ServerError::WriteCa {
            path: path.to_owned(),
            source,
        }),
    }
}

fn authority() -> Result<CertificateParams, ServerError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(refused)?;
    params
        .distinguished_name
        .push(DnType::CommonName, AUTHORITY);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // A test may set its clock, so the certificate is valid at all times that it is likely to set.
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    Ok(params)
}

fn leaf(names: &[String]) -> Result<CertificateParams, ServerError> {
    let all: Vec<String> = LOOPBACK
        .iter()
        .map(|name| (*name).to_owned())
        .chain(names.iter().cloned())
        .collect();
    let mut params = CertificateParams::new(all).map_err(refused)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "msal-emulator");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    Ok(params)
}

fn config(
    leaf: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, ServerError> {
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(refused)?
        .with_no_client_auth();
    let mut config = builder.with_single_cert(vec![leaf], key).map_err(refused)?;
    // RFC 7301: clients choose HTTP/2 or HTTP/1.1 during the handshake.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = Ticketer::new().map_err(refused)?;
    Ok(config)
}

fn refused(error: impl Display) -> ServerError {
    ServerError::Certificate {
        reason: error.to_string(),
    }
}

const AUTHORITY: &str = "msal-emulator test authority";

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
