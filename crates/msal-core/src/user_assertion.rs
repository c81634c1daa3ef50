//! On behalf of whom: the token that an application was called with (RFC 7523 §2.1), or a session that began with one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::id_token::payload;
use crate::{Text, TokenResponse, UserAssertion, case};

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
    /// Whether the answer to this assertion names another user than the assertion does: both say who the user is in one
    /// tenant, and they do not say the same. An assertion that cannot be read says nothing: judging it is the server's part.
    pub fn is_contradicted_by(&self, response: &TokenResponse) -> bool {
        #[derive(Deserialize)]
        struct SubjectWire {
            oid: Option<String>,
            tid: Option<String>,
        }
        let Ok(asserted) = payload::<SubjectWire>(self.expose_secret()) else {
            return false;
        };
        let answered = response.claims();
        let answered =
            answered.and_then(|claims| Some((&claims.object_id, claims.tenant_id.as_ref()?)));
        match (asserted.oid, asserted.tid, answered) {
            (Some(oid), Some(tid), Some((Some(object_id), tenant_id))) => {
                case::is_same(&tid, tenant_id) && !case::is_same(&oid, object_id)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_an_assertion_is_its_hash_and_no_session_has_it() {
        // FIPS 180-2 appendix B.1
        let key = OnBehalfKey::of_assertion(&UserAssertion::from("abc"));
        assert_eq!(key.as_str(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        for session in ["abc", key.as_str(), ""] {
            assert_ne!(OnBehalfKey::of_session(session), key);
        }
    }
}
