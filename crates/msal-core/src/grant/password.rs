//! The resource owner password credentials grant (RFC 6749 §4.3).

use bytes::Bytes;
use http::Request;

use super::authentication::ClientAuthentication;
use super::context::RequestContext;
use super::form::Form;
use crate::{Password, ProviderMetadata, ScopeSet};

/// A sign-in with a user name and a password, which the program has seen: RFC 9700 §2.4 says that this "MUST NOT be used",
/// where there is any other way.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PasswordGrant<'a> {
    /// The client.
    pub client_id: &'a str,
    /// How that client proves who it is.
    pub authentication: &'a ClientAuthentication,
    /// The name that the user signs in by.
    pub username: &'a str,
    /// The password.
    pub password: &'a Password,
    /// What to ask for, without the reserved scopes: they are added.
    pub scopes: &'a ScopeSet,
    /// A claims challenge or client capabilities, as JSON text.
    pub claims: Option<&'a str>,
}

impl<'a> PasswordGrant<'a> {
    /// A sign-in without claims.
    pub fn new(
        client_id: &'a str,
        authentication: &'a ClientAuthentication,
        username: &'a str,
        password: &'a Password,
        scopes: &'a ScopeSet,
    ) -> Self {
        Self {
            client_id,
            authentication,
            username,
            password,
            scopes,
            claims: None,
        }
    }

    /// The request to the token endpoint of a trusted authority.
    pub fn request(&self, metadata: &ProviderMetadata, context: &RequestContext) -> Request<Bytes> {
        self.form().post(metadata.token_endpoint().clone(), context)
    }

    /// The `X-AnchorMailbox` value that routes a request to the region holding the user of this name.
    pub fn anchor_mailbox(username: &str) -> String {
        format!("upn:{username}")
    }

    fn form(&self) -> Form {
        // RFC 6749 §4.3.2
        Form::new()
            .field("client_id", self.client_id)
            .field("grant_type", "password")
            .field("client_info", "1")
            .authentication(self.authentication)
            .field("claims", self.claims.unwrap_or_default())
            .field("username", self.username)
            .field("password", self.password.expose_secret())
            .scopes(self.scopes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Authority;

    #[test]
    fn the_request_is_the_one_msal_python_sends() {
        let scopes = ScopeSet::requested(["User.Read"]).unwrap();
        let password = Password::from("p&ss");
        let metadata = ProviderMetadata::built_in(&Authority::common()).unwrap();
        let context = RequestContext {
            anchor_mailbox: Some(PasswordGrant::anchor_mailbox("alice@contoso.com")),
            ..RequestContext::default()
        };
        let grant = PasswordGrant::new(
            "app",
            &ClientAuthentication::None,
            "alice@contoso.com",
            &password,
            &scopes,
        );
        let request = grant.request(&metadata, &context);
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        assert_eq!(
            body,
            "client_id=app&grant_type=password&client_info=1&username=alice%40contoso.com&password=p%26ss\
             &scope=User.Read+offline_access+openid+profile"
        );
        assert_eq!(
            request.headers()["x-anchormailbox"],
            "upn:alice@contoso.com"
        );
        assert!(!format!("{grant:?}").contains("p&ss"));
    }
}
