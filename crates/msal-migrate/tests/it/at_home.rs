//! Users who are not of the tenant that their rows name: they are asked for once more, where they are at home.

use bytes::Bytes;
use http::{Request, Response};
use msal::{BoxFuture, HttpClient, HttpError};
use msal_emulator::{Fault, Rotation, Settings as EmulatorSettings, sample};
use msal_migrate::{
    Completion, FirstUse, JournalReader, Report, Retry, RetryClass, RotationPolicy,
};
use serde_json::{Value, json};

use crate::recovery::{Falling, run_and_kill};
use crate::world::{HOST, InProcess, World};

/// The emulator, with an application that is for users of one tenant.
#[derive(Debug)]
struct OfOneTenant(InProcess);

impl HttpClient for OfOneTenant {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        if request.uri().path() != "/organizations/oauth2/v2.0/token" {
            return self.0.send(request);
        }
        let body = r#"{"error":"unauthorized_client","error_codes":[50194]}"#;
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = http::StatusCode::BAD_REQUEST;
        Box::pin(std::future::ready(Ok(response)))
    }
}

/// Users of one tenant, each with a row that names another, where they are no guests.
fn strangers(world: &World, count: usize) -> Vec<Value> {
    let mut entries = world.users(count);
    for entry in &mut entries {
        entry["_authority"] = json!(format!("{HOST}/fabrikam.example"));
    }
    entries
}

/// A server that revokes all tokens of a sign-in when a spent one is presented again.
fn strict() -> World {
    let settings = EmulatorSettings::default().rotation(Rotation::SingleUseWithReuseDetection);
    let mut world = World::with(settings);
    world.settings.rotation = RotationPolicy::SingleUse;
    world
}

fn seen(world: &World) -> u64 {
    world.http.emulator.redemptions().seen()
}

/// Authority and numbers of what the journal says of each token.
fn told(world: &World) -> Vec<(String, Vec<u32>)> {
    let mut told = Vec::new();
    let journal = JournalReader::open(world.journal()).unwrap();
    let mut each = |token: msal_migrate::TokenReport| {
        told.push((token.authority.unwrap_or_default(), token.reason.aadsts));
    };
    journal.tokens(&mut each).unwrap();
    told
}

fn counts(report: &Report) -> (u64, u64, u64) {
    (
        report.migrated,
        report.migrated_at_home,
        report.migrated_elsewhere,
    )
}

#[tokio::test]
async fn a_user_of_another_tenant_is_asked_for_at_home_once_and_counted() {
    for world in [World::new(), strict()] {
        let mut entries = world.users(2);
        entries.extend(strangers(&world, 5).split_off(2));
        let report = world.run(&entries).await.unwrap();
        assert_eq!(counts(&report), (5, 3, 0));
        assert_eq!(report.completion(), Completion::Complete);
        assert_eq!(seen(&world), 2 + 2 * 3);
        let at_home = format!("{HOST}/organizations");
        let told = told(&world);
        assert_eq!(told.iter().filter(|(at, _)| *at == at_home).count(), 3);

        // Nothing is left to do, and nothing is sent for it.
        let report = world.run(&entries).await.unwrap();
        assert_eq!(counts(&report), (5, 3, 0));
        assert_eq!(seen(&world), 8);
    }
}

#[tokio::test]
async fn the_tenant_that_the_operator_named_is_the_only_one_that_is_asked() {
    let world = World::new();
    let entries = world.users(2);
    let report = world.run_at("fabrikam.example", &entries).await;
    assert_eq!((report.migrated, report.failed), (0, 2));
    assert_eq!(seen(&world), 2);
}

#[tokio::test]
async fn a_user_who_has_to_take_part_at_home_is_not_asked_for_again_by_the_next_run() {
    let world = World::new();
    let entries = strangers(&world, 1);
    let fault = Fault::aadsts(50_076).nth(2);
    world.http.emulator.add_fault(fault);
    for _ in 0..2 {
        let report = world.run(&entries).await.unwrap();
        assert_eq!((report.migrated, report.needs_user), (0, 1));
        assert_eq!(seen(&world), 2);
    }
    assert_eq!(
        told(&world),
        [(format!("{HOST}/organizations"), vec![50_076])]
    );
    // Another tenant may judge otherwise.
    let report = world.run_at("contoso.example", &entries).await;
    assert_eq!(report.migrated, 1);
}

#[tokio::test]
async fn what_fails_at_home_as_well_is_told_as_the_row_has_it() {
    let world = World::new();
    let entries = strangers(&world, 3);
    let world = World {
        runtime: world.runtime_over(OfOneTenant(world.http.clone())),
        ..world
    };
    let report = world.run(&entries).await.unwrap();
    assert_eq!((report.migrated, report.failed), (0, 3));
    for (authority, numbers) in told(&world) {
        assert_eq!(authority, format!("{HOST}/fabrikam.example"));
        assert_eq!(numbers, [90_072]);
    }
    let [cause] = report.causes.as_slice() else {
        panic!("{:?}", report.causes);
    };
    assert_eq!(
        (cause.count, cause.reason.aadsts.as_slice()),
        (3, &[90_072][..])
    );
}

#[tokio::test]
async fn a_run_that_is_killed_on_the_way_home_leaves_a_token_that_may_be_spent_in_doubt() {
    let mut world = strict();
    let whole = world.runtime.clone();
    let entries = strangers(&world, 1);
    // Both authorities are looked up, and the first of the two requests is answered.
    world.runtime = world.runtime_over(Falling::after(3, &world));
    let is_on_its_way = async {
        while seen(&world) < 1 || JournalReader::open(world.journal()).is_err() {
            tokio::task::yield_now().await;
        }
        // Whatever else the run does by itself, it has done after so many turns.
        for _ in 0..10_000 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        result = world.run(&entries) => panic!("the run should have been stuck: {result:?}"),
        () = is_on_its_way => {}
    }
    world.runtime = whole;
    let report = world.run(&entries).await.unwrap();
    assert_eq!((report.in_doubt, seen(&world)), (1, 1));
    let retry = Retry::default().class(RetryClass::InDoubt);
    let report = world.run_again(&entries, retry).await;
    assert_eq!(counts(&report), (1, 1, 0));
}

#[tokio::test]
async fn what_was_answered_at_home_is_published_by_the_run_after_a_kill() {
    let mut world = strict();
    let whole = world.runtime.clone();
    let mut entries = strangers(&world, 1);
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let next = world.entry(
        sample::ALICE,
        sample::DESKTOP,
        "https://graph.microsoft.com",
        &token,
    );
    entries.push(next);
    world.settings.concurrency = Some(1);
    // Three look-ups, and both requests for the first token.
    world.runtime = world.runtime_over(Falling::after(5, &world));
    run_and_kill(&world, &entries, 1).await;
    world.runtime = whole;
    let retry = Retry::default().class(RetryClass::InDoubt);
    let report = world.run_again(&entries, retry).await;
    assert_eq!(counts(&report), (2, 1, 0));
}

#[tokio::test]
async fn a_user_of_another_tenant_who_comes_back_is_asked_for_at_home() {
    let world = strict();
    let migrator = crate::first_use::migrator(&world).await;
    let token = world.token("user1@contoso.example", sample::DESKTOP);
    let mut record = crate::first_use::record(1, "user1@contoso.example", &token);
    record.authority = Some(format!("{HOST}/fabrikam.example"));
    let cache = world.cache(msal_core::Dialect::default());
    let first_use = migrator
        .redeem_on_first_use(&cache, [record])
        .await
        .unwrap();
    assert!(
        matches!(first_use, FirstUse::Migrated { .. }),
        "{first_use:?}"
    );
    assert_eq!(seen(&world), 2);
    assert_eq!(told(&world), [(format!("{HOST}/organizations"), vec![])]);
}
