//! How one token is sent, and its answer sealed.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use http::header::ORIGIN;
use msal::{ClientCredential, HttpError, RandomError};
use msal_core::{ClientSecret, RefreshTokenGrant, RequestContext};
use tracing::field::{Empty, debug};
use tracing::{Instrument as _, Span, debug, debug_span};

use super::engine::Engine;
use super::queue::{Attempt, QueueId, TokenEndpoint};
use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::journal::{Answer, Appending, Class, JournalError, Position, State, States, Step};
use crate::plan::Redemption;

/// A token that was sent.
pub(super) struct Sent {
    pub(super) queue: QueueId,
    pub(super) attempt: Attempt,
    pub(super) endpoint: Arc<TokenEndpoint>,
    pub(super) reply: Result<Reply, MigrationError>,
}

/// What came back, already sealed if it may hold a token and can be sealed.
pub(super) enum Reply {
    /// No answer.
    Nothing(HttpError),
    /// An answer, and where it is sealed. One that could not be sealed is all there is of its tokens.
    Response(Response<Bytes>, Result<Option<Position>, JournalError>),
    /// Nothing was sent: somebody else who shares the journal has sent the token meanwhile, or is sending it.
    SentByAnother,
    /// Nothing was sent: the token is spent, or may be, for another client that lists it.
    SentForOtherClient,
}

/// Sends one token, unless somebody else has sent it since the source was read.
pub(super) async fn claim_and_send(
    engine: &Engine<'_>,
    attempt: &mut Attempt,
    endpoint: &TokenEndpoint,
    context: Result<RequestContext, RandomError>,
) -> Result<Reply, MigrationError> {
    let token = attempt.redemption.fingerprint;
    attempt.claim = engine.claim(&token).await?;
    if attempt.claim.is_none() || is_settled_by_another(&engine.journal.states(), &token) {
        return Ok(Reply::SentByAnother);
    }
    if engine.is_spent_for_another(attempt) {
        return Ok(Reply::SentForOtherClient);
    }
    send(engine, attempt, endpoint, context).await
}

/// Whether another process has sent the token since the journal was opened, and it need not be sent again.
fn is_settled_by_another(states: &States, token: &Fingerprint) -> bool {
    let needs_sending = matches!(
        states.get(token),
        None | Some(State::Concluded(Class::Failed | Class::Retryable))
    );
    states.is_decided_by_another(token) && !needs_sending
}

/// Sends one token. A response that may hold a successor is sealed before anybody looks at it.
pub(super) async fn send(
    engine: &Engine<'_>,
    attempt: &Attempt,
    endpoint: &TokenEndpoint,
    context: Result<RequestContext, RandomError>,
) -> Result<Reply, MigrationError> {
    let redemption = &*attempt.redemption;
    let context = context?;
    let credential = match stored_secret(engine, redemption) {
        Some(secret) => ClientCredential::from(secret.clone()),
        None => engine.credentials.of(&redemption.client_id),
    };
    let (client_id, metadata) = (&redemption.client_id, &endpoint.metadata);
    let authentication = credential
        .authentication(client_id, metadata, engine.runtime)
        .await?;
    let grant = RefreshTokenGrant::new(
        client_id,
        &authentication,
        &redemption.refresh_token,
        &redemption.scopes,
    );
    let mut request = grant.request(metadata, &context);
    if let Some(origin) = engine.spa_origin {
        request
            .headers_mut()
            .insert(ORIGIN, origin.header().clone());
    }
    // After all that can fail before sending: an intent without an outcome means that the token may be spent.
    // A token that stays valid can be sent again after a crash: waiting for the disk would gain nothing.
    if !engine.settings.rotation.allows_repeat() {
        let intent = engine.entry(redemption.fingerprint, redemption, Step::Intended);
        engine.journal.append(&intent, None).await?;
    }
    let span = span(attempt, endpoint, &context);
    let answer = engine.runtime.http().send(request);
    let answer = answer.instrument(span.clone()).await;
    log(&span, &answer);
    let response = match answer {
        Ok(response) => response,
        Err(error) => return Ok(Reply::Nothing(error)),
    };
    let sealed = match may_hold_a_token(&response) {
        true => seal(engine, redemption, endpoint, &response)
            .await
            .map(Some),
        false => Ok(None),
    };
    Ok(Reply::Response(response, sealed))
}

/// The secret of the row itself, if it is the one that its client proves itself with: what was given comes first.
pub(super) fn stored_secret<'a>(
    engine: &Engine<'_>,
    redemption: &'a Redemption,
) -> Option<&'a ClientSecret> {
    let given = engine.credentials.given_for(&redemption.client_id);
    redemption
        .client_secret
        .as_ref()
        .filter(|_| given.is_none())
}

/// The span of a request. The client is not in it, nor anything else that is text of a row: where columns are mixed up, it
/// may be the token.
fn span(attempt: &Attempt, endpoint: &TokenEndpoint, context: &RequestContext) -> Span {
    debug_span!(
        target: TARGET,
        "token_request",
        authority = %endpoint.authority,
        attempt = attempt.tries,
        correlation_id = context.correlation_id,
        status = Empty,
        error = Empty,
    )
}

/// Tells how a request ended. What follows for the token is in the report.
fn log(span: &Span, answer: &Result<Response<Bytes>, HttpError>) {
    match answer {
        Ok(response) => span.record("status", response.status().as_u16()),
        Err(error) => span.record("error", debug(error.kind())),
    };
    debug!(target: TARGET, parent: span, "request ended");
}

/// Seals an answer; completes when it is on the disk, and says where.
fn seal(
    engine: &Engine<'_>,
    redemption: &Redemption,
    endpoint: &TokenEndpoint,
    response: &Response<Bytes>,
) -> Appending {
    let answer = Answer {
        client_id: &redemption.client_id,
        authority: &endpoint.authority_text,
        scopes: redemption.scopes.as_str(),
        user: (&redemption.user).into(),
        redeemed_token: redemption.refresh_token.expose_secret(),
        status: response.status().as_u16(),
        body: response.body(),
    };
    let entry = engine.entry(redemption.fingerprint, redemption, Step::Answered);
    engine.journal.append(&entry, Some(&answer))
}

/// A refusal without a token in it need not be sealed: the same request gives another.
fn may_hold_a_token(response: &Response<Bytes>) -> bool {
    response.status().is_success()
        || memchr::memmem::find(response.body(), b"refresh_token").is_some()
}

/// So that the log does not tell where in the code a request is sent.
const TARGET: &str = "msal_migrate";
