//! What the server said when it said no (RFC 6749 §5.2).

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use thiserror::Error;

use super::lenient;
use super::members::Members;
use crate::retry_after::{delay_seconds, is_temporary};

/// What the server said when it said no (RFC 6749 §5.2). It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", self.summary())]
#[non_exhaustive]
pub struct ServiceError {
    /// The HTTP status.
    pub status: StatusCode,
    /// `error`, such as `invalid_grant`; empty when the body was not JSON.
    pub error: String,
    /// `error_description`, for people. Microsoft changes the text; do not branch on it.
    pub description: String,
    /// `error_codes`: the numbers behind AADSTS. Where the server sends none, the first one in the description.
    pub codes: Vec<i64>,
    /// `suberror`: what kind of `invalid_grant` it is.
    pub suberror: Option<String>,
    /// `claims`: what the next interactive request must pass on.
    pub claims: Option<String>,
    /// The request's correlation id, for Microsoft's support.
    pub correlation_id: Option<String>,
    /// How long the server asks to be left alone (RFC 9110 §10.2.3), between one second and one hour.
    ///
    /// `None` when there is no such header, or when it holds a date: turning a date into a wait needs a clock, which
    /// [`retry_after`](crate::retry_after()) is given.
    pub retry_after: Option<Duration>,
}

/// What the caller of a token endpoint can do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The application or its registration is wrong: a missing secret, an unknown client, a bad scope.
    Configuration,
    /// The user must sign in, consent, or satisfy a policy.
    InteractionRequired,
    /// The server is busy or broken: the same request may succeed later.
    Transient,
}

impl ServiceError {
    /// The refusal that a JSON body describes.
    pub(super) fn new(response: &Response<Bytes>, members: &Members<'_>) -> Self {
        let description = members.text("error_description").unwrap_or_default();
        let codes = members.value("error_codes");
        let codes = codes.map(|value| lenient::integers(&value));
        // Gateways in front of Entra pass on the text alone.
        let codes = codes
            .filter(|codes| !codes.is_empty())
            .unwrap_or_else(|| lenient::aadsts(&description).into_iter().collect());
        Self {
            // RFC 6749 §5.2: `error` is required and a code; `error_description` is for the developer.
            error: members.text("error").unwrap_or_default(),
            description,
            // What follows is Entra's own.
            codes,
            suberror: members.text("suberror"),
            claims: members.text("claims"),
            correlation_id: members.text("correlation_id"),
            ..Self::bare(response)
        }
    }

    /// A refusal without a JSON body: only the status is known.
    pub(super) fn bare(response: &Response<Bytes>) -> Self {
        Self {
            status: response.status(),
            error: String::new(),
            description: String::new(),
            codes: Vec::new(),
            suberror: None,
            claims: None,
            correlation_id: None,
            retry_after: delay_seconds(response.headers()),
        }
    }

    /// What can be done about it.
    ///
    /// The status, `error` and `suberror` decide. AADSTS numbers do so only where Entra answers `invalid_grant` to a
    /// request that is worth repeating, because Microsoft asks clients not to depend on them.
    pub fn refusal(&self) -> Refusal {
        // RFC 6749 §4.1.2.1 has the two words for the authorization endpoint, which cannot answer 500 or 503 itself; Entra's
        // token endpoint says them too, with 400 as well.
        let is_trouble = matches!(
            self.error.as_str(),
            "server_error" | "temporarily_unavailable"
        );
        if is_temporary(self.status) || is_trouble {
            return Refusal::Transient;
        }
        // AADSTS50196 (client loop) and 90033 (transient) pass with time, whatever `error` says.
        if self.codes.iter().any(|code| matches!(code, 50196 | 90033)) {
            return Refusal::Transient;
        }
        match self.error.as_str() {
            // RFC 6749 §5.2: the refresh token "is invalid, expired, revoked". OpenID Connect Core §3.1.2.6 has the
            // other three for the authorization endpoint; Entra's token endpoint says them too.
            "invalid_grant" | "interaction_required" | "login_required" | "consent_required" => {
                Refusal::InteractionRequired
            }
            // RFC 6749 §5.2 has more: `invalid_client`, `invalid_request`, `invalid_scope`, `unauthorized_client`,
            // `unsupported_grant_type`. Sending the same again changes none of them.
            _ => Refusal::Configuration,
        }
    }

    /// The AADSTS numbers as text, such as `AADSTS700082`; empty when there are none.
    pub fn aadsts(&self) -> String {
        let codes: Vec<_> = self
            .codes
            .iter()
            .map(|code| format!("AADSTS{code}"))
            .collect();
        codes.join(", ")
    }

    /// `invalid_grant (AADSTS700082, bad_token)`, or the status where the body was not JSON.
    fn summary(&self) -> String {
        if self.error.is_empty() {
            return format!("HTTP {}", self.status.as_u16());
        }
        let details: Vec<String> = [self.aadsts(), self.suberror.clone().unwrap_or_default()]
            .into_iter()
            .filter(|detail| !detail.is_empty())
            .collect();
        match details.is_empty() {
            true => self.error.clone(),
            false => format!("{} ({})", self.error, details.join(", ")),
        }
    }
}
