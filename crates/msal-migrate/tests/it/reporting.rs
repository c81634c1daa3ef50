//! What a journal tells of whose tokens are in it, and of the rows that are in no run.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::collections::BTreeMap;
use std::fs;

use msal_core::Dialect;
use msal_emulator::sample;
use msal_migrate::{
    Class, Destination, JournalReader, Migration, NoObserver, PlanOptions, Remedy, RowReport,
    SourceOptions, State, TokenReport, open,
};
use serde_json::{Value, json};

use crate::first_use::{migrator, record};
use crate::world::{HOST, World};

fn reader(world: &World) -> JournalReader {
    JournalReader::open(world.journal()).unwrap()
}

/// What the journal says of each token, by its place.
fn tokens(world: &World) -> BTreeMap<String, TokenReport> {
    let mut found = BTreeMap::new();
    let each = &mut |token: TokenReport| {
        found.insert(token.locator.place().to_string(), token);
    };
    reader(world).tokens(each).unwrap();
    found
}

/// The rows that are left out.
fn left_out(world: &World) -> Vec<RowReport> {
    let mut found = Vec::new();
    let reader = reader(world);
    reader.rows_left_out(&mut |row| found.push(row)).unwrap();
    found
}

fn places(rows: &[RowReport]) -> Vec<String> {
    let place = |row: &RowReport| row.locator.place().to_string();
    rows.iter().map(place).collect()
}

fn lines(rows: &[Value]) -> String {
    let rows: Vec<_> = rows.iter().map(Value::to_string).collect();
    rows.join("\n")
}

#[tokio::test]
async fn a_token_is_told_with_its_user_whatever_became_of_it() {
    let world = World::new();
    let good = world.token(sample::ALICE, sample::DESKTOP);
    let bobs = world.token(sample::BOB, sample::DESKTOP);
    let unnamed = world.token(sample::MIA, sample::DESKTOP);
    let row = |user: Value, client: &str, token: &str| json!({"refresh_token": token, "user": user, "client_id": client});
    let input = lines(&[
        row(sample::ALICE.into(), sample::DESKTOP, &good),
        row(
            "old.name@contoso.example".into(),
            sample::DESKTOP,
            "0.A-dead-token",
        ),
        row(
            "web@contoso.example".into(),
            sample::WEB,
            "0.A-without-a-secret",
        ),
        row("other@contoso.example".into(), sample::DESKTOP, &bobs),
        row(Value::Null, sample::DESKTOP, &unnamed),
    ]);
    world.run_from(&input).await.unwrap();
    let tokens = tokens(&world);
    let told: Vec<_> = tokens
        .values()
        .map(|token| (token.state, token.user.username.as_deref().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (State::Concluded(Class::Migrated), sample::ALICE),
            (
                State::Concluded(Class::NeedsUser),
                "old.name@contoso.example"
            ),
            (State::Concluded(Class::Failed), "web@contoso.example"),
            (
                State::Concluded(Class::Quarantined),
                "other@contoso.example"
            ),
            // The input does not say whose it is; the server did.
            (State::Concluded(Class::Migrated), sample::MIA),
        ]
    );
    let mias = &tokens["#/4"].user;
    assert!(mias.oid.is_some() && mias.tid.is_some() && mias.home_account_id.is_some());
    assert!(!format!("{tokens:?}").contains('@'));
}

#[tokio::test]
async fn what_may_be_a_token_in_the_place_of_a_name_is_not_kept() {
    let world = World::new();
    let token = "0.AXoAdead.AgABAwEAAAAm";
    let long = format!("{}@contoso.example", "a".repeat(250));
    let input = lines(&[
        json!({"refresh_token": "0.A-dead-1", "user": token, "client_id": sample::DESKTOP}),
        json!({"refresh_token": "0.A-dead-2", "user": long, "oid": "x".repeat(200), "client_id": sample::DESKTOP}),
        json!({"refresh_token": "", "user": token, "client_id": token}),
    ]);
    world.run_from(&input).await.unwrap();
    for token in tokens(&world).values() {
        assert_eq!((&token.user.username, &token.user.oid), (&None, &None));
    }
    for row in left_out(&world) {
        assert_eq!((&row.user.username, &row.client_id), (&None, &None));
    }
}

#[tokio::test]
async fn users_who_come_back_are_told_as_those_of_a_batch_beside_its_skipped_rows() {
    let world = World::new();
    let (alices, bobs) = (
        world.token(sample::ALICE, sample::DESKTOP),
        world.token(sample::BOB, sample::DESKTOP),
    );
    let migrator = migrator(&world).await;
    let visit = async |index, user: &str, token: &str| {
        let cache = world.cache(Dialect::default());
        let record = record(index, user, token);
        let used = migrator.redeem_on_first_use(&cache, [record]).await;
        used.unwrap()
    };
    assert!(visit(0, sample::BOB, &bobs).await.is_signed_in());
    visit(1, "gone@contoso.example", "0.A-dead-token").await;
    // More than one record of the journal holds.
    let mut rows =
        vec![json!({"refresh_token": alices, "user": sample::ALICE, "client_id": sample::DESKTOP})];
    rows.extend((0..1200).map(|number| {
        json!({"refresh_token": "", "user": format!("user{number}@contoso.example"), "client_id": sample::DESKTOP})
    }));
    world.run_from(&lines(&rows)).await.unwrap();
    assert_eq!(left_out(&world).len(), 1200);
    // Whoever had the journal open takes the rows in with what else was written, and goes on behind them.
    visit(2, "mia@contoso.example", "0.A-dead-too").await;
    rows.truncate(700);
    world.run_from(&lines(&rows)).await.unwrap();
    visit(3, "noah@contoso.example", "0.A-dead-as-well").await;
    assert_eq!(left_out(&world).len(), 699);
    let mut told = Vec::new();
    let each = &mut |token: TokenReport| {
        told.push((token.state, token.user.username.unwrap()));
    };
    reader(&world).tokens(each).unwrap();
    let (migrated, refused) = (
        State::Concluded(Class::Migrated),
        State::Concluded(Class::NeedsUser),
    );
    assert_eq!(
        told,
        [
            (migrated, sample::BOB),
            (refused, "gone@contoso.example"),
            (migrated, sample::ALICE),
            (refused, "mia@contoso.example"),
            (refused, "noah@contoso.example"),
        ]
        .map(|(state, user)| (state, user.to_owned()))
    );
}

#[tokio::test]
async fn rows_that_are_left_out_are_told_each_once_however_often_it_runs() {
    let world = World::new();
    let token = || world.token(sample::ALICE, sample::DESKTOP);
    let mut rows = vec![
        json!({"refresh_token": token(), "user": sample::ALICE, "client_id": sample::DESKTOP}),
        json!({"refresh_token": token(), "user": sample::BOB}),
        json!({"refresh_token": token(), "user": sample::MIA, "client_id": sample::DESKTOP,
            "authority": "https://sts.contoso.example/adfs"}),
        json!({"refresh_token": "", "user": "erin@contoso.example", "client_id": sample::DESKTOP}),
    ];
    let first = world.run_from(&lines(&rows)).await.unwrap();
    let told = left_out(&world);
    assert_eq!(places(&told), ["#/1", "#/2", "#/3"]);
    let skipped: u64 = first.skipped.iter().map(|skip| skip.count).sum();
    assert_eq!(skipped, 3);
    let [no_client, adfs, _] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(no_client.reason, "no_client_id");
    assert_eq!(no_client.user.username.as_deref(), Some(sample::BOB));
    assert_eq!(no_client.remedy, Remedy::Operator);
    assert!(no_client.hint.contains("--client-id"));
    assert_eq!((adfs.reason.as_str(), adfs.remedy), ("adfs", Remedy::User));
    assert_eq!(adfs.client_id.as_deref(), Some(sample::DESKTOP));

    // The same rows are not written again.
    world.run_from(&lines(&rows)).await.unwrap();
    let size = || fs::metadata(world.journal()).unwrap().len();
    let before = size();
    world.run_from(&lines(&rows)).await.unwrap();
    let opened_and_closed = 150;
    assert!(size() - before < opened_and_closed, "{} {}", before, size());
    assert_eq!(left_out(&world).len(), 3);

    // What was corrected is a token now, and not a row that is left out besides.
    rows[1]["client_id"] = sample::DESKTOP.into();
    world.run_from(&lines(&rows)).await.unwrap();
    assert_eq!(places(&left_out(&world)), ["#/2", "#/3"]);
    assert!(tokens(&world).contains_key("#/1"));
    rows.truncate(2);
    world.run_from(&lines(&rows)).await.unwrap();
    assert!(left_out(&world).is_empty());
}

#[tokio::test]
async fn a_row_that_is_left_out_by_its_source_is_told_with_its_user() {
    let world = World::new();
    let row = |name: &str| json!({"refresh_token": "", "user": name, "client_id": sample::DESKTOP});
    let rows = [row("erin@contoso.example"), row("0.AXoAdead.AgABAwEAAAAm")];
    world.run_from(&lines(&rows)).await.unwrap();
    let names: Vec<_> = left_out(&world)
        .iter()
        .map(|row| row.user.username.clone())
        .collect();
    assert_eq!(names, [Some("erin@contoso.example".to_owned()), None]);
}

#[tokio::test]
async fn a_token_is_not_told_again_as_a_row_that_other_options_leave_out() {
    let world = World::new();
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let input = lines(&[
        json!({"refresh_token": token, "user": sample::ALICE, "client_id": sample::DESKTOP}),
        json!({"refresh_token": "0.A-other", "user": sample::BOB, "client_id": sample::WEB}),
        json!({"refresh_token": "", "user": sample::MIA, "client_id": sample::DESKTOP}),
    ]);
    world.run_from(&input).await.unwrap();
    let path = world.folder.path().join("source");
    let mut plan = PlanOptions::default();
    plan.authority = Some(msal_migrate::AuthorityOverride::parse(HOST).unwrap());
    plan.client_id = Some("00c0ffee-0000-4000-8000-0000000000ff".to_owned());
    let migration = Migration::new(
        open(&path, &SourceOptions::default()).unwrap(),
        world.cache(Dialect::default()),
        world.journal(),
        Destination::new(),
        world.runtime.clone(),
    );
    let never = Box::pin(std::future::pending());
    let migration = migration.plan(plan);
    let report = migration.run(&mut NoObserver, never).await.unwrap();
    let skipped: u64 = report.skipped.iter().map(|skip| skip.count).sum();
    assert_eq!(skipped, 3);
    assert_eq!(places(&left_out(&world)), ["#/2"]);
    assert_eq!(tokens(&world).len(), 2);
}

#[tokio::test]
async fn very_many_rows_that_are_left_out_are_all_told_in_order() {
    let world = World::new();
    let row = |number: u64| json!({"refresh_token": format!("0.A-{number}"), "user": format!("u{number}@contoso.example")});
    let rows: Vec<_> = (0..3000).map(row).collect();
    world.run_from(&lines(&rows)).await.unwrap();
    let expected: Vec<_> = (0..3000).map(|number| format!("#/{number}")).collect();
    assert_eq!(places(&left_out(&world)), expected);
    // A longer list replaces the one before.
    let rows: Vec<_> = (0..3001).map(row).collect();
    world.run_from(&lines(&rows)).await.unwrap();
    assert_eq!(left_out(&world).len(), 3001);
}

#[tokio::test]
async fn rows_of_another_source_stay() {
    let world = World::new();
    let row = |user: &str| json!({"refresh_token": "0.A-x", "user": user});
    world
        .run_from(&lines(&[row("a@contoso.example")]))
        .await
        .unwrap();
    let other = world.folder.path().join("other.jsonl");
    fs::write(
        &other,
        lines(&[row("b@contoso.example"), row("c@contoso.example")]),
    )
    .unwrap();
    let migration = Migration::new(
        open(&other, &SourceOptions::default()).unwrap(),
        world.cache(Dialect::default()),
        world.journal(),
        Destination::new(),
        world.runtime.clone(),
    );
    let never = Box::pin(std::future::pending());
    migration.run(&mut NoObserver, never).await.unwrap();
    let users: Vec<_> = left_out(&world)
        .into_iter()
        .map(|row| row.user.username.unwrap())
        .collect();
    assert_eq!(
        users,
        [
            "a@contoso.example",
            "b@contoso.example",
            "c@contoso.example"
        ]
    );
}

#[tokio::test]
async fn a_dead_token_of_a_user_with_a_good_one_is_superseded() {
    let world = World::new();
    let row = |user: &str, client: &str, token: &str| json!({"refresh_token": token, "user": user, "client_id": client});
    let good = world.token(sample::ALICE, sample::DESKTOP);
    let input = lines(&[
        row(sample::ALICE, sample::DESKTOP, &good),
        row(&sample::ALICE.to_uppercase(), sample::DESKTOP, "0.A-dead-1"),
        row(sample::BOB, sample::DESKTOP, "0.A-dead-2"),
    ]);
    let report = world.run_from(&input).await.unwrap();
    assert_eq!((report.superseded, report.needs_user), (1, 1));
    let superseded = reader(&world).superseded().unwrap();
    let tokens = tokens(&world);
    let places: Vec<_> = tokens
        .iter()
        .filter(|(_, token)| superseded.contains(&token.fingerprint))
        .map(|(place, _)| place.as_str())
        .collect();
    assert_eq!(places, ["#/1"]);
}

/// A journal that was written before there were names in it.
#[tokio::test]
async fn a_journal_of_version_3_is_reported_on_and_continued() {
    let world = World::new();
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/journal-3");
    for (from, to) in [("journal", "journal"), ("journal.key", "journal.key")] {
        let to = world.folder.path().join(to);
        fs::copy(format!("{kept}/{from}"), &to).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
    let states = |world: &World| -> Vec<_> {
        let tokens = tokens(world).into_iter();
        tokens.map(|(place, token)| (place, token.state)).collect()
    };
    let before = states(&world);
    assert_eq!(before.len(), 4);
    let version = || fs::read(world.journal()).unwrap()[8..10].to_vec();
    assert_eq!(version(), [3, 0], "reading changes nothing");
    assert!(left_out(&world).is_empty());
    assert!(
        tokens(&world)
            .values()
            .all(|token| token.user.username.is_none())
    );

    let input = world.folder.path().join("input.jsonl");
    // A token that the journal does not know, in a place of its own.
    let empty = json!({"refresh_token": "", "user": sample::BOB, "client_id": sample::DESKTOP});
    let mut rows = vec![empty; 4];
    rows.push(
        json!({"refresh_token": "0.A-dead", "user": sample::BOB, "client_id": sample::DESKTOP}),
    );
    fs::write(&input, lines(&rows)).unwrap();
    let mut plan = PlanOptions::default();
    plan.authority = Some(msal_migrate::AuthorityOverride::parse(HOST).unwrap());
    let migration = Migration::new(
        open(&input, &SourceOptions::default()).unwrap(),
        world.cache(Dialect::default()),
        world.journal(),
        Destination::new()
            .with("target", "/srv/migration/cache.json")
            .with("sdk", "python"),
        world.runtime.clone(),
    );
    let never = Box::pin(std::future::pending());
    migration
        .plan(plan)
        .run(&mut NoObserver, never)
        .await
        .unwrap();
    let after = states(&world);
    assert_eq!(after[..4], before[..]);
    assert_eq!(after.len(), 5);
    let named = tokens(&world)["#/4"].user.username.clone();
    assert_eq!(named.as_deref(), Some(sample::BOB));
    assert_eq!(left_out(&world).len(), 4);
    assert_eq!(
        version(),
        [4, 0],
        "a program of before does not take it for damaged"
    );
}

#[tokio::test]
async fn rows_that_a_run_does_not_choose_are_in_no_listing() {
    let world = World::new();
    let clients: Vec<_> = (0..3)
        .map(|number| format!("{number}1111111-0000-4000-8000-000000000000"))
        .collect();
    let mut rows: Vec<_> = (0..600)
        .map(|number: usize| {
            let client = &clients[number % 3];
            json!({"refresh_token": format!("0.A-{number}"), "client_id": client})
        })
        .collect();
    rows.push(json!({"refresh_token": "", "client_id": clients[1]}));
    rows.push(json!({
        "refresh_token": "0.A-elsewhere", "client_id": clients[2], "authority": "https://evil.example/t",
    }));
    let length = || fs::metadata(world.journal()).unwrap().len();
    let run = async |client: &String, limit| {
        let input = world.folder.path().join("input.jsonl");
        fs::write(&input, lines(&rows)).unwrap();
        let mut plan = PlanOptions::default();
        plan.authority = Some(msal_migrate::AuthorityOverride::parse(HOST).unwrap());
        plan.only_clients = vec![client.clone()];
        let mut settings = world.settings;
        settings.limit = Some(limit);
        let migration = Migration::new(
            open(&input, &SourceOptions::default()).unwrap(),
            world.cache(Dialect::default()),
            world.journal(),
            Destination::new(),
            world.runtime.clone(),
        );
        let never = Box::pin(std::future::pending());
        let migration = migration.plan(plan).settings(settings);
        let report = migration.run(&mut NoObserver, never).await.unwrap();
        let skips = report.skipped.iter();
        let count = |skip: &msal_migrate::SkipCount| (skip.reason.code(), skip.count);
        let mut skipped: Vec<_> = skips.map(count).collect();
        skipped.sort_unstable();
        assert_eq!(
            skipped,
            [
                ("no_refresh_token", 1),
                ("not_chosen", 400),
                ("unknown_authority", 1)
            ],
            "the outcome counts them"
        );
        assert_eq!(places(&left_out(&world)), ["#/600", "#/601"]);
        length()
    };
    let first = run(&clients[0], 1).await;
    let mut before = first;
    for client in clients.iter().cycle().skip(1).take(6) {
        let after = run(client, 0).await;
        assert!(after - before < 400, "{} bytes", after - before);
        before = after;
    }
    assert!(first < 8192, "{first} bytes");
}
