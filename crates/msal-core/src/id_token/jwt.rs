//! The payload of a JSON web token (RFC 7519).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::error::IdTokenError;

pub(super) fn payload<T: DeserializeOwned>(token: &str) -> Result<T, IdTokenError> {
    // A bounded split: a megabyte of dots must not become a million parts.
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
    let json = URL_SAFE_NO_PAD
        .decode(part.trim_end_matches('='))
        .map_err(|_unspecific| IdTokenError::Malformed)?;
    // A derived reader would take an array for an object.
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err(IdTokenError::Malformed);
    }
    serde_json::from_slice(&json).map_err(|_unspecific| IdTokenError::Malformed)
}
