//! What the cache answers to a silent call.

use std::borrow::Cow;

use crate::cache::entry::AccessTokenEntry;
use crate::{AccessToken, RefreshToken, Text, UnixTime};

/// What the cache answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Silent {
    /// A token that is good for at least five more minutes.
    Hit(CachedAccessToken),
    /// Nothing is cached for this account and client: the user must sign in.
    InteractionRequired,
    /// The network must be asked.
    Renew(Renewal),
}

/// An access token out of the cache. Making one counts references and copies no text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CachedAccessToken {
    /// The token.
    pub secret: AccessToken,
    /// `Bearer`, in the case it was sent.
    pub token_type: Cow<'static, str>,
    /// The granted scopes, separated by spaces.
    pub target: Text,
    /// When it expires.
    pub expires_on: UnixTime,
    /// When it should be renewed although it is still valid.
    pub refresh_on: Option<UnixTime>,
}

impl From<&AccessTokenEntry> for CachedAccessToken {
    #[inline]
    fn from(entry: &AccessTokenEntry) -> Self {
        Self {
            secret: entry.secret.clone(),
            token_type: token_type_of(entry),
            target: entry.target.clone(),
            expires_on: entry.expires_on,
            refresh_on: entry.refresh_on,
        }
    }
}

/// The type as the server sent it. Mostly nothing is copied.
#[inline]
pub(in crate::cache) fn token_type_of(entry: &AccessTokenEntry) -> Cow<'static, str> {
    match entry.token_type.as_str() {
        BEARER => BEARER.into(),
        other => other.to_owned().into(),
    }
}

/// How to get a new access token without the user.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Renewal {
    /// Refresh tokens in the order they are worth trying. Empty when there are none and only `fallback` is left.
    pub candidates: Vec<RefreshCandidate>,
    /// A cached token that is still valid: it is the answer when no candidate leads to a new one, whatever the reason.
    pub fallback: Option<CachedAccessToken>,
    /// Why a cached token was not good enough.
    pub reason: RefreshReason,
}

/// A refresh token and where it is stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RefreshCandidate {
    /// The token.
    pub secret: RefreshToken,
    /// The host it is stored under, as the cache has it.
    pub environment: String,
    /// Whether it was issued to a sibling client of the same family.
    pub is_family: bool,
}

/// Why the network is asked, as MSAL's telemetry counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefreshReason {
    /// The caller asked for a fresh token.
    Forced,
    /// There is no access token for these scopes.
    NoAccessToken,
    /// There is one, and it has expired.
    Expired,
    /// There is one, and it should be renewed soon.
    Aging,
}

impl RefreshReason {
    /// The number in `x-client-current-telemetry`.
    pub fn telemetry(self) -> u8 {
        match self {
            Self::Forced => 1,
            Self::NoAccessToken => 2,
            Self::Expired => 3,
            Self::Aging => 4,
        }
    }
}

/// RFC 6750 §2.1
const BEARER: &str = "Bearer";
