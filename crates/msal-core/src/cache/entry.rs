//! The five kinds of entries in MSAL's token cache.
//!
//! Fields are what MSAL writes; what it does not know stays in the entry's text and survives every rewrite.

use crate::{AccessToken, RawIdToken, RefreshToken, Text, UnixTime};

/// The sections of the cache document, in the order MSAL Python creates them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Section {
    AccessToken,
    Account,
    IdToken,
    RefreshToken,
    AppMetadata,
}

impl Section {
    pub(super) const ALL: [Self; 5] = [
        Self::AccessToken,
        Self::Account,
        Self::IdToken,
        Self::RefreshToken,
        Self::AppMetadata,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "AccessToken",
            Self::Account => "Account",
            Self::IdToken => "IdToken",
            Self::RefreshToken => "RefreshToken",
            Self::AppMetadata => "AppMetadata",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }
}

/// An access token and what it is good for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AccessTokenEntry {
    pub(super) secret: AccessToken,
    /// `None` for tokens of the application itself.
    pub(super) home_account_id: Option<Text>,
    pub(super) environment: Text,
    pub(super) client_id: Text,
    pub(super) target: Text,
    pub(super) realm: Text,
    pub(super) token_type: Text,
    pub(super) cached_at: Option<UnixTime>,
    /// An entry whose expiry cannot be read counts as expired.
    pub(super) expires_on: UnixTime,
    pub(super) extended_expires_on: Option<UnixTime>,
    pub(super) refresh_on: Option<UnixTime>,
    pub(super) key_id: Option<Text>,
    pub(super) ext_cache_key: Option<Text>,
}

/// A user, as seen in one tenant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AccountEntry {
    pub(super) home_account_id: Text,
    pub(super) environment: Text,
    pub(super) realm: Text,
    pub(super) local_account_id: Text,
    pub(super) username: Text,
    pub(super) authority_type: Text,
    pub(super) account_source: Option<Text>,
    /// What MSAL Node adds to an account; absent elsewhere.
    pub(super) profile: Option<NodeProfile>,
}

/// The extra members of an account in MSAL Node's cache.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NodeProfile {
    pub(super) name: Text,
    pub(super) client_info: Text,
    pub(super) tenant_id: Text,
}

/// A user's last ID token for one client and tenant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct IdTokenEntry {
    pub(super) secret: RawIdToken,
    pub(super) home_account_id: Option<Text>,
    pub(super) environment: Text,
    pub(super) realm: Text,
    pub(super) client_id: Text,
}

/// A refresh token, good for every resource and tenant of its user and client.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RefreshTokenEntry {
    pub(super) secret: RefreshToken,
    pub(super) home_account_id: Option<Text>,
    pub(super) environment: Text,
    pub(super) client_id: Text,
    pub(super) target: Option<Text>,
    pub(super) last_modification_time: Option<UnixTime>,
    pub(super) family_id: Option<Text>,
}

/// What is known of a client: whether it belongs to a family.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct AppMetadataEntry {
    pub(super) client_id: Text,
    pub(super) environment: Text,
    pub(super) family_id: Option<Text>,
}
