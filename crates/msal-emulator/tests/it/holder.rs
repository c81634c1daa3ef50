//! A client with a certificate and its key.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKey;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};

pub(crate) struct Holder {
    key: RsaKey,
    pub(crate) der: Vec<u8>,
}

impl Holder {
    pub(crate) fn new() -> Self {
        let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let certificate = CertificateParams::new(Vec::new())
            .unwrap()
            .self_signed(&pair)
            .unwrap();
        Self {
            key: RsaKey::from_pkcs8(pair.serialized_der()).unwrap(),
            der: certificate.der().to_vec(),
        }
    }

    fn thumbprint(&self, algorithm: &'static aws_lc_rs::digest::Algorithm) -> Vec<u8> {
        aws_lc_rs::digest::digest(algorithm, &self.der)
            .as_ref()
            .to_vec()
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let padding: &'static dyn RsaEncoding = match header["alg"].as_str() {
            Some("PS256") => &RSA_PSS_SHA256,
            _ => &RSA_PKCS1_SHA256,
        };
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        self.key
            .sign(padding, &random, signed.as_bytes(), &mut signature)
            .unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// As MSAL Python makes it: a padded thumbprint and times with fractions.
    pub(crate) fn rs256(&self) -> Value {
        let x5t = self.thumbprint(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY);
        json!({"alg": "RS256", "typ": "JWT", "x5t": URL_SAFE.encode(x5t)})
    }

    pub(crate) fn ps256(&self) -> Value {
        let x5t = URL_SAFE_NO_PAD.encode(self.thumbprint(&aws_lc_rs::digest::SHA256));
        json!({"alg": "PS256", "typ": "JWT", "x5t#S256": x5t, "x5c": [STANDARD.encode(&self.der)]})
    }
}
