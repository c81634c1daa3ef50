//! What becomes of each token.

use std::sync::Arc;

use msal::{Blob, BoxFuture, CacheStore, Partition, SharedTokenCache, StoreError, Stored, Version};
use msal_core::Dialect;
use msal_emulator::{Fault, Rotation, Settings as EmulatorSettings, sample};
use msal_migrate::{
    Class, Completion, JournalReader, MigrationError, NoObserver, Reason, Report, Retry,
    RetryClass, RotationPolicy, State, TokenReport,
};
use serde_json::{Value, json};

use crate::world::{HOST, World};

const GRAPH: &str = "https://graph.microsoft.com";
const ARM: &str = "https://management.core.windows.net/";

#[tokio::test]
async fn copies_of_a_token_are_redeemed_once() {
    let world = World::new();
    let alice = world.token(sample::ALICE, sample::DESKTOP);
    let web = world.token(sample::ALICE, sample::WEB);
    let entries = [
        world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &alice),
        world.entry(sample::ALICE, sample::DESKTOP, ARM, &alice),
        world.entry(sample::ALICE, sample::WEB, GRAPH, &web),
    ];
    let report = world.run(&entries).await.unwrap();

    assert_eq!(
        (report.tokens, report.migrated, report.duplicates),
        (2, 2, 1)
    );
    assert_eq!(report.completion(), Completion::Complete);
    assert_eq!(world.http.emulator.redemptions().seen(), 2);
    assert!(
        world
            .http
            .emulator
            .redemptions()
            .rows()
            .iter()
            .all(|row| row.seen == 1)
    );
    let target = world.target().await;
    assert_eq!(target["RefreshToken"].as_object().unwrap().len(), 2);
    assert_eq!(target["Account"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn a_report_goes_through_its_own_tokens_one_by_one() {
    let world = World::new();
    let others = world.run(&world.users(3)).await.unwrap();
    let mut entries = vec![
        world.entry(sample::ALICE, sample::WEB, GRAPH, "no token"),
        world.entry(
            sample::ALICE,
            sample::DESKTOP,
            GRAPH,
            &world.token(sample::BOB, sample::DESKTOP),
        ),
    ];
    entries.extend(world.users(3));
    let report = world.run(&entries).await.unwrap();
    let journal = JournalReader::open(world.journal()).unwrap();
    let outcomes = |report: &Report| {
        let mut found = Vec::new();
        let each = &mut |token: TokenReport| {
            let authority = token.authority.unwrap();
            assert_eq!(authority, format!("{HOST}/contoso.example"));
            found.push((
                token.locator.place().to_string(),
                token.client_id.unwrap(),
                token.state,
            ));
        };
        report.outcomes(&journal, each).unwrap();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    };
    let end = |place: &str, client: &str, class| {
        (place.to_owned(), client.to_owned(), State::Concluded(class))
    };
    let migrated = |place| end(place, sample::DESKTOP, Class::Migrated);
    let expected = [
        end("#/0", sample::WEB, Class::NeedsUser),
        end("#/1", sample::DESKTOP, Class::Quarantined),
        migrated("#/2"),
        migrated("#/3"),
        migrated("#/4"),
    ];
    assert_eq!(outcomes(&report), expected);
    assert_eq!(report.tokens, 5);
    let expected = [migrated("#/0"), migrated("#/1"), migrated("#/2")];
    assert_eq!(outcomes(&others), expected);
}

#[tokio::test]
async fn a_second_run_redeems_nothing_and_changes_no_byte() {
    let world = World::new();
    let entries = world.users(20);
    world.run(&entries).await.unwrap();
    let before = (
        world.target().await,
        world.http.emulator.redemptions().seen(),
    );

    let report = world.run(&entries).await.unwrap();
    assert_eq!((report.migrated, report.target_writes), (20, 0));
    assert_eq!(
        (
            world.target().await,
            world.http.emulator.redemptions().seen()
        ),
        before
    );
}

#[tokio::test]
async fn the_old_token_is_kept_when_none_comes_back() {
    let world = World::new();
    world
        .http
        .emulator
        .add_fault(Fault::tamper().drop_member("refresh_token"));
    let entries = world.users(1);
    let report = world.run(&entries).await.unwrap();
    assert_eq!(report.migrated, 1);
    let target = world.target().await;
    let stored = target["RefreshToken"]
        .as_object()
        .unwrap()
        .values()
        .next()
        .unwrap();
    assert_eq!(stored["secret"], entries[0]["refreshToken"]);
}

#[tokio::test]
async fn odd_numbers_keep_nobody_from_being_migrated() {
    for (member, value) in [
        ("expires_in", json!("abc")),
        ("expires_in", json!(null)),
        ("expires_in", json!([1])),
        ("refresh_in", json!("1800")),
        ("scope", json!(null)),
        ("scope", json!(["a"])),
    ] {
        let world = World::new();
        world
            .http
            .emulator
            .add_fault(Fault::tamper().set_member(member, value));
        assert_eq!(
            world.run(&world.users(1)).await.unwrap().migrated,
            1,
            "{member}"
        );
    }
}

#[tokio::test]
async fn every_token_is_in_exactly_one_class() {
    let world = World::new();
    world.http.emulator.add_fault(Fault::aadsts(50076).every(3));
    world
        .http
        .emulator
        .add_fault(Fault::tamper().set_member("client_info", "%").every(5));
    let report = world.run(&world.users(40)).await.unwrap();
    let classes = [
        report.migrated,
        report.needs_user,
        report.failed,
        report.quarantined,
        report.retryable,
        report.in_doubt,
    ];
    assert_eq!(classes.iter().sum::<u64>(), report.tokens);
    assert!(report.needs_user > 0 && report.quarantined > 0 && report.migrated > 0);
}

#[tokio::test]
async fn a_source_that_cannot_be_read_leaves_nothing_behind() {
    let world = World::new();
    let migration = world.migration(&world.users(3));
    let path = world.folder.path().join("adal.json");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();

    let never = Box::pin(std::future::pending());
    migration.run(&mut NoObserver, never).await.unwrap_err();
    let left: Vec<_> = std::fs::read_dir(world.folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[tokio::test]
async fn a_run_that_leaves_every_token_out_is_not_complete() {
    let world = World::new();
    let mut entries = world.users(2);
    for entry in &mut entries {
        entry["_authority"] =
            json!("https://login.microsoftonline.com.evil.example/contoso.example");
    }
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.tokens, report.completion()),
        (0, Completion::Failed)
    );
    assert_eq!(world.http.emulator.redemptions().seen(), 0);
}

#[tokio::test]
async fn what_is_in_doubt_is_sent_once_more_when_the_operator_says_so() {
    let mut world = World::with(EmulatorSettings::default().rotation(Rotation::SingleUse));
    world.settings.rotation = RotationPolicy::SingleUse;
    let fault = Fault::unavailable(None);
    world.http.emulator.add_fault(fault.clone().nth(1));
    world.http.emulator.add_fault(fault.after_effect().nth(2));
    let entries = world.users(4);
    assert_eq!(world.run(&entries).await.unwrap().in_doubt, 2);

    let retry = Retry::default().class(RetryClass::InDoubt);
    let report = world.run_again(&entries, retry.clone()).await;
    assert_eq!(
        (report.migrated, report.needs_user, report.in_doubt),
        (3, 1, 0)
    );
    assert_eq!(world.http.emulator.redemptions().seen(), 6);
    world.run_again(&entries, retry).await;
    assert_eq!(
        world.http.emulator.redemptions().seen(),
        6,
        "nothing is in doubt"
    );
}

/// A store that can be read, and refuses every save.
#[derive(Debug)]
struct ReadOnly;

impl CacheStore for ReadOnly {
    fn load<'a>(&'a self, _: &'a Partition) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn save<'a>(
        &'a self,
        partition: &'a Partition,
        _: Arc<dyn Blob>,
        _: Option<Version>,
    ) -> BoxFuture<'a, Result<Version, StoreError>> {
        Box::pin(async { self.rehearse(partition).await.map(|()| unreachable!()) })
    }

    fn rehearse<'a>(&'a self, _: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(std::future::ready(Err(StoreError::other("read only"))))
    }

    fn remove<'a>(&'a self, _: &'a Partition) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

#[tokio::test]
async fn a_target_that_cannot_be_written_costs_no_token() {
    let world = World::new();
    let entries = world.users(3);
    let target = SharedTokenCache::new(Arc::new(ReadOnly), Partition::default(), Dialect::Python);
    let never = Box::pin(std::future::pending());
    let migration = world.migration_to(Arc::new(target), &entries);
    let error = migration.run(&mut NoObserver, never).await;
    assert!(matches!(error, Err(MigrationError::Store(_))), "{error:?}");
    assert_eq!(world.http.emulator.redemptions().seen(), 0);
    let left: Vec<_> = std::fs::read_dir(world.folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "the source alone");
}

#[tokio::test]
async fn a_second_input_is_counted_for_itself() {
    let world = World::new();
    world
        .http
        .emulator
        .add_fault(Fault::aadsts(50_076).first(2));
    let first = world.users(12);
    let report = world.run(&first).await.unwrap();
    assert_eq!((report.tokens, report.migrated), (12, 10));

    let token = world.token(sample::ALICE, sample::DESKTOP);
    let second = [world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &token)];
    let report = world.run(&second).await.unwrap();
    assert_eq!(
        (report.tokens, report.migrated, report.needs_user),
        (1, 1, 0)
    );
    assert_eq!(report.completion(), Completion::Complete);
    let report = world.run(&first).await.unwrap();
    assert_eq!(
        (report.tokens, report.migrated, report.needs_user),
        (12, 10, 2)
    );
}

#[tokio::test]
async fn a_user_with_a_dead_token_and_a_good_one_need_not_sign_in() {
    let world = World::new();
    let entry = |upn: &str, client: &str, is_dead: bool| {
        let token = world.token(upn, client);
        if is_dead {
            world.http.emulator.revoke_refresh_token(&token);
        }
        world.entry(upn, client, GRAPH, &token)
    };
    let (one, two) = ("user1@contoso.example", "user2@contoso.example");
    // The first has another token of the same client, the second one of another client only.
    let mut entries = [
        entry(one, sample::DESKTOP, true),
        entry(&one.to_uppercase(), sample::DESKTOP, false),
        entry(one, sample::DESKTOP, true),
    ];
    // As the user is called in another tenant.
    entries[2]["userId"] = json!("user1_contoso.example#EXT#@fabrikam.example");
    for _ in 0..2 {
        let report = world.run(&entries).await.unwrap();
        assert_eq!((report.migrated, report.superseded), (1, 2));
        assert_eq!((report.needs_user, report.users_needed), (0, 0));
        assert_eq!(report.completion(), Completion::Complete);
    }
    let entries = [
        entry(two, sample::DESKTOP, true),
        entry(two, sample::DESKTOP, true),
        entry(two, sample::WEB, false),
    ];
    let report = world.run(&entries).await.unwrap();
    assert_eq!((report.migrated, report.superseded), (1, 0));
    assert_eq!((report.needs_user, report.users_needed), (2, 1));
    assert_eq!(report.completion(), Completion::UsersNeeded);
}

#[tokio::test]
async fn a_report_knows_its_own_accounts_in_the_journal() {
    let world = World::new();
    let first = world.run(&world.users(2)).await.unwrap();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let second = [world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &token)];
    let second = world.run(&second).await.unwrap();
    let journal = JournalReader::open(world.journal()).unwrap();
    let accounts = [first, second].map(|report| report.accounts(&journal).unwrap());
    assert_eq!(accounts.each_ref().map(|accounts| accounts.len()), [2, 1]);
    assert!(accounts[0].is_disjoint(&accounts[1]));
}

#[tokio::test]
async fn what_is_migrated_with_its_old_token_is_said_in_this_run_and_the_next() {
    let world = World::new();
    let fault = Fault::tamper().drop_member("refresh_token").first(2);
    world.http.emulator.add_fault(fault);
    let entries = world.users(5);
    for _ in 0..2 {
        let report = world.run(&entries).await.unwrap();
        assert_eq!((report.migrated, report.kept_old_rt), (5, 2));
        assert_eq!(report.completion(), Completion::Complete);
    }
    assert_eq!(world.http.emulator.redemptions().seen(), 5);
    let target = world.target().await;
    let old = |token: &&Value| {
        entries
            .iter()
            .any(|it| it["refreshToken"] == token["secret"])
    };
    let stored = target["RefreshToken"].as_object().unwrap();
    assert_eq!((stored.len(), stored.values().filter(old).count()), (5, 2));

    let journal = JournalReader::open(world.journal()).unwrap();
    assert_eq!(journal.counts().kept_old_rt, 2);
    assert_eq!(journal.counts().total(), 5);
    let mut kept = Vec::new();
    let mut each = |token: TokenReport| kept.push((token.kept_old_rt, token.reason));
    journal.tokens(&mut each).unwrap();
    assert_eq!(kept.iter().filter(|(kept, _)| *kept).count(), 2);
    assert!(kept.iter().all(|(_, reason)| *reason == Reason::default()));
}
