//! What to do about an error, in words that go behind its message: the one place that has them.

use msal_core::{DiscoveryError, Malformation, Misplaced, Refusal, ServiceError};

use super::{Error, ProtocolError, SignInError};

/// What to do, where the message does not say so itself.
pub(super) fn of(error: &Error) -> Option<String> {
    if let Some(uri) = error.unregistered_redirect_uri() {
        return Some(format!(
            "register `{uri}` as a redirect URI of the application"
        ));
    }
    let said = match error {
        Error::Config(_) | Error::InteractionRequired(_) => return None,
        Error::Credential(failure) if failure.says_what_to_do() => return None,
        Error::Http(failure) => Some(failure.kind().hint()),
        Error::Protocol(problem) => of_answer(problem),
        Error::Service(refused) if refused.assertion_fault().is_some() => return None,
        Error::Service(refused) => of_refusal(refused),
        // It says itself what there is to do.
        Error::SignIn(failure)
            if matches!(
                **failure,
                SignInError::Browser(_) | SignInError::Port { .. }
            ) =>
        {
            return None;
        }
        Error::Store(failure) => return failure.store_error().hint().or_else(|| remedy(error)),
        _ => None,
    };
    said.map(str::to_owned).or_else(|| remedy(error))
}

fn remedy(error: &Error) -> Option<String> {
    Some(error.remedy().to_string())
}

fn of_answer(problem: &ProtocolError) -> Option<&'static str> {
    match problem {
        ProtocolError::Discovery(error) if error.is_transient() => None,
        ProtocolError::Discovery(DiscoveryError::NotJson) => Some(SOMEBODY_ELSE),
        ProtocolError::Discovery(error @ DiscoveryError::Status { .. }) => {
            Some(match error.misplaced() {
                Some(misplaced) => of_place(misplaced),
                None => "correct the authority",
            })
        }
        ProtocolError::Discovery(DiscoveryError::UnknownInstance | DiscoveryError::Url { .. }) => {
            Some("correct the authority")
        }
        ProtocolError::Response(malformed) if malformed.reason == Malformation::NotJson => {
            Some(SOMEBODY_ELSE)
        }
        _ => None,
    }
}

fn of_refusal(refused: &ServiceError) -> Option<&'static str> {
    if refused.refusal() == Refusal::Transient {
        return None;
    }
    // RFC 6749 §5.2 has `error` in every refusal: whoever sent a page is not the token endpoint.
    if refused.error.is_empty() {
        return Some(SOMEBODY_ELSE);
    }
    if refused.codes.contains(&ASSERTION_OUTSIDE_ITS_TIME) {
        return Some(
            "compare this machine's clock with the time: it decides when the client's assertion is valid",
        );
    }
    refused.misplaced().map(of_place)
}

fn of_place(misplaced: Misplaced) -> &'static str {
    match misplaced {
        Misplaced::NoTenant => "there is no such tenant: correct the tenant of the authority",
        _ => "name the authority of the user's tenant, or register the application there",
    }
}

const SOMEBODY_ELSE: &str = "find out who answered in the server's place: a proxy, a firewall or the login page of the network, \
                             as it seems";

/// AADSTS700024: RFC 7523 §3, rules 4 to 6, about the client's own assertion.
const ASSERTION_OUTSIDE_ITS_TIME: i64 = 700_024;
