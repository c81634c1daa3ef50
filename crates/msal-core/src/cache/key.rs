//! The keys entries are stored under. Nothing is ever looked up by parsing one: other SDKs write others.

use super::dialect::Dialect;
use super::entry::{
    AccessTokenEntry, AccountEntry, AppMetadataEntry, IdTokenEntry, RefreshTokenEntry,
};
use crate::Text;

/// Joins the parts with dashes, in lower case as every MSAL does.
fn joined(parts: &[&str]) -> String {
    let mut key = parts.join("-");
    if !key.is_ascii() {
        return key.to_lowercase();
    }
    key.make_ascii_lowercase();
    key
}

/// What MSAL Node ends a credential's key with: the scheme of a bound token, and up to version 3 before it the hash of
/// the claims that were asked for.
fn rest(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Python => &[],
        Dialect::Node => &[""],
        Dialect::Node3 => &["", ""],
    }
}

fn or_empty(text: &Option<Text>) -> &str {
    text.as_ref().map(Text::as_str).unwrap_or_default()
}

impl AccessTokenEntry {
    pub(super) fn storage_key(&self, dialect: Dialect) -> String {
        let kind = match self.ext_cache_key {
            Some(_) => "atext",
            None => "accesstoken",
        };
        let (home, environment) = (or_empty(&self.home_account_id), self.environment.as_str());
        let (client, realm) = (self.client_id.as_str(), self.realm.as_str());
        let mut parts = vec![home, environment, kind, client, realm, self.target.as_str()];
        match (dialect, &self.ext_cache_key) {
            (_, Some(key)) => parts.push(key.as_str()),
            (_, None) => parts.extend(rest(dialect)),
        }
        joined(&parts)
    }
}

impl AccountEntry {
    pub(super) fn storage_key(&self) -> String {
        joined(&[
            self.home_account_id.as_str(),
            self.environment.as_str(),
            self.realm.as_str(),
        ])
    }
}

impl IdTokenEntry {
    pub(super) fn storage_key(&self, dialect: Dialect) -> String {
        let (home, environment) = (or_empty(&self.home_account_id), self.environment.as_str());
        let (client, realm) = (self.client_id.as_str(), self.realm.as_str());
        let mut parts = vec![home, environment, "idtoken", client, realm, ""];
        parts.extend(rest(dialect));
        joined(&parts)
    }
}

impl RefreshTokenEntry {
    pub(super) fn storage_key(&self, dialect: Dialect) -> String {
        let (home, environment) = (or_empty(&self.home_account_id), self.environment.as_str());
        let client = self.client_id.as_str();
        let (owner, target) = match dialect {
            Dialect::Python => (client, or_empty(&self.target)),
            // A family's token is shared, so MSAL Node keys it by the family and not by the client.
            Dialect::Node | Dialect::Node3 => {
                (self.family_id.as_ref().map_or(client, Text::as_str), "")
            }
        };
        let mut parts = vec![home, environment, "refreshtoken", owner, "", target];
        parts.extend(rest(dialect));
        joined(&parts)
    }
}

impl AppMetadataEntry {
    /// The only key that keeps its case.
    pub(super) fn storage_key(&self) -> String {
        format!("appmetadata-{}-{}", self.environment, self.client_id)
    }
}
