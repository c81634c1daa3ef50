//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1): what it asks, and its URL.

use std::fmt;
use std::time::Duration;

use url::form_urlencoded;

use super::error::AuthorizationRequestError;
use super::parameters::{Prompt, ResponseMode};
use crate::{HomeAccountId, ProviderMetadata, ScopeSet, Tenant};

/// What a sign-in asks, besides what every one does. `Debug` names no user.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct AuthorizationRequest {
    /// The user's name as far as it is known (`login_hint`).
    pub login_hint: Option<String>,
    /// The user's organisation (`domain_hint`), which takes them to its own sign-in page.
    pub domain_hint: Option<String>,
    /// What the user is asked in any case.
    pub prompt: Option<Prompt>,
    /// How the answer comes; the server's default is the query.
    pub response_mode: Option<ResponseMode>,
    /// How long ago the user may have signed in.
    pub max_age: Option<Duration>,
    /// A claims challenge or client capabilities, as JSON text.
    pub claims: Option<String>,
    /// Scopes that the user is asked to consent to as well, and for which no token is asked.
    pub extra_scopes_to_consent: ScopeSet,
    /// Further parameters.
    pub extra_parameters: Vec<(String, String)>,
    /// The tenant of the endpoints, where the call named one that is not the application's: the answer is redeemed there.
    pub tenant: Option<Tenant>,
    /// Whose tokens are expected. The tokens of anybody else are refused.
    pub account: Option<HomeAccountId>,
    /// How long the answer may take; ten minutes where nothing is said.
    pub time_limit: Option<Duration>,
}

impl AuthorizationRequest {
    pub(super) fn check(&self) -> Result<(), AuthorizationRequestError> {
        // RFC 6749 §3.1: "Request and response parameters MUST NOT be included more than once."
        let mut names: Vec<_> = self.extra_parameters.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        let repeated = names.windows(2).find(|pair| pair.first() == pair.last());
        let repeated = repeated.and_then(|pair| pair.first().copied());
        let mut own = names.iter().copied().filter(|name| is_own(name));
        match own.next().or(repeated) {
            Some(name) => Err(AuthorizationRequestError::Parameter { name: name.clone() }),
            None => Ok(()),
        }
    }

    /// The URL that the browser opens. The order of the parameters is MSAL Python's.
    pub(super) fn url(&self, fixed: &Fixed<'_>) -> String {
        let endpoint = &fixed.metadata.authorization_endpoint;
        let mut query = form_urlencoded::Serializer::new(String::new());
        let scopes: ScopeSet = fixed.scopes.clone();
        let all = format!("{scopes} {}", self.extra_scopes_to_consent);
        let scopes = ScopeSet::from_wire(&all).with_reserved();
        let max_age = self.max_age.map(|age| age.as_secs().to_string());
        let mailbox = self.login_hint.as_ref().filter(|hint| !hint.is_empty());
        let mailbox = mailbox.map(|hint| format!("UPN:{hint}"));
        for (name, value) in [
            ("client_id", Some(fixed.client_id)),
            ("response_type", Some("code")),
            ("redirect_uri", Some(fixed.redirect_uri)),
            ("scope", Some(scopes.as_str())),
            ("state", Some(fixed.state)),
            (
                "response_mode",
                self.response_mode.map(ResponseMode::as_str),
            ),
            ("code_challenge", Some(fixed.code_challenge)),
            // RFC 7636 §4.3; §4.2: "If the client is capable of using "S256", it MUST use "S256"".
            ("code_challenge_method", Some("S256")),
            ("nonce", Some(fixed.nonce)),
            ("client_info", Some("1")),
            ("login_hint", self.login_hint.as_deref()),
            ("prompt", self.prompt.map(Prompt::as_str)),
            ("domain_hint", self.domain_hint.as_deref()),
            ("claims", self.claims.as_deref()),
            ("max_age", max_age.as_deref()),
            ("X-AnchorMailbox", mailbox.as_deref()),
        ] {
            // RFC 6749 §3.1: "Parameters sent without a value MUST be treated as if they were omitted".
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                query.append_pair(name, value);
            }
        }
        query.extend_pairs(&self.extra_parameters);
        // RFC 6749 §3.1: the endpoint's own query, such as the policy of B2C, MUST be retained.
        let separator = match endpoint.contains('?') {
            true => '&',
            false => '?',
        };
        format!("{endpoint}{separator}{}", query.finish())
    }
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthorizationRequest")
            .field("prompt", &self.prompt)
            .field("response_mode", &self.response_mode)
            .field("max_age", &self.max_age)
            .field("extra_scopes_to_consent", &self.extra_scopes_to_consent)
            .finish_non_exhaustive()
    }
}

/// What no option changes.
pub(super) struct Fixed<'a> {
    pub(super) metadata: &'a ProviderMetadata,
    pub(super) client_id: &'a str,
    pub(super) redirect_uri: &'a str,
    pub(super) scopes: &'a ScopeSet,
    pub(super) state: &'a str,
    pub(super) code_challenge: &'a str,
    pub(super) nonce: &'a str,
}

/// Whether a parameter is one that the flow depends on. Servers that look at names without case exist.
fn is_own(name: &str) -> bool {
    OWN.iter().any(|own| own.eq_ignore_ascii_case(name.trim()))
}

/// Those with an option, and those that would make another flow of it.
const OWN: [&str; 20] = [
    "",
    "client_id",
    "response_type",
    "redirect_uri",
    "scope",
    "state",
    "response_mode",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "client_info",
    "login_hint",
    "prompt",
    "domain_hint",
    "claims",
    "max_age",
    "x-anchormailbox",
    // RFC 9101 §5: a request object takes the place of all other parameters.
    "request",
    "request_uri",
    // RFC 6749 §2.3.1: a secret is never in a URI.
    "client_secret",
];
