//! What to do about what a server says, in words that go behind a message: the one place that has them.

use msal_core::{DiscoveryError, Malformation, Misplaced, Refusal, ServiceError};

use super::protocol::ProtocolError;

/// What to do about an answer that cannot be used, where there is more to say than its remedy does.
pub(super) fn of_answer(problem: &ProtocolError) -> Option<&'static str> {
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

/// What to do about a refusal, where there is more to say than its remedy does.
pub(super) fn of_refusal(refused: &ServiceError) -> Option<&'static str> {
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
