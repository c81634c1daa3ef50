//! The claims of access tokens and id tokens, versions 1.0 and 2.0.

use serde::Serialize;

use crate::protocol::Guid;

/// A person as one tenant sees them.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) object_id: Guid,
    pub(crate) upn: String,
    pub(crate) name: String,
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
    /// The issuer of their home tenant, for guests.
    pub(crate) identity_provider: Option<String>,
}

/// An access token. Its version depends on the API, not on the endpoint.
#[derive(Debug, Serialize)]
pub(crate) struct AccessToken<'a> {
    pub(crate) aud: &'a str,
    pub(crate) iss: &'a str,
    pub(crate) iat: u64,
    pub(crate) nbf: u64,
    pub(crate) exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) acr: Option<&'static str>,
    /// What only the platform reads: version 2.0 has no `amr`, and whoever exchanges the token must know of a second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) aio: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amr: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) appid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) appidacr: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) azp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) azpacr: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) family_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) given_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) idp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) idtyp: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
    pub(crate) oid: Guid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preferred_username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scp: Option<&'a str>,
    pub(crate) sub: String,
    pub(crate) tid: Guid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unique_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upn: Option<&'a str>,
    pub(crate) uti: String,
    pub(crate) ver: &'static str,
    /// What the client understands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) xms_cc: Option<&'static [&'static str; 1]>,
}

/// An id_token (OpenID Connect Core §2). Its version is that of the endpoint.
#[derive(Debug, Serialize)]
pub(crate) struct IdToken<'a> {
    pub(crate) aud: &'a str,
    pub(crate) iss: &'a str,
    pub(crate) iat: u64,
    pub(crate) nbf: u64,
    pub(crate) exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amr: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) auth_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) c_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) family_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) given_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) idp: Option<&'a str>,
    pub(crate) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<&'a str>,
    pub(crate) oid: Guid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preferred_username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<&'a str>,
    pub(crate) sub: String,
    pub(crate) tid: Guid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unique_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upn: Option<&'a str>,
    pub(crate) uti: String,
    pub(crate) ver: &'static str,
}
