//! What a token endpoint answers (RFC 6749 §5.1 and §5.2, with Entra's additions).
//!
//! An answer is read tolerantly where a server may reasonably differ (numbers as strings, absent members) and refused
//! where it contradicts itself. Whatever happens, a refresh token that the answer holds is never lost: see
//! [`MalformedResponse::refresh_tokens`].

mod lenient;
mod salvage;

use std::borrow::Cow;
use std::str;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::Value;
use thiserror::Error;
use zeroize::Zeroize as _;

use crate::json::{RawObject, string};
use crate::{
    AccessToken, ClientInfo, HomeAccountId, IdTokenClaims, IdTokenError, RawIdToken, RefreshToken,
    ScopeSet, SecretBuffer, Text,
};

/// How long an access token is taken to live when the answer does not say (MSAL's choice).
const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);

/// What an answer of the token endpoint is.
#[derive(Debug)]
#[non_exhaustive]
pub enum TokenOutcome {
    /// Not an answer that may be trusted. It may still hold a refresh token.
    Malformed(MalformedResponse),
    /// The server said no.
    Refused(Box<ServiceError>),
    /// Tokens, with an ID token that is sound and addressed to the client.
    Tokens(Box<TokenResponse>),
}

impl TokenOutcome {
    /// Reads an answer that `client_id` asked for. Its tokens are copied, side by side into one piece of memory that is
    /// overwritten when the last of them is dropped.
    pub fn read(response: &Response<Bytes>, client_id: &str) -> Self {
        match Self::interpret(response, client_id) {
            Ok(outcome) => outcome,
            Err(reason) => Self::Malformed(MalformedResponse {
                status: response.status(),
                reason,
                refresh_tokens: salvage::refresh_tokens(response.body()),
            }),
        }
    }

    fn interpret(response: &Response<Bytes>, client_id: &str) -> Result<Self, Malformation> {
        let status = response.status();
        let members = match Members::parse(response.body()) {
            Ok(members) => members,
            // 429 and 5xx come with text or HTML as often as with JSON; the status says enough.
            Err(_) if !status.is_success() => {
                return Ok(Self::Refused(Box::new(ServiceError::bare(response))));
            }
            Err(malformation) => return Err(malformation),
        };
        if members.text("error").is_some() || !status.is_success() {
            // Tokens beside an error: one of the two is wrong, and nobody can tell which.
            return match members.has("access_token") || members.has("refresh_token") {
                true => Err(Malformation::ErrorBesideTokens),
                false => Ok(Self::Refused(Box::new(ServiceError::new(
                    response, &members,
                )))),
            };
        }
        TokenResponse::new(&members, client_id).map(|tokens| Self::Tokens(Box::new(tokens)))
    }
}

/// A successful answer (RFC 6749 §5.1) whose parts have been checked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenResponse {
    /// The access token.
    pub access_token: AccessToken,
    /// `Bearer`, in the case it was sent.
    pub token_type: String,
    /// How long the access token lives from now; ten minutes when the server does not say.
    pub expires_in: Duration,
    /// How long the access token may be used while the server is out of reach.
    pub ext_expires_in: Option<Duration>,
    /// After how long the access token should be renewed although it is still valid.
    pub refresh_in: Option<Duration>,
    /// The next refresh token. Without one, the token that was redeemed stays the one to keep.
    pub refresh_token: Option<RefreshToken>,
    /// The scopes that were granted; `None` when they are the ones that were asked for (RFC 6749 §5.1).
    pub scopes: Option<ScopeSet>,
    /// The raw ID token with its claims.
    pub id_token: Option<(RawIdToken, IdTokenClaims)>,
    /// The user's home identifiers.
    pub client_info: Option<ClientInfo>,
    /// `foci`: the family of client ids that may share the refresh token.
    pub family_id: Option<String>,
}

impl TokenResponse {
    fn new(members: &Members<'_>, client_id: &str) -> Result<Self, Malformation> {
        let access_token = members
            .optional_text("access_token")?
            .ok_or(Malformation::Member {
                member: "access_token",
            })?;
        let id_token = members.optional_text("id_token")?;
        let refresh_token = members.optional_text("refresh_token")?;
        let tokens = SideBySide::new([Some(access_token), id_token, refresh_token]);
        let [access_token, id_token, refresh_token] = tokens.parts();
        let id_token = match id_token {
            Some(token) => {
                let token = RawIdToken::slice_of(&tokens.text, token);
                let claims = IdTokenClaims::decode(&token, client_id)?;
                Some((token, claims))
            }
            None => None,
        };
        let access_token = access_token.unwrap_or_default();
        Ok(Self {
            access_token: AccessToken::slice_of(&tokens.text, access_token),
            token_type: members
                .text("token_type")
                .unwrap_or_else(|| "Bearer".to_owned()),
            expires_in: members.seconds("expires_in").unwrap_or(DEFAULT_LIFETIME),
            ext_expires_in: members.seconds("ext_expires_in"),
            refresh_in: members.seconds("refresh_in"),
            refresh_token: refresh_token.map(|token| RefreshToken::slice_of(&tokens.text, token)),
            scopes: members.scopes(),
            id_token,
            client_info: members.client_info()?,
            family_id: members.text("foci"),
        })
    }

    /// Whose tokens these are: `uid.utid` of `client_info`, else the ID token's `sub`, else nobody's.
    pub fn home_account_id(&self) -> Option<HomeAccountId> {
        let from_client_info = self.client_info.as_ref().map(ClientInfo::home_account_id);
        from_client_info.or_else(|| {
            self.claims()
                .map(|claims| HomeAccountId::new(&claims.subject))
        })
    }

    /// Whether these can be the tokens of `account`, as far as the answer says whose they are.
    ///
    /// OpenID Connect Core §12.2: the ID token of a refresh has the same `sub`, and there need not be one. `client_info`
    /// names the account outright. Without it, `oid` and `tid` do so in the user's home tenant; elsewhere a guest has
    /// another `oid`, which proves nothing.
    pub fn can_be_of(&self, account: &HomeAccountId) -> bool {
        let claims = self.claims();
        if claims.is_some_and(|claims| claims.subject == account.as_str()) {
            return true;
        }
        match (&self.client_info, claims) {
            (Some(client_info), _) => client_info.home_account_id() == *account,
            (None, Some(claims)) => claims.can_be_of(account),
            (None, None) => true,
        }
    }

    /// The claims of the ID token, if there is one.
    pub fn claims(&self) -> Option<&IdTokenClaims> {
        self.id_token.as_ref().map(|(_, claims)| claims)
    }
}

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
    /// `error_codes`: the numbers behind AADSTS.
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
    /// [`retry_after`](crate::retry_after) is given.
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
    fn new(response: &Response<Bytes>, members: &Members<'_>) -> Self {
        Self {
            error: members.text("error").unwrap_or_default(),
            description: members.text("error_description").unwrap_or_default(),
            codes: members
                .value("error_codes")
                .map(|value| lenient::integers(&value))
                .unwrap_or_default(),
            suberror: members.text("suberror"),
            claims: members.text("claims"),
            correlation_id: members.text("correlation_id"),
            ..Self::bare(response)
        }
    }

    fn bare(response: &Response<Bytes>) -> Self {
        Self {
            status: response.status(),
            error: String::new(),
            description: String::new(),
            codes: Vec::new(),
            suberror: None,
            claims: None,
            correlation_id: None,
            retry_after: crate::retry_after::delay_seconds(response.headers()),
        }
    }

    /// What can be done about it.
    ///
    /// The status, `error` and `suberror` decide. AADSTS numbers do so only where Entra answers `invalid_grant` to a
    /// request that is worth repeating, because Microsoft asks clients not to depend on them.
    pub fn refusal(&self) -> Refusal {
        let busy = matches!(
            self.status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        );
        if busy || self.status.is_server_error() || self.error == "temporarily_unavailable" {
            return Refusal::Transient;
        }
        // AADSTS50196 (client loop) and 90033 (transient) pass with time, whatever `error` says.
        if self.codes.iter().any(|code| matches!(code, 50196 | 90033)) {
            return Refusal::Transient;
        }
        match self.error.as_str() {
            "invalid_grant" | "interaction_required" | "login_required" | "consent_required" => {
                Refusal::InteractionRequired
            }
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

/// An answer that may not be trusted, with what could be saved from it.
#[derive(Clone, Debug, Error)]
#[error("the token endpoint's answer (HTTP {}) cannot be used: {reason}", status.as_u16())]
#[non_exhaustive]
pub struct MalformedResponse {
    /// The HTTP status.
    pub status: StatusCode,
    /// What is wrong with it.
    #[source]
    pub reason: Malformation,
    /// The refresh tokens found in the body. A server that rotates has revoked the old one, so these may be the only
    /// ones that work: keep them somewhere safe, and do not present them as a sign-in.
    pub refresh_tokens: Vec<RefreshToken>,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformation {
    /// `client_info` is neither absent nor decodable.
    #[error("`client_info` cannot be decoded")]
    ClientInfo,
    /// A member of the response occurs twice.
    #[error("`{member}` occurs twice")]
    #[non_exhaustive]
    Duplicate {
        /// The member.
        member: &'static str,
    },
    /// It holds an error and tokens.
    #[error("it holds tokens and an error at once")]
    ErrorBesideTokens,
    /// The ID token breaks a rule.
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    /// A required member is absent or has the wrong type.
    #[error("`{member}` is missing or not a string")]
    #[non_exhaustive]
    Member {
        /// The member.
        member: &'static str,
    },
    /// The body is not a JSON object.
    #[error("it is not a JSON object")]
    NotJson,
}

/// The members of a JSON object by name, each still as text, so that one odd value spoils nothing else.
struct Members<'a>(Vec<(Cow<'a, str>, &'a str)>);

/// Members that must not occur twice: two readers would see two different answers.
const UNIQUE: [&str; 6] = [
    "access_token",
    "client_info",
    "error",
    "foci",
    "id_token",
    "refresh_token",
];

impl<'a> Members<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, Malformation> {
        let body = str::from_utf8(body).map_err(|_unspecific| Malformation::NotJson)?;
        // A byte order mark is tolerated: RFC 8259 §8.1 lets parsers ignore it.
        let body = body.strip_prefix('\u{feff}').unwrap_or(body);
        let RawObject(members) = RawObject::parse(body).ok_or(Malformation::NotJson)?;
        for member in UNIQUE {
            if members
                .iter()
                .filter(|(name, _)| name == member)
                .nth(1)
                .is_some()
            {
                return Err(Malformation::Duplicate { member });
            }
        }
        Ok(Self(members))
    }

    fn raw(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(member, _)| member == name)
            .map(|(_, raw)| *raw)
    }

    /// The member, unless it is absent, null, or too odd to be a JSON value at all (a number of 5,000 digits).
    fn value(&self, name: &str) -> Option<Value> {
        let value: Value = serde_json::from_str(self.raw(name)?).ok()?;
        (!value.is_null()).then_some(value)
    }

    fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value(name).as_ref().and_then(lenient::text)
    }

    fn seconds(&self, name: &str) -> Option<Duration> {
        self.value(name).as_ref().and_then(lenient::seconds)
    }

    /// Text, or nothing when the member is absent, null or empty; another type is an error.
    fn optional_text(&self, member: &'static str) -> Result<Option<Cow<'a, str>>, Malformation> {
        match self.raw(member) {
            None | Some("null" | "\"\"") => Ok(None),
            Some(raw) => match string(raw) {
                Some(text) => Ok(Some(text)),
                None => Err(Malformation::Member { member }),
            },
        }
    }

    fn scopes(&self) -> Option<ScopeSet> {
        match self.value("scope")? {
            Value::String(scope) => Some(ScopeSet::from_wire(&scope)),
            Value::Array(items) => {
                let words: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                Some(ScopeSet::from_wire(&words.join(" ")))
            }
            _ => None,
        }
    }

    fn client_info(&self) -> Result<Option<ClientInfo>, Malformation> {
        let malformed = Malformation::ClientInfo;
        match self.value("client_info") {
            None => Ok(None),
            Some(Value::String(encoded)) => match ClientInfo::decode(&encoded) {
                Some(client_info) => Ok(Some(client_info)),
                // Sound JSON without a uid or utid is how some issuers say "none".
                None if ClientInfo::is_json(&encoded) => Ok(None),
                None => Err(malformed),
            },
            Some(_) => Err(malformed),
        }
    }
}

/// Tokens in one piece of memory.
struct SideBySide<const N: usize> {
    text: Text,
    /// How long each is, where there is one.
    lengths: [Option<usize>; N],
}

impl<const N: usize> SideBySide<N> {
    fn new(tokens: [Option<Cow<'_, str>>; N]) -> Self {
        let lengths = tokens.each_ref().map(|token| Some(token.as_ref()?.len()));
        let mut bytes = SecretBuffer::with_capacity(lengths.iter().flatten().sum());
        for token in tokens.into_iter().flatten() {
            bytes.extend_from_slice(token.as_bytes());
            // What escapes had to be taken out of was copied before.
            if let Cow::Owned(mut copy) = token {
                copy.zeroize();
            }
        }
        Self {
            text: Text::try_from(bytes.into_shared()).unwrap_or_default(),
            lengths,
        }
    }

    fn parts(&self) -> [Option<Cow<'_, str>>; N] {
        let mut rest = self.text.as_str();
        self.lengths.map(|length| {
            let (part, others) = rest.split_at_checked(length?)?;
            rest = others;
            Some(Cow::Borrowed(part))
        })
    }
}

#[cfg(test)]
mod tests;
