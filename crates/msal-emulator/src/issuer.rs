//! Making access tokens and id tokens.

mod claims;
mod key;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

pub use key::{KeyError, SigningKey};

pub(crate) use claims::{AccessToken, IdToken, Subject};

use crate::base64url;
use crate::settings::Signatures;

/// Signs tokens, or pretends to.
#[derive(Debug)]
pub(crate) struct Issuer {
    key: SigningKey,
    signatures: Signatures,
    /// The encoded JOSE header and the dot after it, the same for every token.
    header: String,
    /// What stands in for a signature.
    constant: String,
}

impl Issuer {
    pub(crate) fn new(key: SigningKey, signatures: Signatures) -> Self {
        let id = match signatures {
            Signatures::Rs256 => key.id(),
            // A key id that nobody publishes, so that verification fails by its name.
            Signatures::Cheap => "cheap-signature",
        };
        let header = serde_json::json!({"typ": "JWT", "alg": "RS256", "x5t": id, "kid": id});
        let header = format!("{}.", base64url(header.to_string().as_bytes()));
        Self {
            key,
            signatures,
            header,
            constant: base64url(&[0; 256]),
        }
    }

    pub(crate) const fn signatures(&self) -> Signatures {
        self.signatures
    }

    /// Writes a signed token in the compact form (RFC 7515 §7.1).
    pub(crate) fn sign(&self, claims: &impl Serialize) -> String {
        // Plain structures of strings and numbers always serialize.
        let claims = serde_json::to_vec(claims).unwrap_or_default();
        let mut token = String::with_capacity(self.header.len() + claims.len() * 4 / 3 + 360);
        token.push_str(&self.header);
        URL_SAFE_NO_PAD.encode_string(&claims, &mut token);
        let signature = match self.signatures {
            Signatures::Rs256 => base64url(&self.key.sign(token.as_bytes())),
            Signatures::Cheap => self.constant.clone(),
        };
        token.push('.');
        token.push_str(&signature);
        token
    }

    /// The JWK set (RFC 7517 §5).
    pub(crate) fn key_set(&self, issuer: &str) -> serde_json::Value {
        serde_json::json!({"keys": [self.key.jwk(issuer)]})
    }
}
