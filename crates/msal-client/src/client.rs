//! What every flow needs: the application's state, its endpoints, a token request and its answer, and the result.
//!
//! The flows are above this, one file each. What only one of them does is there.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use msal_core::{
    ApiId, Attempt, Authority, ClientAuthentication, ExpectedUser, ExtraParameters,
    ForwardedClaims, HomeAccountId, ProviderMetadata, RequestContext, ScopeSet, Telemetry,
    TokenOutcome, TokenResponse, TrustedAuthority, merged_claims, pause_before_repeating,
    retry_after,
};
use tracing::Span;

use crate::cache::SharedTokenCache;
use crate::call_key::CallKey;
use crate::credential::{AssertionContext, AssertionRequest, ClientCredential};
use crate::error::{CallDetails, ConfigError, Error, ProtocolError};
use crate::keyed_lock::KeyedLock;
use crate::observe::{self, Caller};
use crate::partitions::Partitions;
use crate::result::AuthenticationResult;
use crate::runtime::Runtime;
use crate::single_flight::SingleFlight;
use crate::store::Partition;
use crate::throttling::{Refused, Throttled};
use crate::transport::{HttpError, HttpErrorKind};

/// The state behind every clone of an application, in whatever partition.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) client_id: String,
    credential: ClientCredential,
    pub(crate) authority: Authority,
    /// The authority as one that tokens may be sent to, unless Microsoft has to be asked about its host first.
    trusted: Option<TrustedAuthority>,
    /// What [`Client::realm`] answers, once that is known: every call asks for it.
    realm: OnceLock<String>,
    /// The host names under which tokens of the application's cloud may be stored: see [`environments`].
    pub(crate) environments: Vec<String>,
    /// What the client can handle, as every request for a user's tokens says.
    pub(crate) capabilities: Vec<String>,
    /// The program's name and version, which requests tell.
    pub(crate) program: Program,
    pub(crate) runtime: Runtime,
    /// The caches of its partitions.
    pub(crate) partitions: Partitions,
    /// Partitions that are being loaded.
    pub(crate) loads: SingleFlight<Partition, Result<(), Error>>,
    /// Calls that went to the network and are not answered yet.
    in_flight: SingleFlight<CallKey, Result<AuthenticationResult, Error>>,
    /// Held while an account's refresh tokens are redeemed at a server that revokes a token that is used twice.
    pub(crate) renewals: KeyedLock<(Partition, HomeAccountId)>,
    telemetry: Mutex<Telemetry>,
    /// Tokens from the cache that telemetry has not been told of: counting one makes nobody wait.
    hits: AtomicU32,
}

/// The authority that the program chose.
#[derive(Debug)]
pub(crate) enum ChosenAuthority {
    /// Tokens may be sent there.
    Trusted(TrustedAuthority),
    /// Tokens may be sent there if its host is Microsoft's.
    Unnamed(Authority),
}

/// A token request, and what has to be known of it when it is answered.
pub(crate) struct TokenRequest<'a> {
    pub(crate) http: Request<Bytes>,
    /// Whose token endpoint it goes to.
    pub(crate) metadata: &'a ProviderMetadata,
    /// What it proves with who the client is.
    pub(crate) authentication: &'a ClientAuthentication,
    pub(crate) scopes: &'a ScopeSet,
    /// Whose tokens they will be, as far as that is known.
    pub(crate) user: Option<&'a HomeAccountId>,
    /// Whose tokens they must be.
    pub(crate) expected: Option<&'a HomeAccountId>,
    pub(crate) api: ApiId,
    pub(crate) correlation_id: &'a str,
    /// Which request of its call it is, from one.
    pub(crate) attempt: usize,
}

/// A program by the name and the version that it gives itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
}

impl Client {
    pub(crate) fn new(
        client_id: String,
        credential: ClientCredential,
        authority: ChosenAuthority,
        capabilities: Vec<String>,
        program: Program,
        cache: &Arc<SharedTokenCache>,
        runtime: Runtime,
    ) -> Self {
        let (authority, trusted) = match authority {
            ChosenAuthority::Trusted(trusted) => ((*trusted).clone(), Some(trusted)),
            ChosenAuthority::Unnamed(authority) => {
                (authority.clone(), TrustedAuthority::built_in(authority))
            }
        };
        let built_in = ProviderMetadata::built_in(&authority);
        let realm = built_in.map_or_else(OnceLock::new, |metadata| metadata.realm.into());
        Self {
            client_id,
            credential,
            realm,
            environments: environments(&authority),
            authority,
            trusted,
            capabilities,
            program,
            partitions: Partitions::beside(cache, &runtime.shared().sign_outs),
            runtime,
            loads: SingleFlight::default(),
            in_flight: SingleFlight::default(),
            renewals: KeyedLock::default(),
            telemetry: Mutex::default(),
            hits: AtomicU32::new(0),
        }
    }

    pub(crate) fn trusted(&self) -> Option<&TrustedAuthority> {
        self.trusted.as_ref()
    }

    /// What an error says of the call that it ended.
    pub(crate) fn details(&self) -> CallDetails {
        CallDetails {
            client_id: Some(self.client_id.clone()),
            authority: Some(self.authority.to_string()),
            ..CallDetails::default()
        }
    }

    /// Whose calls they are, for the log.
    pub(crate) fn caller(&self) -> Caller<'_> {
        self.at(&self.authority)
    }

    pub(crate) fn at<'a>(&'a self, authority: &'a Authority) -> Caller<'a> {
        Caller {
            client_id: &self.client_id,
            authority,
        }
    }

    /// What a request sends as `claims`: the challenge of a resource, which may be empty, the client's capabilities, and what
    /// the program forwards.
    pub(crate) fn claims(
        &self,
        challenge: &str,
        forwarded: Option<&ForwardedClaims>,
    ) -> Result<Option<String>, Error> {
        merged_claims(challenge, &self.capabilities, forwarded)
            .map_err(|error| ConfigError::from(error).into())
    }

    /// The application's endpoints.
    pub(crate) async fn endpoints(&self) -> Result<ProviderMetadata, Error> {
        let (runtime, authority) = (&self.runtime, &self.authority);
        match &self.trusted {
            Some(trusted) => runtime.provider_metadata(trusted).await,
            None => runtime.provider_metadata_of_unnamed(authority).await,
        }
    }

    /// The endpoints of the host that tokens are stored under, where that is an alias of the application's, and else the
    /// application's own.
    pub(crate) async fn endpoints_of(&self, environment: &str) -> Result<ProviderMetadata, Error> {
        let alias = self.authority.under_alias(environment);
        match alias.and_then(TrustedAuthority::built_in) {
            Some(alias) => self.runtime.provider_metadata(&alias).await,
            None => self.endpoints().await,
        }
    }

    /// The tenant that the authority's token endpoint has, if that is known without asking the network.
    pub(crate) fn realm(&self) -> Option<&str> {
        if let Some(realm) = self.realm.get() {
            return Some(realm);
        }
        let metadata = &self.runtime.shared().metadata;
        let found = match &self.trusted {
            Some(trusted) => metadata.realm(trusted),
            None => metadata.realm_of_unnamed(&self.authority),
        };
        found.map(|found| self.realm.get_or_init(|| found).as_str())
    }

    /// What proves to this token endpoint who the client is: made just before a request is sent. `fmi_path` is the one that
    /// the request names.
    pub(crate) async fn authenticate(
        &self,
        metadata: &ProviderMetadata,
        fmi_path: Option<&str>,
    ) -> Result<ClientAuthentication, Error> {
        let request = || {
            let context = AssertionContext::new(&self.client_id, metadata).with_fmi_path(fmi_path);
            AssertionRequest::new(context, metadata, &self.runtime)
        };
        self.credential.authenticate(request).await
    }

    /// What a request to the token endpoint of `metadata` says beside its grant. `reason` is why the network is asked, as telemetry counts it; `account`
    /// is whose token is asked for, where that is known, and `extra` what the program adds.
    pub(crate) fn context(
        &self,
        metadata: &ProviderMetadata,
        api: ApiId,
        reason: u8,
        account: Option<&HomeAccountId>,
        extra: &ExtraParameters,
    ) -> Result<RequestContext, Error> {
        extra
            .check_at(metadata.token_endpoint())
            .map_err(ConfigError::from)?;
        let mut context = self.bare_context()?;
        context.extra.clone_from(extra);
        context.current_telemetry = Telemetry::current(api, reason);
        context.last_telemetry = self.telemetry().last();
        context.anchor_mailbox = account.map(HomeAccountId::anchor_mailbox);
        Ok(context)
    }

    /// What a request says that is not for tokens yet: nothing but which one it is.
    pub(crate) fn bare_context(&self) -> Result<RequestContext, Error> {
        let correlation_id = self.runtime.correlation_id()?;
        let mut context = RequestContext::new(correlation_id, String::new(), String::new(), None);
        context.app_name.clone_from(&self.program.name);
        context.app_version.clone_from(&self.program.version);
        Ok(context)
    }

    /// Sends a token request, and checks the issuer and the user of what it brings. Nothing is cached here.
    ///
    /// Nothing is sent, and the earlier answer stands, as long as the server wants no more requests of this kind.
    pub(crate) async fn send(&self, request: TokenRequest<'_>) -> Result<TokenResponse, Error> {
        let (metadata, expected) = (request.metadata, request.expected);
        let details = CallDetails::sent_with(request.correlation_id);
        let answer = self.ask(request).await.and_then(|response| {
            check_identity(metadata, &response, expected)?;
            Ok(response)
        });
        answer.map_err(|error| error.of(details))
    }

    async fn ask(&self, request: TokenRequest<'_>) -> Result<TokenResponse, Error> {
        let throttling = &self.runtime.shared().throttling;
        let caller = self.at(request.metadata.authority());
        let throttled = Throttled::new(
            request.metadata,
            &self.client_id,
            request.scopes,
            request.user,
        );
        throttling.check(&throttled, caller, self.runtime.clock().now())?;
        let span = observe::token_request(caller, request.attempt, request.correlation_id);
        observe::request(&span, self.exchange(request, throttled, &span)).await
    }

    async fn exchange(
        &self,
        request: TokenRequest<'_>,
        throttled: Throttled,
        span: &Span,
    ) -> Result<TokenResponse, Error> {
        let answer = self.attempt(&request, span).await?;
        match TokenOutcome::read(&answer, &self.client_id) {
            // RFC 6749 §5.1
            TokenOutcome::Tokens(mut response) => {
                response.correlation_id = Some(request.correlation_id.to_owned());
                self.telemetry().record_success();
                Ok(*response)
            }
            // RFC 6749 §5.2
            TokenOutcome::Refused(mut error) => {
                // RFC 9110 §10.2.3: `Retry-After` may be a date, which only a clock turns into a wait.
                let now = self.runtime.clock().now();
                error.retry_after = retry_after(answer.headers(), now);
                let caller = self.at(request.metadata.authority());
                let throttling = &self.runtime.shared().throttling;
                throttling.note(throttled, caller, Refused::Service(error.clone()), now);
                if !error.is_pending() {
                    self.telemetry().record_failure(
                        request.api,
                        request.correlation_id,
                        &error.error,
                    );
                }
                Err(Error::from(*error))
            }
            TokenOutcome::Malformed(error) => Err(Error::from(error)),
            _ => Err(HttpError::bare(HttpErrorKind::Response).into()),
        }
    }

    /// Sends a token request, and once more where that is safe and may help.
    async fn attempt(
        &self,
        request: &TokenRequest<'_>,
        span: &Span,
    ) -> Result<Response<Bytes>, HttpError> {
        let http = self.runtime.http();
        let first = http.send(request.http.clone()).await;
        observe::answered(span, &first);
        let attempt = match &first {
            Ok(answer) => Attempt::Answered(answer.status(), answer.headers()),
            Err(error) if error.is_transient() && !error.may_have_been_sent() => Attempt::NotSent,
            Err(_) => Attempt::Unanswered,
        };
        let authority = request.metadata.authority();
        let pause = pause_before_repeating(request.api, request.authentication, authority, attempt);
        let Some(pause) = pause else {
            return first;
        };
        observe::repeating(self.at(authority), &first);
        if !pause.is_zero() {
            self.runtime.clock().sleep(pause).await;
        }
        let second = http.send(request.http.clone()).await;
        observe::answered(span, &second);
        second
    }

    /// What `request` brings, or what that of an equal call does which is in flight.
    pub(crate) async fn shared(
        &self,
        key: CallKey,
        request: impl Future<Output = Result<AuthenticationResult, Error>>,
    ) -> Result<AuthenticationResult, Error> {
        let (outcome, is_shared) = self.in_flight.run(key, request).await;
        if is_shared {
            observe::shared();
        }
        outcome
    }

    /// Counts a token that came from the cache: the next request's telemetry says how many there were.
    pub(crate) fn record_hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    fn telemetry(&self) -> MutexGuard<'_, Telemetry> {
        let telemetry = self.telemetry.lock();
        let mut telemetry = telemetry.unwrap_or_else(PoisonError::into_inner);
        telemetry.record_hits(self.hits.swap(0, Ordering::Relaxed));
        telemetry
    }
}

/// Checks whose tokens an answer brings, before anything of it is cached. `expected` is whose they should be, where that
/// is known.
fn check_identity(
    metadata: &ProviderMetadata,
    response: &TokenResponse,
    expected: Option<&HomeAccountId>,
) -> Result<(), Error> {
    let refresh_token = || response.refresh_token.clone();
    // OpenID Connect Core §3.1.3.7, rule 2: the ID token must name the issuer that discovery named.
    if let Some(claims) = response.claims() {
        metadata
            .check_id_token_issuer(claims)
            .map_err(|source| ProtocolError::IdToken {
                source,
                refresh_token: refresh_token(),
            })?;
    }
    // OpenID Connect Core §12.2: the ID token that comes with a refresh must be about the same user.
    match expected.is_none_or(|account| ExpectedUser::from(account).matches(response)) {
        true => Ok(()),
        false => Err(Error::from(ProtocolError::Identity {
            refresh_token: refresh_token(),
        })),
    }
}

/// The host names under which tokens of the authority may be stored, for which the cache takes the aliases of their cloud
/// as well. MSAL Node keeps a port, the other MSALs do not.
fn environments(authority: &Authority) -> Vec<String> {
    let (own, host) = (authority.environment(), authority.host());
    let with_port = (host != own).then_some(host);
    std::iter::once(own)
        .chain(with_port)
        .map(str::to_owned)
        .collect()
}
