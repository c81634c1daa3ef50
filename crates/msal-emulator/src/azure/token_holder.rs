//! Whose token a request to an API carries, for the audit log.

use crate::memory::Platform;
use crate::protocol::{Call, Jwt, bearer};

/// The client and the person of the token, even if the API refuses it.
pub(crate) fn token_holder(
    platform: Platform<'_>,
    call: &Call<'_>,
) -> (Option<String>, Option<String>) {
    let claims = || {
        platform
            .issuer()
            .verify(&Jwt::read(bearer(call.request.headers())?)?)
    };
    let Some(claims) = claims() else {
        return (None, None);
    };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    (owned(claims.client_id()), owned(claims.upn()))
}
