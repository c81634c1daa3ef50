//! One redemption, when its user comes back: claimed, judged and written down by the rules of a run.

use std::sync::Arc;

use msal_core::{ApiId, HomeAccountId, RequestContext, Telemetry, random_uuid};

use super::batch::{Redeemed, Unpublished};
use super::due::due_on_first_use;
use super::engine::Engine;
use super::queue::{Attempt, TokenEndpoint};
use super::recovery::{Recovered, Sealed, settle};
use super::send::{Reply, send};
use super::verdict::{Expectation, Next, Order, TRIES, Verdict, in_run};
use crate::error::MigrationError;
use crate::first_use::FirstUse;
use crate::journal::{Class, Reason, State};
use crate::observer::NoObserver;
use crate::plan::Redemption;

/// Redeems one token, unless it was before. Its successor is in the target's store when this says so.
///
/// # Errors
/// [`MigrationError`]: the journal, the target or the authority cannot be used. What was answered is sealed.
pub(crate) async fn redeem(
    engine: &Engine<'_>,
    redemption: Redemption,
) -> Result<FirstUse, MigrationError> {
    let token = redemption.fingerprint;
    let migrated = Some(State::Concluded(Class::Migrated));
    if engine.journal.states().get(&token) == migrated {
        return standing(engine, &redemption).await;
    }
    // Held until what came of the token is in the journal.
    let Some(claim) = engine.claim(&token).await? else {
        return Ok(FirstUse::later("sent_by_another"));
    };
    let state = engine.journal.states().get(&token);
    if state == Some(State::Unpublished) {
        return publish_sealed(engine, &redemption).await;
    }
    let rotation = engine.settings.rotation;
    let due = due_on_first_use(redemption.clone(), engine.journal, rotation).await;
    let claimed = due.map(|attempt| Attempt {
        claim: Some(claim),
        ..attempt
    });
    match claimed {
        Some(attempt) if engine.is_spent_for_another(&attempt) => {
            let reason = Reason::named("sent_for_other_client");
            conclude(engine, &attempt, Class::Failed, reason).await
        }
        Some(attempt) => redeem_now(engine, attempt).await,
        None => standing(engine, &redemption).await,
    }
}

/// What the journal says of a token that is not sent.
async fn standing(
    engine: &Engine<'_>,
    redemption: &Redemption,
) -> Result<FirstUse, MigrationError> {
    let report = engine.journal.report_of(&redemption.fingerprint).await?;
    let Some(report) = report else {
        return Ok(FirstUse::later("no_answer"));
    };
    let reason = report.reason;
    Ok(match report.state {
        State::Concluded(Class::Migrated) => {
            let home_account_id = HomeAccountId::new(&report.home_account_id.unwrap_or_default());
            let is_in_cache = engine
                .target
                .has_account(redemption, &home_account_id)
                .await?;
            FirstUse::AlreadyMigrated {
                is_in_cache,
                home_account_id,
            }
        }
        State::Concluded(Class::NeedsUser) => FirstUse::NeedsUser(reason),
        State::Concluded(Class::Failed) => FirstUse::Refused(reason),
        State::Concluded(Class::Retryable) | State::Unpublished => {
            FirstUse::Later { reason, wait: None }
        }
        State::Concluded(Class::Quarantined) | State::InDoubt => FirstUse::HeldBack(reason),
    })
}

/// Publishes the answer that somebody sealed who is gone.
async fn publish_sealed(
    engine: &Engine<'_>,
    redemption: &Redemption,
) -> Result<FirstUse, MigrationError> {
    // It may have the answer in memory, on its way to its own target.
    if engine.journal.claims().has_batch()? {
        return Ok(FirstUse::later("batch_is_running"));
    }
    let decided_at = engine.journal.states().decided_at(&redemption.fingerprint);
    let Some(position) = decided_at else {
        return Err(MigrationError::SealedAnswer);
    };
    let Some((position, record)) = engine.journal.answered(position).await? else {
        return Err(MigrationError::SealedAnswer);
    };
    engine.target.prepare().await?;
    let mut recovered = Recovered::default();
    let sealed = Sealed {
        position,
        record: &record,
        asker: Some(&redemption.user),
    };
    settle(engine, &mut NoObserver, &mut recovered, sealed, &|_| true).await?;
    match recovered.unpublished.pop() {
        Some(token) => publish(engine, token).await,
        None => standing(engine, redemption).await,
    }
}

/// Sends the token, and does what follows from the answer.
async fn redeem_now(engine: &Engine<'_>, mut attempt: Attempt) -> Result<FirstUse, MigrationError> {
    let redemption = &*attempt.redemption;
    // What is answered cannot be asked for again: the cache must be one that can be written.
    engine.target.prepare().await?;
    let metadata = engine
        .runtime
        .provider_metadata(&redemption.authority)
        .await?;
    let endpoint = TokenEndpoint {
        authority: Arc::new((*redemption.authority).clone()),
        authority_text: redemption.authority.to_string(),
        metadata,
    };
    let context = context(engine)?;
    let reply = send(engine, &attempt, &endpoint, Ok(context)).await?;
    let expected = Expectation {
        client_id: &redemption.client_id,
        metadata: &endpoint.metadata,
        user: &redemption.user,
        is_released: engine.released.name_in_full(&redemption.locator),
        settings: engine.settings,
    };
    let now = engine.runtime.clock().now();
    // The last try of this call: the user does not wait for another.
    let (order, sealed) = match reply {
        Reply::Nothing(error) => (in_run(Err(error), expected, TRIES, now), None),
        Reply::Response(response, sealed) => (in_run(Ok(&response), expected, TRIES, now), sealed),
        Reply::SentByAnother | Reply::SentForOtherClient => {
            return Ok(FirstUse::later("sent_by_another"));
        }
    };
    match order {
        Order::AskAtHome(reason) => match attempt.send_home(reason) {
            Ok(()) => Box::pin(redeem_now(engine, attempt)).await,
            Err(reason) => conclude(engine, &attempt, Class::Failed, reason).await,
        },
        Order::HaltLane(reason) => conclude(engine, &attempt, Class::Failed, reason).await,
        Order::Settle(Verdict::Conclude(class, reason)) => {
            conclude(engine, &attempt, class, reason).await
        }
        Order::Settle(Verdict::HoldBack(reason, found)) => {
            let recorded = engine.hold_back(&attempt, &reason, &found, sealed);
            recorded.await?;
            Ok(FirstUse::HeldBack(reason))
        }
        Order::Settle(Verdict::LeaveInDoubt(reason)) => doubt(engine, &attempt, reason).await,
        Order::Settle(Verdict::Publish(tokens, home_account_id)) => {
            let redeemed = Redeemed::new(attempt, &endpoint.authority, now);
            let target = engine.target;
            let token = target.add(redeemed, &endpoint.metadata, &tokens, home_account_id);
            publish(engine, token).await
        }
        Order::SlowDown {
            reason,
            next: Next::LeaveInDoubt,
            ..
        } => doubt(engine, &attempt, reason).await,
        Order::SlowDown { wait, reason, .. } => {
            let recorded = engine.conclude_attempt(&attempt, Class::Retryable, &reason);
            recorded.await?;
            Ok(FirstUse::Later { reason, wait })
        }
        Order::Stop(source) => {
            // Nothing was sent. With no more than its intent in the journal, the token would be in doubt.
            let reason = Reason::named("no_answer");
            let recorded = engine.conclude_attempt(&attempt, Class::Retryable, &reason);
            recorded.await?;
            let host = attempt.redemption.authority.host().to_owned();
            Err(MigrationError::Http { host, source })
        }
    }
}

fn context(engine: &Engine<'_>) -> Result<RequestContext, MigrationError> {
    let mut bytes = [0; 16];
    engine.runtime.random().fill(&mut bytes)?;
    Ok(RequestContext::new(
        random_uuid(bytes),
        Telemetry::current(ApiId::ByRefreshToken, 1),
        Telemetry::default().last(),
        None,
    ))
}

/// Writes down that no tokens came of it, and says so.
async fn conclude(
    engine: &Engine<'_>,
    attempt: &Attempt,
    class: Class,
    reason: Reason,
) -> Result<FirstUse, MigrationError> {
    engine.conclude_attempt(attempt, class, &reason).await?;
    let reason = attempt.ends(class, &reason).1.clone();
    Ok(match class {
        // An earlier answer is held back, and stays so.
        _ if attempt.held_back.is_some() => FirstUse::HeldBack(reason),
        Class::NeedsUser => FirstUse::NeedsUser(reason),
        Class::Retryable => FirstUse::Later { reason, wait: None },
        Class::Failed | Class::Migrated | Class::Quarantined => FirstUse::Refused(reason),
    })
}

async fn doubt(
    engine: &Engine<'_>,
    attempt: &Attempt,
    reason: Reason,
) -> Result<FirstUse, MigrationError> {
    engine.leave_in_doubt(attempt, &reason).await?;
    Ok(FirstUse::HeldBack(reason))
}

/// Writes a token to the target's store, reads it back, and writes down that it is there.
async fn publish(engine: &Engine<'_>, token: Unpublished) -> Result<FirstUse, MigrationError> {
    let batch = [token];
    engine.target.publish(&batch).await?;
    engine.record_migrated(&batch).await?;
    let [token] = batch;
    Ok(FirstUse::Migrated {
        home_account_id: token.home_account_id,
    })
}
