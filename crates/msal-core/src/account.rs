//! Who signed in: `client_info`, the home account identifier, and the account MSAL shows to applications.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::Text;

/// The identifier of an account across all tenants and applications, `uid.utid`.
///
/// It is opaque to applications. Where the server sent no `client_info` (ADFS, other OpenID providers) it is the ID
/// token's `sub`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HomeAccountId(Text);

impl HomeAccountId {
    /// Takes the identifier as a cache or an answer has it.
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The identifier as text, case kept.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl From<HomeAccountId> for Text {
    fn from(id: HomeAccountId) -> Self {
        id.0
    }
}

impl fmt::Display for HomeAccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

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
        struct Wire {
            uid: String,
            utid: String,
        }
        let json = URL_SAFE_NO_PAD.decode(encoded.trim_end_matches('=')).ok()?;
        let wire: Wire = serde_json::from_slice(&json).ok()?;
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
        HomeAccountId(Text::from(format!("{}.{}", self.uid, self.utid)))
    }
}

/// An account in the token cache: what an application lists, and passes back for a silent call.
///
/// `Debug` leaves the user name out: it is often an e-mail address, and debug output ends in logs.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// Identifies the user across tenants.
    pub home_account_id: HomeAccountId,
    /// The cloud host the account's tokens are stored under.
    pub environment: String,
    /// The tenant the account was last seen in.
    pub realm: String,
    /// The user's identifier in that tenant.
    pub local_account_id: String,
    /// The user principal name, for display and as a login hint; may be empty and may change.
    pub username: String,
}

impl Account {
    /// What a silent call needs to know of an account that is not in a cache at hand.
    pub fn new(home_account_id: HomeAccountId, environment: impl Into<String>) -> Self {
        Self {
            home_account_id,
            environment: environment.into(),
            realm: String::new(),
            local_account_id: String::new(),
            username: String::new(),
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Account")
            .field("home_account_id", &self.home_account_id)
            .field("environment", &self.environment)
            .field("realm", &self.realm)
            .finish_non_exhaustive()
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
