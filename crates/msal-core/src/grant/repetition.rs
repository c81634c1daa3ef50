//! Whether a token request that failed may be sent a second time.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use super::authentication::ClientAuthentication;
use crate::{ApiId, Authority};

/// What came of a request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Attempt<'a> {
    /// It certainly did not reach the server.
    NotSent,
    /// It was answered.
    Answered(StatusCode, &'a HeaderMap),
    /// It may have reached the server, and no answer came.
    Unanswered,
}

/// How long to pause before a call's request is sent a second time; `None` when it must not be.
///
/// A request that did not reach the server may be sent again whatever it holds. One that the server answered with an error of
/// its own may have been acted on (RFC 9110 §9.2.2: a POST is not idempotent by itself), so that what it holds decides. A code
/// or a password is never sent again. Microsoft's servers take refresh tokens and assertions again; another one may revoke a
/// refresh token that is used twice, and refuse an assertion. An answer that says when to come back is the caller's to wait for.
pub fn pause_before_repeating(
    api: ApiId,
    authentication: &ClientAuthentication,
    authority: &Authority,
    attempt: Attempt<'_>,
) -> Option<Duration> {
    match attempt {
        Attempt::NotSent => Some(Duration::ZERO),
        Attempt::Unanswered => None,
        Attempt::Answered(status, headers) => {
            // RFC 9110 §15.6.2: 501 is about what the server cannot do, and stays so.
            let is_trouble = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
            // RFC 9110 §10.2.3
            let says_when = headers.contains_key(http::header::RETRY_AFTER);
            let is_spent = is_spent_by_use(api, authentication, authority);
            (is_trouble && !is_spent && !says_when).then_some(PAUSE)
        }
    }
}

/// Whether a server that has acted on the request may refuse what it holds the second time, or do worse.
fn is_spent_by_use(
    api: ApiId,
    authentication: &ClientAuthentication,
    authority: &Authority,
) -> bool {
    let is_microsofts = authority.is_well_known();
    match api {
        // RFC 7523 §3, rule 7: a server may remember the assertions that it has seen.
        ApiId::ForClient => {
            !is_microsofts && matches!(authentication, ClientAuthentication::Assertion(_))
        }
        // The same rule, and RFC 6749 §10.4: a server that rotates takes the second use of a refresh token for theft.
        ApiId::ByRefreshToken | ApiId::OnBehalfOf | ApiId::Silent => !is_microsofts,
        // RFC 6749 §4.1.2 and RFC 8628 §3.5: codes. A password that is wrong twice may lock an account.
        ApiId::ByAuthCodeFlow
        | ApiId::ByDeviceFlow
        | ApiId::ByUsernamePassword
        | ApiId::Interactive => true,
    }
}

/// What breaks down in the middle of a request is mostly back in a second.
const PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use http::header::RETRY_AFTER;

    use super::*;

    #[test]
    fn what_a_request_holds_decides_whether_it_is_repeated() {
        let none = HeaderMap::new();
        let later = HeaderMap::from_iter([(RETRY_AFTER, "5".parse().unwrap())]);
        let soon = HeaderMap::from_iter([(RETRY_AFTER, "soon".parse().unwrap())]);
        let answered = |status: u16, headers| {
            Attempt::Answered(StatusCode::from_u16(status).unwrap(), headers)
        };
        let secret = ClientAuthentication::Secret("s".into());
        let assertion = ClientAuthentication::Assertion("a.b.c".into());
        // For each call: at Microsoft's hosts, and at others.
        let by_what_it_holds = [
            (ApiId::ForClient, &secret, [true, true]),
            (ApiId::ForClient, &assertion, [true, false]),
            (ApiId::OnBehalfOf, &secret, [true, false]),
            (ApiId::ByRefreshToken, &secret, [true, false]),
            (ApiId::Silent, &ClientAuthentication::None, [true, false]),
            (ApiId::ByAuthCodeFlow, &secret, [false, false]),
            (ApiId::ByDeviceFlow, &secret, [false, false]),
            (ApiId::ByUsernamePassword, &secret, [false, false]),
            (ApiId::Interactive, &secret, [false, false]),
        ];
        let other = Authority::parse("https://idp.example/contoso").unwrap();
        let authorities = [Authority::common(), other];
        for (call, proof, is_repeatable) in by_what_it_holds {
            for (authority, is_repeatable) in authorities.iter().zip(is_repeatable) {
                for (attempt, expected) in [
                    (Attempt::NotSent, Some(Duration::ZERO)),
                    (Attempt::Unanswered, None),
                    (answered(500, &none), is_repeatable.then_some(PAUSE)),
                    (answered(502, &none), is_repeatable.then_some(PAUSE)),
                    (answered(503, &none), is_repeatable.then_some(PAUSE)),
                    (answered(504, &none), is_repeatable.then_some(PAUSE)),
                    (answered(501, &none), None),
                    (answered(503, &later), None),
                    (answered(503, &soon), None),
                    (answered(429, &none), None),
                    (answered(408, &none), None),
                    (answered(400, &none), None),
                    (answered(200, &none), None),
                ] {
                    let pause = pause_before_repeating(call, proof, authority, attempt);
                    assert_eq!(pause, expected, "{call:?} {authority} {attempt:?}");
                }
            }
        }
    }
}
