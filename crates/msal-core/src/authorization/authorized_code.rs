//! A code that answers a sign-in, with what is needed to redeem it and to check what comes of it.

use std::time::Duration;

use crate::{
    AuthorizationCode, AuthorizationCodeGrant, ClientAuthentication, CodeVerifier, ExpectedUser,
    HomeAccountId, IdTokenError, ScopeSet, TokenResponse, UnixTime,
};

/// A code that answers a sign-in, and what its tokens must agree with.
#[derive(Debug)]
pub struct AuthorizedCode {
    pub(super) code: AuthorizationCode,
    pub(super) code_verifier: CodeVerifier,
    pub(super) redirect_uri: String,
    pub(super) scopes: ScopeSet,
    pub(super) claims: Option<String>,
    pub(super) nonce: String,
    pub(super) max_age: Option<Duration>,
    pub(super) account: Option<HomeAccountId>,
    pub(super) answered: Option<HomeAccountId>,
}

impl AuthorizedCode {
    /// The grant that redeems the code.
    pub fn grant<'a>(
        &'a self,
        client_id: &'a str,
        authentication: &'a ClientAuthentication,
    ) -> AuthorizationCodeGrant<'a> {
        AuthorizationCodeGrant {
            claims: self.claims.as_deref(),
            ..AuthorizationCodeGrant::new(
                client_id,
                authentication,
                &self.code,
                &self.code_verifier,
                &self.redirect_uri,
                &self.scopes,
            )
        }
    }

    /// The scopes that tokens are asked for, without the reserved ones.
    pub fn scopes(&self) -> &ScopeSet {
        &self.scopes
    }

    /// Where the answer was brought.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Who signed in, as far as the browser's answer says so: for routing the request, and no proof.
    pub fn answered(&self) -> Option<&HomeAccountId> {
        self.answered.as_ref()
    }

    /// Checks that the ID token belongs to this sign-in, before anything of the answer is kept.
    ///
    /// # Errors
    /// [`IdTokenError::Missing`], [`IdTokenError::Nonce`] or [`IdTokenError::AuthTime`].
    pub fn check(&self, response: &TokenResponse, now: UnixTime) -> Result<(), IdTokenError> {
        // OpenID Connect Core §3.1.3.3: an ID token comes with every answer to a request that had the scope `openid`.
        let claims = response.claims().ok_or(IdTokenError::Missing)?;
        // OpenID Connect Core §3.1.3.7, rule 11.
        if claims.nonce.as_deref() != Some(&*self.nonce) {
            return Err(IdTokenError::Nonce);
        }
        // Rule 13: where `max_age` was asked for, the client checks `auth_time`.
        let is_late = |age| match claims.auth_time {
            Some(signed_in) => signed_in + age + CLOCK_SKEW < now,
            None => true,
        };
        match self.max_age.is_some_and(is_late) {
            true => Err(IdTokenError::AuthTime),
            false => Ok(()),
        }
    }

    /// Whether the tokens are those of the user who is expected, and of the one whom the browser's answer named.
    pub fn is_of_expected_user(&self, response: &TokenResponse) -> bool {
        [&self.account, &self.answered]
            .into_iter()
            .flatten()
            .all(|user| ExpectedUser::from(user).matches(response))
    }
}

/// How far clocks may be apart: the server's and this one's, or those of two machines that share a session.
pub(super) const CLOCK_SKEW: Duration = Duration::from_secs(300);
