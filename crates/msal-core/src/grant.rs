//! Token requests: what every grant sends, and how a client says who it is (RFC 6749 §2.3, §4).

mod refresh_token;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Request};
use thiserror::Error;
use url::form_urlencoded;

pub use refresh_token::RefreshTokenGrant;

use crate::ClientSecret;
use crate::secret_buffer::SecretBuffer;

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
        if value.is_empty() {
            return self;
        }
        let is_plain = is_unreserved(value);
        let longest = if is_plain { 1 } else { 3 };
        self.0.make_room(name.len() + longest * value.len() + 2);
        if !self.0.is_empty() {
            self.0.push(b'&');
        }
        self.0.extend_from_slice(name.as_bytes());
        self.0.push(b'=');
        if is_plain {
            self.0.extend_from_slice(value.as_bytes());
        } else {
            for part in form_urlencoded::byte_serialize(value.as_bytes()) {
                self.0.extend_from_slice(part.as_bytes());
            }
        }
        self
    }

    fn credential(self, credential: &ClientCredential) -> Self {
        match credential {
            ClientCredential::None => self,
            ClientCredential::Secret(secret) => self.field("client_secret", secret.expose_secret()),
        }
    }

    /// The POST to a token endpoint.
    fn post(
        self,
        endpoint: &str,
        context: &RequestContext,
    ) -> Result<Request<Bytes>, RequestError> {
        let mut builder = Request::post(endpoint)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .header("x-client-sku", "MSAL.Rust")
            .header("x-client-ver", env!("CARGO_PKG_VERSION"))
            .header("x-client-os", std::env::consts::OS)
            .header("x-ms-lib-capability", "retry-after, h429");
        for (name, value) in [
            ("client-request-id", &context.correlation_id),
            ("x-client-current-telemetry", &context.current_telemetry),
            ("x-client-last-telemetry", &context.last_telemetry),
        ] {
            builder = optional_header(builder, name, value);
        }
        if let Some(mailbox) = &context.anchor_mailbox {
            builder = optional_header(builder, "x-anchormailbox", mailbox);
        }
        builder
            .body(self.0.into_shared())
            .map_err(|_unspecific| RequestError::Endpoint {
                endpoint: endpoint.to_owned(),
            })
    }
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
fn optional_header(
    builder: http::request::Builder,
    name: &str,
    value: &str,
) -> http::request::Builder {
    match HeaderValue::from_str(value) {
        Ok(value) if !value.is_empty() => builder.header(name, value),
        _ => builder,
    }
}

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
