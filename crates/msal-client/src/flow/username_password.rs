//! Signing in with a user name and a password that the program knows (RFC 6749 §4.3).

use std::fmt;
use std::sync::Arc;

use msal_core::{
    ApiId, AuthorityKind, IntoScopes, Password, PasswordGrant, ProviderMetadata, ScopeError,
    ScopeSet, TokenEvent, TokenResponse, UserRealm, retry_after,
};

use super::call_options::{CallOptions, call_options, checked};
use crate::at_tenant::Place;
use crate::client::TokenRequest;
use crate::error::{BlockedWay, CallDetails, Error, InteractionRequired, ProtocolError};
use crate::handle::Handle;
use crate::observe;
use crate::ports::BoxFuture;
use crate::result::AuthenticationResult;
use crate::throttling::{Refused, Throttled};

/// A call to `acquire_token_by_username_password`, not yet made: await it.
///
/// # Errors
/// [`Error::InteractionRequired`] when the password is wrong or expired, a policy wants more than a password, or the user's
/// domain is federated, so that AD FS or the like checks the password, which this library does not ask yet; otherwise as
/// [`AcquireTokenByRefreshToken`](crate::AcquireTokenByRefreshToken).
///
/// Dropping the future may leave a sign-in that nobody knows of.
#[must_use = "nothing happens until it is awaited"]
pub struct AcquireTokenByUsernamePassword {
    handle: Handle,
    username: String,
    password: Password,
    scopes: Result<ScopeSet, ScopeError>,
    options: CallOptions,
}

call_options!(AcquireTokenByUsernamePassword, options);

impl AcquireTokenByUsernamePassword {
    pub(crate) fn new(
        handle: Handle,
        username: String,
        password: Password,
        scopes: impl IntoScopes,
    ) -> Self {
        Self {
            handle,
            username,
            password,
            options: CallOptions::default(),
            scopes: scopes.into_scopes(),
        }
    }

    async fn run(self) -> Result<AuthenticationResult, Error> {
        let client = Arc::clone(&self.handle.client);
        let outcome = self.sign_in().await;
        outcome.map_err(|error| error.of(client.details()))
    }

    async fn sign_in(mut self) -> Result<AuthenticationResult, Error> {
        let scopes = std::mem::replace(&mut self.scopes, Ok(ScopeSet::default()))?;
        let tenant = self.options.tenant(&self.handle.client)?;
        let (handle, client) = (&self.handle, &*self.handle.client);
        let claims = self.options.claims(client)?;
        let extra = checked(&self.options.extra)?;
        handle.ensure_loaded().await?;
        handle.cache.prepare_to_save().await?;
        let metadata = Place::new(client, tenant.as_ref()).endpoints().await?;
        let mut context = client.context(&metadata, ApiId::ByUsernamePassword, 0, None, extra)?;
        context.anchor_mailbox = Some(PasswordGrant::anchor_mailbox(&self.username));
        let correlation_id = &context.correlation_id;
        let of_request = |error: Error| error.of(CallDetails::sent_with(correlation_id));
        let realm = self.realm(&metadata, correlation_id).await;
        if realm.map_err(of_request)? == UserRealm::Federated {
            return Err(InteractionRequired::federated().into());
        }
        let client_id = &client.client_id;
        let authentication = client.authenticate(&metadata, None).await?;
        let (username, password) = (&self.username, &self.password);
        let mut grant = PasswordGrant::new(client_id, &authentication, username, password, &scopes);
        grant.claims = claims.as_deref();
        let request = TokenRequest {
            http: grant.request(&metadata, &context),
            metadata: &metadata,
            authentication: &authentication,
            scopes: &scopes,
            user: None,
            expected: None,
            api: ApiId::ByUsernamePassword,
            correlation_id,
            attempt: 1,
        };
        let answer = client.send(request).await;
        let response = answer
            .map_err(|error| error.explained(BlockedWay::Password))
            .map_err(of_request)?;
        self.keep(&metadata, &scopes, &response).await
    }

    /// Who checks the password. Only Entra leaves that to others.
    async fn realm(
        &self,
        metadata: &ProviderMetadata,
        correlation_id: &str,
    ) -> Result<UserRealm, Error> {
        let authority = metadata.authority();
        if authority.kind() != AuthorityKind::Entra {
            return Ok(UserRealm::Managed);
        }
        let client = &*self.handle.client;
        let (runtime, caller) = (&client.runtime, client.at(authority));
        let unknown = |error| Error::from(ProtocolError::Discovery(error));
        let request =
            UserRealm::request(authority, &self.username, correlation_id).map_err(unknown)?;
        let throttling = &runtime.shared().throttling;
        // It names the user: what is said of one holds for nobody else.
        let throttled = Throttled::at(request.uri(), &client.client_id, &ScopeSet::default());
        throttling.check(&throttled, caller, runtime.clock().now())?;
        let span = observe::user_realm(authority);
        let exchange = async {
            let answer = runtime.http().send(request).await;
            observe::answered(&span, &answer);
            let answer = answer?;
            UserRealm::read(&answer).map_err(|error| {
                let now = runtime.clock().now();
                let error = error.with_retry_after(retry_after(answer.headers(), now));
                let refused = Refused::Discovery(error);
                throttling.note(throttled, caller, refused.clone(), now);
                refused.into()
            })
        };
        observe::request(&span, exchange).await
    }

    async fn keep(
        &self,
        metadata: &ProviderMetadata,
        scopes: &ScopeSet,
        response: &TokenResponse,
    ) -> Result<AuthenticationResult, Error> {
        let handle = &self.handle;
        let requested = scopes.with_reserved();
        let mut event = TokenEvent::signed_in(
            &handle.client.client_id,
            metadata,
            &requested,
            response,
            ACCOUNT_SOURCE,
            handle.client.runtime.clock().now(),
        );
        event.username = Some(&self.username);
        let fields: Vec<_> = self.options.extra.all().collect();
        event.fields = &fields;
        let saved = handle.cache.update(|cache| cache.add(&event)).await;
        handle.result(saved, &event, None)
    }
}

/// What MSAL Python notes with an account that signed in this way: the name of the grant.
const ACCOUNT_SOURCE: &str = "password";

impl fmt::Debug for AcquireTokenByUsernamePassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AcquireTokenByUsernamePassword")
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for AcquireTokenByUsernamePassword {
    type Output = Result<AuthenticationResult, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let span = observe::acquire_token_by_username_password(self.handle.client.caller());
        Box::pin(observe::token_call(span, self.run()))
    }
}
