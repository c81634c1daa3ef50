//! What an application gets when it asks for a token.

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderValue;
use http::header::InvalidHeaderValue;
use msal_core::{
    AccessToken, Account, CachedAccessToken, ForClientHit, IdTokenClaims, ScopeSet, SecretBuffer,
    TokenResponse, UnixTime,
};

/// An access token and what is known about it. `Debug` shows no token.
///
/// # Examples
/// ```
/// use msal::http::{Request, header::AUTHORIZATION};
///
/// # let result = msal::AuthenticationResult::new("token", msal::UnixTime::from_secs(1_700_000_000));
/// let request = Request::get("https://graph.microsoft.com/v1.0/me")
///     .header(AUTHORIZATION, result.authorization_header()?);
/// # assert!(request.headers_ref().is_some_and(|headers| headers[AUTHORIZATION].is_sensitive()));
/// # Ok::<(), msal::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuthenticationResult {
    /// The token to send to the resource.
    pub access_token: AccessToken,
    /// `Bearer`, in whatever letter case the server sent it (RFC 6749 §5.1: it is case insensitive).
    pub token_type: Cow<'static, str>,
    /// When it expires. A token from the cache has at least five minutes left, unless it is the fallback for a renewal
    /// that failed.
    pub expires_on: UnixTime,
    /// When it will be renewed although it is still valid; `None` when the server did not ask for that.
    pub refresh_on: Option<UnixTime>,
    /// The scopes that were granted, which may be more or fewer than those asked for.
    pub scopes: ScopeSet,
    /// Whose token it is; `None` for a token of the application itself, and when the server said nothing about the user.
    pub account: Option<Account>,
    /// The claims of the ID token that came with it; `None` for a token from the cache, which mostly it is: hence the box.
    pub id_token_claims: Option<Box<IdTokenClaims>>,
    /// Where it comes from.
    pub token_source: TokenSource,
    /// What the request for it was sent with, for Microsoft's support; `None` for a token from the cache.
    pub correlation_id: Option<String>,
}

/// Where a token comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenSource {
    /// The token cache: the network was not asked, or it failed and this token is still valid.
    Cache,
    /// The authority's token endpoint.
    IdentityProvider,
}

impl AuthenticationResult {
    /// A `Bearer` token that came from the authority and is known no further: what a program's own tests need. The other
    /// fields can be set.
    pub fn new(access_token: impl Into<AccessToken>, expires_on: UnixTime) -> Self {
        Self {
            access_token: access_token.into(),
            token_type: BEARER.into(),
            expires_on,
            refresh_on: None,
            scopes: ScopeSet::default(),
            account: None,
            id_token_claims: None,
            token_source: TokenSource::IdentityProvider,
            correlation_id: None,
        }
    }

    /// The value of an `Authorization` header (RFC 6750 §2.1). It is marked as sensitive: its `Debug` shows nothing, and
    /// HTTP/2 keeps it out of its tables.
    ///
    /// # Errors
    /// When the token has characters that no header can carry; an [`Error`](crate::Error) can be made of it.
    pub fn authorization_header(&self) -> Result<HeaderValue, InvalidHeaderValue> {
        // RFC 6749 §5.1 compares the type without case, and there are APIs that know one spelling only.
        let scheme = match self.token_type.eq_ignore_ascii_case(BEARER) {
            true => BEARER,
            false => &self.token_type,
        };
        let token = self.access_token.expose_secret();
        let mut header = HeaderValue::from_maybe_shared(
            SecretBuffer::from(format!("{scheme} {token}").into_bytes()).into_shared(),
        )?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// How long it is still valid at `now`, which may be a [`UnixTime`] or a `SystemTime`; zero when it has expired.
    pub fn expires_in(&self, now: impl Into<UnixTime>) -> Duration {
        now.into().until(self.expires_on)
    }

    #[inline]
    pub(crate) fn cached(token: CachedAccessToken, account: impl Into<Option<Account>>) -> Self {
        Self {
            access_token: token.secret,
            token_type: token.token_type,
            expires_on: token.expires_on,
            refresh_on: token.refresh_on,
            scopes: ScopeSet::from_text(token.target),
            account: account.into(),
            id_token_claims: None,
            token_source: TokenSource::Cache,
            correlation_id: None,
        }
    }

    /// `asked` gives the scopes that were asked for, where these were granted.
    #[inline]
    pub(crate) fn hit(token: ForClientHit, asked: impl FnOnce() -> ScopeSet) -> Self {
        Self {
            access_token: token.secret,
            token_type: token.token_type,
            expires_on: token.expires_on,
            refresh_on: token.refresh_on,
            scopes: token.scopes.unwrap_or_else(asked),
            account: None,
            id_token_claims: None,
            token_source: TokenSource::Cache,
            correlation_id: None,
        }
    }

    pub(crate) fn issued(
        response: &TokenResponse,
        requested: &ScopeSet,
        account: Option<Account>,
        now: UnixTime,
    ) -> Self {
        Self {
            access_token: response.access_token.clone(),
            token_type: response.token_type.clone().into(),
            expires_on: now + response.expires_in,
            refresh_on: response.refresh_in.map(|wait| now + wait),
            scopes: response.scopes.as_ref().unwrap_or(requested).clone(),
            account,
            id_token_claims: response.claims().cloned().map(Box::new),
            token_source: TokenSource::IdentityProvider,
            correlation_id: response.correlation_id.clone(),
        }
    }
}

/// RFC 6750 §2.1
const BEARER: &str = "Bearer";

#[cfg(test)]
mod tests {
    use super::*;

    fn result(token: &str) -> AuthenticationResult {
        AuthenticationResult::new(token, UnixTime::from_secs(3600))
    }

    #[test]
    fn a_header_is_sensitive_and_spells_its_scheme_as_the_standard_does() {
        for (token_type, value) in [
            ("Bearer", "Bearer at"),
            ("bearer", "Bearer at"),
            ("pop", "pop at"),
        ] {
            let mut result = result("at");
            result.token_type = token_type.into();
            let header = result.authorization_header().unwrap();
            assert_eq!(header, value);
            assert!(header.is_sensitive());
            assert!(!format!("{header:?}").contains("at"));
        }
    }

    #[test]
    fn a_token_that_would_forge_a_header_is_an_error_that_does_not_show_it() {
        for token in ["a\r\nHost: evil.example", "a\0b"] {
            let error = result(token).authorization_header().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("evil"));
        }
    }

    #[test]
    fn a_token_expires_in_what_is_left() {
        let result = result("at");
        assert_eq!(
            result.expires_in(UnixTime::from_secs(3000)),
            Duration::from_secs(600)
        );
        assert_eq!(result.expires_in(UnixTime::from_secs(4000)), Duration::ZERO);
        assert_eq!(
            result.expires_in(std::time::SystemTime::UNIX_EPOCH),
            Duration::from_secs(3600)
        );
    }
}
