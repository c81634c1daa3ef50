//! The payload of a JSON web token (RFC 7519), without a look at its signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::error::IdTokenError;

/// The claims of `token`.
pub(crate) fn payload<T: DeserializeOwned>(token: &str) -> Result<T, IdTokenError> {
    // RFC 7515 §3.1: header, payload and signature with dots between them. The split is bounded: a megabyte of dots
    // must not become a million parts.
    let mut parts = token.splitn(4, '.');
    let (Some(header), Some(payload), Some(_signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(IdTokenError::Malformed);
    };
    let _header: IgnoredAny = json_object(header)?;
    json_object(payload)
}

fn json_object<T: DeserializeOwned>(part: &str) -> Result<T, IdTokenError> {
    // RFC 7515 §2: base64url without padding, which is tolerated.
    let json = URL_SAFE_NO_PAD
        .decode(part.trim_end_matches('='))
        .map_err(|_unspecific| IdTokenError::Malformed)?;
    // RFC 7519 §7.2: header and claims set are JSON objects. A derived reader would take an array for one.
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(IdTokenError::Malformed);
    }
    serde_json::from_slice(&json).map_err(|_unspecific| IdTokenError::Malformed)
}
