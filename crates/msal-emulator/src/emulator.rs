//! The emulator: one request in, one response out.

mod administration;
mod clock;
mod dispatch;

use std::future::{Ready, ready};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, Response};

pub use administration::UnknownParty;

use crate::azure::token_holder;
use crate::directory::{Directory, DirectoryBuilder, DirectoryError};
use crate::fault::{FaultPlans, Sighting, perform};
use crate::issuer::SigningKey;
use crate::memory::{AuditRecord, Memory, Platform};
use crate::protocol::{Call, Endpoint, Reply, Version};
use crate::refusal::refuse;
use crate::settings::Settings;
use crate::sign_in::new_account;
use crate::token::{self, Presented, TokenRequest};
use clock::Clock;
use dispatch::{dispatch, without_policy};

/// The Microsoft identity platform, v1 and v2.0, for a [`Directory`].
///
/// It has no clock, no sockets and no randomness: a request and the time go in, a response comes out. It can be shared
/// between threads: every method takes `&self`, and locks are held for accesses to memory only.
#[derive(Debug)]
pub struct Emulator {
    directory: RwLock<Arc<Directory>>,
    memory: Memory,
    clock: Clock,
    faults: FaultPlans,
}

impl Emulator {
    /// An emulator with the default [`Settings`] and the built-in signing key.
    pub fn new(directory: Directory) -> Self {
        Self::with_settings(directory, Settings::default())
    }

    /// An emulator with the built-in signing key, which is public knowledge.
    pub fn with_settings(directory: Directory, settings: Settings) -> Self {
        Self::with_key(directory, settings, SigningKey::development())
    }

    /// An emulator that signs with `key`.
    pub fn with_key(directory: Directory, settings: Settings, key: SigningKey) -> Self {
        Self {
            faults: FaultPlans::default(),
            clock: Clock::default(),
            directory: RwLock::new(Arc::new(directory)),
            memory: Memory::new(settings, key),
        }
    }

    /// Answers a request that arrives at `now`.
    ///
    /// Every request gets an answer of the protocol: tokens, a document, a page, an error envelope, or 404 at a path that
    /// is no endpoint. URLs in the answer are on the host that the request names.
    pub fn handle(&self, request: Request<Bytes>, now: SystemTime) -> Response<Bytes> {
        let mut directory = self.directory();
        let call = Call::read(&request, self.clock.read(now), || {
            self.memory.identifiers.guid()
        });
        // Sign-up is the one request that adds to the directory. The account is there before the request is answered,
        // so that the answer can go on with it.
        if call.target.endpoint == Endpoint::SignIn
            && without_policy(Platform::new(&self.memory, &directory), &call).is_none()
            && let Some(new_account) = new_account(Platform::new(&self.memory, &directory), &call)
            && self.declare(new_account.declaration()).is_ok()
        {
            directory = self.directory();
        }
        let platform = Platform::new(&self.memory, &directory);
        match call.target.endpoint {
            Endpoint::Token(version) => self.handle_token(platform, &call, version),
            _ => self.handle_other(platform, &call),
        }
    }

    /// The emulator as a function, for HTTP clients that can be made of one: each request arrives when `clock` says.
    ///
    /// It never fails, with whatever error the client has.
    ///
    /// ```
    /// use std::{future::Ready, sync::Arc, time::SystemTime};
    ///
    /// use bytes::Bytes;
    /// use http::{Request, Response};
    /// use msal_emulator::{Directory, Emulator};
    ///
    /// let emulator = Arc::new(Emulator::new(Directory::sample()));
    /// let send = emulator.responder(SystemTime::now);
    /// let request = Request::get("https://localhost/common/v2.0/.well-known/openid-configuration");
    /// let answer: Ready<Result<Response<Bytes>, ()>> = send(request.body(Bytes::new())?);
    /// assert_eq!(answer.into_inner().map(|answer| answer.status().as_u16()), Ok(200));
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn responder<E>(
        self: &Arc<Self>,
        clock: impl Fn() -> SystemTime + Clone + Send + Sync + 'static,
    ) -> impl Fn(Request<Bytes>) -> Ready<Result<Response<Bytes>, E>> + Clone + Send + Sync + 'static
    {
        let emulator = Arc::clone(self);
        move |request| ready(Ok(emulator.handle(request, clock())))
    }

    /// The directory as it is now.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(
            &self
                .directory
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Adds tenants, clients, APIs and managed identities, or replaces those of the same name. Requests under
    /// way go on with the directory they began with.
    ///
    /// # Errors
    ///
    /// Fails, and changes nothing, when the whole does not fit together.
    pub fn declare(&self, more: DirectoryBuilder) -> Result<(), DirectoryError> {
        let mut directory = self
            .directory
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let grown = directory.grown(more)?;
        *directory = Arc::new(grown);
        Ok(())
    }

    fn handle_token(
        &self,
        platform: Platform<'_>,
        call: &Call<'_>,
        version: Version,
    ) -> Response<Bytes> {
        let request = TokenRequest::read(platform, call, version);
        // Counted before faults strike: a request that a plan answers was sent all the same.
        token::count_presented(platform, &request);
        let sighting = Sighting {
            endpoint: call.target.endpoint,
            client_id: request.client_id.as_deref(),
            grant_type: request.grant_type,
            user: request.user(),
        };
        let issued = match &request.refresh_token {
            Presented::Token(token) => Some(token.issued),
            _ => None,
        };
        let strike = self.faults.strike(&sighting);
        let answer = || {
            let outcome = || token::respond(platform, &request);
            let refused = |refusal| refuse(call, &refusal, platform.directory(), issued);
            without_policy(platform, call).unwrap_or_else(|| outcome().unwrap_or_else(refused))
        };
        let reply = perform(platform, call, strike.as_ref(), issued, answer);
        self.record(platform, call, Some(&request), &reply, strike.is_some());
        reply.response
    }

    fn handle_other(&self, platform: Platform<'_>, call: &Call<'_>) -> Response<Bytes> {
        let sighting = Sighting {
            endpoint: call.target.endpoint,
            client_id: call.parameter("client_id"),
            grant_type: None,
            user: Some(&*call.target.user).filter(|user| !user.is_empty()),
        };
        let strike = self.faults.strike(&sighting);
        let answer = || dispatch(platform, call);
        let reply = perform(platform, call, strike.as_ref(), None, answer);
        self.record(platform, call, None, &reply, strike.is_some());
        reply.response
    }

    fn record(
        &self,
        platform: Platform<'_>,
        call: &Call<'_>,
        request: Option<&TokenRequest<'_>>,
        reply: &Reply,
        faulted: bool,
    ) {
        // Load tests turn the log off, and should not pay for records that nobody keeps.
        if !self.memory.audit.is_on() {
            return;
        }
        let owned = |text: &str| text.chars().take(MAX_RECORDED).collect::<String>();
        let token = request.and_then(|request| match &request.refresh_token {
            Presented::Token(token) => Some(token.id()),
            _ => None,
        });
        let client_id = request.and_then(|request| request.client_id.as_deref());
        let client_id = client_id.or_else(|| call.parameter("client_id"));
        let (of_token, holder) = match call.target.endpoint {
            Endpoint::ProtectedResource | Endpoint::UserInfo => token_holder(platform, call),
            _ => (
                None,
                request.and_then(|request| request.user_of_proof(platform)),
            ),
        };
        let client_id = of_token.as_deref().or(client_id);
        let user = reply.user.as_deref().or(holder.as_deref());
        let user = user
            .or_else(|| request.and_then(TokenRequest::user))
            .or_else(|| call.parameter("login_hint"))
            .unwrap_or(&call.target.user);
        self.memory.audit.push(AuditRecord {
            at: call.now.into(),
            method: call.method().to_string(),
            path: owned(call.request.uri().path()),
            endpoint: call.target.endpoint,
            grant_type: request.and_then(|request| request.grant_type).map(owned),
            client_id: reply.client_id.as_deref().or(client_id).map(owned),
            user: Some(user).filter(|user| !user.is_empty()).map(owned),
            refresh_token: token,
            asked_for: call
                .parameter("scope")
                .or_else(|| call.parameter("resource"))
                .map(owned),
            parameters: call.parameters.names(),
            client_sku: call
                .header("x-client-sku")
                .or_else(|| call.parameter("x-client-SKU"))
                .map(owned),
            correlation_id: call.correlation_id.to_string(),
            status: reply.response.status().as_u16(),
            aadsts: reply.aadsts,
            faulted,
        });
    }
}

const MAX_RECORDED: usize = 512;
