//! Where single-page applications redeem their codes and refresh tokens.

use crate::refusal::Refusal;
use crate::token::request::TokenRequest;

/// What was issued to a single-page application must be redeemed by a page, as the `Origin` header shows, and nothing
/// else may be redeemed by one.
pub(super) fn check(request: &TokenRequest<'_>, spa: bool) -> Result<(), Refusal> {
    match (spa, request.call.header("origin").is_some()) {
        (true, false) => Err(Refusal::new(9_002_327)),
        (false, true) => Err(Refusal::new(9_002_326)),
        _ => Ok(()),
    }
}
