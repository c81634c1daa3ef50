//! What a sign-in remembers from the moment the browser is opened until the code is redeemed.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::authorized_code::{AuthorizedCode, CLOCK_SKEW};
use super::error::{AuthFlowError, AuthorizationRequestError};
use super::redirect_uri::RedirectUri;
use super::request::{AuthorizationRequest, Fixed};
use super::response::{AuthResponse, Outcome, State};
use crate::{CodeVerifier, HomeAccountId, ProviderMetadata, ScopeSet, Tenant, UnixTime};

/// A sign-in that has begun: what must be remembered until its answer comes.
///
/// It is used once, because redeeming it takes it, and it does not copy itself. It expires. It is bound to the application, the authority and its issuer, and the redirect URI that it was begun with
/// (RFC 9700 §4.4), and an answer to another one is refused.
///
/// A web application that keeps it in the user's session uses [`to_session`](Self::to_session), and must take it out of the
/// session as it redeems it: a session that keeps it lets the same sign-in be tried again, which the server refuses, as a
/// code works once.
pub struct AuthCodeFlow {
    pub(super) auth_uri: String,
    pub(super) client_id: String,
    pub(super) authority: String,
    /// The tenant that the call named, where it named one.
    pub(super) tenant: Option<Tenant>,
    pub(super) issuer: String,
    pub(super) names_issuer: bool,
    pub(super) redirect_uri: String,
    pub(super) scopes: ScopeSet,
    pub(super) state: State,
    pub(super) code_verifier: CodeVerifier,
    /// As it is in the URL and in the ID token.
    pub(super) nonce: String,
    pub(super) max_age: Option<Duration>,
    pub(super) claims: Option<String>,
    pub(super) account: Option<HomeAccountId>,
    pub(super) began: UnixTime,
    pub(super) expires_on: UnixTime,
}

impl AuthCodeFlow {
    /// Begins a sign-in of `client_id` with the authority of `metadata`. `scopes` come without the reserved ones, which are
    /// added; `random` is fresh from a secure source.
    ///
    /// # Errors
    /// [`AuthorizationRequestError`].
    pub fn begin(
        client_id: &str,
        metadata: &ProviderMetadata,
        scopes: ScopeSet,
        redirect_uri: RedirectUri,
        request: AuthorizationRequest,
        random: [u8; Self::RANDOM_BYTES],
        now: UnixTime,
    ) -> Result<Self, AuthorizationRequestError> {
        request.check()?;
        let mut verifier = [0; 32];
        for (to, from) in verifier.iter_mut().zip(&random) {
            *to = *from;
        }
        let code_verifier = CodeVerifier::from_random(verifier);
        let state = URL_SAFE_NO_PAD.encode(random.get(32..48).unwrap_or_default());
        // OpenID Connect Core §15.5.2: a hash of a value that only the client knows.
        let nonce = hex(&Sha256::digest(random.get(48..).unwrap_or_default()));
        let auth_uri = request.url(&Fixed {
            metadata,
            client_id,
            redirect_uri: redirect_uri.as_str(),
            scopes: &scopes,
            state: &state,
            code_challenge: &code_verifier.challenge(),
            nonce: &nonce,
        });
        Ok(Self {
            auth_uri,
            client_id: client_id.to_owned(),
            authority: metadata.authority().to_string(),
            tenant: request.tenant,
            issuer: metadata.issuer.clone(),
            names_issuer: metadata.names_issuer_in_responses,
            redirect_uri: redirect_uri.as_str().to_owned(),
            scopes,
            state: State::new(state),
            code_verifier,
            nonce,
            max_age: request.max_age,
            claims: request.claims,
            account: request.account,
            began: now,
            expires_on: now + request.time_limit.unwrap_or(TIME_LIMIT),
        })
    }

    /// How many random bytes a flow needs.
    pub const RANDOM_BYTES: usize = 64;

    /// The address to open in the user's browser. It may name the user, so it belongs into no log.
    pub fn auth_uri(&self) -> &str {
        &self.auth_uri
    }

    /// Where the browser brings the answer.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The tenant that the sign-in was begun at, where the call named one.
    pub fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    /// When it is too late for the answer.
    pub fn expires_on(&self) -> UnixTime {
        self.expires_on
    }

    /// Whether `response` is an answer to this sign-in: what a program asks that has several under way. Says nothing of
    /// what is in it.
    pub fn is_answered_by(&self, response: &AuthResponse) -> bool {
        self.state == response.state
    }

    /// What may be redeemed, after every check that can be made before the server is asked.
    ///
    /// # Errors
    /// [`AuthFlowError`]; the flow is spent.
    pub fn accept(
        self,
        response: AuthResponse,
        client_id: &str,
        metadata: &ProviderMetadata,
        now: UnixTime,
    ) -> Result<AuthorizedCode, AuthFlowError> {
        // RFC 9700 §4.7: nothing of an answer counts whose `state` is another's, not even an error in it.
        if !self.is_answered_by(&response) {
            return Err(AuthFlowError::State);
        }
        // RFC 9700 §4.4: the code goes to the issuer that was asked, and to no other.
        let is_own = self.client_id == client_id
            && self.authority == metadata.authority().to_string()
            && self.issuer == metadata.issuer;
        if !is_own {
            return Err(AuthFlowError::Application);
        }
        let redirect_uri = RedirectUri::parse(&self.redirect_uri);
        if let Some(place) = &response.place
            && !redirect_uri.is_ok_and(|uri| uri.is_place_of(place))
        {
            return Err(AuthFlowError::RedirectUri);
        }
        if !self.is_issuer(response.issuer.as_deref()) {
            return Err(AuthFlowError::Issuer);
        }
        if now >= self.expires_on || now + CLOCK_SKEW < self.began {
            return Err(AuthFlowError::Expired);
        }
        match response.outcome {
            Outcome::Code(code) => Ok(AuthorizedCode {
                code,
                code_verifier: self.code_verifier,
                redirect_uri: self.redirect_uri,
                scopes: self.scopes,
                claims: self.claims,
                nonce: self.nonce,
                max_age: self.max_age,
                account: self.account,
                answered: response.client_info.map(|info| info.home_account_id()),
            }),
            Outcome::Refused(error) => Err(AuthFlowError::Refused(error)),
        }
    }

    /// RFC 9207 §2.4: "clients MUST extract the value of the "iss" parameter […] and compare"; one that is absent is an error
    /// where the server promised to send it, and one that is there counts everywhere.
    fn is_issuer(&self, named: Option<&str>) -> bool {
        let Some(named) = named else {
            return !self.names_issuer;
        };
        match self.issuer.split_once("{tenantid}") {
            None => named == self.issuer,
            // Entra's shared tenants answer for the tenant of the user.
            Some((before, behind)) => named
                .strip_prefix(before)
                .and_then(|rest| rest.strip_suffix(behind))
                .is_some_and(|tenant| matches!(Tenant::parse(tenant), Ok(Tenant::Id(_)))),
        }
    }
}

impl fmt::Debug for AuthCodeFlow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthCodeFlow")
            .field("client_id", &self.client_id)
            .field("authority", &self.authority)
            .field("redirect_uri", &self.redirect_uri)
            .field("expires_on", &self.expires_on)
            .finish_non_exhaustive()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How long a code lives at Entra, and longer than most people take.
const TIME_LIMIT: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests;
