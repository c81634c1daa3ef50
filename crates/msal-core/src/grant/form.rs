//! The form that a token request sends (RFC 6749 §3.2 and appendix B).

use bytes::Bytes;
use http::{Method, Request, Uri};
use url::form_urlencoded;

use super::authentication::ClientAuthentication;
use super::context::RequestContext;
use super::headers::headers;
use crate::{ScopeSet, SecretBuffer};

/// A form body that is overwritten in memory when it is dropped.
pub(super) struct Form(SecretBuffer);

impl Form {
    /// An empty form with room for what most requests hold.
    pub(super) fn new() -> Self {
        // Refresh tokens run to 1.5 KB.
        Self(SecretBuffer::with_capacity(2048))
    }

    /// Adds a field.
    pub(super) fn field(mut self, name: &str, value: &str) -> Self {
        // RFC 6749 §3.2: "Parameters sent without a value MUST be treated as if they were omitted from the request."
        if !value.is_empty() {
            self.name(name);
            self.value(value);
        }
        self
    }

    /// Adds what [`ScopeSet::with_reserved`] holds, without making the set.
    pub(super) fn scopes(mut self, scopes: &ScopeSet) -> Self {
        // RFC 6749 §3.3: scopes with spaces between them.
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

    /// Adds what proves who the client is.
    pub(super) fn authentication(self, authentication: &ClientAuthentication) -> Self {
        match authentication {
            // RFC 7521 §4.2
            ClientAuthentication::Assertion(assertion) => self
                .field("client_assertion", assertion.expose_secret())
                .field("client_assertion_type", JWT_BEARER),
            ClientAuthentication::None => self,
            // RFC 6749 §2.3.1: `client_id`, which every grant sends, and `client_secret`.
            ClientAuthentication::Secret(secret) => {
                self.field("client_secret", secret.expose_secret())
            }
        }
    }

    fn name(&mut self, name: &str) {
        self.0.make_room(2);
        if !self.0.is_empty() {
            self.0.push(b'&');
        }
        self.value(name);
        self.0.make_room(1);
        self.0.push(b'=');
    }

    fn value(&mut self, value: &str) {
        if is_unreserved(value) {
            self.0.make_room(value.len());
            self.0.extend_from_slice(value.as_bytes());
            return;
        }
        // RFC 6749 appendix B: UTF-8, then form encoded. A byte takes three at most.
        self.0.make_room(3 * value.len());
        for part in form_urlencoded::byte_serialize(value.as_bytes()) {
            self.0.extend_from_slice(part.as_bytes());
        }
    }

    /// The POST to a token endpoint.
    pub(super) fn post(self, endpoint: Uri, context: &RequestContext) -> Request<Bytes> {
        let extra = &context.extra;
        let fields = extra.form().iter();
        let form = fields.fold(self, |form, (name, value)| form.field(name, value));
        let mut request = Request::new(form.0.into_shared());
        // RFC 6749 §3.2: "The client MUST use the HTTP "POST" method when making access token requests."
        *request.method_mut() = Method::POST;
        *request.uri_mut() = extra.at(endpoint);
        *request.headers_mut() = headers(context);
        request
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

/// RFC 7523 §2.2
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Uri {
        Uri::from_static("https://x.example/t")
    }

    fn body(form: Form) -> String {
        let request = form.post(endpoint(), &RequestContext::default());
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
    fn a_client_proves_itself_in_one_way() {
        for (authentication, sent) in [
            (ClientAuthentication::None, ""),
            (
                ClientAuthentication::Secret("s 1".into()),
                "client_secret=s+1",
            ),
            (
                ClientAuthentication::Assertion("e30.e30.c2ln".into()),
                "client_assertion=e30.e30.c2ln\
                 &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
            ),
        ] {
            assert_eq!(body(Form::new().authentication(&authentication)), sent);
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
        let request = Form::new().post(endpoint(), &context);
        assert!(!request.headers().contains_key("x-anchormailbox"));
    }
}
