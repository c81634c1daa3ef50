//! What the browser brings to the redirect URI (RFC 6749 §4.1.2 and §4.1.2.1).

use std::borrow::Cow;
use std::fmt;

use url::{Url, form_urlencoded};

use super::error::AuthResponseError;
use crate::{AuthorizationCode, ClientInfo, ServiceError};

/// The answer of an authorization endpoint as a browser brought it: anybody may have made it. Only the flow that it answers
/// can tell, which is what it is given to.
///
/// `Debug` shows no code, no `state` and no text of it.
#[derive(Clone, PartialEq)]
pub struct AuthResponse {
    pub(super) outcome: Outcome,
    pub(super) state: State,
    pub(super) issuer: Option<String>,
    pub(super) client_info: Option<ClientInfo>,
    /// Where it was brought, if that is known.
    pub(super) place: Option<Url>,
}

/// `state`, which is compared in constant time.
pub(super) type State = AuthorizationCode;

#[derive(Clone, PartialEq)]
pub(super) enum Outcome {
    Code(AuthorizationCode),
    Refused(Box<ServiceError>),
}

impl AuthResponse {
    /// Reads the query of a request to the redirect URI, with or without `?`.
    ///
    /// # Errors
    /// [`AuthResponseError`]: what was brought is no answer, and the sign-in is still waiting for one.
    pub fn from_query(query: &str) -> Result<Self, AuthResponseError> {
        Self::read(query.strip_prefix('?').unwrap_or(query).as_bytes(), None)
    }

    /// Reads the body of a form that was posted to the redirect URI (OAuth 2.0 Form Post Response Mode §2).
    ///
    /// # Errors
    /// As [`AuthResponse::from_query`].
    pub fn from_form(body: &[u8]) -> Result<Self, AuthResponseError> {
        Self::read(body, None)
    }

    /// Reads a whole address, as a browser shows it and people paste it: with spaces and line breaks that came in on the
    /// way, and with the answer behind `?` or `#`. It must be the redirect URI's.
    ///
    /// # Errors
    /// As [`AuthResponse::from_query`].
    pub fn from_url(address: &str) -> Result<Self, AuthResponseError> {
        check_length(address.len())?;
        // RFC 3986 appendix C: "whitespace may have to be added to break a long URI across lines. The whitespace should be
        // ignored when the URI is extracted."
        let address: String = address.split_whitespace().collect();
        let url = Url::parse(&address).map_err(|_unspecific| AuthResponseError::Url)?;
        let behind = |part: Option<&str>| part.unwrap_or_default().to_owned();
        let answer = match (url.query(), url.fragment()) {
            (_, Some(fragment)) if fragment.contains("state=") => behind(Some(fragment)),
            (query, _) => behind(query),
        };
        Self::read(answer.as_bytes(), Some(url))
    }

    fn read(encoded: &[u8], place: Option<Url>) -> Result<Self, AuthResponseError> {
        check_length(encoded.len())?;
        let parameters = Parameters::parse(encoded)?;
        // Hybrid flows have these; tokens that come by a browser may be anybody's (RFC 9700 §2.1.2).
        let foreign = ["access_token", "id_token", "refresh_token"];
        if let Some(parameter) = foreign
            .into_iter()
            .find(|name| parameters.get(name).is_some())
        {
            return Err(AuthResponseError::Foreign { parameter });
        }
        let code = parameters
            .get("code")
            .map(str::trim)
            .filter(|it| !it.is_empty());
        let outcome = match (code, parameters.get("error")) {
            (Some(_), Some(_)) => return Err(AuthResponseError::ErrorBesideCode),
            (Some(code), None) => Outcome::Code(code.into()),
            (None, Some(_)) => Outcome::Refused(Box::new(ServiceError::of_authorization(|name| {
                parameters.get(name)
            }))),
            (None, None) => return Err(AuthResponseError::Missing { parameter: "code" }),
        };
        // RFC 6749 §4.1.2: "REQUIRED if the "state" parameter was present in the client authorization request." It always is.
        let state = parameters.get("state").map(str::trim);
        let state = state.ok_or(AuthResponseError::Missing { parameter: "state" })?;
        Ok(Self {
            outcome,
            state: state.into(),
            issuer: parameters.get("iss").map(str::to_owned),
            // It routes the next request, and is compared with what the tokens say.
            client_info: parameters.get("client_info").and_then(ClientInfo::decode),
            place,
        })
    }

    /// Whether the server, or the user, said no.
    pub fn is_refusal(&self) -> bool {
        matches!(self.outcome, Outcome::Refused(_))
    }
}

impl fmt::Debug for AuthResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthResponse")
            .field("is_refusal", &self.is_refusal())
            .finish_non_exhaustive()
    }
}

/// The parameters of an answer that are looked at. RFC 6749 §4.1.2: "The client MUST ignore unrecognized response
/// parameters."
struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    fn parse(encoded: &'a [u8]) -> Result<Self, AuthResponseError> {
        let pairs: Vec<_> = form_urlencoded::parse(encoded).collect();
        // What is not UTF-8 becomes this character, which no answer has by itself.
        let is_text = |text: &str| !text.contains(char::REPLACEMENT_CHARACTER);
        if !pairs
            .iter()
            .all(|(name, value)| is_text(name) && is_text(value))
        {
            return Err(AuthResponseError::Encoding);
        }
        let times = |parameter| pairs.iter().filter(|(name, _)| name == parameter).count();
        // RFC 6749 §3.1: "Request and response parameters MUST NOT be included more than once."
        match KNOWN.into_iter().find(|parameter| times(*parameter) > 1) {
            Some(parameter) => Err(AuthResponseError::Duplicate { parameter }),
            None => Ok(Self(pairs)),
        }
    }

    /// RFC 6749 §3.1: "Parameters sent without a value MUST be treated as if they were omitted".
    fn get(&self, parameter: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name == parameter);
        found
            .map(|(_, value)| &**value)
            .filter(|value| !value.is_empty())
    }
}

fn check_length(length: usize) -> Result<(), AuthResponseError> {
    match length > LONGEST {
        true => Err(AuthResponseError::TooLong),
        false => Ok(()),
    }
}

/// Codes run to 2 KiB, claims to a few; a browser that posts more than this posts something else.
const LONGEST: usize = 64 * 1024;

const KNOWN: [&str; 15] = [
    "access_token",
    "claims",
    "client_info",
    "code",
    "correlation_id",
    "error",
    "error_description",
    "error_subcode",
    "error_uri",
    "id_token",
    "iss",
    "refresh_token",
    "session_state",
    "state",
    "suberror",
];
