//! What only clients that can keep a secret do: act for themselves, and on behalf of users.

use msal_core::{IntoScopes, UserAssertion};

use super::ConfidentialClientApplication;
use crate::error::Error;
use crate::flow::{
    AcquireTokenForClient, AcquireTokenOnBehalfOf, client_credentials, on_behalf_of,
};

impl ConfidentialClientApplication {
    /// A token for the application itself (RFC 6749 §4.4), from the cache or from the authority: for services that no user
    /// takes part in. The scope is that of an API with `/.default` behind it.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(app: msal::ConfidentialClientApplication, tenant: &str) -> Result<(), msal::Error> {
    /// let graph = ["https://graph.microsoft.com/.default"];
    /// let token = app.acquire_token_for_client(graph).await?;
    /// let of_a_customer = app.acquire_token_for_client(graph).tenant(tenant).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn acquire_token_for_client(&self, scopes: impl IntoScopes) -> AcquireTokenForClient {
        AcquireTokenForClient::new(self.handle.clone(), scopes)
    }

    /// Removes the tokens of the application itself from the cache, of all tenants. Those of users stay.
    ///
    /// # Errors
    /// [`Error::Store`] when the cache cannot be saved.
    pub fn remove_tokens_for_client(
        &self,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        let handle = self.handle.clone();
        async move { client_credentials::remove_tokens(&handle).await }
    }

    /// A token for the next API, on behalf of the user whose token this application was called with (RFC 7523 §2.1).
    ///
    /// The application must have checked the assertion: its signature, its audience and when it expires. What was got for an
    /// assertion is found again by that assertion only, so that one cache can serve many users.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example(app: msal::ConfidentialClientApplication, bearer: &str) -> Result<(), msal::Error> {
    /// use msal::UserAssertion;
    ///
    /// let assertion = UserAssertion::from(bearer); // what stands behind `Bearer` in the request's header
    /// let token = app.acquire_token_on_behalf_of(&assertion, ["User.Read"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn acquire_token_on_behalf_of(
        &self,
        assertion: &UserAssertion,
        scopes: impl IntoScopes,
    ) -> AcquireTokenOnBehalfOf {
        AcquireTokenOnBehalfOf::of_assertion(self.handle.clone(), assertion, scopes)
    }

    /// Begins work on behalf of a user that goes on when the assertion has expired. The assertion is exchanged, and the refresh
    /// token that comes with it is kept for [`acquire_token_in_long_running_on_behalf_of`]. What had the same session key before
    /// is forgotten.
    ///
    /// # Security
    /// Whoever knows the session key gets tokens of the user: make it of random bytes, and let no caller choose it.
    ///
    /// [`acquire_token_in_long_running_on_behalf_of`]: Self::acquire_token_in_long_running_on_behalf_of
    pub fn initiate_long_running_on_behalf_of(
        &self,
        assertion: &UserAssertion,
        session_key: &str,
        scopes: impl IntoScopes,
    ) -> AcquireTokenOnBehalfOf {
        let handle = self.handle.clone();
        AcquireTokenOnBehalfOf::of_new_session(handle, assertion, session_key, scopes)
    }

    /// A token of a session that was begun with
    /// [`initiate_long_running_on_behalf_of`](Self::initiate_long_running_on_behalf_of): from the cache, or renewed with the
    /// session's refresh token. Without such a session it is [`Error::InteractionRequired`].
    pub fn acquire_token_in_long_running_on_behalf_of(
        &self,
        session_key: &str,
        scopes: impl IntoScopes,
    ) -> AcquireTokenOnBehalfOf {
        AcquireTokenOnBehalfOf::of_session(self.handle.clone(), session_key, scopes)
    }

    /// Ends a session that was begun with
    /// [`initiate_long_running_on_behalf_of`](Self::initiate_long_running_on_behalf_of), and removes its tokens from the cache.
    ///
    /// # Errors
    /// [`Error::Store`] when the cache cannot be saved.
    pub fn stop_long_running_on_behalf_of(
        &self,
        session_key: &str,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        let (handle, session_key) = (self.handle.clone(), session_key.to_owned());
        async move { on_behalf_of::end_session(&handle, &session_key).await }
    }
}
