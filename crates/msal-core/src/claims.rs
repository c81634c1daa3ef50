//! The `claims` parameter: what a resource demands of the next token, and what the client can handle.
//!
//! OpenID Connect Core §5.5 defines it for the authorization endpoint; Entra's token endpoint reads it too. Entra takes the
//! client's capabilities from it, such as `CP1`: the client understands claims challenges, so that its tokens may live for a
//! day and be revoked at any moment (continuous access evaluation).

use std::fmt;

use thiserror::Error;

use crate::json::{RawObject, write_string};

/// Claims that an application passes on to the authority about itself or its caller, as MSAL's `forwarded_client_claims`:
/// the text of a JSON object.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ForwardedClaims(String);

/// Claims that cannot be passed on. The message does not show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidClaims {
    /// Those of a challenge.
    #[error("the claims challenge is not a JSON object that capabilities can be added to")]
    Challenge,
    /// Those that the application forwards.
    #[error("the forwarded claims are not a JSON object")]
    Forwarded,
}

impl ForwardedClaims {
    /// Takes the text of a JSON object.
    ///
    /// # Errors
    /// [`InvalidClaims::Forwarded`] for anything else, and for an object that has a member twice.
    pub fn parse(text: &str) -> Result<Self, InvalidClaims> {
        match object(text) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(InvalidClaims::Forwarded),
        }
    }

    /// The text as it was given. It is part of what cached tokens are found by.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Claims are about people and networks.
impl fmt::Debug for ForwardedClaims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ForwardedClaims([redacted])")
    }
}

/// The value of `claims` for a request that answers `challenge`, comes from a client with these capabilities, and forwards
/// claims; `None` where there is nothing of these. An empty challenge is none.
///
/// What stands alone goes out as it came in. Otherwise everything in the challenge but `xms_cc` stays, unless the forwarded
/// claims say something else, and blanks are where Python's `json` has them.
///
/// # Errors
/// [`InvalidClaims::Challenge`] when the challenge is not a JSON object, has a member twice, or has something else than an
/// object where capabilities go. [`InvalidClaims::Forwarded`] when an object in the forwarded claims has a member twice.
pub fn merged_claims(
    challenge: &str,
    capabilities: &[String],
    forwarded: Option<&ForwardedClaims>,
) -> Result<Option<String>, InvalidClaims> {
    let claims = with_capabilities(challenge, capabilities)?;
    match (claims, forwarded) {
        (claims, None) => Ok(claims),
        (None, Some(forwarded)) => Ok(Some(forwarded.0.clone())),
        (Some(claims), Some(forwarded)) => united(&claims, &forwarded.0).map(Some),
    }
}

/// A JSON object in which every member is there once: two readers would see two different ones otherwise.
fn object(text: &str) -> Option<RawObject<'_>> {
    RawObject::parse(text).filter(|object| !object.repeats_a_name())
}

fn with_capabilities(
    challenge: &str,
    capabilities: &[String],
) -> Result<Option<String>, InvalidClaims> {
    let nothing = || RawObject(Vec::new());
    let object_of = |text| object(text).ok_or(InvalidClaims::Challenge);
    let claims = match challenge {
        "" => nothing(),
        challenge => object_of(challenge)?,
    };
    if capabilities.is_empty() {
        return Ok((!challenge.is_empty()).then(|| challenge.to_owned()));
    }
    let access_token = match claims.get(ACCESS_TOKEN) {
        // OpenID Connect Core §5.5.1: null is how a claim is asked for without conditions.
        None | Some("null") => nothing(),
        Some(text) => object_of(text)?,
    };
    let capabilities = replaced(&nothing(), "values", &list(capabilities));
    let access_token = replaced(&access_token, "xms_cc", &capabilities);
    Ok(Some(replaced(&claims, ACCESS_TOKEN, &access_token)))
}

/// The text of object `claims` with every leaf of object `more` in it. How deep that goes is bounded by the parser.
fn united(claims: &str, more: &str) -> Result<String, InvalidClaims> {
    let more = object(more).ok_or(InvalidClaims::Forwarded)?;
    let mut out = claims.to_owned();
    for (name, value) in &more.0 {
        let known = object(&out).ok_or(InvalidClaims::Challenge)?;
        let inner = known.get(name).filter(|inner| inner.starts_with('{'));
        let value = match inner.filter(|_| value.starts_with('{')) {
            Some(inner) => united(inner, value)?,
            None => (*value).to_owned(),
        };
        out = replaced(&known, name, &value);
    }
    Ok(out)
}

/// The text of an object with another value for one member, which comes last where it is new.
fn replaced(object: &RawObject<'_>, name: &str, value: &str) -> String {
    let mut out = Vec::new();
    let is_new = object.get(name).is_none();
    let new = is_new.then_some((name, value));
    let known = object.0.iter().map(|(known, text)| match known == name {
        true => (&**known, value),
        false => (&**known, *text),
    });
    for (name, value) in known.chain(new) {
        out.extend_from_slice(if out.is_empty() { b"{" } else { b", " });
        write_string(&mut out, name);
        out.extend_from_slice(b": ");
        write_spaced(&mut out, value);
    }
    if out.is_empty() {
        out.push(b'{');
    }
    out.push(b'}');
    String::from_utf8(out).unwrap_or_default()
}

fn list(texts: &[String]) -> String {
    let mut out = Vec::new();
    for text in texts {
        out.extend_from_slice(if out.is_empty() { b"[" } else { b", " });
        write_string(&mut out, text);
    }
    out.push(b']');
    String::from_utf8(out).unwrap_or_default()
}

/// Writes sound JSON with one blank behind each comma and colon.
fn write_spaced(out: &mut Vec<u8>, json: &str) {
    let (mut is_in_string, mut is_escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' if !is_in_string => continue,
            b',' | b':' if !is_in_string => out.extend_from_slice(&[byte, b' ']),
            _ => out.push(byte),
        }
        is_in_string ^= byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
    }
}

const ACCESS_TOKEN: &str = "access_token";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn merged(challenge: &str, capabilities: &[&str]) -> Result<Option<String>, InvalidClaims> {
        let capabilities: Vec<String> = capabilities.iter().map(ToString::to_string).collect();
        merged_claims(challenge, &capabilities, None)
    }

    #[test]
    fn capabilities_and_a_challenge_are_merged_as_msal_python_does() {
        for (challenge, capabilities, expected) in [
            ("", &[][..], None),
            // As recorded of MSAL Python 1.39.
            (
                "",
                &["CP1"],
                Some(r#"{"access_token": {"xms_cc": {"values": ["CP1"]}}}"#),
            ),
            (
                r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#,
                &[],
                Some(r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#),
            ),
            (
                r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#,
                &["CP1"],
                Some(
                    r#"{"access_token": {"nbf": {"essential": true, "value": "1"}, "xms_cc": {"values": ["CP1"]}}}"#,
                ),
            ),
            (
                r#"{ "id_token" : {"a:b,c":[1 , 2]} , "access_token" : {"xms_cc":{"values":["old"]},"x":null} }"#,
                &["CP1", "\"å"],
                Some(
                    r#"{"id_token": {"a:b,c": [1, 2]}, "access_token": {"xms_cc": {"values": ["CP1", "\"\u00e5"]}, "x": null}}"#,
                ),
            ),
            (
                r#"{"access_token":null}"#,
                &["CP1"],
                Some(r#"{"access_token": {"xms_cc": {"values": ["CP1"]}}}"#),
            ),
            ("{}", &[], Some("{}")),
        ] {
            let found = merged(challenge, capabilities).unwrap();
            assert_eq!(found.as_deref(), expected, "{challenge}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused_and_not_shown() {
        for (challenge, capabilities) in [
            ("secret", &[][..]),
            ("[]", &[]),
            (r#""secret""#, &[]),
            (r#"{"a":1,"a":2}"#, &[]),
            (r#"{"access_token":"secret"}"#, &["CP1"]),
            (r#"{"access_token":{"a":1,"a":2}}"#, &["CP1"]),
            ("{", &["CP1"]),
        ] {
            let error = merged(challenge, capabilities).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }

    #[test]
    fn forwarded_claims_go_into_the_rest_and_win() {
        let network = r#"{"access_token":{"xms_az_nwperimid":{"essential":true}}}"#;
        for (challenge, capabilities, forwarded, expected) in [
            ("", &[][..], network, network),
            (
                r#"{"access_token":{"nbf":{"essential":true}}}"#,
                &[],
                network,
                r#"{"access_token": {"nbf": {"essential": true}, "xms_az_nwperimid": {"essential": true}}}"#,
            ),
            (
                "",
                &["CP1"],
                network,
                r#"{"access_token": {"xms_cc": {"values": ["CP1"]}, "xms_az_nwperimid": {"essential": true}}}"#,
            ),
            (
                r#"{"a":{"b":1,"c":2}}"#,
                &[],
                r#"{"a":{"b":3}}"#,
                r#"{"a": {"b": 3, "c": 2}}"#,
            ),
            (r#"{"a":{"b":1}}"#, &[], r#"{"a":3}"#, r#"{"a": 3}"#),
            (r#"{"a":1}"#, &[], r#"{"a":{"b":1}}"#, r#"{"a": {"b": 1}}"#),
            (r#"{"a":1}"#, &[], "{}", r#"{"a":1}"#),
        ] {
            let capabilities: Vec<String> = capabilities.iter().map(ToString::to_string).collect();
            let forwarded = ForwardedClaims::parse(forwarded).unwrap();
            let found = merged_claims(challenge, &capabilities, Some(&forwarded)).unwrap();
            assert_eq!(found.as_deref(), Some(expected), "{challenge}");
        }
    }

    #[test]
    fn forwarded_claims_that_are_no_object_are_refused_and_not_shown() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "secret",
            "[]",
            "\"secret\"",
            "{\"secret\":",
            "{} {}",
            r#"{"a":1,"a":2}"#,
            &deep,
        ] {
            let error = ForwardedClaims::parse(text).unwrap_err();
            assert_eq!(error, InvalidClaims::Forwarded);
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
        let twice = ForwardedClaims::parse(r#"{"a":{"secret":1,"secret":2}}"#).unwrap();
        let error = merged_claims(r#"{"a":{}}"#, &[], Some(&twice)).unwrap_err();
        assert_eq!(error, InvalidClaims::Forwarded);
        assert!(!format!("{twice:?}").contains("secret"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(json!("a\\\",:{} [] \u{1}")),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("(a|\\PC{0,4})", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_else_of_a_challenge_changes(
            mut others in proptest::collection::btree_map("[a-z]{1,3}", any_json(), 0..4),
            claims in proptest::option::of(
                proptest::collection::btree_map("(xms_cc|[a-z]{1,3})", any_json(), 0..4),
            ),
            is_pretty in any::<bool>(),
        ) {
            if let Some(claims) = &claims {
                let claims = Value::Object(claims.clone().into_iter().collect());
                others.insert("access_token".to_owned(), claims);
            }
            let challenge = json!(others);
            let text = match is_pretty {
                true => serde_json::to_string_pretty(&challenge).unwrap(),
                false => challenge.to_string(),
            };
            let found = merged(&text, &["CP1"]).unwrap().unwrap();
            let mut expected = challenge;
            expected["access_token"]["xms_cc"] = json!({"values": ["CP1"]});
            prop_assert_eq!(serde_json::from_str::<Value>(&found).unwrap(), expected);
        }

        #[test]
        fn no_challenge_panics(text in "\\PC{0,40}") {
            let _ = merged(&text, &["CP1"]);
        }
    }
}
