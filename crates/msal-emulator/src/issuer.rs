//! Making what is issued: signed tokens, sealed texts and identifiers.

mod identifiers;
mod key;
mod record;
mod sealer;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

pub use key::{KeyError, SigningKey};

pub(crate) use identifiers::{Identifiers, pairwise_subject, scramble};
pub(crate) use record::{RecordKind, RecordReader, RecordWriter};
pub(crate) use sealer::Sealer;

use crate::protocol::{Jwt, Moment, base64url};
use crate::settings::Signatures;

/// Signs tokens, or puts a constant in the place of the signature.
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

    pub(crate) fn signatures(&self) -> Signatures {
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

    /// The claims of a token that was signed here. Its audience and its time are not checked.
    pub(crate) fn verify(&self, jwt: &Jwt<'_>) -> Option<VerifiedClaims> {
        // RFC 7515 §4.1.4: the key id selects the key, and there is one key only.
        let ours = match self.signatures {
            Signatures::Rs256 => {
                let key = jwt.header.get("kid").and_then(serde_json::Value::as_str);
                key == Some(self.key.id()) && jwt.is_signed_by(self.key.public_key())
            }
            Signatures::Cheap => base64url(&jwt.signature) == self.constant,
        };
        ours.then(|| VerifiedClaims(jwt.claims.clone()))
    }

    /// The JWK set (RFC 7517 §5).
    pub(crate) fn key_set(&self, issuer: Option<&str>) -> serde_json::Value {
        serde_json::json!({"keys": [self.key.jwk(issuer)]})
    }
}

/// The `aio` of a token whose person showed a second factor. Entra's is opaque, and so is this one.
pub(crate) const SECOND_FACTOR: &str = "AWQAm-sb-second-factor";

/// The claims of a token that this emulator has signed.
#[derive(Clone, Debug)]
pub(crate) struct VerifiedClaims(serde_json::Map<String, serde_json::Value>);

impl VerifiedClaims {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A numeric claim; 0 when there is none.
    pub(crate) fn number(&self, name: &str) -> u64 {
        self.0
            .get(name)
            .and_then(serde_json::Value::as_u64)
            .unwrap_or(0)
    }

    /// Whether a token is for an API, given as a URI or as an application id, which v1 writes as a service principal name.
    pub(crate) fn is_for(&self, audience: &str) -> bool {
        self.text("aud").is_some_and(|aud| {
            aud.strip_prefix("spn:")
                .unwrap_or(aud)
                .trim_end_matches('/')
                .eq_ignore_ascii_case(audience.trim_end_matches('/'))
        })
    }

    pub(crate) fn is_expired(&self, now: Moment) -> bool {
        now.secs() > self.number("exp")
    }

    /// The client that the token was issued to, as v1 or v2.0 says it.
    pub(crate) fn client_id(&self) -> Option<&str> {
        self.text("appid").or_else(|| self.text("azp"))
    }

    /// The sign-in name, as v1 or v2.0 says it. A token of an application has none.
    pub(crate) fn upn(&self) -> Option<&str> {
        self.text("upn").or_else(|| self.text("preferred_username"))
    }

    /// Whether the person showed a second factor: version 1.0 says so in `amr` (RFC 8176).
    pub(crate) fn has_second_factor(&self) -> bool {
        self.has("amr", "mfa") || self.text("aio") == Some(SECOND_FACTOR)
    }

    /// Whether the token was issued to a client that understands claims challenges.
    pub(crate) fn has_cp1(&self) -> bool {
        self.has("xms_cc", "cp1")
    }

    fn has(&self, list: &str, wanted: &str) -> bool {
        let list = self.0.get(list).and_then(serde_json::Value::as_array);
        list.is_some_and(|list| list.iter().any(|item| item == wanted))
    }
}
