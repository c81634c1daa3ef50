//! What becomes of each token.

use std::sync::Arc;

use msal::{Blob, BoxFuture, CacheStore, Partition, SharedTokenCache, StoreError, Stored, Version};
use msal_core::Dialect;
use msal_emulator::{Fault, Rotation, Settings as EmulatorSettings, sample};
use msal_migrate::{
    AuthorityOverride, Class, Completion, JournalReader, MigrationError, NoObserver, PlanOptions,
    Retry, RetryClass, RotationPolicy, UserHints,
};
use serde_json::json;

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
async fn refusals_are_told_apart() {
    let world = World::new();
    let dead = world.token("user1@contoso.example", sample::DESKTOP);
    world.http.emulator.revoke_refresh_token(&dead);
    let mia = world.token(sample::MIA, sample::DESKTOP);
    let good = world.token("user2@contoso.example", sample::DESKTOP);
    let entries = [
        world.entry("user1@contoso.example", sample::DESKTOP, GRAPH, &dead),
        world.entry(sample::MIA, sample::DESKTOP, ARM, &mia),
        world.entry("user2@contoso.example", sample::DESKTOP, GRAPH, &good),
        world.entry("user3@contoso.example", sample::DESKTOP, GRAPH, "0.garbage"),
    ];
    let report = world.run(&entries).await.unwrap();
    assert_eq!((report.migrated, report.needs_user), (1, 3));
    assert_eq!(report.completion(), Completion::UsersNeeded);
}

#[tokio::test]
async fn a_refusal_of_the_tenant_is_the_operators_and_the_corrected_command_asks_again() {
    for code in [
        7_000_012, 90_072, 50_020, 50_034, 700_016, 50_128, 50_059, 90_002,
    ] {
        let world = World::new();
        world.http.emulator.add_fault(Fault::aadsts(code));
        let entries = world.users(3);
        let report = world.run_at("fabrikam.example", &entries).await;
        assert_eq!((report.failed, report.needs_user), (3, 0), "{code}");
        assert_eq!(report.completion(), Completion::Failed, "{code}");

        world.http.emulator.clear_faults();
        let report = world.run_at("contoso.example", &entries).await;
        assert_eq!(report.migrated, 3, "{code}");
    }
}

#[tokio::test]
async fn that_a_user_is_needed_holds_for_the_authority_that_was_asked() {
    let world = World::new();
    world
        .http
        .emulator
        .add_fault(Fault::aadsts(50_076).first(3));
    let entries = world.users(3);
    for _ in 0..2 {
        let report = world.run_at("fabrikam.example", &entries).await;
        assert_eq!(report.completion(), Completion::UsersNeeded);
        assert_eq!(world.http.emulator.redemptions().seen(), 3, "asked once");
    }
    let report = world.run_at("contoso.example", &entries).await;
    assert_eq!((report.migrated, report.needs_user), (3, 0));
    assert_eq!(world.http.emulator.redemptions().seen(), 6);
}

#[tokio::test]
async fn that_a_user_is_needed_holds_for_the_scopes_that_were_asked() {
    let world = World::new();
    world
        .http
        .emulator
        .add_fault(Fault::aadsts(65_001).first(3));
    let entries = world.users(3);
    assert_eq!(world.run(&entries).await.unwrap().needs_user, 3);
    assert_eq!(world.run(&entries).await.unwrap().needs_user, 3);
    assert_eq!(world.http.emulator.redemptions().seen(), 3, "asked once");

    let mut plan = PlanOptions::default();
    plan.authority = Some(AuthorityOverride::parse(HOST).unwrap());
    plan.map_resource = vec![(GRAPH.to_owned(), ARM.to_owned())];
    let report = world.run_as(plan, &entries).await;
    assert_eq!((report.migrated, report.needs_user), (3, 0));
}

#[tokio::test]
async fn one_directorys_refusal_leaves_the_users_of_others_alone() {
    for (tenant, code) in [
        ("organizations", 700_016),
        ("common", 700_016),
        ("organizations", 50_020),
    ] {
        let mut world = World::new();
        world.settings.concurrency = 1;
        let fault = Fault::aadsts(code).user("*@fabrikam.example");
        world.http.emulator.add_fault(fault);
        let carol = "carol@fabrikam.example";
        let token = world.token(carol, sample::DESKTOP);
        let mut entries = vec![world.entry(carol, sample::DESKTOP, GRAPH, &token)];
        entries.extend(world.users(20));
        let report = world.run_at(tenant, &entries).await;
        assert_eq!((report.migrated, report.failed), (20, 1), "{tenant} {code}");
    }
}

#[tokio::test]
async fn a_client_that_is_not_in_the_tenant_is_learnt_from_one_answer_of_that_tenant() {
    let mut world = World::new();
    world.settings.concurrency = 1;
    world.http.emulator.add_fault(Fault::aadsts(700_016));
    let report = world.run_at("contoso.example", &world.users(20)).await;
    assert_eq!((report.migrated, report.failed), (0, 20));
    assert_eq!(world.http.emulator.redemptions().seen(), 1);
}

#[tokio::test]
async fn a_user_of_another_tenant_is_one_users_affair_in_a_tenants_own_lane() {
    let mut world = World::new();
    world.settings.concurrency = 1;
    let fault = Fault::aadsts(50_020).user("user1@contoso.example");
    world.http.emulator.add_fault(fault);
    let report = world.run_at("contoso.example", &world.users(20)).await;
    assert_eq!((report.migrated, report.failed), (19, 1));
}

#[tokio::test]
async fn a_missing_secret_is_learnt_from_one_answer_and_can_be_corrected() {
    let mut world = World::new();
    let credentials = std::mem::take(&mut world.credentials);
    world.settings.concurrency = 1;
    let entries: Vec<_> = (1..=50)
        .map(|number| {
            let upn = format!("user{number}@contoso.example");
            let token = world.token(&upn, sample::WEB);
            world.entry(&upn, sample::WEB, GRAPH, &token)
        })
        .collect();
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.failed, report.completion()),
        (50, Completion::Failed)
    );
    assert_eq!(
        world.http.emulator.redemptions().seen(),
        1,
        "forty-nine were not sent"
    );

    world.credentials = credentials;
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.migrated, report.completion()),
        (50, Completion::Complete)
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
async fn tokens_of_another_user_are_held_back_until_the_operator_decides() {
    let mut world = World::new();
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let entries = [world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &bobs)];
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.quarantined, report.completion()),
        (1, Completion::Failed)
    );
    assert_eq!(
        world.outcomes(),
        [(Class::Quarantined, "user_mismatch".to_owned())]
    );
    assert!(world.target().await.is_null(), "nothing was published");

    let report = world.run(&entries).await.unwrap();
    assert_eq!(report.quarantined, 1, "it stays held back");

    world.settings.allow_user_mismatch = true;
    let report = world.run(&entries).await.unwrap();
    assert_eq!(
        (report.migrated, report.completion()),
        (1, Completion::Complete)
    );
    assert_eq!(
        world.http.emulator.redemptions().seen(),
        1,
        "the sealed answer was enough"
    );
}

#[tokio::test]
async fn answers_that_may_not_be_trusted_are_held_back_with_their_token() {
    for (member, value, reason) in [
        ("id_token", json!("a.b"), "malformed_response"),
        ("client_info", json!("%%%"), "malformed_response"),
        ("access_token", json!(5), "malformed_response"),
        ("error", json!("oops"), "malformed_response"),
    ] {
        let world = World::new();
        world
            .http
            .emulator
            .add_fault(Fault::tamper().set_member(member, value));
        let report = world.run(&world.users(1)).await.unwrap();
        assert_eq!(report.quarantined, 1, "{member}");
        assert_eq!(
            world.outcomes(),
            [(Class::Quarantined, reason.to_owned())],
            "{member}"
        );
        assert!(world.target().await.is_null());
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_about_the_user_is_held_back() {
    let world = World::new();
    world.http.emulator.add_fault(
        Fault::tamper()
            .drop_member("client_info")
            .drop_member("id_token"),
    );
    let report = world.run(&world.users(1)).await.unwrap();
    assert_eq!(report.quarantined, 1);
    assert_eq!(
        world.outcomes(),
        [(Class::Quarantined, "no_identity".to_owned())]
    );
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
async fn what_needs_its_user_is_asked_again_when_the_operator_says_so() {
    let world = World::new();
    world
        .http
        .emulator
        .add_fault(Fault::aadsts(65_001).first(3));
    let entries = world.users(3);
    assert_eq!(world.run(&entries).await.unwrap().needs_user, 3);

    for (retry, migrated) in [
        (Retry::default().class(RetryClass::InDoubt), 0),
        (Retry::default().tenant("fabrikam.example"), 0),
        (Retry::default().row("#/1"), 1),
        (Retry::default().class(RetryClass::NeedsUser), 3),
    ] {
        let report = world.run_again(&entries, retry.clone()).await;
        assert_eq!(report.migrated, migrated, "{retry:?}");
    }
    assert_eq!(world.http.emulator.redemptions().seen(), 6);
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

#[tokio::test]
async fn what_is_held_back_is_asked_again_with_the_newest_token() {
    let mut world = World::with(EmulatorSettings::default().rotation(Rotation::SingleUse));
    world.settings.rotation = RotationPolicy::SingleUse;
    let fault = Fault::tamper().set_member("id_token", "a.b");
    world.http.emulator.add_fault(fault.first(2));
    let entries = world.users(2);
    assert_eq!(world.run(&entries).await.unwrap().quarantined, 2);

    let retry = Retry::default().class(RetryClass::Quarantined).row("#/0");
    let report = world.run_again(&entries, retry).await;
    assert_eq!((report.migrated, report.quarantined), (1, 1));
    let redemptions = world.http.emulator.redemptions();
    assert!(
        redemptions.rows().iter().all(|row| row.seen == 1),
        "no token was sent twice"
    );
}

#[tokio::test]
async fn what_is_held_back_stays_so_when_asking_again_brings_no_tokens() {
    let mut world = World::new();
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let entries = [world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &bobs)];
    world.run(&entries).await.unwrap();
    world
        .http
        .emulator
        .add_fault(Fault::aadsts(50_076).first(1));
    let retry = Retry::default().class(RetryClass::Quarantined);
    assert_eq!(world.run_again(&entries, retry).await.quarantined, 1);

    world.settings.allow_user_mismatch = true;
    assert_eq!(world.run(&entries).await.unwrap().migrated, 1);
    assert_eq!(world.http.emulator.redemptions().seen(), 2);
}

#[tokio::test]
async fn one_row_is_released_and_the_others_stay_held_back() {
    let world = World::new();
    let entry = |owner: &str, said: &str| {
        let token = world.token(owner, sample::DESKTOP);
        world.entry(said, sample::DESKTOP, GRAPH, &token)
    };
    let entries = [
        entry(sample::BOB, sample::ALICE),
        entry(sample::ALICE, sample::BOB),
    ];
    assert_eq!(world.run(&entries).await.unwrap().quarantined, 2);

    let release = async |row: &str, entries: &[serde_json::Value]| {
        let never = Box::pin(std::future::pending());
        let migration = world.migration(entries).release(row);
        migration.run(&mut NoObserver, never).await.unwrap()
    };
    let report = release("#/7", &entries).await;
    assert_eq!((report.migrated, report.quarantined), (0, 2));
    let report = release("#/1", &entries).await;
    assert_eq!((report.migrated, report.quarantined), (1, 1));
    assert_eq!(
        world.http.emulator.redemptions().seen(),
        2,
        "the sealed answer was enough"
    );
    // The place alone means a row of the input.
    release("#/0", &[]).await;
    assert_eq!(
        world
            .outcomes()
            .iter()
            .filter(|(class, _)| *class == Class::Quarantined)
            .count(),
        1
    );
}

#[tokio::test]
async fn what_is_held_back_says_what_was_expected_and_what_came() {
    let world = World::new();
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let entries = [world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &bobs)];
    for _ in 0..2 {
        // Judged in a run, and again in the recovery of the next one.
        world.run(&entries).await.unwrap();
        let mut tokens = Vec::new();
        let journal = JournalReader::open(world.journal()).unwrap();
        journal.tokens(&mut |token| tokens.push(token)).unwrap();
        let [token] = tokens.try_into().unwrap();
        let name = |user: &Option<UserHints>| user.as_ref().and_then(|user| user.username.clone());
        assert_eq!(name(&token.expected).as_deref(), Some(sample::ALICE));
        assert_eq!(name(&token.found).as_deref(), Some(sample::BOB));
        assert!(token.found.unwrap().home_account_id.is_some());
        assert_eq!(token.client_id.as_deref(), Some(sample::DESKTOP));
        let authority = format!("{HOST}/contoso.example");
        assert_eq!(token.authority, Some(authority));
    }
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
async fn what_an_earlier_input_left_held_back_is_not_the_next_inputs() {
    let world = World::new();
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let mixed = [world.entry(sample::ALICE, sample::DESKTOP, GRAPH, &bobs)];
    assert_eq!(world.run(&mixed).await.unwrap().quarantined, 1);
    let report = world.run(&world.users(3)).await.unwrap();
    assert_eq!(
        (report.tokens, report.migrated, report.quarantined),
        (3, 3, 0)
    );
    assert_eq!(report.completion(), Completion::Complete);
    assert_eq!(world.run(&mixed).await.unwrap().quarantined, 1);
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
    let entries = [
        entry(one, sample::DESKTOP, true),
        entry(&one.to_uppercase(), sample::DESKTOP, false),
    ];
    for _ in 0..2 {
        let report = world.run(&entries).await.unwrap();
        assert_eq!((report.migrated, report.superseded), (1, 1));
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
