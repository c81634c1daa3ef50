//! The rule about where single-page applications redeem from.

use crate::refusal::Refusal;
use crate::token::request::TokenRequest;

/// What was issued to a single-page application is redeemed by a page, which the `Origin` header shows;
/// what was issued to anything else is not.
pub(super) fn check(request: &TokenRequest<'_>, spa: bool) -> Result<(), Refusal> {
    match (spa, request.call.header("origin").is_some()) {
        (true, false) => Err(Refusal::new(9_002_327)),
        (false, true) => Err(Refusal::new(9_002_326)),
        _ => Ok(()),
    }
}
