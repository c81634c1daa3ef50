//! What the server said when it said no (RFC 6749 §5.2).

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use thiserror::Error;

use super::assertion_fault::AssertionFault;
use super::lenient;
use super::members::Members;
use super::misplaced::Misplaced;
use crate::retry_after::{delay_seconds, is_temporary};

/// What the server said when it said no (RFC 6749 §5.2). It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", self.summary())]
#[non_exhaustive]
pub struct ServiceError {
    /// The HTTP status; 400 for an answer of the authorization endpoint, which comes by a browser without one.
    pub status: StatusCode,
    /// `error`, such as `invalid_grant`; empty when the body was not JSON, or when this is no code but some other text,
    /// which may repeat what was sent.
    pub error: String,
    /// `error_description`, for people. Microsoft changes the text; do not branch on it.
    pub description: String,
    /// `error_codes`: the numbers behind AADSTS. Where the server sends none, the first one in the description.
    pub codes: Vec<i64>,
    /// `suberror`: what kind of `invalid_grant` it is; under the same condition as `error`.
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
    /// The application, its registration or the authority is wrong: a missing secret, an unknown client, a bad scope,
    /// another tenant than the user's.
    Configuration,
    /// The user must sign in, consent, or satisfy a policy.
    InteractionRequired,
    /// The server is busy or broken: the same request may succeed later.
    Transient,
}

impl ServiceError {
    /// The refusal that a response is, whatever its body.
    pub(crate) fn read(response: &Response<Bytes>) -> Self {
        match Members::parse(response.body()) {
            Ok(members) => Self::new(response, &members),
            Err(_no_object) => Self::bare(response),
        }
    }

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
            error: code(members, "error").unwrap_or_default(),
            description,
            // What follows is Entra's own.
            codes,
            suberror: code(members, "suberror"),
            claims: members.text("claims"),
            correlation_id: members.text("correlation_id"),
            ..Self::bare(response)
        }
    }

    /// What the authorization endpoint says by the browser (RFC 6749 §4.1.2.1), by the parameters of its answer.
    pub(crate) fn of_authorization<'p>(parameter: impl Fn(&str) -> Option<&'p str>) -> Self {
        let text = |name| parameter(name).map(str::to_owned);
        let code = |name| text(name).filter(|text| is_code(text));
        let description = text("error_description").unwrap_or_default();
        Self {
            status: StatusCode::BAD_REQUEST,
            error: code("error").unwrap_or_default(),
            codes: lenient::aadsts(&description).into_iter().collect(),
            description,
            // Entra has the second name here, such as `cancel`.
            suberror: code("suberror").or_else(|| code("error_subcode")),
            claims: text("claims"),
            correlation_id: text("correlation_id"),
            retry_after: None,
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
    /// The status and `error` decide. AADSTS numbers do so only where Entra answers `invalid_grant` to what is no matter of
    /// the user: a request that is worth repeating, and one that went to the [wrong place](Self::misplaced). Microsoft asks
    /// clients not to depend on them further than that.
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
            _ if self.misplaced().is_some() => Refusal::Configuration,
            _ if self
                .assertion_fault()
                .is_some_and(AssertionFault::is_of_program) =>
            {
                Refusal::Configuration
            }
            // RFC 6749 §5.2: the refresh token "is invalid, expired, revoked". OpenID Connect Core §3.1.2.6 has the
            // other three for the authorization endpoint; Entra's token endpoint says them too.
            "invalid_grant" | "interaction_required" | "login_required" | "consent_required" => {
                Refusal::InteractionRequired
            }
            // RFC 8628 §3.5: the user said no, or came too late. Entra has words of its own for the first of the two.
            "access_denied" | "authorization_declined" | "expired_token" => {
                Refusal::InteractionRequired
            }
            // RFC 6749 §5.2 has more: `invalid_client`, `invalid_request`, `invalid_scope`, `unauthorized_client`,
            // `unsupported_grant_type`. Sending the same again changes none of them.
            _ => Refusal::Configuration,
        }
    }

    /// Whether it says no more than that the user of a device has still to sign in (RFC 8628 §3.5).
    pub fn is_pending(&self) -> bool {
        matches!(self.error.as_str(), "authorization_pending" | "slow_down")
    }

    /// What a user has to do, as all MSALs name it: the [`suberror`](Self::suberror), where it is a word for them. `None`
    /// leaves it at signing in: there is nothing more to tell the user.
    pub fn classification(&self) -> Option<&str> {
        let suberror = self.suberror.as_deref();
        suberror.filter(|suberror| !OF_PROGRAMS.contains(suberror))
    }

    /// What was wrong with the place that was asked, or with the application there, if that is what the server says.
    pub fn misplaced(&self) -> Option<Misplaced> {
        Misplaced::of(&self.codes)
    }

    /// What was wrong with the assertion of a call on behalf of a user, if that is what the server says.
    pub fn assertion_fault(&self) -> Option<AssertionFault> {
        AssertionFault::of(&self.codes)
    }

    /// How long requests like this one are to wait, where the server is busy and has said so: `None` for a refusal that time
    /// does not heal, whatever its headers are.
    pub fn throttles(&self) -> Option<Duration> {
        self.retry_after.filter(|_| is_temporary(self.status))
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

    /// `invalid_grant (AADSTS700082, bad_token)`, or the status where there is no code.
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

/// A member that is a code. Codes go into reports and logs, and a server may echo a token in their place.
fn code(members: &Members<'_>, name: &str) -> Option<String> {
    members.text(name).filter(|text| is_code(text))
}

/// Whether `text` is written like the codes of OAuth and of Entra, such as `invalid_grant`, `bad_request_102` and
/// `AADSTS70008`: small letters in words, or a few capitals, with a short number behind them at most.
///
/// RFC 6749 §5.2 allows any printable ASCII in `error` but quotation marks and backslashes, tokens included.
fn is_code(text: &str) -> bool {
    let is_numbered = |word: &str, is_letter: fn(&u8) -> bool| {
        let letters = word.trim_end_matches(|digit: char| digit.is_ascii_digit());
        letters.bytes().all(|byte| is_letter(&byte)) && word.len() - letters.len() <= LONGEST_NUMBER
    };
    let mut words = text.split('_');
    text.len() <= LONGEST_CODE
        && (words.all(|word| !word.is_empty() && is_numbered(word, u8::is_ascii_lowercase))
            || text.len() <= LONGEST_NUMBER * 2 && is_numbered(text, u8::is_ascii_uppercase))
        && !text.starts_with(|first: char| !first.is_ascii_alphabetic())
        && !text.is_empty()
}

/// What the authority tells programs, and no MSAL passes on as a classification.
const OF_PROGRAMS: [&str; 5] = [
    "bad_token",
    "client_mismatch",
    "device_authentication_failed",
    "protection_policy_required",
    "token_expired",
];

/// Longer than any code of the registry of OAuth.
const LONGEST_CODE: usize = 80;
/// AADSTS numbers have up to seven digits.
const LONGEST_NUMBER: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_from_tokens_and_other_text() {
        for code in [
            "invalid_grant",
            "interaction_required",
            "insufficient_user_authentication",
            "bad_request_102",
            "AADSTS700082",
            "unsupported_over_http",
            "E0000011",
        ] {
            assert!(is_code(code), "{code}");
        }
        for other in [
            "",
            "0.AXoAqlpZ3xD5cU-XyzAbCdEf",
            "0.FAKE-TOKEN",
            "00000000",
            "invalid__grant",
            "_",
            "1//0gFakeRefreshToken-L9Ir",
            "M.C544_BAY.0.U.-CpQ",
            "7a5fd913-fa9b-87be-9154-43da3bd1a642",
            "6cf1a8bdc1d0a9fd9a7e2b0c5d7d8f11",
            "eyJ0eXAiOiJKV1Qi.eyJhdWQi.c2ln",
            "invalid_grant\nerror: forged",
            "invalid_grant\u{1b}]0;owned\u{7}",
            "invalid_grant\"",
            "invalid_grant: 0.AXoA",
            "ungültig",
            &"long_".repeat(20),
        ] {
            assert!(!is_code(other), "{other}");
        }
    }
}
