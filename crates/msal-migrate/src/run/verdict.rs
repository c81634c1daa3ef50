//! The table of verdicts: from what came back for a token to what follows. Pure, and the only place that judges.
//!
//! | what came back | in a run | in a recovery |
//! |---|---|---|
//! | tokens of the user whom the source names | publish | publish |
//! | tokens that must not be published as they are | hold back | hold back |
//! | a refusal: the user must take part | conclude: needs user | conclude: needs user |
//! | a refusal of the client | halt the lane: failed | conclude: failed |
//! | a refusal for another reason | conclude: failed | conclude: failed |
//! | a server that is busy or broken | slow down | conclude: retryable |
//! | what no token endpoint answers, such as a proxy's page | slow down | conclude: retryable |
//! | nothing: the host cannot be talked to at all | stop | |
//! | nothing: a token that is spent by use may have arrived | in doubt | |
//! | nothing, for another reason | slow down | |
//!
//! A recovery judges what an earlier run sealed. It has no lane to halt or to slow down, so its verdicts are about the
//! token alone: what it concludes as failed or retryable is sent again by the run that follows it.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use msal::{HttpError, HttpErrorKind};
use msal_core::{
    ExpectedUser, HomeAccountId, ProviderMetadata, Refusal, ServiceError, TokenOutcome,
    TokenResponse, UnixTime, retry_after,
};

use crate::journal::{Class, Reason};
use crate::record::UserHints;
use crate::settings::Settings;

/// What is expected of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expectation<'a> {
    pub(super) client_id: &'a str,
    pub(super) metadata: &'a ProviderMetadata,
    /// Whose token it is said to be.
    pub(super) user: &'a UserHints,
    pub(super) settings: &'a Settings,
}

/// What follows for a token.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It has its outcome.
    Conclude(Class, Reason),
    /// There are tokens, and they must not be published as this user's: they stay sealed in the journal.
    HoldBack(Reason),
    /// Its tokens go to the target.
    Publish(Box<TokenResponse>, HomeAccountId),
}

/// What a run is to do.
#[derive(Debug)]
pub(super) enum Order {
    /// The client is refused, whatever token it shows: nothing more is sent for it in this run.
    HaltLane(Reason),
    /// Nobody knows whether the token is spent: it is not sent again.
    LeaveInDoubt,
    /// The lane goes on, and this follows for the token.
    Settle(Verdict),
    /// The lane waits, and then the token is sent again.
    SlowDown {
        /// How long the server asks to be left alone.
        wait: Option<Duration>,
        reason: Reason,
        /// The token has been sent often enough: the lane waits, and the token is left to a later run.
        gives_up: bool,
    },
    /// Whatever is sent to this host fails: the run ends.
    Stop(HttpError),
}

/// Judges what came back for a token that a run has sent `tries` times.
pub(super) fn in_run(
    answer: Result<&Response<Bytes>, HttpError>,
    expected: Expectation<'_>,
    tries: u32,
    now: UnixTime,
) -> Order {
    let again = |wait: Option<Duration>, reason| Order::SlowDown {
        // A server that names a wait is expected to answer after it; one that does not may never.
        gives_up: wait.is_none() && tries >= TRIES,
        wait,
        reason,
    };
    let response = match answer {
        Ok(response) => response,
        Err(error) => return in_silence(error, expected.settings, again),
    };
    match Finding::of(response, expected) {
        Finding::Busy(reason) => again(retry_after(response.headers(), now), reason),
        Finding::ClientRefused(reason) => Order::HaltLane(reason),
        Finding::Token(verdict) => Order::Settle(verdict),
        Finding::Unreadable => again(None, Reason::named("unreadable_response")),
    }
}

/// Judges an answer that an earlier run sealed.
pub(super) fn in_recovery(response: &Response<Bytes>, expected: Expectation<'_>) -> Verdict {
    match Finding::of(response, expected) {
        // How long the server asked to be left alone was meant for that run.
        Finding::Busy(reason) => Verdict::Conclude(Class::Retryable, reason),
        // The secret may have been corrected since: one answer of the past halts no lane.
        Finding::ClientRefused(reason) => Verdict::Conclude(Class::Failed, reason),
        Finding::Token(verdict) => verdict,
        Finding::Unreadable => {
            Verdict::Conclude(Class::Retryable, Reason::named("unreadable_response"))
        }
    }
}

/// What follows where there is no answer.
fn in_silence(
    error: HttpError,
    settings: &Settings,
    again: impl FnOnce(Option<Duration>, Reason) -> Order,
) -> Order {
    match error.kind() {
        HttpErrorKind::Certificate | HttpErrorKind::Request => Order::Stop(error),
        _ if error.may_have_been_sent() && !settings.rotation.allows_repeat() => {
            Order::LeaveInDoubt
        }
        _ => again(None, Reason::named("no_answer")),
    }
}

/// What an answer is, whenever it is judged.
enum Finding {
    /// The server is busy or broken.
    Busy(Reason),
    /// The client itself is refused.
    ClientRefused(Reason),
    /// It concerns this token only.
    Token(Verdict),
    /// Not an answer of a token endpoint, and no refresh token is in it.
    Unreadable,
}

impl Finding {
    fn of(response: &Response<Bytes>, expected: Expectation<'_>) -> Self {
        match TokenOutcome::read(response, expected.client_id) {
            TokenOutcome::Tokens(tokens) => Self::Token(of_tokens(tokens, expected)),
            TokenOutcome::Refused(error) => Self::of_refusal(&error),
            // Without a refresh token in it there is nothing to keep.
            TokenOutcome::Malformed(malformed) if malformed.refresh_tokens.is_empty() => {
                Self::Unreadable
            }
            TokenOutcome::Malformed(_) => Self::Token(hold_back("malformed_response")),
            _ => Self::Unreadable,
        }
    }

    fn of_refusal(error: &ServiceError) -> Self {
        let reason = Reason::from(error);
        match error.refusal() {
            Refusal::Transient => Self::Busy(reason),
            Refusal::InteractionRequired => {
                Self::Token(Verdict::Conclude(Class::NeedsUser, reason))
            }
            // RFC 6749 §5.2: these two are about the client and not about its token, so that a thousand requests would
            // be refused alike.
            _ if matches!(
                error.error.as_str(),
                "invalid_client" | "unauthorized_client"
            ) =>
            {
                Self::ClientRefused(reason)
            }
            _ => Self::Token(Verdict::Conclude(Class::Failed, reason)),
        }
    }
}

fn of_tokens(tokens: Box<TokenResponse>, expected: Expectation<'_>) -> Verdict {
    // OpenID Connect Core §12.2: the ID token of a refresh has the issuer of the first one, which was the authority's.
    if let Some(claims) = tokens.claims()
        && expected.metadata.check_id_token_issuer(claims).is_err()
    {
        return hold_back("wrong_issuer");
    }
    let Some(answered) = tokens.home_account_id() else {
        return hold_back("no_identity");
    };
    let is_expected = expected_user(expected.user).matches(&tokens);
    let home_account_id = match (&tokens.client_info, &expected.user.home_account_id) {
        // Without `client_info` the answer names the user as this client knows them, and the source knows more.
        (None, Some(known)) if is_expected => known.clone(),
        _ => answered,
    };
    // The operator may have looked at the mismatches, and accepts them.
    match is_expected || expected.settings.allow_user_mismatch {
        true => Verdict::Publish(tokens, home_account_id),
        false => hold_back("user_mismatch"),
    }
}

fn hold_back(reason: &'static str) -> Verdict {
    Verdict::HoldBack(Reason::named(reason))
}

/// The user whom the source names.
fn expected_user(hints: &UserHints) -> ExpectedUser<'_> {
    let mut user = ExpectedUser::default();
    user.home_account_id = hints.home_account_id.as_ref();
    user.object_id = hints.oid.as_deref();
    user.subject = hints.sub.as_deref();
    user.tenant_id = hints.tid.as_deref();
    user.username = hints.username.as_deref();
    user
}

/// How often one token is sent in a run when the server fails in a way that concerns this token only.
pub(super) const TRIES: u32 = 5;

#[cfg(test)]
mod tests;
