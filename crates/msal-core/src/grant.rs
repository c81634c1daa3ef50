//! Token requests: what every grant sends, and how a client says who it is (RFC 6749 §2.3, §4).

mod refresh_token;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use thiserror::Error;
use url::form_urlencoded;

pub use refresh_token::RefreshTokenGrant;

use crate::secret_buffer::SecretBuffer;
use crate::{ClientSecret, ScopeSet};

/// How a client proves to the token endpoint who it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientCredential {
    /// A public client proves nothing.
    None,
    /// A shared secret, sent in the body as Microsoft's documentation does (RFC 6749 §2.3.1).
    Secret(ClientSecret),
}

/// What identifies one request to Microsoft's support and telemetry. None of it names a user.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RequestContext {
    /// A fresh UUID for `client-request-id`; the server repeats it as `correlation_id`.
    pub correlation_id: String,
    /// `x-client-current-telemetry`: which call this is and why it went to the network.
    pub current_telemetry: String,
    /// `x-client-last-telemetry`: cache hits and failures since the last success.
    pub last_telemetry: String,
    /// `X-AnchorMailbox`: routes the request to the region that holds the user.
    pub anchor_mailbox: Option<String>,
}

impl RequestContext {
    /// Puts the four together.
    pub fn new(
        correlation_id: String,
        current_telemetry: String,
        last_telemetry: String,
        anchor_mailbox: Option<String>,
    ) -> Self {
        Self {
            correlation_id,
            current_telemetry,
            last_telemetry,
            anchor_mailbox,
        }
    }
}

/// Why a request cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The token endpoint's URL cannot be put into a request.
    #[error("`{endpoint}` is not a URL that a request can be sent to")]
    #[non_exhaustive]
    Endpoint {
        /// The URL.
        endpoint: String,
    },
}

/// A form body that is overwritten in memory when it is dropped.
struct Form(SecretBuffer);

impl Form {
    fn new() -> Self {
        // Refresh tokens run to 1.5 KB.
        Self(SecretBuffer::with_capacity(2048))
    }

    /// Adds a field; an empty value is left out, as MSAL does.
    fn field(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.name(name);
            self.value(value);
        }
        self
    }

    /// Adds what [`ScopeSet::with_reserved`] holds, without making the set.
    fn scopes(mut self, scopes: &ScopeSet) -> Self {
        self.name("scope");
        for (number, scope) in scopes.iter_with_reserved().enumerate() {
            if number > 0 {
                self.0.make_room(1);
                // A space, form encoded.
                self.0.push(b'+');
            }
            self.value(scope);
        }
        self
    }

    fn credential(self, credential: &ClientCredential) -> Self {
        match credential {
            ClientCredential::None => self,
            ClientCredential::Secret(secret) => self.field("client_secret", secret.expose_secret()),
        }
    }

    fn name(&mut self, name: &str) {
        self.0.make_room(name.len() + 2);
        if !self.0.is_empty() {
            self.0.push(b'&');
        }
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(b'=');
    }

    fn value(&mut self, value: &str) {
        if is_unreserved(value) {
            self.0.make_room(value.len());
            self.0.extend_from_slice(value.as_bytes());
            return;
        }
        self.0.make_room(3 * value.len());
        for part in form_urlencoded::byte_serialize(value.as_bytes()) {
            self.0.extend_from_slice(part.as_bytes());
        }
    }

    /// The POST to a token endpoint.
    fn post(
        self,
        endpoint: &str,
        context: &RequestContext,
    ) -> Result<Request<Bytes>, RequestError> {
        match endpoint.parse() {
            Ok(endpoint) => Ok(self.post_to(endpoint, context)),
            Err(_unspecific) => Err(RequestError::Endpoint {
                endpoint: endpoint.to_owned(),
            }),
        }
    }

    fn post_to(self, endpoint: Uri, context: &RequestContext) -> Request<Bytes> {
        let mut request = Request::new(self.0.into_shared());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = endpoint;
        *request.headers_mut() = headers(context);
        request
    }
}

fn headers(context: &RequestContext) -> HeaderMap {
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
    ] {
        optional_header(&mut headers, name, value);
    }
    headers
}

/// Whether form encoding leaves `value` as it is: so it is with Entra's refresh tokens, which make up most of a form.
///
/// It looks at every byte without stopping early, which compilers turn into a few instructions for sixteen of them.
fn is_unreserved(value: &str) -> bool {
    value.bytes().fold(true, |so_far, byte| {
        so_far & (byte.is_ascii_alphanumeric() | matches!(byte, b'*' | b'-' | b'.' | b'_'))
    })
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

/// What every request says. Names and values were checked when this was compiled.
const ALWAYS: [(HeaderName, HeaderValue); 6] = [
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

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
const CURRENT_TELEMETRY: HeaderName = HeaderName::from_static("x-client-current-telemetry");
const LAST_TELEMETRY: HeaderName = HeaderName::from_static("x-client-last-telemetry");
const ANCHOR_MAILBOX: HeaderName = HeaderName::from_static("x-anchormailbox");

#[cfg(test)]
mod tests {
    use super::*;

    fn body(form: Form) -> String {
        let request = form
            .post("https://x.example/t", &RequestContext::default())
            .unwrap();
        String::from_utf8(request.into_body().to_vec()).unwrap()
    }

    #[test]
    fn fields_are_form_encoded_and_empty_ones_left_out() {
        let form = Form::new()
            .field("a", "x y&z=é")
            .field("b", "")
            .field("c", "*-._~");
        assert_eq!(body(form), "a=x+y%26z%3D%C3%A9&c=*-._%7E");
    }

    #[test]
    fn scopes_are_sent_with_the_reserved_ones_in_order() {
        for scopes in ["", "a", "p z", "openid", "https://x/a+b offline_access q"] {
            let scopes = ScopeSet::from_wire(scopes);
            let sent = Form::new().field("scope", scopes.with_reserved().as_str());
            assert_eq!(body(Form::new().scopes(&scopes)), body(sent), "{scopes:?}");
        }
    }

    #[test]
    fn a_form_longer_than_its_first_buffer_is_whole() {
        let long = "+".repeat(10_000);
        assert_eq!(
            body(Form::new().field("a", "1").field("b", &long)).len(),
            6 + 30_000
        );
    }

    #[test]
    fn a_value_that_no_header_may_hold_is_left_out() {
        let context = RequestContext {
            anchor_mailbox: Some("a\r\nevil: 1".to_owned()),
            ..RequestContext::default()
        };
        let request = Form::new().post("https://x.example/t", &context).unwrap();
        assert!(!request.headers().contains_key("x-anchormailbox"));
    }

    #[test]
    fn an_endpoint_that_is_no_url_is_an_error() {
        let error = Form::new()
            .post("not a url", &RequestContext::default())
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "`not a url` is not a URL that a request can be sent to"
        );
    }
}
