//! The device authorization grant (RFC 8628): asking for a code, and asking for tokens until the user has entered it.

use bytes::Bytes;
use http::Request;

use super::authentication::ClientAuthentication;
use super::context::RequestContext;
use super::form::Form;
use crate::{DeviceCode, ProviderMetadata, ScopeSet};

/// The request that begins a device flow (RFC 8628 §3.1).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceAuthorizationRequest<'a> {
    /// The client.
    pub client_id: &'a str,
    /// What to ask for, without the reserved scopes: they are added.
    pub scopes: &'a ScopeSet,
    /// A claims challenge or client capabilities, as JSON text.
    pub claims: Option<&'a str>,
}

impl<'a> DeviceAuthorizationRequest<'a> {
    /// A request without claims.
    pub fn new(client_id: &'a str, scopes: &'a ScopeSet) -> Self {
        Self {
            client_id,
            scopes,
            claims: None,
        }
    }

    /// The request to the device authorization endpoint; `None` where the authority has none.
    pub fn request(
        &self,
        metadata: &ProviderMetadata,
        context: &RequestContext,
    ) -> Option<Request<Bytes>> {
        let endpoint = metadata.device_authorization_endpoint()?.clone();
        Some(self.form().post(endpoint, context))
    }

    fn form(&self) -> Form {
        Form::new()
            .field("client_id", self.client_id)
            .scopes(self.scopes)
            .field("claims", self.claims.unwrap_or_default())
    }
}

/// One question for the tokens of a device code (RFC 8628 §3.4).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceCodeGrant<'a> {
    /// The client that the code was issued to.
    pub client_id: &'a str,
    /// How that client proves who it is.
    pub authentication: &'a ClientAuthentication,
    /// The code.
    pub device_code: &'a DeviceCode,
    /// The claims that the flow began with.
    pub claims: Option<&'a str>,
}

impl<'a> DeviceCodeGrant<'a> {
    /// A question without claims.
    pub fn new(
        client_id: &'a str,
        authentication: &'a ClientAuthentication,
        device_code: &'a DeviceCode,
    ) -> Self {
        Self {
            client_id,
            authentication,
            device_code,
            claims: None,
        }
    }

    /// The request to the token endpoint of a trusted authority.
    pub fn request(&self, metadata: &ProviderMetadata, context: &RequestContext) -> Request<Bytes> {
        self.form().post(metadata.token_endpoint().clone(), context)
    }

    fn form(&self) -> Form {
        let device_code = self.device_code.expose_secret();
        Form::new()
            .field("client_id", self.client_id)
            .field("grant_type", "urn:ietf:params:oauth:grant-type:device_code")
            .field("client_info", "1")
            .authentication(self.authentication)
            // What the draft called it that Entra's first version implements. MSAL sends both to every server.
            .field("code", device_code)
            .field("claims", self.claims.unwrap_or_default())
            .field("device_code", device_code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Authority;

    fn fields(request: &Request<Bytes>) -> Vec<(String, String)> {
        url::form_urlencoded::parse(request.body())
            .into_owned()
            .collect()
    }

    fn context() -> RequestContext {
        RequestContext {
            correlation_id: "3f2a".to_owned(),
            ..RequestContext::default()
        }
    }

    #[test]
    fn the_requests_are_those_that_msal_python_sends() {
        let metadata = ProviderMetadata::built_in(&Authority::common()).unwrap();
        let scopes = ScopeSet::requested(["User.Read"]).unwrap();
        let claims = r#"{"access_token": {"xms_cc": {"values": ["CP1"]}}}"#;
        let mut begin = DeviceAuthorizationRequest::new("app", &scopes);
        begin.claims = Some(claims);
        let request = begin.request(&metadata, &context()).unwrap();
        assert_eq!(
            request.uri(),
            "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode"
        );
        let expected = [
            ("client_id", "app"),
            ("scope", "User.Read offline_access openid profile"),
            ("claims", claims),
        ];
        assert_eq!(
            fields(&request),
            expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        assert_eq!(request.headers()["client-request-id"], "3f2a");
        assert!(!request.headers().contains_key("x-client-current-telemetry"));

        let code = DeviceCode::from("DEVCODE");
        let mut poll = DeviceCodeGrant::new("app", &ClientAuthentication::None, &code);
        poll.claims = Some(claims);
        let request = poll.request(&metadata, &context());
        assert_eq!(
            request.uri(),
            "https://login.microsoftonline.com/common/oauth2/v2.0/token"
        );
        let expected = [
            ("client_id", "app"),
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_info", "1"),
            ("code", "DEVCODE"),
            ("claims", claims),
            ("device_code", "DEVCODE"),
        ];
        assert_eq!(
            fields(&request),
            expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }

    #[test]
    fn the_poll_of_the_standard_is_part_of_what_is_sent() {
        // RFC 8628 §3.4, its example.
        let example = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code\
            &device_code=GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS&client_id=1406020730";
        let code = DeviceCode::from("GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS");
        let metadata = ProviderMetadata::built_in(&Authority::common()).unwrap();
        let grant = DeviceCodeGrant::new("1406020730", &ClientAuthentication::None, &code);
        let sent = grant.request(&metadata, &context());
        let sent = fields(&sent);
        for field in url::form_urlencoded::parse(example.as_bytes()).into_owned() {
            assert!(sent.contains(&field), "{field:?}");
        }
    }
}
