//! The authorization code grant (RFC 6749 §4.1.3) with a proof key (RFC 7636 §4.5).

use bytes::Bytes;
use http::Request;

use super::authentication::ClientAuthentication;
use super::context::RequestContext;
use super::form::Form;
use crate::{AuthorizationCode, CodeVerifier, ProviderMetadata, ScopeSet};

/// One redemption of an authorization code.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuthorizationCodeGrant<'a> {
    /// The client the code was issued to.
    pub client_id: &'a str,
    /// How that client proves who it is.
    pub authentication: &'a ClientAuthentication,
    /// The code.
    pub code: &'a AuthorizationCode,
    /// What the code challenge was made of.
    pub code_verifier: &'a CodeVerifier,
    /// RFC 6749 §4.1.3: the one that the user was sent to the authorization endpoint with.
    pub redirect_uri: &'a str,
    /// What to ask for, without the reserved scopes: they are added.
    pub scopes: &'a ScopeSet,
    /// A claims challenge or client capabilities, as JSON text.
    pub claims: Option<&'a str>,
}

impl<'a> AuthorizationCodeGrant<'a> {
    /// A redemption without claims.
    pub fn new(
        client_id: &'a str,
        authentication: &'a ClientAuthentication,
        code: &'a AuthorizationCode,
        code_verifier: &'a CodeVerifier,
        redirect_uri: &'a str,
        scopes: &'a ScopeSet,
    ) -> Self {
        Self {
            client_id,
            authentication,
            code,
            code_verifier,
            redirect_uri,
            scopes,
            claims: None,
        }
    }

    /// The request to the token endpoint of the authority that issued the code.
    pub fn request(&self, metadata: &ProviderMetadata, context: &RequestContext) -> Request<Bytes> {
        self.form().post(metadata.token_endpoint().clone(), context)
    }

    fn form(&self) -> Form {
        Form::new()
            .field("client_id", self.client_id)
            .field("grant_type", "authorization_code")
            .field("client_info", "1")
            .authentication(self.authentication)
            .field("claims", self.claims.unwrap_or_default())
            .field("code_verifier", self.code_verifier.expose_secret())
            .field("code", self.code.expose_secret())
            .field("redirect_uri", self.redirect_uri)
            .scopes(self.scopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Authority;

    #[test]
    fn the_request_is_the_one_msal_python_sends() {
        let scopes = ScopeSet::requested(["User.Read", "Mail.Read"]).unwrap();
        let metadata = ProviderMetadata::built_in(&Authority::common()).unwrap();
        let (code, verifier) = ("AUTHCODE".into(), "v-._~".into());
        for (credential, claims, expected) in [
            (
                ClientAuthentication::Secret("s3cr3t".into()),
                None,
                "client_id=app&grant_type=authorization_code&client_info=1&client_secret=s3cr3t\
                 &code_verifier=v-._%7E&code=AUTHCODE&redirect_uri=https%3A%2F%2Fapp%2Fcb\
                 &scope=Mail.Read+User.Read+offline_access+openid+profile",
            ),
            (
                ClientAuthentication::None,
                Some("{}"),
                "client_id=app&grant_type=authorization_code&client_info=1&claims=%7B%7D\
                 &code_verifier=v-._%7E&code=AUTHCODE&redirect_uri=https%3A%2F%2Fapp%2Fcb\
                 &scope=Mail.Read+User.Read+offline_access+openid+profile",
            ),
        ] {
            let mut grant = AuthorizationCodeGrant::new(
                "app",
                &credential,
                &code,
                &verifier,
                "https://app/cb",
                &scopes,
            );
            grant.claims = claims;
            let request = grant.request(&metadata, &RequestContext::default());
            assert_eq!(
                request.uri(),
                "https://login.microsoftonline.com/common/oauth2/v2.0/token"
            );
            assert_eq!(request.body(), expected);
        }
    }
}
