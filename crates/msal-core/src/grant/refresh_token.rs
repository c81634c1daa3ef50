//! The refresh token grant (RFC 6749 §6): what migration and every silent renewal send.

use bytes::Bytes;
use http::Request;

use super::authentication::ClientAuthentication;
use super::context::RequestContext;
use super::form::Form;
use crate::{ProviderMetadata, RefreshToken, ScopeSet};

/// One redemption of a refresh token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RefreshTokenGrant<'a> {
    /// The client the token was issued to. RFC 6749 §6 binds it to that client; Entra, to its family.
    pub client_id: &'a str,
    /// How that client proves who it is.
    pub authentication: &'a ClientAuthentication,
    /// The token.
    pub refresh_token: &'a RefreshToken,
    /// What to ask for, without the reserved scopes: they are added. RFC 6749 §6 allows nothing that was not granted
    /// before; Entra allows whatever the user has consented to.
    pub scopes: &'a ScopeSet,
    /// A claims challenge or client capabilities, as JSON text.
    pub claims: Option<&'a str>,
}

impl<'a> RefreshTokenGrant<'a> {
    /// A redemption without claims.
    pub fn new(
        client_id: &'a str,
        authentication: &'a ClientAuthentication,
        refresh_token: &'a RefreshToken,
        scopes: &'a ScopeSet,
    ) -> Self {
        Self {
            client_id,
            authentication,
            refresh_token,
            scopes,
            claims: None,
        }
    }

    /// The request to the token endpoint of a trusted authority, which nothing but its metadata tells. `client_info=1` is
    /// what makes Entra say whose token it was.
    pub fn request(&self, metadata: &ProviderMetadata, context: &RequestContext) -> Request<Bytes> {
        self.form().post(metadata.token_endpoint().clone(), context)
    }

    fn form(&self) -> Form {
        // RFC 6749 §6 wants `grant_type` and `refresh_token`, and allows `scope`. §3.2.1 lets a client name itself.
        Form::new()
            .field("client_id", self.client_id)
            .field("grant_type", "refresh_token")
            .field("client_info", "1")
            .authentication(self.authentication)
            // OpenID Connect Core §5.5 has it for the authorization endpoint; Entra's token endpoint reads it too.
            .field("claims", self.claims.unwrap_or_default())
            .field("refresh_token", self.refresh_token.expose_secret())
            .scopes(self.scopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Authority, HomeAccountId};

    #[test]
    fn the_request_is_the_one_msal_python_sends() {
        let scopes = ScopeSet::requested(["https://graph.microsoft.com/.default"]).unwrap();
        let secret = ClientAuthentication::Secret("s3cr3t".into());
        let token = RefreshToken::from("OLD-RT");
        let context = RequestContext {
            correlation_id: "3f2a".to_owned(),
            current_telemetry: "4|85,1|".to_owned(),
            last_telemetry: "4|0|||".to_owned(),
            anchor_mailbox: Some(HomeAccountId::new("u.t").anchor_mailbox()),
            app_name: Some("my-app".to_owned()),
            app_version: Some("1.2".to_owned()),
            ..RequestContext::default()
        };
        let metadata = ProviderMetadata::built_in(&Authority::common()).unwrap();
        let request =
            RefreshTokenGrant::new("app", &secret, &token, &scopes).request(&metadata, &context);

        assert_eq!(
            request.uri(),
            "https://login.microsoftonline.com/common/oauth2/v2.0/token"
        );
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        assert_eq!(
            body,
            "client_id=app&grant_type=refresh_token&client_info=1&client_secret=s3cr3t&refresh_token=OLD-RT\
             &scope=https%3A%2F%2Fgraph.microsoft.com%2F.default+offline_access+openid+profile"
        );
        for (name, value) in [
            ("accept", "application/json"),
            ("client-request-id", "3f2a"),
            ("x-client-current-telemetry", "4|85,1|"),
            ("x-client-last-telemetry", "4|0|||"),
            ("x-anchormailbox", "Oid:u@t"),
            ("x-app-name", "my-app"),
            ("x-app-ver", "1.2"),
            ("x-ms-lib-capability", "retry-after, h429"),
        ] {
            assert_eq!(request.headers()[name], value, "{name}");
        }
    }
}
