//! What earlier runs left in the journal is taken in before anything is sent.

use bytes::Bytes;
use http::{Response, StatusCode};
use msal_core::{Authority, RefreshToken, ScopeSet, SecretBuffer};

use super::batch::{Redeemed, Unpublished};
use super::engine::Engine;
use super::verdict::{Expectation, Verdict, in_recovery};
use crate::error::MigrationError;
use crate::journal::{Answer, Class, Entry, Outcome, Position, Unsealed};
use crate::observer::Observer;
use crate::record::{Locator, UserHints};

/// Judges the answers that earlier runs sealed and did not publish. Those that were held back are judged again: the
/// operator may have decided otherwise since. The oldest come first, because they have waited longest.
pub(crate) async fn recover(
    engine: &Engine<'_>,
    observer: &mut dyn Observer,
) -> Result<Vec<Unpublished>, MigrationError> {
    let positions = engine.journal.states().with_answers();
    let mut unpublished = Vec::new();
    for position in positions {
        // An entry that holds back nothing has nothing to be judged.
        if let Some((position, record)) = engine.journal.answered(position).await? {
            unpublished.extend(settle(engine, observer, position, &record).await?);
        }
    }
    Ok(unpublished)
}

/// Does what follows for one token; its tokens, if they are to be published.
async fn settle(
    engine: &Engine<'_>,
    observer: &mut dyn Observer,
    position: Position,
    record: &Unsealed,
) -> Result<Option<Unpublished>, MigrationError> {
    let (Some(entry), Some(answer)) = (record.entry(), record.answer()) else {
        return Err(MigrationError::SealedAnswer);
    };
    let authority = Authority::parse(answer.authority);
    let (Ok(authority), Some(response)) = (authority, response_of(&answer)) else {
        return Err(MigrationError::SealedAnswer);
    };
    let metadata = engine
        .metadata
        .resolve(&authority, true, engine.runtime)
        .await;
    let Ok(metadata) = metadata else {
        // The answer stays sealed; a later run finds the authority.
        return Ok(None);
    };
    let expected = Expectation {
        client_id: answer.client_id,
        metadata: &metadata,
        user: &UserHints::from(&answer.user),
        settings: engine.settings,
    };
    let (class, reason, held_back) = match in_recovery(&response, expected) {
        Verdict::Conclude(class, reason) => (class, reason, None),
        Verdict::HoldBack(reason) => (Class::Quarantined, reason, Some(position)),
        Verdict::Publish(tokens, home_account_id) => {
            observer.redeemed();
            let redeemed = redeemed(&entry, &answer);
            let token = engine
                .target
                .add(redeemed, &metadata, &tokens, home_account_id);
            return Ok(Some(token));
        }
    };
    observer.concluded(class);
    let outcome = Outcome::new(class, &reason, held_back);
    let locator = Locator::from(&entry.origin);
    engine
        .conclude(entry.fingerprint, &locator, outcome)
        .await?;
    Ok(None)
}

fn response_of(answer: &Answer<'_>) -> Option<Response<Bytes>> {
    let body = SecretBuffer::from(answer.body.to_vec()).into_shared();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).ok()?;
    Some(response)
}

fn redeemed(entry: &Entry<'_>, answer: &Answer<'_>) -> Redeemed {
    Redeemed {
        fingerprint: entry.fingerprint,
        locator: Locator::from(&entry.origin),
        client_id: answer.client_id.to_owned(),
        scopes: ScopeSet::from_wire(answer.scopes),
        refresh_token: RefreshToken::from(answer.redeemed_token),
        // What an access token has left to live counts from its answer.
        at: entry.at,
    }
}
