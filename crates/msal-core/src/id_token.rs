//! ID tokens (OpenID Connect Core §2): decoding, and the checks that need no key.
//!
//! The token comes straight from the token endpoint over TLS, so its signature need not be checked (OpenID Connect Core
//! §3.1.3.7, rule 6). Its structure is checked: who issued it, for whom, about whom. A claim of the wrong JSON type is
//! an error and does not count as absent: libraries that took an array-valued `aud` or a string-valued `exp` for
//! missing have been bypassed. Only claims for display may be anything: nothing is decided by them alone, and tenants map
//! what they like to them.

mod error;
mod jwt;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json::string;
use crate::{RawIdToken, UnixTime, case};

pub use error::IdTokenError;

pub(crate) use jwt::payload;

/// The claims of an ID token whose structure is sound.
///
/// `Debug` shows who issued the token and about which object, and no name or address of a person.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct IdTokenClaims {
    /// `iss`: who issued the token.
    pub issuer: String,
    /// `sub`: the user, as this client knows them. RFC 7519 §4.1.2: unique at its issuer; case counts.
    pub subject: String,
    /// `oid`: the user's object in the tenant that issued the token.
    pub object_id: Option<String>,
    /// `tid`: the tenant that issued the token.
    pub tenant_id: Option<String>,
    /// `preferred_username` (v2), else `upn` or `unique_name` (v1 and ADFS). OpenID Connect Core §5.7: it need be
    /// neither stable nor unique, so it is for display and not for authorization. One that is no text counts as absent.
    pub username: Option<String>,
    /// `name` (OpenID Connect Core §5.1), for display. One that is no text counts as absent.
    pub name: Option<String>,
    /// `nonce` (OpenID Connect Core §3.1.3.7, rule 11), to compare with the one that was sent.
    pub nonce: Option<String>,
    /// `auth_time` (OpenID Connect Core §2): when the user last signed in.
    pub auth_time: Option<UnixTime>,
    raw: RawIdToken,
}

impl IdTokenClaims {
    /// Decodes `token` and checks that it is addressed to `client_id`.
    ///
    /// # Errors
    /// [`IdTokenError`] says which rule is broken. Nothing of an answer with such a token may be used.
    pub fn decode(token: &RawIdToken, client_id: &str) -> Result<Self, IdTokenError> {
        let claims: ClaimsWire = payload(token.expose_secret())?;
        check_audience(&claims, client_id)?;
        // OpenID Connect Core §3.1.3.7, rules 9 and 10, would compare these with the time. A wrong clock on the user's
        // machine must not lock the user out, and the token has just come from its issuer: only the types are checked.
        for (time, claim) in [
            (claims.iat, "iat"),
            (claims.nbf, "nbf"),
            (claims.exp, "exp"),
        ] {
            optional_time(time, claim)?;
        }
        let (DisplayClaim(preferred), DisplayClaim(upn), DisplayClaim(unique_name)) =
            (claims.preferred_username, claims.upn, claims.unique_name);
        Ok(Self {
            // OpenID Connect Core §2: `iss`, `sub` and `aud` are required.
            issuer: required_text(claims.iss, "iss")?,
            subject: required_text(claims.sub, "sub")?,
            object_id: optional_text(claims.oid, "oid")?,
            tenant_id: optional_text(claims.tid, "tid")?,
            username: preferred.or(upn).or(unique_name),
            name: claims.name.0,
            nonce: optional_text(claims.nonce, "nonce")?,
            auth_time: optional_time(claims.auth_time, "auth_time")?,
            raw: token.clone(),
        })
    }

    /// Every claim, as it was sent: for those that have no field here. Decoded anew at each call.
    pub fn all(&self) -> Map<String, Value> {
        payload(self.raw.expose_secret()).unwrap_or_default()
    }
}

impl fmt::Debug for IdTokenClaims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("IdTokenClaims")
            .field("issuer", &self.issuer)
            .field("object_id", &self.object_id)
            .field("tenant_id", &self.tenant_id)
            .finish_non_exhaustive()
    }
}

/// The claims that are looked at, in whatever type they were sent.
///
/// RFC 7519 §4: claim names must be unique. One that occurs twice makes the token malformed.
#[derive(Deserialize)]
struct ClaimsWire {
    iss: Option<Value>,
    sub: Option<Value>,
    aud: Option<Value>,
    azp: Option<Value>,
    oid: Option<Value>,
    tid: Option<Value>,
    #[serde(default)]
    preferred_username: DisplayClaim,
    #[serde(default)]
    upn: DisplayClaim,
    #[serde(default)]
    unique_name: DisplayClaim,
    #[serde(default)]
    name: DisplayClaim,
    nonce: Option<Value>,
    auth_time: Option<Value>,
    iat: Option<Value>,
    nbf: Option<Value>,
    exp: Option<Value>,
}

/// A claim for display: its text, or nothing where it is of another type or cannot be text at all, such as half of a
/// surrogate pair.
#[derive(Default)]
struct DisplayClaim(Option<String>);

impl<'de> Deserialize<'de> for DisplayClaim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(string(value.get()).map(Cow::into_owned)))
    }
}

/// OpenID Connect Core §3.1.3.7, rules 3 to 5: whether the token was issued for this client.
fn check_audience(claims: &ClaimsWire, client_id: &str) -> Result<(), IdTokenError> {
    // RFC 7519 §4.1.3 compares with case. Client identifiers of Microsoft's are GUIDs, which people write in any.
    let is_us = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| case::is_same(text, client_id))
    };
    // RFC 7519 §4.1.3: `aud` is a string or an array of strings.
    match &claims.aud {
        None => Err(IdTokenError::MissingClaim { claim: "aud" }),
        Some(audience @ Value::String(_)) if is_us(audience) => Ok(()),
        // Rules 4 and 5: among several audiences, `azp` says which one the token was issued for.
        Some(Value::Array(audiences)) if audiences.iter().any(is_us) => match &claims.azp {
            Some(party) if is_us(party) => Ok(()),
            None if audiences.len() == 1 => Ok(()),
            _ => Err(IdTokenError::Audience),
        },
        Some(Value::String(_) | Value::Array(_)) => Err(IdTokenError::Audience),
        Some(_) => Err(IdTokenError::ClaimType { claim: "aud" }),
    }
}

fn required_text(value: Option<Value>, claim: &'static str) -> Result<String, IdTokenError> {
    match optional_text(value, claim)? {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(IdTokenError::MissingClaim { claim }),
    }
}

fn optional_text(
    value: Option<Value>,
    claim: &'static str,
) -> Result<Option<String>, IdTokenError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(IdTokenError::ClaimType { claim }),
    }
}

fn optional_time(
    value: Option<Value>,
    claim: &'static str,
) -> Result<Option<UnixTime>, IdTokenError> {
    let wrong = IdTokenError::ClaimType { claim };
    match value {
        None | Some(Value::Null) => Ok(None),
        // RFC 7519 §2: a NumericDate counts seconds since the epoch, and may have a fraction.
        Some(Value::Number(number)) => {
            let seconds = number
                .as_i64()
                .or_else(|| number.as_f64().map(|float| float as i64));
            seconds
                .map(|seconds| Some(UnixTime::from_secs(seconds)))
                .ok_or(wrong)
        }
        Some(_) => Err(wrong),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    fn token(claims: &Value) -> RawIdToken {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        RawIdToken::new(format!(
            "{}.{}.c2ln",
            encode(&json!({"alg": "RS256"})),
            encode(claims)
        ))
    }

    fn sound() -> Value {
        json!({"iss": "https://issuer.example", "sub": "s", "aud": "me", "iat": 100, "exp": 200})
    }

    fn with(claim: &str, value: Value) -> RawIdToken {
        let mut claims = sound();
        claims[claim] = value;
        token(&claims)
    }

    #[test]
    fn a_sound_token_gives_its_claims() {
        let claims =
            IdTokenClaims::decode(&with("preferred_username", json!("a@x")), "ME").unwrap();
        assert_eq!(claims.subject, "s");
        assert_eq!(claims.username.as_deref(), Some("a@x"));
        assert_eq!(claims.all()["iat"], 100);
    }

    #[test]
    fn every_claim_that_decides_is_an_error_in_a_wrong_type() {
        let others = |good: &Value| {
            [json!("x"), json!(1), json!([1]), json!({}), json!(true)]
                .into_iter()
                .filter(|value| std::mem::discriminant(value) != std::mem::discriminant(good))
                .collect::<Vec<_>>()
        };
        for claim in ["iss", "sub", "oid", "tid", "nonce"] {
            for value in others(&json!("")) {
                let result = IdTokenClaims::decode(&with(claim, value.clone()), "me");
                assert_eq!(
                    result,
                    Err(IdTokenError::ClaimType { claim }),
                    "{claim} {value}"
                );
            }
        }
        for claim in ["iat", "nbf", "exp", "auth_time"] {
            for value in others(&json!(1)) {
                let result = IdTokenClaims::decode(&with(claim, value.clone()), "me");
                assert_eq!(
                    result,
                    Err(IdTokenError::ClaimType { claim }),
                    "{claim} {value}"
                );
            }
        }
    }

    #[test]
    fn a_claim_for_display_may_be_anything() {
        let raw = |claim: &str, value: &str| {
            let claims = sound()
                .to_string()
                .replace('}', &format!(r#","{claim}":{value}}}"#));
            let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
            RawIdToken::new(format!("{}.{}.c2ln", encode("{}"), encode(&claims)))
        };
        let (digits, nested) = (
            "9".repeat(5000),
            format!("{}{}", "[".repeat(500), "]".repeat(500)),
        );
        for claim in ["name", "preferred_username", "upn", "unique_name"] {
            for odd in [
                "null",
                "1",
                "true",
                r#"["Alice Archer","Archer, Alice"]"#,
                r#"{"first":"Alice"}"#,
                r#""\ud800""#,
                &digits,
                &nested,
            ] {
                let claims = IdTokenClaims::decode(&raw(claim, odd), "me").unwrap();
                assert_eq!(
                    (claims.name, claims.username),
                    (None, None),
                    "{claim} {odd:.40}"
                );
            }
        }
        let mut claims = sound();
        claims["preferred_username"] = json!(["a@x", "b@x"]);
        claims["upn"] = json!("c@x");
        let claims = IdTokenClaims::decode(&token(&claims), "me").unwrap();
        assert_eq!(claims.username.as_deref(), Some("c@x"));
    }

    #[test]
    fn the_audience_must_be_this_client() {
        let decode =
            |audience: Value| IdTokenClaims::decode(&with("aud", audience), "me").map(|_| ());
        assert_eq!(decode(json!("you")), Err(IdTokenError::Audience));
        assert_eq!(decode(json!(["you"])), Err(IdTokenError::Audience));
        assert_eq!(
            decode(json!(["me", "you"])),
            Err(IdTokenError::Audience),
            "no azp"
        );
        assert_eq!(decode(json!(["me"])), Ok(()));
        assert_eq!(
            decode(json!(5)),
            Err(IdTokenError::ClaimType { claim: "aud" })
        );
        let mut claims = sound();
        claims["aud"] = json!(["me", "you"]);
        claims["azp"] = json!("me");
        assert!(IdTokenClaims::decode(&token(&claims), "me").is_ok());
    }

    #[test]
    fn required_claims_are_required() {
        for claim in ["iss", "sub", "aud"] {
            let mut claims = sound();
            claims.as_object_mut().unwrap().remove(claim);
            assert_eq!(
                IdTokenClaims::decode(&token(&claims), "me"),
                Err(IdTokenError::MissingClaim { claim })
            );
        }
    }

    #[test]
    fn what_is_no_jwt_is_malformed() {
        let dots = ".".repeat(1_000_000);
        for bad in ["", "a.b", "a.b.c.d", "!.!.!", "e30.W10.x", dots.as_str()] {
            let result = IdTokenClaims::decode(&RawIdToken::from(bad), "me");
            assert_eq!(result, Err(IdTokenError::Malformed));
        }
    }
}
