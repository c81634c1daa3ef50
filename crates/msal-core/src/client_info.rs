//! `client_info`: whose tokens an answer brings.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::HomeAccountId;

/// The `client_info` member of a token response: the user's home object and home tenant.
///
/// Entra sends it when the request carried `client_info=1`. It is the only place where the home identifiers of a
/// guest can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientInfo {
    /// The user's identifier in the home tenant.
    pub uid: String,
    /// The home tenant.
    pub utid: String,
    /// As it was sent, base64url: MSAL Node and MSAL.NET keep it in the account.
    pub encoded: String,
}

impl ClientInfo {
    /// Decodes base64url JSON, with or without padding. `None` when it is garbage or lacks one of the two members,
    /// which MSAL treats as if it had not been sent.
    pub fn decode(encoded: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct ClientInfoWire {
            uid: String,
            utid: String,
        }
        // Encoded as the parts of a JSON web token are (RFC 7515 §2); padding is tolerated.
        let json = URL_SAFE_NO_PAD.decode(encoded.trim_end_matches('=')).ok()?;
        let wire: ClientInfoWire = serde_json::from_slice(&json).ok()?;
        (!wire.uid.is_empty() && !wire.utid.is_empty()).then(|| Self {
            uid: wire.uid,
            utid: wire.utid,
            encoded: encoded.to_owned(),
        })
    }

    /// Whether `encoded` is a JSON object at all.
    pub(crate) fn is_json(encoded: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(encoded.trim_end_matches('='))
            .is_ok_and(|json| {
                serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&json).is_ok()
            })
    }

    /// `uid.utid`.
    pub fn home_account_id(&self) -> HomeAccountId {
        HomeAccountId::of(&self.uid, &self.utid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_info_gives_the_home_account() {
        let encoded = URL_SAFE_NO_PAD.encode(r#"{"uid":"Ab","utid":"c"}"#);
        for encoded in [encoded.clone(), format!("{encoded}==")] {
            assert_eq!(
                ClientInfo::decode(&encoded)
                    .unwrap()
                    .home_account_id()
                    .as_str(),
                "Ab.c"
            );
        }
    }

    #[test]
    fn client_info_without_both_members_counts_as_absent() {
        for json in [
            r#"{"uid":"a"}"#,
            r#"{"uid":"","utid":"c"}"#,
            r#"{"uid":1,"utid":"c"}"#,
            "[]",
            "",
        ] {
            assert_eq!(
                ClientInfo::decode(&URL_SAFE_NO_PAD.encode(json)),
                None,
                "{json}"
            );
        }
        assert_eq!(ClientInfo::decode("%%%"), None);
    }
}
