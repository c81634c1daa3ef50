//! One redemption, when its user comes back: claimed, judged and written down by the rules of a run.

use std::sync::Arc;

use msal_core::{Account, ApiId, HomeAccountId, RequestContext, Telemetry, random_uuid};

use super::due::due_on_first_use;
use super::engine::Engine;
use super::pauses::Pauses;
use super::queue::{Attempt, TokenEndpoint};
use super::recovery::{Recovered, Sealed, settle};
use super::redeemed::{Redeemed, Unpublished};
use super::send::{Reply, send};
use super::verdict::{Expectation, Next, Order, TRIES, Verdict, expected_user, in_run};
use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::first_use::FirstUse;
use crate::journal::{Class, Reason, State};
use crate::observer::NoObserver;
use crate::plan::Redemption;
use crate::record::UserHints;

/// Redeems one token, unless it was before. Its successor is in the target's store when this says so.
///
/// # Errors
/// [`MigrationError`]: the journal, the target or the authority cannot be used. What was answered is sealed.
pub(crate) async fn redeem(
    engine: &Engine<'_>,
    pauses: &Pauses,
    redemption: Redemption,
) -> Result<FirstUse, MigrationError> {
    let token = redemption.fingerprint;
    let migrated = Some(State::Concluded(Class::Migrated));
    if engine.journal.states().get(&token) == migrated {
        return standing(engine, &redemption).await;
    }
    // Held until this returns: what came of the token is in the journal then, and its successor in the store.
    let Some(claim) = engine.claim(&token).await? else {
        return Ok(FirstUse::later("sent_by_another"));
    };
    if is_unpublished(engine, &token) {
        return publish_sealed(engine, &redemption).await;
    }
    let rotation = engine.settings.rotation;
    let due = due_on_first_use(redemption.clone(), engine.journal, rotation).await;
    let claimed = due.map(|attempt| Attempt {
        claim: Some(Arc::clone(&claim)),
        ..attempt
    });
    match claimed {
        Some(attempt) if engine.is_spent_for_another(&attempt) => {
            let reason = Reason::named("sent_for_other_client");
            conclude(engine, &attempt, Class::Failed, reason).await
        }
        Some(attempt) => redeem_now(engine, pauses, attempt).await,
        None => standing(engine, &redemption).await,
    }
}

fn is_unpublished(engine: &Engine<'_>, token: &Fingerprint) -> bool {
    engine.journal.states().get(token) == Some(State::Unpublished)
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
            let found = engine.target.account(redemption, &home_account_id).await?;
            match is_of_another(&redemption.user, &home_account_id, found.as_ref()) {
                true if !engine.settings.allow_user_mismatch => {
                    FirstUse::HeldBack(Reason::named("user_mismatch"))
                }
                _ => FirstUse::AlreadyMigrated {
                    is_in_cache: found.is_some(),
                    home_account_id,
                },
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

/// Whether the account that a token was migrated for is not that of the user who has come back. One that is in another cache
/// is known by its home account id alone.
fn is_of_another(
    user: &UserHints,
    migrated: &HomeAccountId,
    found: Option<&(Account, Vec<String>)>,
) -> bool {
    match (found, &user.home_account_id) {
        (Some((account, subjects)), _) => !expected_user(user).has_account(account, subjects),
        // A subject cannot be compared with `uid.utid`.
        (None, Some(known)) if known.tenant().is_some() == migrated.tenant().is_some() => {
            !known.as_str().eq_ignore_ascii_case(migrated.as_str())
        }
        (None, _) => false,
    }
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
    // A batch that has ended since has said last what it published. One that begins now finds the token claimed.
    engine.journal.refresh().await?;
    if !is_unpublished(engine, &redemption.fingerprint) {
        return standing(engine, redemption).await;
    }
    let decided_at = engine.journal.states().decided_at(&redemption.fingerprint);
    let Some(position) = decided_at else {
        return Err(MigrationError::SealedAnswer);
    };
    let Some((position, record)) = engine.journal.answered(position).await? else {
        return Err(MigrationError::SealedAnswer);
    };
    engine.target.prepare().await?;
    engine.target.catch_up().await?;
    let mut recovered = Recovered::default();
    let sealed = Sealed {
        position,
        record: &record,
        asker: Some(&redemption.user),
    };
    settle(engine, &mut NoObserver, &mut recovered, sealed).await?;
    if let Some(reason) = recovered.refused {
        return Ok(FirstUse::HeldBack(reason));
    }
    match recovered.unpublished.pop() {
        Some(token) => publish(engine, token).await,
        None => standing(engine, redemption).await,
    }
}

/// Sends the token, and does what follows from the answer.
async fn redeem_now(
    engine: &Engine<'_>,
    pauses: &Pauses,
    mut attempt: Attempt,
) -> Result<FirstUse, MigrationError> {
    let redemption = &*attempt.redemption;
    if let Some((reason, left)) = pauses.of(redemption, engine.runtime.clock().now()) {
        let wait = Some(left);
        return Ok(FirstUse::Later { reason, wait });
    }
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
    if !engine.settings.rotation.allows_repeat() {
        let in_flight = engine.journal.claims().held();
        engine.journal.reserve_for(in_flight as u64).await?;
    }
    let context = context(engine)?;
    let reply = send(engine, &attempt, &endpoint, Ok(context)).await?;
    let expected = Expectation {
        client_id: &redemption.client_id,
        metadata: &endpoint.metadata,
        user: &redemption.user,
        is_released: engine.released.contains(&redemption.fingerprint),
        settings: engine.settings,
    };
    let now = engine.runtime.clock().now();
    // The last try of this call: the user does not wait for another.
    let (order, sealed) = match reply {
        Reply::Nothing(error) => (in_run(Err(error), expected, TRIES, now), Ok(None)),
        Reply::Response(response, sealed) => (in_run(Ok(&response), expected, TRIES, now), sealed),
        Reply::SentByAnother | Reply::SentForOtherClient => {
            return Ok(FirstUse::later("sent_by_another"));
        }
    };
    match &order {
        Order::AskAtHome(_) | Order::HaltLane(_) | Order::Settle(_) => {
            pauses.arrive(redemption, now)
        }
        Order::SlowDown { wait, reason, .. } => pauses.stumble(redemption, *wait, reason, engine),
        Order::Stop(_) => {}
    }
    match order {
        Order::AskAtHome(reason) => match attempt.send_home(reason) {
            Ok(()) => {
                if let Some(recorded) = engine.record_unspent(&attempt) {
                    recorded.await?;
                }
                Box::pin(redeem_now(engine, pauses, attempt)).await
            }
            Err(reason) => conclude(engine, &attempt, Class::Failed, reason).await,
        },
        Order::HaltLane(reason) => conclude(engine, &attempt, Class::Failed, reason).await,
        Order::Settle(Verdict::Conclude(class, reason)) => {
            conclude(engine, &attempt, class, reason).await
        }
        Order::Settle(Verdict::HoldBack(reason, found)) => {
            // Nothing is held back where nothing is sealed.
            let recorded = engine.hold_back(&attempt, &reason, &found, sealed?);
            recorded.await?;
            Ok(FirstUse::HeldBack(reason))
        }
        Order::Settle(Verdict::LeaveInDoubt(reason)) => doubt(engine, &attempt, reason).await,
        // Sealed or not: whatever is wrong with the journal, the store gets the tokens first.
        Order::Settle(Verdict::Publish(tokens, home_account_id)) => {
            let redeemed = Redeemed::new(attempt, &endpoint.authority, now);
            let target = engine.target;
            let token = target.add(redeemed, &endpoint.metadata, tokens, home_account_id);
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
            let reason = Reason::from(&source);
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
    let home_account_id = token.home_account_id.clone();
    let published = engine.target.publish(vec![token]).await;
    engine.record_migrated(&published.into_whole()?).await?;
    Ok(FirstUse::Migrated { home_account_id })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;
    use std::time::Duration;

    use bytes::Bytes;
    use http::{Request, Response};
    use msal::fakes::{JumpingClock, SeededRandom};
    use msal::{
        BoxFuture, HttpClient, HttpError, MemoryStore, Partition, Runtime, SharedTokenCache,
    };
    use msal_core::{Authority, Dialect, RefreshToken, ScopeSet, TrustedAuthority, UnixTime};

    use super::*;
    use crate::credentials::Credentials;
    use crate::journal::{Answer, Asked, Destination, Holder, Journal, Outcome, Step};
    use crate::plan::Warnings;
    use crate::record::{Locator, Place};
    use crate::run::Target;
    use crate::settings::Settings;

    const AUTHORITY: &str =
        "https://login.microsoftonline.com/11111111-aaaa-4bbb-8ccc-222222222222";

    #[derive(Debug)]
    struct Nobody;

    impl HttpClient for Nobody {
        fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
            Box::pin(std::future::ready(Err(HttpError::unreachable())))
        }
    }

    fn share(folder: &Path) -> Journal {
        let (path, random) = (folder.join("journal"), Arc::new(SeededRandom::new(7)));
        let opened = Journal::open(path, &Destination::new(), random, Holder::FirstUse);
        opened.unwrap().0
    }

    fn redemption() -> Redemption {
        let authority = Authority::parse(AUTHORITY).unwrap();
        Redemption {
            fingerprint: Fingerprint::from_bytes([1; 16]),
            refresh_token: RefreshToken::from("0.OLD"),
            client_id: "app".to_owned(),
            client_secret: None,
            authority: TrustedAuthority::built_in(authority).unwrap(),
            home: None,
            scopes: ScopeSet::default(),
            user: UserHints::default(),
            locator: Locator::new(&"the shop".into(), Place::Element(1)),
            duplicates: 0,
            warnings: Warnings::default(),
        }
    }

    /// A batch ends between two looks of a call: at where the token stands, and at whether a batch is running.
    #[tokio::test]
    async fn the_last_word_of_a_batch_that_has_just_ended_is_heard() {
        let folder = tempfile::tempdir().unwrap();
        let (batch, journal) = (share(folder.path()), share(folder.path()));
        let runtime = Runtime::with_http(Nobody)
            .with_clock(JumpingClock::new(UnixTime::from_secs(1_700_000_100)))
            .with_random(SeededRandom::new(8));
        let store = Arc::new(MemoryStore::default());
        let cache = SharedTokenCache::new(store, Partition::default(), Dialect::default());
        let engine = Engine {
            runtime: &runtime,
            journal: &journal,
            target: &Target::new(Arc::new(cache).into(), runtime.clock().now()),
            credentials: &Credentials::none(),
            settings: &Settings::default(),
            patience: Duration::ZERO,
            released: &HashSet::new(),
            spa_origin: None,
            named: None,
        };
        let redemption = redemption();
        let (token, locator) = (redemption.fingerprint, &redemption.locator);
        let answer = Answer {
            client_id: "app",
            authority: AUTHORITY,
            scopes: "",
            user: (&redemption.user).into(),
            redeemed_token: "0.OLD",
            status: 200,
            // uid.utid
            body: br#"{"access_token":"AT","refresh_token":"0.NEW","client_info":"eyJ1aWQiOiJ1aWQiLCJ1dGlkIjoidXRpZCJ9"}"#,
        };
        let answered = engine.entry(token, locator, Step::Answered);
        batch.append(&answered, Some(&answer)).await.unwrap();
        journal.refresh().await.unwrap();
        let asked = Asked {
            authority: AUTHORITY,
            client_id: "app",
            scopes: "",
        };
        let outcome = Step::Concluded(Outcome::migrated("uid.utid", asked, false));
        let migrated = engine.entry(token, locator, outcome);
        batch.append(&migrated, None).await.unwrap();
        drop(batch);

        assert!(is_unpublished(&engine, &token), "as far as is known");
        let used = publish_sealed(&engine, &redemption).await.unwrap();
        let FirstUse::AlreadyMigrated { is_in_cache, .. } = used else {
            panic!("it was stored a second time: {used:?}");
        };
        assert!(!is_in_cache);
    }
}
