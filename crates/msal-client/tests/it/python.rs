//! What MSAL Python 1.39.0 writes into its cache for a redeemed refresh token: a second reading of its format, which
//! shares nothing with the library's own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

/// A redemption, as MSAL Python's `TokenCache.add` is told of it.
pub(crate) struct Event<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) environment: &'a str,
    pub(crate) realm: &'a str,
    /// What was asked for, with the scopes that MSAL adds.
    pub(crate) asked: &'a str,
    pub(crate) now: i64,
    pub(crate) answer: &'a Value,
}

impl Event<'_> {
    /// The entries that an empty cache has afterwards.
    pub(crate) fn cache(&self) -> Value {
        let mut cache = Map::new();
        let mut put = |section: &str, key: String, entry: Value| {
            let section = cache.entry(section).or_insert_with(|| json!({}));
            section[key] = entry;
        };
        put("AccessToken", self.access_token_key(), self.access_token());
        if let Some(home) = self.home() {
            let key = format!("{home}-{}-{}", self.environment, self.realm);
            put("Account", key.to_lowercase(), self.account(&home));
        }
        if self.answer["id_token"].is_string() {
            put(
                "IdToken",
                self.key("idtoken", self.realm, ""),
                self.id_token(),
            );
        }
        if self.answer["refresh_token"].is_string() {
            let key = self.key("refreshtoken", "", &self.target());
            put("RefreshToken", key, self.refresh_token());
        }
        let key = format!("appmetadata-{}-{}", self.environment, self.client_id);
        put("AppMetadata", key, self.app_metadata());
        Value::Object(cache)
    }

    /// `uid.utid`, else the id token's `sub`, else nobody's.
    pub(crate) fn home(&self) -> Option<String> {
        let info = self.answer["client_info"].as_str().map(decode);
        if let Some(info) = info.filter(|info| info["uid"].is_string()) {
            let part = |name: &str| info[name].as_str().unwrap().to_owned();
            return Some(format!("{}.{}", part("uid"), part("utid")));
        }
        self.claims()?["sub"].as_str().map(str::to_owned)
    }

    fn claims(&self) -> Option<Value> {
        let token = self.answer["id_token"].as_str()?;
        Some(decode(token.split('.').nth(1)?))
    }

    fn target(&self) -> String {
        let scopes = self.answer["scope"].as_str().unwrap_or(self.asked);
        let mut scopes: Vec<&str> = scopes.split_whitespace().collect();
        scopes.sort_unstable();
        scopes.join(" ")
    }

    fn key(&self, kind: &str, realm: &str, target: &str) -> String {
        let home = self.home().unwrap_or_default();
        let parts = [&home, self.environment, kind, self.client_id, realm, target];
        parts.join("-").to_lowercase()
    }

    fn access_token_key(&self) -> String {
        self.key("accesstoken", self.realm, &self.target())
    }

    fn access_token(&self) -> Value {
        let after = |member: &str| {
            let seconds = self.answer[member].as_i64()?;
            Some((self.now + seconds).to_string())
        };
        let mut entry = json!({
            "credential_type": "AccessToken",
            "secret": self.answer["access_token"],
            "home_account_id": self.home(),
            "environment": self.environment,
            "client_id": self.client_id,
            "target": self.target(),
            "realm": self.realm,
            "token_type": self.answer["token_type"],
            "cached_at": self.now.to_string(),
            "expires_on": after("expires_in"),
            "extended_expires_on": after("ext_expires_in"),
        });
        if let Some(time) = after("refresh_in") {
            entry["refresh_on"] = json!(time);
        }
        entry
    }

    fn account(&self, home: &str) -> Value {
        let claims = self.claims().unwrap_or_default();
        json!({
            "home_account_id": home,
            "environment": self.environment,
            "realm": self.realm,
            "local_account_id": claims["oid"],
            "username": claims["preferred_username"],
            "authority_type": "MSSTS",
        })
    }

    fn id_token(&self) -> Value {
        json!({
            "credential_type": "IdToken",
            "secret": self.answer["id_token"],
            "home_account_id": self.home(),
            "environment": self.environment,
            "realm": self.realm,
            "client_id": self.client_id,
        })
    }

    fn refresh_token(&self) -> Value {
        let mut entry = json!({
            "credential_type": "RefreshToken",
            "secret": self.answer["refresh_token"],
            "home_account_id": self.home(),
            "environment": self.environment,
            "client_id": self.client_id,
            "target": self.target(),
            "last_modification_time": self.now.to_string(),
        });
        if let Some(family) = self.answer["foci"].as_str() {
            entry["family_id"] = json!(family);
        }
        entry
    }

    fn app_metadata(&self) -> Value {
        let mut entry = json!({"client_id": self.client_id, "environment": self.environment});
        if let Some(family) = self.answer["foci"].as_str() {
            entry["family_id"] = json!(family);
        }
        entry
    }
}

fn decode(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A token with these claims that nobody signed.
pub(crate) fn unsigned(claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.c2ln",
        encode(&json!({"alg": "RS256"})),
        encode(claims)
    )
}

/// The claims of a token.
pub(crate) fn claims(token: &str) -> Value {
    decode(token.split('.').nth(1).unwrap())
}
