//! What the engine works with, and how it sends one token.

use bytes::Bytes;
use http::Response;
use msal::{HttpError, MetadataCache, RandomError, Runtime};
use msal_core::{RefreshTokenGrant, RequestContext};

use super::batch::Target;
use super::ledger::Ledger;
use super::queue::{Attempt, Provider};
use crate::credentials::Credentials;
use crate::error::MigrationError;
use crate::journal::Position;
use crate::settings::Settings;

/// What the engine works with.
pub(crate) struct Engine<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) ledger: &'a Ledger,
    pub(crate) target: &'a Target,
    pub(crate) credentials: &'a Credentials,
    pub(crate) settings: &'a Settings,
    pub(crate) metadata: &'a MetadataCache,
}

/// What came back, already sealed if it may hold a token.
pub(crate) enum Answer {
    Nothing(HttpError),
    Response(Response<Bytes>, Option<Position>),
}

impl Engine<'_> {
    /// Sends one token. A response that may hold a successor is sealed before anybody looks at it.
    pub(super) async fn redeem(
        &self,
        attempt: &Attempt,
        provider: &Provider,
        context: Result<RequestContext, RandomError>,
    ) -> Result<Answer, MigrationError> {
        let job = &attempt.job;
        if !self.settings.rotation.allows_repeat() {
            self.ledger.intend(job, attempt.tries).await?;
        }
        let context = context?;
        let grant = RefreshTokenGrant::new(
            &job.client_id,
            &provider.credential,
            &job.refresh_token,
            &job.scopes,
        );
        let request = match &provider.token_endpoint {
            Some(endpoint) => grant.request_to(endpoint, &context),
            None => grant.request(&provider.metadata.token_endpoint, &context)?,
        };
        let response = match self.runtime.http.send(request).await {
            Ok(response) => response,
            Err(error) => return Ok(Answer::Nothing(error)),
        };
        if may_hold_a_token(&response) {
            let sealed = self
                .ledger
                .seal(job, &provider.authority, &response)
                .await?;
            return Ok(Answer::Response(response, Some(sealed)));
        }
        Ok(Answer::Response(response, None))
    }
}

fn may_hold_a_token(response: &Response<Bytes>) -> bool {
    response.status().is_success()
        || memchr::memmem::find(response.body(), b"refresh_token").is_some()
}
