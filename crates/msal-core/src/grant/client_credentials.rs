//! The client credentials grant (RFC 6749 §4.4): a token for the application itself.

use bytes::Bytes;
use http::Request;

use super::authentication::ClientAuthentication;
use super::context::RequestContext;
use super::form::Form;
use crate::{ProviderMetadata, ScopeSet};

/// One request for a token of the application itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientCredentialsGrant<'a> {
    /// The client.
    pub client_id: &'a str,
    /// How it proves who it is. RFC 6749 §4.4: "MUST only be used by confidential clients".
    pub authentication: &'a ClientAuthentication,
    /// What to ask for. Nobody is there to sign in, so nothing is added.
    pub scopes: &'a ScopeSet,
    /// A claims challenge or client capabilities, as JSON text.
    pub claims: Option<&'a str>,
    /// `fmi_path`: the identity, of those that the application may act as, that the token is for.
    pub fmi_path: Option<&'a str>,
}

impl<'a> ClientCredentialsGrant<'a> {
    /// A request without claims.
    pub fn new(
        client_id: &'a str,
        authentication: &'a ClientAuthentication,
        scopes: &'a ScopeSet,
    ) -> Self {
        Self {
            client_id,
            authentication,
            scopes,
            claims: None,
            fmi_path: None,
        }
    }

    /// The request to the token endpoint of a trusted authority.
    pub fn request(&self, metadata: &ProviderMetadata, context: &RequestContext) -> Request<Bytes> {
        // RFC 6749 §4.4.2 wants `grant_type` and allows `scope`. Every MSAL sends `client_info`.
        Form::new()
            .field("client_id", self.client_id)
            .field("grant_type", "client_credentials")
            .field("client_info", "1")
            .authentication(self.authentication)
            .field("fmi_path", self.fmi_path.unwrap_or_default())
            .field("claims", self.claims.unwrap_or_default())
            .field("scope", self.scopes.as_str())
            .post(metadata.token_endpoint().clone(), context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Authority;

    fn body(grant: &ClientCredentialsGrant<'_>) -> String {
        let metadata = ProviderMetadata::built_in(&Authority::common()).unwrap();
        let request = grant.request(&metadata, &RequestContext::default());
        String::from_utf8(request.into_body().to_vec()).unwrap()
    }

    /// Recorded of MSAL Python 1.39.0.
    #[test]
    fn the_request_is_the_one_msal_python_sends() {
        let scopes = ScopeSet::requested(["https://graph.microsoft.com/.default"]).unwrap();
        let secret = ClientAuthentication::Secret("s3cr3t/+ %".into());
        let plain = ClientCredentialsGrant::new("app", &secret, &scopes);
        assert_eq!(
            body(&plain),
            "client_id=app&grant_type=client_credentials&client_info=1&client_secret=s3cr3t%2F%2B+%25\
             &scope=https%3A%2F%2Fgraph.microsoft.com%2F.default"
        );
        let scopes = ScopeSet::requested(["r/.default"]).unwrap();
        let secret = ClientAuthentication::Secret("s3cr3t".into());
        let grant = ClientCredentialsGrant {
            fmi_path: Some("SomeFmiPath/FmiCredentialPath"),
            claims: Some("{\"nbf\": 1}"),
            ..ClientCredentialsGrant::new("app", &secret, &scopes)
        };
        assert_eq!(
            body(&grant),
            "client_id=app&grant_type=client_credentials&client_info=1&client_secret=s3cr3t\
             &fmi_path=SomeFmiPath%2FFmiCredentialPath&claims=%7B%22nbf%22%3A+1%7D&scope=r%2F.default"
        );
    }
}
