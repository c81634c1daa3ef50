//! What earlier runs left in the journal is taken in before anything is sent.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};
use msal_core::{Authority, RefreshToken, ScopeSet, SecretBuffer, TrustedAuthority, UnixTime};

use super::engine::Engine;
use super::redeemed::{Redeemed, Unpublished};
use super::verdict::{Expectation, Verdict, in_recovery};
use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::journal::{
    Answer, Class, Doubt, Outcome, Position, Reason, State, Step, Unsealed, Users,
};
use crate::observer::{Conclusion, ObservedToken, Observer};
use crate::record::{Locator, UserHints};

/// Judges the answers that earlier runs sealed and did not publish. Those that were held back are judged again: the
/// operator may have decided otherwise since. The oldest come first, because they have waited longest.
pub(crate) async fn recover(
    engine: &Engine<'_>,
    observer: &mut dyn Observer,
) -> Result<Recovered, MigrationError> {
    let positions = engine.journal.states().with_answers();
    let mut recovered = Recovered::default();
    if !positions.is_empty() {
        engine.target.catch_up().await?;
    }
    for position in positions {
        // An entry that holds back nothing has nothing to be judged.
        let Some((position, record)) = engine.journal.answered(position).await? else {
            continue;
        };
        let token = record.entry().map(|entry| entry.fingerprint);
        let token = token.ok_or(MigrationError::SealedAnswer)?;
        // Whoever shares the journal and has the token in hand publishes its answer, or has done so.
        let Some(_claim) = engine.journal.claims().try_claim(&token)? else {
            continue;
        };
        engine.journal.refresh().await?;
        if engine.journal.states().is_decided_by_another(&token) {
            continue;
        }
        let sealed = Sealed {
            position,
            record: &record,
            asker: None,
        };
        settle(engine, observer, &mut recovered, sealed).await?;
    }
    Ok(recovered)
}

/// What sealed answers came to.
#[derive(Default)]
pub(crate) struct Recovered {
    /// Tokens to publish.
    pub(super) unpublished: Vec<Unpublished>,
    /// Why the user who has come back gets nothing of an answer, which stays as it is: it is of another user.
    pub(super) refused: Option<Reason>,
    /// Tokens that have another outcome than before, and are not in the target.
    pub(super) judged: HashMap<Fingerprint, Judged>,
}

/// A token and its outcome, of which nobody was told yet.
pub(super) struct Judged {
    fingerprint: Fingerprint,
    locator: Locator,
    user: UserHints,
    client_id: String,
    authority: Authority,
    pub(super) earlier: Option<State>,
    state: State,
    reason: Reason,
}

impl Recovered {
    /// The tokens to publish, and where they were redeemed.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = (Fingerprint, Arc<Authority>)> {
        let tokens = self.unpublished.iter();
        tokens.map(|token| (token.fingerprint, Arc::clone(&token.authority)))
    }

    /// Writes down what became of a token, and keeps it for the observer.
    async fn conclude(
        &mut self,
        engine: &Engine<'_>,
        judged: Judged,
        outcome: Outcome<'_>,
    ) -> Result<(), MigrationError> {
        let (class, reason) = (outcome.class, outcome.reason.clone().into_owned());
        let recorded =
            engine.conclude(judged.fingerprint, (&judged.locator, &judged.user), outcome);
        recorded.await?;
        self.keep(judged, State::Concluded(class), reason);
        Ok(())
    }

    /// Writes down that a token may be spent, and keeps it for the observer.
    async fn leave_in_doubt(
        &mut self,
        engine: &Engine<'_>,
        judged: Judged,
        doubt: Doubt<'_>,
    ) -> Result<(), MigrationError> {
        let reason = doubt.reason.clone().into_owned();
        let step = Step::LeftInDoubt(doubt);
        let entry = engine.entry(judged.fingerprint, (&judged.locator, &judged.user), step);
        engine.journal.append(&entry, None).await?;
        self.keep(judged, State::InDoubt, reason);
        Ok(())
    }

    /// What stays as it was is no news: it was counted when the run began.
    fn keep(&mut self, judged: Judged, state: State, reason: Reason) {
        if judged.earlier != Some(state) {
            let judged = Judged {
                state,
                reason,
                ..judged
            };
            self.judged.insert(judged.fingerprint, judged);
        }
    }
}

impl Judged {
    /// What an answer redeemed.
    fn redeemed(self, answer: &Answer<'_>, at: UnixTime) -> Redeemed {
        Redeemed {
            fingerprint: self.fingerprint,
            locator: self.locator,
            client_id: self.client_id,
            scopes: ScopeSet::from_wire(answer.scopes),
            refresh_token: RefreshToken::from(answer.redeemed_token),
            authority: Arc::new(self.authority),
            user: self.user,
            // What an access token has left to live counts from its answer.
            at,
            earlier: self.earlier,
        }
    }

    pub(super) fn tell(&self, observer: &mut dyn Observer) {
        let token = ObservedToken {
            fingerprint: self.fingerprint,
            locator: &self.locator,
            user: &self.user,
            client_id: &self.client_id,
            authority: &self.authority,
            earlier: self.earlier,
        };
        let conclusion = Conclusion::without_tokens(self.state, &self.reason);
        observer.concluded(&token, &conclusion);
    }
}

/// An answer that was sealed, and whose tokens are asked for.
pub(super) struct Sealed<'a> {
    pub(super) position: Position,
    pub(super) record: &'a Unsealed,
    /// The user who has come back: the answer must be theirs as well as that of the user whom the source named.
    pub(super) asker: Option<&'a UserHints>,
}

/// Does what follows for one token.
pub(super) async fn settle(
    engine: &Engine<'_>,
    observer: &mut dyn Observer,
    recovered: &mut Recovered,
    sealed: Sealed<'_>,
) -> Result<(), MigrationError> {
    let Sealed {
        position,
        record,
        asker,
    } = sealed;
    let (Some(entry), Some(answer)) = (record.entry(), record.answer()) else {
        return Err(MigrationError::SealedAnswer);
    };
    let authority = Authority::parse(answer.authority);
    let (Ok(authority), Some(response)) = (authority, response_of(&answer)) else {
        return Err(MigrationError::SealedAnswer);
    };
    let judged = Judged {
        fingerprint: entry.fingerprint,
        locator: Locator::from(&entry.origin),
        user: UserHints::from(&answer.user),
        client_id: answer.client_id.to_owned(),
        authority: authority.clone(),
        earlier: engine.journal.states().get(&entry.fingerprint),
        state: State::Unpublished,
        reason: Reason::default(),
    };
    // The journal is a file, and no file makes a host trusted: the operator names it again.
    let Some(authority) = TrustedAuthority::admit(authority, engine.named) else {
        let reason = Reason::named("unknown_authority");
        let outcome = Outcome {
            held_back: Some(position),
            ..Outcome::new(Class::Quarantined, answer.asked(), &reason)
        };
        return recovered.conclude(engine, judged, outcome).await;
    };
    let metadata = engine.runtime.provider_metadata(&authority).await;
    let Ok(metadata) = metadata else {
        // The answer stays sealed; a later run finds the authority.
        return Ok(());
    };
    let expected = Expectation {
        client_id: answer.client_id,
        metadata: &metadata,
        user: &judged.user,
        is_released: engine.released.contains(&entry.fingerprint),
        settings: engine.settings,
    };
    // The operator asked again for it, and may still publish what was held back then.
    let earlier = engine.journal.states().held_back(&entry.fingerprint);
    let verdict = match (in_recovery(&response, expected), asker) {
        (Verdict::Publish(..), Some(user)) => {
            match in_recovery(&response, Expectation { user, ..expected }) {
                Verdict::HoldBack(reason, _) => {
                    recovered.refused = Some(reason);
                    return Ok(());
                }
                verdict => verdict,
            }
        }
        (verdict, _) => verdict,
    };
    let (class, reason, held_back, found) = match verdict {
        Verdict::Conclude(class, reason) => match earlier {
            Some(earlier) => (Class::Quarantined, reason, Some(earlier), None),
            None => (class, reason, None, None),
        },
        Verdict::HoldBack(reason, found) => {
            (Class::Quarantined, reason, Some(position), Some(found))
        }
        Verdict::LeaveInDoubt(reason) => {
            let doubt = Doubt {
                reason: Cow::Borrowed(&reason),
                asked: answer.asked(),
            };
            return recovered.leave_in_doubt(engine, judged, doubt).await;
        }
        Verdict::Publish(tokens, home_account_id) => {
            let redeemed = judged.redeemed(&answer, entry.at);
            let target = engine.target;
            let token = target.add_sealed(redeemed, &metadata, tokens, home_account_id);
            observer.redeemed(&token.observed());
            recovered.unpublished.push(token);
            return Ok(());
        }
    };
    let outcome = Outcome {
        held_back,
        users: found.as_deref().map(|found| Users {
            expected: answer.user.clone(),
            found: found.into(),
        }),
        ..Outcome::new(class, answer.asked(), &reason)
    };
    recovered.conclude(engine, judged, outcome).await
}

/// A sealed answer as it came, apart from its headers.
pub(super) fn response_of(answer: &Answer<'_>) -> Option<Response<Bytes>> {
    let body = SecretBuffer::from(answer.body.to_vec()).into_shared();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(answer.status).ok()?;
    Some(response)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;
    use std::sync::{Arc, LazyLock};

    use http::Request;
    use msal::fakes::{JumpingClock, SeededRandom};
    use msal::{
        BoxFuture, CacheStore, HttpClient, HttpError, MemoryStore, Partition, Runtime,
        SharedTokenCache,
    };
    use msal_core::Dialect;

    use super::*;
    use crate::caches::Caches;
    use crate::credentials::Credentials;
    use crate::journal::{Destination, Entry, Holder, Journal};
    use crate::observer::NoObserver;
    use crate::record::Place;
    use crate::run::batch::Target;
    use crate::settings::{RotationPolicy, Settings};

    /// A recovery asks nobody: the endpoints of Microsoft's cloud are known.
    #[derive(Debug)]
    struct Nobody;

    impl HttpClient for Nobody {
        fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
            Box::pin(std::future::ready(Err(HttpError::unreachable())))
        }
    }

    fn token(n: u8) -> Fingerprint {
        Fingerprint::from_bytes([n; 16])
    }

    fn open(folder: &Path) -> Journal {
        let path = folder.join("journal");
        let opened = Journal::open(
            path,
            &Destination::new(),
            Arc::new(SeededRandom::new(7)),
            Holder::Batch,
        );
        opened.unwrap().0
    }

    /// What a run sealed before it was killed.
    async fn seal(journal: &Journal, n: u8, status: u16, body: &str) -> Position {
        let locator = Locator::new(&"adal.json".into(), Place::Element(n.into()));
        let user = UserHints {
            home_account_id: Some(msal_core::HomeAccountId::new("u.t")),
            ..UserHints::default()
        };
        let entry = Entry {
            fingerprint: token(n),
            origin: (&locator).into(),
            at: UnixTime::from_secs(1_700_000_000),
            step: Step::Answered,
        };
        let answer = Answer {
            client_id: "app",
            authority: "https://login.microsoftonline.com/11111111-aaaa-4bbb-8ccc-222222222222",
            scopes: "https://graph.microsoft.com/.default",
            user: (&user).into(),
            redeemed_token: "0.OLD",
            status,
            body: body.as_bytes(),
        };
        journal.append(&entry, Some(&answer)).await.unwrap()
    }

    fn runtime() -> Runtime {
        Runtime::with_http(Nobody)
            .with_clock(JumpingClock::new(UnixTime::from_secs(1_700_000_100)))
            .with_random(SeededRandom::new(7))
    }

    fn engine<'a>(
        runtime: &'a Runtime,
        journal: &'a Journal,
        target: &'a Target,
        settings: &'a Settings,
    ) -> Engine<'a> {
        static NONE: LazyLock<(Credentials, HashSet<Fingerprint>)> =
            LazyLock::new(|| (Credentials::none(), HashSet::new()));
        Engine {
            runtime,
            journal,
            target,
            credentials: &NONE.0,
            settings,
            patience: settings.patience,
            released: &NONE.1,
            spa_origin: None,
            named: None,
        }
    }

    /// Recovers, and returns whose tokens are to be published.
    async fn recovered(journal: &Journal, settings: &Settings) -> Vec<Fingerprint> {
        let runtime = runtime();
        let store = Arc::new(MemoryStore::default());
        let cache = SharedTokenCache::new(store, Partition::default(), Dialect::default());
        let target = Target::new(Arc::new(cache).into(), runtime.clock().now());
        target.prepare().await.unwrap();
        let engine = engine(&runtime, journal, &target, settings);
        let recovered = recover(&engine, &mut NoObserver).await;
        let recovered = recovered.unwrap();
        recovered.tokens().map(|(token, _)| token).collect()
    }

    /// Tokens of `uid.t`.
    fn tokens(uid: &str) -> String {
        use base64::Engine as _;
        let json = format!(r#"{{"uid":"{uid}","utid":"t"}}"#);
        let client_info = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
        format!(r#"{{"access_token":"at","refresh_token":"0.NEW","client_info":"{client_info}"}}"#)
    }

    #[tokio::test]
    async fn what_was_sealed_has_the_outcome_that_a_run_would_give_it() {
        let folder = tempfile::tempdir().unwrap();
        let journal = open(folder.path());
        seal(&journal, 1, 200, &tokens("u")).await;
        seal(&journal, 2, 200, r#"{"error":"invalid_client"}"#).await;
        seal(&journal, 3, 400, r#"{"error":"invalid_grant"}"#).await;
        seal(&journal, 4, 200, "<html>portal</html>").await;
        seal(&journal, 5, 200, &tokens("u")).await;
        drop(journal);

        let journal = open(folder.path());
        let published = recovered(&journal, &Settings::default()).await;
        assert_eq!(published, [token(1), token(5)]);
        let states = [1, 2, 3, 4, 5].map(|n| journal.states().get(&token(n)).unwrap());
        assert_eq!(
            states,
            [
                State::Unpublished,
                State::Concluded(Class::Failed),
                State::Concluded(Class::NeedsUser),
                State::Concluded(Class::Retryable),
                State::Unpublished,
            ]
        );
        // A recovery that was killed in its turn finds the same again.
        assert_eq!(
            recovered(&journal, &Settings::default()).await,
            [token(1), token(5)]
        );
    }

    #[tokio::test]
    async fn a_sealed_answer_that_does_not_say_what_was_done_leaves_a_token_in_doubt_that_may_be_spent()
     {
        let settings = Settings {
            rotation: RotationPolicy::SingleUse,
            ..Settings::default()
        };
        let folder = tempfile::tempdir().unwrap();
        let journal = open(folder.path());
        seal(&journal, 1, 200, "<html>portal</html>").await;
        seal(&journal, 2, 200, r#"{"error":"temporarily_unavailable"}"#).await;
        seal(&journal, 3, 503, "refresh_token").await;
        seal(&journal, 4, 200, r#"{"error":"invalid_client"}"#).await;
        drop(journal);

        for _ in 0..2 {
            let journal = open(folder.path());
            assert_eq!(recovered(&journal, &settings).await, []);
            let states = [1, 2, 3, 4].map(|n| journal.states().get(&token(n)).unwrap());
            let refused = State::Concluded(Class::Failed);
            let doubt = State::InDoubt;
            assert_eq!(states, [doubt, doubt, doubt, refused]);
        }
    }

    /// A user whom MSAL Python has stored under another name of the cloud, with a token of another application.
    #[tokio::test]
    async fn a_users_cache_is_gone_on_with_under_the_name_of_the_cloud_that_it_has() {
        let windows = "login.windows.net";
        for is_per_user in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let journal = open(folder.path());
            seal(&journal, 1, 200, &tokens("u")).await;
            let known = serde_json::json!({
                "Account": {"a": {
                    "home_account_id": "u.t", "environment": windows, "realm": "t", "local_account_id": "u",
                    "username": "u@contoso.example", "authority_type": "MSSTS",
                }},
                "RefreshToken": {"r": {
                    "credential_type": "RefreshToken", "secret": "0.OTHER", "home_account_id": "u.t",
                    "environment": windows, "client_id": "other", "target": "User.Read",
                }},
            });
            let partition = match is_per_user {
                true => Partition::new("u.t").unwrap(),
                false => Partition::default(),
            };
            let store = Arc::new(MemoryStore::default());
            let blob = Arc::new(Bytes::from(known.to_string()));
            store.save(&partition, blob, None).await.unwrap();
            let shared: Arc<dyn CacheStore> = Arc::<MemoryStore>::clone(&store);
            let caches = match is_per_user {
                true => Caches::per_user(shared, Dialect::Python),
                false => Arc::new(SharedTokenCache::new(
                    shared,
                    partition.clone(),
                    Dialect::Python,
                ))
                .into(),
            };
            let settings = Settings::default();
            let runtime = runtime();
            let target = Target::new(caches, runtime.clock().now());
            target.prepare().await.unwrap();
            let engine = engine(&runtime, &journal, &target, &settings);
            let mut observer = NoObserver;
            let recovered = recover(&engine, &mut observer).await;
            let (_feed, redemptions) = tokio::sync::mpsc::channel(1);
            drop(_feed);
            let mut never: BoxFuture<'_, ()> = Box::pin(std::future::pending());
            let driven = crate::run::drive(
                &engine,
                &mut observer,
                recovered.unwrap(),
                redemptions,
                &mut never,
            );
            driven.await.unwrap();
            let stored = store.load(&partition).await.unwrap().unwrap();
            let stored: serde_json::Value = serde_json::from_slice(&stored.blob).unwrap();
            for section in ["Account", "RefreshToken"] {
                let entries = stored[section].as_object().unwrap().values();
                let found: Vec<_> = entries.map(|entry| &entry["environment"]).collect();
                assert_eq!(found, [windows; 2], "{section} {is_per_user}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_held_back_stays_so_until_the_operator_accepts_it() {
        let folder = tempfile::tempdir().unwrap();
        let journal = open(folder.path());
        let sealed = seal(&journal, 1, 200, &tokens("v")).await;
        let mut settings = Settings::default();
        for _ in 0..3 {
            assert_eq!(recovered(&journal, &settings).await, []);
            let state = journal.states().get(&token(1)).unwrap();
            assert_eq!(state, State::Concluded(Class::Quarantined));
            let entries = journal.states().with_answers();
            let (at, _) = journal.answered(entries[0]).await.unwrap().unwrap();
            assert_eq!(at, sealed, "held back where it was sealed");
        }
        settings.allow_user_mismatch = true;
        assert_eq!(recovered(&journal, &settings).await, [token(1)]);
    }

    #[tokio::test]
    async fn an_answer_that_brings_nothing_leaves_the_earlier_one_held_back() {
        let folder = tempfile::tempdir().unwrap();
        let journal = open(folder.path());
        let mut held_back = Vec::new();
        for n in [1, 2, 3] {
            held_back.push(seal(&journal, n, 200, &tokens("v")).await);
        }
        recovered(&journal, &Settings::default()).await;
        // What was asked for again, by a run that was killed before it judged.
        seal(
            &journal,
            1,
            400,
            r#"{"error":"invalid_grant","error_description":"refresh_token"}"#,
        )
        .await;
        seal(&journal, 2, 200, r#"{"error":"invalid_client"}"#).await;
        seal(&journal, 3, 503, "refresh_token").await;

        recovered(&journal, &Settings::default()).await;
        for (n, sealed) in [1, 2, 3].into_iter().zip(held_back) {
            let states = journal.states().clone();
            assert_eq!(
                states.get(&token(n)),
                Some(State::Concluded(Class::Quarantined))
            );
            let decided_at = states.decided_at(&token(n)).unwrap();
            let (at, _) = journal.answered(decided_at).await.unwrap().unwrap();
            assert_eq!(at, sealed);
        }
    }
}
