//! A service of a thousand users: one application, and a partition of its store for each of them.

use msal::{Account, ConfidentialClientApplication, Error, Partition, TokenSource};
use msal_emulator::sample::{CONTOSO, WEB, WEB_SECRET};
use tokio::task::JoinSet;

use crate::world::{DAY, GRAPH, MANAGEMENT, World, authority};

const USERS: usize = 1000;
const CALLS: usize = 20;

fn service(world: &World) -> ConfidentialClientApplication {
    ConfidentialClientApplication::builder(WEB, WEB_SECRET)
        // By its domain: the authority has to be asked which tenant that is.
        .authority(authority(CONTOSO))
        .store(world.store.clone())
        .runtime(world.runtime())
        .build()
        .unwrap()
}

fn partition(user: usize) -> Partition {
    Partition::hashed(&format!("user {user}"))
}

/// What the emulator was asked for: documents, and redemptions of refresh tokens.
fn requests(world: &World) -> (usize, usize) {
    let sent = world.http.sent();
    let is_redemption = |form: &std::collections::BTreeMap<String, String>| {
        form.get("grant_type")
            .is_some_and(|grant| grant == "refresh_token")
    };
    let redemptions = sent.iter().filter(|sent| is_redemption(&sent.form)).count();
    (sent.len() - redemptions, redemptions)
}

async fn sign_in(world: &World, app: &ConfidentialClientApplication, user: usize) -> Account {
    let upn = format!("user{user}@contoso.example");
    let token = world.refresh_token(&upn, WEB);
    let app = app.for_partition(partition(user));
    let result = app.acquire_token_by_refresh_token(token, [GRAPH]).await;
    result.unwrap().account.unwrap()
}

fn is_refused<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::InteractionRequired(_)))
}

#[tokio::test]
async fn a_thousand_users_are_one_look_up_and_one_redemption_for_each_user_and_scope_set() {
    let world = World::new();
    let app = service(&world);
    let mut accounts = Vec::new();
    for user in 1..=USERS {
        accounts.push(sign_in(&world, &app, user).await);
    }
    assert_eq!(requests(&world), (1, USERS));

    // All tokens have expired, and everybody comes at once, each request with an application of its own.
    world.advance(DAY);
    world.http.hold("refresh_token");
    let mut calls = JoinSet::new();
    for scope in [GRAPH, MANAGEMENT] {
        for _ in 0..CALLS {
            for (user, account) in (1..).zip(&accounts) {
                let app = app.for_partition(partition(user));
                calls.spawn(app.acquire_token_silent([scope], account).into_future());
            }
        }
    }
    world.http.until_sent(1 + USERS + 2 * USERS).await;
    world.http.release();
    let results = calls.join_all().await;
    assert_eq!(results.len(), 2 * CALLS * USERS);
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(requests(&world), (1, 3 * USERS));

    // Nobody works any more but the application's own partition, and the next request loads one again.
    assert!(format!("{app:?}").contains("caches: 1 live"), "{app:?}");
    let loads = world.store.loads();
    let app = app.for_partition(partition(1));
    let hit = app.acquire_token_silent([GRAPH], &accounts[0]).await;
    assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
    assert_eq!(world.store.loads(), loads + 1);
    assert_eq!(requests(&world), (1, 3 * USERS));
}

#[tokio::test]
async fn who_signs_out_at_one_place_is_refused_at_all() {
    let world = World::new();
    let (app, other) = (service(&world), service(&world));
    let mut users = Vec::new();
    for user in 1..=50 {
        let account = sign_in(&world, &app, user).await;
        // Held in memory by both.
        let handles = [&app, &other].map(|app| app.for_partition(partition(user)));
        for app in &handles {
            let hit = app.acquire_token_silent([GRAPH], &account).await;
            assert_eq!(hit.unwrap().token_source, TokenSource::Cache);
        }
        users.push((user, account, handles));
    }
    let sent = requests(&world);
    for (user, account, _) in users.iter().filter(|(user, ..)| user % 5 == 0) {
        let app = app.for_partition(partition(*user));
        app.remove_account(account).await.unwrap();
    }
    for (user, account, handles) in &users {
        let fresh = [&app, &other].map(|app| app.for_partition(partition(*user)));
        for app in handles.iter().chain(&fresh) {
            let answer = world.ask(app.acquire_token_silent([GRAPH], account)).await;
            match user % 5 {
                0 => assert!(is_refused(&answer), "{user}: {answer:?}"),
                _ => assert_eq!(answer.unwrap().token_source, TokenSource::Cache),
            }
        }
    }
    assert_eq!(requests(&world), sent, "nobody was asked");
}
