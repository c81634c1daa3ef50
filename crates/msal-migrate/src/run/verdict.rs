//! The table of verdicts: from what came back for a token to what follows. Pure, and the only place that judges.
//!
//! | what came back | in a run | in a recovery |
//! |---|---|---|
//! | tokens of the user whom the source names | publish | publish |
//! | tokens that must not be published as they are | hold back | hold back |
//! | a refusal: the user must take part | conclude: needs user | conclude: needs user |
//! | a refusal of the client that every token of the lane would meet | halt the lane: failed | conclude: failed |
//! | a refusal because the user is of another tenant | ask at home, or conclude: failed | conclude: failed |
//! | a refusal for another reason, such as wrong scopes | conclude: failed | conclude: failed |
//! | a server that is busy or broken | slow down, send again | conclude: retryable |
//! | a page where an answer should be, with a success | slow down, send again | conclude: retryable |
//! | a page where an answer should be, with a failure | conclude: failed | conclude: failed |
//! | nothing: the host cannot be talked to at all | stop | |
//! | nothing, for another reason | slow down, send again | |
//!
//! Where tokens are spent by use, the rows from "busy or broken" on are in doubt instead, in a run and in a recovery,
//! whenever the token may have arrived: none of these answers says that the server did nothing. A 429 does not say it
//! either: RFC 6585 §4 is about how many requests there were, and a gateway that counts them may answer in the place of
//! a server that has acted. A refusal in the form of RFC 6749 §5.2 is the server's word that it issued nothing.
//! [`Finding::doubt`] decides it for all of them.
//!
//! A recovery judges what an earlier run sealed. It has no lane to halt or to slow down, so its verdicts are about the
//! token alone: what it concludes as failed or retryable is sent again by the run that follows it.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use msal::HttpError;
use msal_core::{
    ExpectedUser, HomeAccountId, Misplaced, ProviderMetadata, Refusal, ServiceError, Tenant,
    TokenOutcome, TokenResponse, UnixTime, retry_after,
};

use crate::journal::{Class, Reason};
use crate::record::UserHints;
use crate::settings::{RotationPolicy, Settings};

/// What is expected of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expectation<'a> {
    pub(super) client_id: &'a str,
    pub(super) metadata: &'a ProviderMetadata,
    /// Whose token it is said to be.
    pub(super) user: &'a UserHints,
    /// Whether the operator accepts tokens of another user for this row.
    pub(super) is_released: bool,
    pub(super) settings: &'a Settings,
}

/// What follows for a token.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It has its outcome.
    Conclude(Class, Reason),
    /// There are tokens, and they must not be published as this user's: they stay sealed in the journal. Says whose they
    /// are, as far as the answer does.
    HoldBack(Reason, Box<UserHints>),
    /// Nobody knows whether the token is spent: it is not sent again unasked.
    LeaveInDoubt(Reason),
    /// Its tokens go to the target.
    Publish(Box<TokenResponse>, HomeAccountId),
}

/// What a run is to do.
#[derive(Debug)]
pub(super) enum Order {
    /// The server says that the user is of another tenant. Whether there is one to ask, and whether it was asked, is the
    /// redemption's affair; where not, the token has failed.
    AskAtHome(Reason),
    /// The client is refused, whatever token it shows: nothing more is sent for it in this run.
    HaltLane(Reason),
    /// The lane goes on, and this follows for the token.
    Settle(Verdict),
    /// The lane waits, and this follows for the token.
    SlowDown {
        /// How long the server asks to be left alone.
        wait: Option<Duration>,
        reason: Reason,
        next: Next,
    },
    /// Whatever is sent to this host fails: the run ends.
    Stop(HttpError),
}

/// What follows for a token whose lane slows down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It has been sent often enough, and is left to a later run.
    GiveUp,
    /// It may be spent: it is not sent again unasked.
    LeaveInDoubt,
    /// It is sent again after the wait.
    SendAgain,
}

/// Judges what came back for a token that a run has sent `tries` times.
pub(super) fn in_run(
    answer: Result<&Response<Bytes>, HttpError>,
    expected: Expectation<'_>,
    tries: u32,
    now: UnixTime,
) -> Order {
    let (finding, wait) = match answer {
        Ok(response) => (
            Finding::of(response, expected),
            retry_after(response.headers(), now),
        ),
        Err(error) if !error.is_transient() => return Order::Stop(error),
        Err(error) => (Finding::of_silence(&error), None),
    };
    if let Some(reason) = finding.doubt(expected.settings.rotation) {
        // Whatever answers for the server answers the next token alike: one after the other would be put in doubt.
        let next = Next::LeaveInDoubt;
        return Order::SlowDown { wait, reason, next };
    }
    match finding {
        Finding::Busy { reason, .. } => Order::SlowDown {
            // A server that names a wait is expected to answer after it; one that does not may never.
            next: match wait.is_none() && tries >= TRIES {
                true => Next::GiveUp,
                false => Next::SendAgain,
            },
            wait,
            reason,
        },
        Finding::ClientRefused(reason) => Order::HaltLane(reason),
        Finding::OtherTenant(reason) => Order::AskAtHome(reason),
        Finding::Page(reason) => Order::Settle(Verdict::Conclude(Class::Failed, reason)),
        Finding::Token(verdict) => Order::Settle(verdict),
    }
}

/// Judges an answer that an earlier run sealed.
pub(super) fn in_recovery(response: &Response<Bytes>, expected: Expectation<'_>) -> Verdict {
    let finding = Finding::of(response, expected);
    if let Some(reason) = finding.doubt(expected.settings.rotation) {
        return Verdict::LeaveInDoubt(reason);
    }
    match finding {
        // How long the server asked to be left alone was meant for that run.
        Finding::Busy { reason, .. } => Verdict::Conclude(Class::Retryable, reason),
        // The secret may have been corrected since: one answer of the past halts no lane.
        Finding::ClientRefused(reason) | Finding::OtherTenant(reason) | Finding::Page(reason) => {
            Verdict::Conclude(Class::Failed, reason)
        }
        Finding::Token(verdict) => verdict,
    }
}

/// What an answer is, whenever it is judged.
enum Finding {
    /// The server is busy, broken or silent.
    Busy {
        reason: Reason,
        may_have_arrived: bool,
    },
    /// The client itself is refused.
    ClientRefused(Reason),
    /// The user is of another tenant. Numbers say so, which may change; what follows is no more than a second question,
    /// whose answer counts.
    OtherTenant(Reason),
    /// A refusal that is not in the form of RFC 6749 §5.2: who says it is unknown.
    Page(Reason),
    /// It concerns this token only.
    Token(Verdict),
}

impl Finding {
    fn of(response: &Response<Bytes>, expected: Expectation<'_>) -> Self {
        match TokenOutcome::read(response, expected.client_id) {
            TokenOutcome::Tokens(tokens) => Self::Token(of_tokens(tokens, expected)),
            TokenOutcome::Refused(error) => Self::of_refusal(&error, expected),
            TokenOutcome::Malformed(malformed) if !malformed.refresh_tokens.is_empty() => {
                Self::Token(hold_back("malformed_response", UserHints::default()))
            }
            // Not an answer of a token endpoint, and no refresh token is in it: there is nothing to keep.
            _ => Self::Busy {
                reason: Reason::named("unreadable_response"),
                may_have_arrived: true,
            },
        }
    }

    fn of_refusal(error: &ServiceError, expected: Expectation<'_>) -> Self {
        let reason = Reason::from(error);
        match error.refusal() {
            Refusal::Transient => Self::Busy {
                reason,
                may_have_arrived: true,
            },
            Refusal::InteractionRequired => {
                Self::Token(Verdict::Conclude(Class::NeedsUser, reason))
            }
            // RFC 6749 §4.1.2.1: the server met "an unexpected condition", after which nobody knows how far it got.
            _ if error.error == "server_error" => Self::Busy {
                reason,
                may_have_arrived: true,
            },
            _ if refuses_all_alike(error, expected.metadata.authority().tenant()) => {
                Self::ClientRefused(reason)
            }
            _ if !is_of_a_token_endpoint(error) => Self::Page(reason),
            _ if error.misplaced() == Some(Misplaced::OtherTenant) => Self::OtherTenant(reason),
            _ => Self::Token(Verdict::Conclude(Class::Failed, reason)),
        }
    }

    fn of_silence(error: &HttpError) -> Self {
        Self::Busy {
            reason: error.into(),
            may_have_arrived: error.may_have_been_sent(),
        }
    }

    /// Why the token must not be sent again unasked, if so: it may be spent. The one place that asks the rotation policy.
    fn doubt(&self, rotation: RotationPolicy) -> Option<Reason> {
        match self {
            _ if rotation.allows_repeat() => None,
            Self::Busy {
                reason,
                may_have_arrived: true,
            }
            | Self::Page(reason) => Some(reason.clone()),
            // The server's word that it issued nothing.
            Self::Busy { .. } | Self::ClientRefused(_) | Self::OtherTenant(_) | Self::Token(_) => {
                None
            }
        }
    }
}

/// Whether an error has the form of RFC 6749 §5.2: named, and with a status that a token endpoint uses. Gateways answer in
/// JSON as well, and some have an `error` in it.
fn is_of_a_token_endpoint(error: &ServiceError) -> bool {
    let is_usual = matches!(error.status.as_u16(), 200..=299 | 400 | 401);
    is_usual && !error.error.is_empty()
}

/// Whether every token of the same client and authority would be refused like this one.
fn refuses_all_alike(error: &ServiceError, tenant: &Tenant) -> bool {
    let misplaced = error.misplaced();
    // RFC 6749 §5.2: these two are about the client and not about its token.
    match error.error.as_str() {
        // One user is not of this tenant; others may be.
        "invalid_client" | "unauthorized_client" if misplaced == Some(Misplaced::OtherTenant) => {
            false
        }
        // `organizations` and its like stand for all directories: what one of them says about the client is about that
        // one, where the user is at home. What the client proves itself with is the same everywhere.
        "invalid_client" => !tenant.is_shared() || misplaced != Some(Misplaced::ClientInDirectory),
        "unauthorized_client" => {
            !tenant.is_shared() || misplaced == Some(Misplaced::ClientAnywhere)
        }
        _ => false,
    }
}

fn of_tokens(tokens: Box<TokenResponse>, expected: Expectation<'_>) -> Verdict {
    // OpenID Connect Core §12.2: the ID token of a refresh has the issuer of the first one, which was the authority's.
    if let Some(claims) = tokens.claims()
        && expected.metadata.check_id_token_issuer(claims).is_err()
    {
        return hold_back("wrong_issuer", user_of(&tokens));
    }
    let Some(answered) = tokens.home_account_id() else {
        return hold_back("no_identity", user_of(&tokens));
    };
    let is_expected = expected_user(expected.user).matches(&tokens);
    let home_account_id = match (&tokens.client_info, &expected.user.home_account_id) {
        // Without `client_info` the answer names the user as this client knows them, and the source knows more.
        (None, Some(known)) if is_expected => known.clone(),
        _ => answered,
    };
    // The operator may have looked at the mismatches, and accepts them.
    let accepts_all = expected.is_released || expected.settings.allow_user_mismatch;
    match accepts_all || is_expected {
        true => Verdict::Publish(tokens, home_account_id),
        false => hold_back("user_mismatch", user_of(&tokens)),
    }
}

fn hold_back(reason: &'static str, found: UserHints) -> Verdict {
    Verdict::HoldBack(Reason::named(reason), Box::new(found))
}

/// Whose tokens these are, as far as they say.
pub(super) fn user_of(tokens: &TokenResponse) -> UserHints {
    let claims = tokens.claims();
    UserHints {
        username: claims.and_then(|claims| claims.username.clone()),
        oid: claims.and_then(|claims| claims.object_id.clone()),
        tid: claims.and_then(|claims| claims.tenant_id.clone()),
        sub: None,
        home_account_id: tokens.home_account_id(),
    }
}

/// The user whom the source names.
pub(super) fn expected_user(hints: &UserHints) -> ExpectedUser<'_> {
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
