//! On behalf of whom: the token that an application was called with (RFC 7523 §2.1), or a session that began with one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::id_token::payload;
use crate::{ExpectedUser, Text, TokenResponse, UserAssertion};

/// What the tokens of the cache were got on behalf of. They are found again by it and by nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OnBehalfKey(Text);

impl OnBehalfKey {
    /// One assertion: its SHA-256 hash, which MSALs write as `user_assertion_hash`.
    pub fn of_assertion(assertion: &UserAssertion) -> Self {
        Self(hashed(assertion.expose_secret()).as_str().into())
    }

    /// A session that the program has named. No name of a session is the key of an assertion, and the name itself is not
    /// stored: whoever knows it gets the session's tokens.
    pub fn of_session(session_key: &str) -> Self {
        // A dot is in no hash.
        Self(format!("session.{}", hashed(session_key)).as_str().into())
    }

    /// As it stands in the cache.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

fn hashed(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

impl UserAssertion {
    /// Whether the answer to this assertion is about another user than the assertion is: see [`ExpectedUser`]. An assertion
    /// that cannot be read says nothing: judging it is the server's part.
    pub fn is_contradicted_by(&self, response: &TokenResponse) -> bool {
        #[derive(Deserialize)]
        struct UserWire {
            oid: Option<String>,
            tid: Option<String>,
            sub: Option<String>,
            upn: Option<String>,
            preferred_username: Option<String>,
        }
        let Ok(asserted) = payload::<UserWire>(self.expose_secret()) else {
            return false;
        };
        let username = asserted.upn.or(asserted.preferred_username);
        let expected = ExpectedUser {
            object_id: asserted.oid.as_deref(),
            subject: asserted.sub.as_deref(),
            tenant_id: asserted.tid.as_deref(),
            username: username.as_deref(),
            ..ExpectedUser::default()
        };
        !expected.matches(response)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;
    use serde_json::{Value, json};

    use super::*;
    use crate::TokenOutcome;

    #[test]
    fn the_key_of_an_assertion_is_its_hash_and_no_session_has_it() {
        // FIPS 180-2 appendix B.1
        let key = OnBehalfKey::of_assertion(&UserAssertion::from("abc"));
        assert_eq!(key.as_str(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        for session in ["abc", key.as_str(), ""] {
            assert_ne!(OnBehalfKey::of_session(session), key);
        }
    }

    #[test]
    fn an_answer_about_another_user_contradicts_the_assertion_whichever_way_it_names_them() {
        const ALICE: &str = "a11ce000-0000-4000-8000-000000000001";
        const BOB: &str = "b0b00000-0000-4000-8000-000000000002";
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let assertion =
            json!({"oid": ALICE, "tid": "home", "sub": "s", "upn": "alice@contoso.example"});
        let assertion = format!("e30.{}.c2ln", encode(&assertion));
        let id_token = |claims: Value| {
            let mut all = json!({"iss": "https://i.example", "sub": "other", "aud": "me"});
            all.as_object_mut()
                .unwrap()
                .extend(claims.as_object().unwrap().clone());
            format!("e30.{}.c2ln", encode(&all))
        };
        let info = |uid: &str, utid: &str| encode(&json!({"uid": uid, "utid": utid}));
        for (members, is_contradicted) in [
            (json!({}), false),
            (json!({"client_info": info(ALICE, "home")}), false),
            (json!({"client_info": info(BOB, "home")}), true),
            (
                json!({"id_token": id_token(json!({"oid": ALICE, "tid": "home"}))}),
                false,
            ),
            (
                json!({"id_token": id_token(json!({"oid": BOB, "tid": "home"}))}),
                true,
            ),
            // A guest: at home they have another identifier.
            (
                json!({"id_token": id_token(json!({"oid": ALICE, "tid": "home"})), "client_info": info(BOB, "elsewhere")}),
                false,
            ),
            (json!({"client_info": info(BOB, "elsewhere")}), true),
            (
                json!({"id_token": id_token(json!({"oid": BOB, "tid": "elsewhere", "preferred_username": "alice@contoso.example"}))}),
                false,
            ),
        ] {
            let mut body = json!({"access_token": "AT"});
            body.as_object_mut()
                .unwrap()
                .extend(members.as_object().unwrap().clone());
            let response = Response::new(Bytes::from(body.to_string()));
            let TokenOutcome::Tokens(response) = TokenOutcome::read(&response, "me") else {
                panic!("{members}");
            };
            let found = UserAssertion::from(&*assertion).is_contradicted_by(&response);
            assert_eq!(found, is_contradicted, "{members}");
            let unreadable = UserAssertion::from("opaque").is_contradicted_by(&response);
            assert!(!unreadable);
        }
    }
}
