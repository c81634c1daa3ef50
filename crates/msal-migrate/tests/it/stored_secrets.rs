//! Stores that have the secret of a confidential client: it is used when that is asked for, and never shown.

use msal_emulator::sample;
use msal_migrate::{
    AuthorityOverride, Class, Credentials, Destination, Migration, NoObserver, PlanOptions, Report,
    SourceOptions, open,
};
use serde_json::{Value, json};

use crate::world::{HOST, World};

fn row(world: &World, number: usize, client: &str, secret: Option<&str>) -> Value {
    let user = format!("user{number}@contoso.example");
    json!({
        "refresh_token": world.token(&user, client), "user": user, "client_id": client,
        "client_secret": secret, "authority": format!("{HOST}/contoso.example"),
    })
}

async fn run(world: &World, rows: &[Value], uses: bool, credentials: Credentials) -> Report {
    let lines: Vec<_> = rows.iter().map(Value::to_string).collect();
    run_from(world, &lines.join("\n"), uses, credentials).await
}

async fn run_from(world: &World, source: &str, uses: bool, credentials: Credentials) -> Report {
    let path = world.folder.path().join("source");
    std::fs::write(&path, source).unwrap();
    let mut plan = PlanOptions::default();
    plan.authority = Some(AuthorityOverride::parse(HOST).unwrap());
    plan.use_stored_client_secret = uses;
    let never = Box::pin(std::future::pending());
    let migration = Migration::new(
        open(&path, &SourceOptions::default()).unwrap(),
        world.cache(msal_core::Dialect::default()),
        world.journal(),
        Destination::new(),
        world.runtime.clone(),
    );
    let migration = migration.plan(plan).credentials(credentials);
    migration.run(&mut NoObserver, never).await.unwrap()
}

#[tokio::test]
async fn a_stored_secret_is_used_when_asked_for_and_not_before() {
    let world = World::new();
    let rows = [
        row(&world, 1, sample::WEB, Some(sample::WEB_SECRET)),
        row(&world, 2, sample::DESKTOP, None),
    ];
    let report = run(&world, &rows, false, Credentials::none()).await;
    assert_eq!((report.migrated, report.failed), (1, 1));
    let report = run(&world, &rows, true, Credentials::none()).await;
    assert_eq!((report.migrated, report.failed), (2, 0));
}

#[tokio::test]
async fn the_secret_of_a_row_is_that_rows_alone() {
    let world = World::new();
    let rows = [
        row(&world, 1, sample::WEB, Some("wrong")),
        row(&world, 2, sample::WEB, Some(sample::WEB_SECRET)),
        row(&world, 3, sample::WEB, None),
        row(&world, 4, sample::WEB, Some(sample::WEB_SECRET)),
        // What a public client is given, a server refuses.
        row(&world, 5, sample::DESKTOP, None),
    ];
    // A row without a secret halts what is sent for its client, as the next of that kind would be refused alike.
    let with = [
        rows[0].clone(),
        rows[1].clone(),
        rows[3].clone(),
        rows[4].clone(),
    ];
    let report = run(&world, &with, true, Credentials::none()).await;
    assert_eq!((report.migrated, report.failed), (3, 1));
    let report = run(&world, &rows[2..3], true, Credentials::none()).await;
    assert_eq!((report.migrated, report.failed), (0, 1));
}

#[tokio::test]
async fn what_is_given_comes_before_what_is_stored() {
    let world = World::new();
    let rows = [row(&world, 1, sample::WEB, Some("old"))];
    let given = Credentials::none().with_credential(sample::WEB, sample::WEB_SECRET);
    assert_eq!(run(&world, &rows, true, given).await.migrated, 1);
    let world = World::new();
    let rows = [row(&world, 1, sample::WEB, Some(sample::WEB_SECRET))];
    let given = Credentials::none().with_credential(sample::WEB, "wrong");
    let report = run(&world, &rows, true, given).await;
    assert_eq!((report.failed, world.outcomes()[0].0), (1, Class::Failed));
}

#[tokio::test]
async fn rclones_configuration_gives_the_secret_of_a_client_of_ones_own() {
    let world = World::new();
    let token =
        json!({"access_token": "x", "refresh_token": world.token(sample::ALICE, sample::WEB)});
    let source = format!(
        "[one]\ntype = onedrive\nclient_id = {}\nclient_secret = {}\ntoken = {token}\n\
         token_url = {HOST}/contoso.example/oauth2/v2.0/token\naccess_scopes = User.Read\n",
        sample::WEB,
        sample::WEB_SECRET,
    );
    let report = run_from(&world, &source, false, Credentials::none()).await;
    assert_eq!((report.migrated, report.failed), (0, 1), "{report:?}");
    let report = run_from(&world, &source, true, Credentials::none()).await;
    assert_eq!((report.migrated, report.failed), (1, 0), "{report:?}");
}

#[tokio::test]
async fn no_secret_is_in_a_record_that_is_logged_nor_in_any_file() {
    let world = World::new();
    let secret = "a-secret-that-nobody-sees";
    let rows = [row(&world, 1, sample::WEB, Some(secret))];
    run(&world, &rows, true, Credentials::none()).await;
    let source = open(
        &world.folder.path().join("source"),
        &SourceOptions::default(),
    )
    .unwrap();
    let mut logged = String::new();
    let mut each = |row| {
        logged.push_str(&format!("{row:?}"));
        std::ops::ControlFlow::Continue(())
    };
    source.read(&mut each).unwrap();
    assert!(
        logged.contains("client_secret: Some") && !logged.contains(secret),
        "{logged}"
    );
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let content = std::fs::read(&path).unwrap();
        let is_source = path.ends_with("source");
        let is_there = memchr::memmem::find(&content, secret.as_bytes()).is_some();
        assert_eq!(is_there, is_source, "{}", path.display());
    }
}
