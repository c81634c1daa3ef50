//! The headers of a token request.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::context::RequestContext;

/// What a token request says beside its form.
pub(super) fn headers(context: &RequestContext) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(ALWAYS.len() + 4);
    for (name, value) in ALWAYS {
        headers.append(name, value);
    }
    let mailbox = context.anchor_mailbox.as_deref().unwrap_or_default();
    for (name, value) in [
        (CLIENT_REQUEST_ID, context.correlation_id.as_str()),
        (CURRENT_TELEMETRY, &context.current_telemetry),
        (LAST_TELEMETRY, &context.last_telemetry),
        (ANCHOR_MAILBOX, mailbox),
        (APP_NAME, context.app_name.as_deref().unwrap_or_default()),
        (
            APP_VERSION,
            context.app_version.as_deref().unwrap_or_default(),
        ),
    ] {
        optional_header(&mut headers, name, value);
    }
    headers
}

/// Adds a header that only helps routing or support: where its value is empty or could not stand in a header, it is
/// left out rather than failing the request.
fn optional_header(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value)
        && !value.is_empty()
    {
        headers.append(name, value);
    }
}

/// What every request says.
const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    // RFC 6749 §4.1.3 and §6 want this type for the body, §5.1 answers in the one after it.
    (
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    ),
    (ACCEPT, HeaderValue::from_static("application/json")),
    (
        HeaderName::from_static("x-client-sku"),
        HeaderValue::from_static("MSAL.Rust"),
    ),
    (
        HeaderName::from_static("x-client-ver"),
        HeaderValue::from_static(env!("CARGO_PKG_VERSION")),
    ),
    (
        HeaderName::from_static("x-client-os"),
        HeaderValue::from_static(std::env::consts::OS),
    ),
    (
        HeaderName::from_static("x-ms-lib-capability"),
        HeaderValue::from_static("retry-after, h429"),
    ),
];

const APP_NAME: HeaderName = HeaderName::from_static("x-app-name");
const APP_VERSION: HeaderName = HeaderName::from_static("x-app-ver");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
const CURRENT_TELEMETRY: HeaderName = HeaderName::from_static("x-client-current-telemetry");
const LAST_TELEMETRY: HeaderName = HeaderName::from_static("x-client-last-telemetry");
const ANCHOR_MAILBOX: HeaderName = HeaderName::from_static("x-anchormailbox");
