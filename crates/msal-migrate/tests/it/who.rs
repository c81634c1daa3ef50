//! Whose a token is: identifiers say it, and names only where there are none.

use std::collections::BTreeSet;

use msal_emulator::{Fault, sample};
use msal_migrate::{Completion, JournalReader, Report, Retry, RetryClass};
use serde_json::{Value, json};

use crate::world::{HOST, World};

/// The object identifier and the tenant of a user of the emulator, whose directory is the same in every test.
async fn ids(upn: &str) -> (String, String) {
    let world = World::new();
    let token = world.token(upn, sample::DESKTOP);
    let row = json!({"refresh_token": token, "username": upn, "client_id": sample::DESKTOP});
    world.run_from(&row.to_string()).await.unwrap();
    let journal = JournalReader::open(world.journal()).unwrap();
    let accounts = journal.accounts().unwrap();
    let home = accounts.into_iter().next().unwrap();
    let (oid, tid) = home.split_once('.').unwrap();
    (oid.to_owned(), tid.to_owned())
}

async fn run(world: &World, rows: &[Value]) -> Report {
    let of_client = |row: &Value| {
        let mut row = row.clone();
        row["client_id"] = json!(sample::DESKTOP);
        row.to_string()
    };
    let lines: Vec<_> = rows.iter().map(of_client).collect();
    world.run_from(&lines.join("\n")).await.unwrap()
}

/// The places of the tokens that the journal says are superseded.
fn superseded(world: &World) -> BTreeSet<String> {
    let journal = JournalReader::open(world.journal()).unwrap();
    let superseded = journal.superseded().unwrap();
    let mut places = BTreeSet::new();
    let each = &mut |token: msal_migrate::TokenReport| {
        if superseded.contains(&token.fingerprint) {
            places.insert(token.locator.place().to_string());
        }
    };
    journal.tokens(each).unwrap();
    places
}

#[tokio::test]
async fn two_people_of_one_name_do_not_stand_in_for_each_other() {
    let (oid, tid) = ids(sample::ALICE).await;
    let personal = "00000000-0000-0000-0000-00000000a11c.9188040d-6c67-4c5b-b112-36a304b66dad";
    for other in [
        // A personal account with the address of the work account.
        json!({"home_account_id": personal}),
        // Somebody who had the name before, of whom the store has the object.
        json!({"oid": "00000000-0000-4000-8000-00000000a11c", "tid": tid}),
    ] {
        let world = World::new();
        let good = world.token(sample::ALICE, sample::DESKTOP);
        let good =
            json!({"refresh_token": good, "username": sample::ALICE, "oid": oid, "tid": tid});
        let mut dead = other.clone();
        dead["refresh_token"] = json!("0.A-dead");
        dead["username"] = json!(sample::ALICE);
        for _ in 0..2 {
            let report = run(&world, &[good.clone(), dead.clone()]).await;
            assert_eq!((report.migrated, report.superseded), (1, 0), "{other}");
            assert_eq!((report.needs_user, report.users_needed), (1, 1), "{other}");
            assert_eq!(report.completion(), Completion::UsersNeeded);
            assert_eq!(superseded(&world), BTreeSet::new(), "{other}");
        }
    }
}

#[tokio::test]
async fn a_name_that_two_people_have_tells_nobody_that_they_are_done() {
    let (oid, tid) = ids(sample::ALICE).await;
    let world = World::new();
    let good = world.token(sample::ALICE, sample::DESKTOP);
    let dead = |token: &str, oid: Option<&str>| json!({"refresh_token": token, "username": sample::ALICE, "oid": oid, "tid": oid.map(|_| &tid)});
    let report = run(
        &world,
        &[
            json!({"refresh_token": good, "username": sample::ALICE, "oid": oid, "tid": tid}),
            dead("0.A-dead-1", Some("00000000-0000-4000-8000-00000000a11c")),
            dead("0.A-dead-2", None),
        ],
    )
    .await;
    assert_eq!((report.superseded, report.needs_user), (0, 2));
    assert_eq!(superseded(&world), BTreeSet::new());
}

#[tokio::test]
async fn a_run_and_its_journal_say_the_same_of_who_is_superseded() {
    let (oid, tid) = ids(sample::ALICE).await;
    let world = World::new();
    let good = world.token(sample::ALICE, sample::DESKTOP);
    let rows = [
        // The answer tells the name, and the name is all that there is of the other one.
        json!({"refresh_token": good, "oid": oid, "tid": tid}),
        json!({"refresh_token": "0.A-dead", "username": sample::ALICE}),
    ];
    for _ in 0..2 {
        let report = run(&world, &rows).await;
        assert_eq!((report.migrated, report.needs_user), (1, 0));
        assert_eq!((report.superseded, report.users_needed), (1, 0));
        assert_eq!(superseded(&world), BTreeSet::from(["#/1".to_owned()]));
    }
}

#[tokio::test]
async fn one_person_is_one_whichever_identifiers_the_rows_have() {
    let (oid, tid) = ids(sample::ALICE).await;
    let world = World::new();
    let good = world.token(sample::ALICE, sample::DESKTOP);
    let upper = format!("{}.{}", oid.to_uppercase(), tid.to_uppercase());
    let report = run(
        &world,
        &[
            json!({"refresh_token": good, "username": "alice.old@contoso.example", "home_account_id": format!("{oid}.{tid}")}),
            json!({"refresh_token": "0.A-dead-1", "oid": oid, "tid": tid, "username": "a.new@contoso.example"}),
            json!({"refresh_token": "0.A-dead-2", "home_account_id": upper}),
        ],
    )
    .await;
    assert_eq!((report.migrated, report.superseded), (1, 2));
    assert_eq!(superseded(&world).len(), 2);
}

#[tokio::test]
async fn users_are_counted_by_what_they_are_and_not_by_what_they_are_called() {
    let world = World::new();
    let tid = sample::CONTOSO_ID;
    let one = "00000000-0000-4000-8000-00000000a11c";
    let other = "00000000-0000-4000-8000-00000000a11d";
    let dead = |token: &str, name: &str, oid: &str| json!({"refresh_token": token, "username": name, "oid": oid, "tid": tid});
    let report = run(
        &world,
        &[
            dead("0.A-dead-1", "before@contoso.example", one),
            dead("0.A-dead-2", "after@contoso.example", one),
            dead("0.A-dead-3", "third@contoso.example", other),
            dead("0.A-dead-4", "before@contoso.example", other),
        ],
    )
    .await;
    assert_eq!((report.needs_user, report.users_needed), (4, 2));
}

#[tokio::test]
async fn a_token_is_tried_again_at_the_tenant_that_its_report_names() {
    for tenant in ["organizations", "ORGANIZATIONS", "fabrikam.example"] {
        let world = World::new();
        let mut entries = world.users(2);
        entries[0]["_authority"] = json!(format!("{HOST}/fabrikam.example"));
        // The first is refused where its row places it, and again where its user is at home; the other where it belongs.
        world.http.emulator.add_fault(Fault::aadsts(50_076).nth(2));
        world.run(&entries[..1]).await.unwrap();
        world.http.emulator.clear_faults();
        world
            .http
            .emulator
            .add_fault(Fault::aadsts(50_076).first(1));
        world.run(&entries).await.unwrap();
        world.http.emulator.clear_faults();
        let retry = Retry::default().tenant(tenant);
        let report = world.run_again(&entries, retry).await;
        assert_eq!(report.retried, 1, "{tenant}");
        assert_eq!((report.migrated, report.needs_user), (1, 1), "{tenant}");
    }
}

#[tokio::test]
async fn only_what_is_sent_counts_as_tried_again() {
    let mut world = World::new();
    let entries = world.users(3);
    world.http.emulator.add_fault(Fault::aadsts(50_076));
    world.run(&entries).await.unwrap();
    world.http.emulator.clear_faults();
    world.settings.limit = Some(1);
    let retry = Retry::default().class(RetryClass::NeedsUser);
    let report = world.run_again(&entries, retry).await;
    assert_eq!((report.retried, report.migrated), (1, 1));
}
