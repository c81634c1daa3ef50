//! What is logged of calls, requests and the token cache. Names, levels and fields are decided here, and for what a store does
//! by itself in `store/events.rs`; flows only say what happened. The crate's documentation has all of it in a table.
//!
//! Only what may stand in a log comes in here: no secret, claim, body or header, nothing that says who the user is, and no
//! partition, which may name one. Of what a server says only numbers are taken, and codes, which the core has vetted. A
//! correlation id is the one that was sent. How long something took is for subscribers to measure: the clock of a runtime
//! counts seconds.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use msal_core::{Authority, ClockSkew, RefreshReason, ScopeSet};
use tracing::field::Empty;
use tracing::{Instrument as _, Span, debug, debug_span, info, trace, warn};

use crate::error::{CredentialError, Error, ProtocolError};
use crate::result::{AuthenticationResult, TokenSource};
use crate::store::StoreError;
use crate::transport::HttpError;

/// Whose call it is.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) authority: &'a Authority,
}

/// The span of a call for a token.
macro_rules! token_call {
    ($name:literal, $caller:expr $(, scopes = $scopes:expr)?) => {
        debug_span!(
            target: TARGET,
            $name,
            client_id = $caller.client_id,
            authority = %$caller.authority,
            $(scopes = $scopes.map(display),)?
            source = Empty,
            shared = Empty,
            outcome = Empty,
            error = Empty,
            aadsts = Empty,
            correlation_id = Empty,
        )
    };
}

/// The span of a call that brings no token: it asks the cache alone, or begins a sign-in.
macro_rules! plain_call {
    ($name:literal, $caller:expr) => {
        debug_span!(
            target: TARGET,
            $name,
            client_id = $caller.client_id,
            authority = %$caller.authority,
            outcome = Empty,
            error = Empty,
        )
    };
}

/// The span of a request that finds something out about an authority, or begins something there.
macro_rules! discovery_request {
    ($name:literal, $authority:expr) => {
        debug_span!(
            target: TARGET,
            $name,
            authority = %$authority,
            status = Empty,
            outcome = Empty,
            error = Empty,
        )
    };
}

pub(crate) fn acquire_token_for_client(caller: Caller<'_>, scopes: Option<&ScopeSet>) -> Span {
    token_call!("acquire_token_for_client", caller, scopes = scopes)
}

/// Without the scopes: a program may mistake the assertion for them.
pub(crate) fn acquire_token_on_behalf_of(caller: Caller<'_>) -> Span {
    token_call!("acquire_token_on_behalf_of", caller)
}

pub(crate) fn initiate_long_running_on_behalf_of(caller: Caller<'_>) -> Span {
    token_call!("initiate_long_running_on_behalf_of", caller)
}

pub(crate) fn acquire_token_in_long_running_on_behalf_of(caller: Caller<'_>) -> Span {
    token_call!("acquire_token_in_long_running_on_behalf_of", caller)
}

pub(crate) fn remove_tokens_for_client(caller: Caller<'_>) -> Span {
    plain_call!("remove_tokens_for_client", caller)
}

pub(crate) fn stop_long_running_on_behalf_of(caller: Caller<'_>) -> Span {
    plain_call!("stop_long_running_on_behalf_of", caller)
}

#[inline]
pub(crate) fn acquire_token_silent(caller: Caller<'_>, scopes: Option<&ScopeSet>) -> Span {
    token_call!("acquire_token_silent", caller, scopes = scopes)
}

/// Without the scopes: who mistakes the order of the arguments has put the token in their place.
pub(crate) fn acquire_token_by_refresh_token(caller: Caller<'_>) -> Span {
    token_call!("acquire_token_by_refresh_token", caller)
}

pub(crate) fn acquire_token_by_auth_code_flow(caller: Caller<'_>) -> Span {
    token_call!("acquire_token_by_auth_code_flow", caller)
}

pub(crate) fn acquire_token_by_device_flow(caller: Caller<'_>) -> Span {
    token_call!("acquire_token_by_device_flow", caller)
}

/// Without the scopes: all three arguments are texts, and one of them is a password.
pub(crate) fn acquire_token_by_username_password(caller: Caller<'_>) -> Span {
    token_call!("acquire_token_by_username_password", caller)
}

#[cfg(feature = "interactive")]
pub(crate) fn acquire_token_interactive(caller: Caller<'_>) -> Span {
    token_call!("acquire_token_interactive", caller)
}

pub(crate) fn initiate_auth_code_flow(caller: Caller<'_>) -> Span {
    plain_call!("initiate_auth_code_flow", caller)
}

pub(crate) fn initiate_device_flow(caller: Caller<'_>) -> Span {
    plain_call!("initiate_device_flow", caller)
}

pub(crate) fn accounts(caller: Caller<'_>) -> Span {
    plain_call!("accounts", caller)
}

pub(crate) fn account(caller: Caller<'_>) -> Span {
    plain_call!("account", caller)
}

pub(crate) fn remove_account(caller: Caller<'_>) -> Span {
    plain_call!("remove_account", caller)
}

pub(crate) fn save(caller: Caller<'_>) -> Span {
    plain_call!("save", caller)
}

/// `attempt` counts the requests of one call.
pub(crate) fn token_request(caller: Caller<'_>, attempt: usize, correlation_id: &str) -> Span {
    debug_span!(
        target: TARGET,
        "token_request",
        client_id = caller.client_id,
        authority = %caller.authority,
        attempt,
        correlation_id,
        status = Empty,
        outcome = Empty,
        error = Empty,
        aadsts = Empty,
    )
}

pub(crate) fn discovery(authority: &Authority) -> Span {
    discovery_request!("discovery", authority)
}

pub(crate) fn device_authorization(authority: &Authority) -> Span {
    discovery_request!("device_authorization", authority)
}

pub(crate) fn user_realm(authority: &Authority) -> Span {
    discovery_request!("user_realm", authority)
}

pub(crate) fn instance_discovery(authority: &Authority) -> Span {
    discovery_request!("instance_discovery", authority)
}

/// Makes a call for a token in its span, and tells how it ended.
pub(crate) async fn token_call(
    span: Span,
    call: impl Future<Output = Result<AuthenticationResult, Error>>,
) -> Result<AuthenticationResult, Error> {
    let outcome = call.instrument(span.clone()).await;
    if !span.is_disabled() {
        token_call_ended(&span, &outcome);
    }
    outcome
}

fn token_call_ended(span: &Span, outcome: &Result<AuthenticationResult, Error>) {
    record_outcome(span, outcome);
    match outcome {
        Ok(result) if result.token_source == TokenSource::Cache => {
            span.record("source", "cache");
            trace!(target: TARGET, parent: span, "answered from the cache");
            return;
        }
        Ok(_) => span.record("source", "identity_provider"),
        Err(error) => span.record("correlation_id", error.sent_correlation_id()),
    };
    debug!(target: TARGET, parent: span, "call ended");
}

/// Makes a call that brings no token in its span, and tells how it ended.
pub(crate) async fn plain_call<T>(
    span: &Span,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let outcome = call.instrument(span.clone()).await;
    if !span.is_disabled() {
        record_outcome(span, &outcome);
        debug!(target: TARGET, parent: span, "call ended");
    }
    outcome
}

/// Makes a request and reads its answer in its span, and tells how it ended.
pub(crate) async fn request<T>(
    span: &Span,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let outcome = request.instrument(span.clone()).await;
    if !span.is_disabled() {
        record_outcome(span, &outcome);
        debug!(target: TARGET, parent: span, "request ended");
    }
    outcome
}

/// The server's answer was this one.
pub(crate) fn answered(span: &Span, answer: &Result<Response<Bytes>, HttpError>) {
    if let Ok(answer) = answer {
        span.record("status", answer.status().as_u16());
    }
}

/// The request of an equal call brought the answer to the one that runs here.
pub(crate) fn shared() {
    let span = Span::current();
    // Where nobody listens to the call, this is a span of the program.
    if span.metadata().is_some_and(|of| of.target() == TARGET) {
        span.record("shared", true);
    }
}

/// An equal call or look-up is at the network already.
pub(crate) fn joined() {
    debug!(target: TARGET, "waiting for an equal request that is in flight");
}

pub(crate) fn renewing(caller: Caller<'_>, scopes: &ScopeSet, reason: RefreshReason) {
    info!(
        target: TARGET,
        client_id = caller.client_id,
        authority = %caller.authority,
        %scopes,
        reason = reason_name(reason),
        "renewing a token",
    );
}

/// A token is handed out that is still valid, because `error` kept it from being renewed.
pub(crate) fn fallback(caller: Caller<'_>, error: &Error) {
    warn!(
        target: TARGET,
        client_id = caller.client_id,
        authority = %caller.authority,
        outcome = outcome_name(error),
        error = code(error),
        aadsts = aadsts(error),
        correlation_id = error.sent_correlation_id(),
        "a token was not renewed; the cached one is still valid",
    );
}

/// An answer is given to nobody, because its user was signed out while it was on its way.
pub(crate) fn signed_out_meanwhile(caller: Caller<'_>) {
    info!(
        target: TARGET,
        client_id = caller.client_id,
        authority = %caller.authority,
        "tokens were dropped: their user was signed out meanwhile",
    );
}

/// An endpoint asks to be left alone.
pub(crate) fn throttled(caller: Caller<'_>, status: StatusCode, wait: Duration) {
    warn!(
        target: TARGET,
        client_id = caller.client_id,
        authority = %caller.authority,
        status = status.as_u16(),
        wait = wait.as_secs(),
        "the server asks to be left alone",
    );
}

/// The clock is far from a server's. `skew` counts the seconds that it is ahead.
pub(crate) fn clock_skew(skew: ClockSkew) {
    warn!(target: TARGET, skew = skew.as_secs(), "this machine's clock is not the server's");
}

/// It has asked for that before, and the wait is not over.
pub(crate) fn not_sent(caller: Caller<'_>, wait: Duration) {
    debug!(
        target: TARGET,
        client_id = caller.client_id,
        authority = %caller.authority,
        wait = wait.as_secs(),
        "nothing was sent: the server is to be left alone",
    );
}

/// A token request is sent once more: see [`pause_before_repeating`](msal_core::pause_before_repeating).
pub(crate) fn repeating(caller: Caller<'_>, first: &Result<Response<Bytes>, HttpError>) {
    debug!(
        target: TARGET,
        client_id = caller.client_id,
        authority = %caller.authority,
        status = first.as_ref().ok().map(|answer| answer.status().as_u16()),
        "sending a token request once more",
    );
}

/// The token cache was brought up to date with its store. `found` is whether there was anything in it.
pub(crate) fn loaded(found: bool) {
    debug!(target: TARGET, found, "the token cache was loaded");
}

/// `merged` is whether others had saved meanwhile.
pub(crate) fn saved(merged: bool) {
    debug!(target: TARGET, merged, "the token cache was saved");
}

pub(crate) fn unsaved(error: &StoreError) {
    warn!(
        target: TARGET,
        error = store_code(error),
        "the token cache could not be saved; what has changed is in memory",
    );
}

#[cold]
pub(crate) fn saving_leftover() {
    debug!(target: TARGET, "trying again to save what could not be saved");
}

#[cold]
pub(crate) fn sign_out_heard() {
    debug!(target: TARGET, "somebody was signed out elsewhere: asking the store again");
}

fn record_outcome<T>(span: &Span, outcome: &Result<T, Error>) {
    match outcome {
        Ok(_) => {
            span.record("outcome", "ok");
        }
        Err(error) => {
            span.record("outcome", outcome_name(error))
                .record("error", code(error))
                .record("aadsts", aadsts(error));
        }
    }
}

fn outcome_name(error: &Error) -> &'static str {
    match error {
        Error::Config(_) => "config",
        Error::Credential(_) => "credential",
        Error::Http(_) => "http",
        Error::InteractionRequired(_) => "interaction_required",
        Error::Protocol(_) => "protocol",
        Error::Service(_) => "service",
        Error::SignIn(_) => "sign_in",
        Error::Store(_) => "store",
    }
}

/// What the server calls the error, or else what kind of error of ours it is.
fn code(error: &Error) -> Option<&str> {
    match error {
        Error::Config(_) => None,
        Error::Credential(error) => Some(credential_code(error)),
        Error::Http(error) => Some(error.kind().name()),
        Error::InteractionRequired(_) | Error::Service(_) | Error::SignIn(_) => {
            let code = error.service_error()?.error.as_str();
            (!code.is_empty()).then_some(code)
        }
        Error::Protocol(error) => Some(match **error {
            ProtocolError::AccessToken => "access_token",
            ProtocolError::DeviceAuthorization(_) => "device_authorization",
            ProtocolError::Discovery(_) => "discovery",
            ProtocolError::Identity { .. } => "identity",
            ProtocolError::IdToken { .. } => "id_token",
            ProtocolError::Response(_) => "response",
        }),
        Error::Store(failure) => Some(store_code(failure.store_error())),
    }
}

fn credential_code(error: &CredentialError) -> &'static str {
    match error {
        CredentialError::Expired { .. } => "expired",
        CredentialError::File { .. } => "file",
        CredentialError::NotAnAssertion { .. } => "not_an_assertion",
        CredentialError::Other(_) => "other",
        CredentialError::Unavailable(_) => "unavailable",
    }
}

fn aadsts(error: &Error) -> Option<String> {
    let codes = error.service_error()?.aadsts();
    (!codes.is_empty()).then_some(codes)
}

/// Not what it says: that has paths in it, and a store of another kind may say anything.
fn store_code(error: &StoreError) -> &'static str {
    match error {
        StoreError::Conflict => "conflict",
        StoreError::Corrupt { .. } => "corrupt",
        StoreError::Full { .. } => "full",
        StoreError::Io { .. } => "io",
        StoreError::Locked { .. } => "locked",
        StoreError::NoRuntime => "no_runtime",
        StoreError::NotDurable { .. } => "not_durable",
        StoreError::NotOurs { .. } => "not_ours",
        StoreError::Other(_) => "other",
        StoreError::SinglePartition { .. } => "single_partition",
        StoreError::Unavailable(_) => "unavailable",
    }
}

fn reason_name(reason: RefreshReason) -> &'static str {
    match reason {
        RefreshReason::Aging => "refresh_in",
        RefreshReason::Expired => "expired",
        RefreshReason::Forced => "forced",
        RefreshReason::NoAccessToken => "no_access_token",
        _ => "other",
    }
}

/// So that `msal=debug` is all of it, wherever it comes from.
const TARGET: &str = "msal";
