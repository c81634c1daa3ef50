//! The on-behalf-of grant: a JWT bearer assertion (RFC 7523 §2.1) is exchanged for a token of the next API.

use bytes::Bytes;
use http::Request;

use super::authentication::ClientAuthentication;
use super::context::RequestContext;
use super::form::Form;
use crate::{ProviderMetadata, ScopeSet, UserAssertion};

/// One exchange of the token that an application was called with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OnBehalfOfGrant<'a> {
    /// The application that was called: the assertion's audience (RFC 7523 §3, rule 3).
    pub client_id: &'a str,
    /// How it proves who it is.
    pub authentication: &'a ClientAuthentication,
    /// What it was called with.
    pub assertion: &'a UserAssertion,
    /// What to ask for, without the reserved scopes: they are added.
    pub scopes: &'a ScopeSet,
    /// A claims challenge or client capabilities, as JSON text.
    pub claims: Option<&'a str>,
}

impl<'a> OnBehalfOfGrant<'a> {
    /// An exchange without claims.
    pub fn new(
        client_id: &'a str,
        authentication: &'a ClientAuthentication,
        assertion: &'a UserAssertion,
        scopes: &'a ScopeSet,
    ) -> Self {
        Self {
            client_id,
            authentication,
            assertion,
            scopes,
            claims: None,
        }
    }

    /// The request to the token endpoint of a trusted authority.
    pub fn request(&self, metadata: &ProviderMetadata, context: &RequestContext) -> Request<Bytes> {
        // RFC 7523 §2.1 wants `grant_type` and `assertion`; `requested_token_use` is Entra's.
        Form::new()
            .field("client_id", self.client_id)
            .field("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .field("client_info", "1")
            .authentication(self.authentication)
            .field("claims", self.claims.unwrap_or_default())
            .field("requested_token_use", "on_behalf_of")
            .scopes(self.scopes)
            .field("assertion", self.assertion.expose_secret())
            .post(metadata.token_endpoint().clone(), context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Authority;

    /// Recorded of MSAL Python 1.39.0.
    #[test]
    fn the_request_is_the_one_msal_python_sends() {
        let scopes = ScopeSet::requested(["https://graph.microsoft.com/.default"]).unwrap();
        let secret = ClientAuthentication::Secret("s3cr3t".into());
        let assertion = UserAssertion::from("INCOMING.JWT.TOKEN");
        let metadata = ProviderMetadata::built_in(&Authority::common()).unwrap();
        let grant = OnBehalfOfGrant::new("app", &secret, &assertion, &scopes);
        let request = grant.request(&metadata, &RequestContext::default());
        assert_eq!(
            String::from_utf8(request.into_body().to_vec()).unwrap(),
            "client_id=app&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&client_info=1\
             &client_secret=s3cr3t&requested_token_use=on_behalf_of\
             &scope=https%3A%2F%2Fgraph.microsoft.com%2F.default+offline_access+openid+profile\
             &assertion=INCOMING.JWT.TOKEN"
        );
    }
}
