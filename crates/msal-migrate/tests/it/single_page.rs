//! Tokens that were issued to a single-page application, which Entra redeems for a page only.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use bytes::Bytes;
use http::{Request, Response};
use msal_emulator::sample::{ALICE, DESKTOP, PAGE, PAGE_REDIRECT};
use msal_migrate::{NoObserver, Report, SpaOrigin};
use serde_json::Value;

use crate::world::{HOST, World};

const GRAPH: &str = "https://graph.microsoft.com";

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn send(world: &World, request: Request<Bytes>) -> Response<Bytes> {
    world
        .http
        .emulator
        .handle(request, world.http.system_time())
}

/// The refresh token of alice, who has signed in at the page.
fn of_page(world: &World) -> String {
    let query = format!(
        "client_id={PAGE}&response_type=code&redirect_uri={PAGE_REDIRECT}&scope=openid%20offline_access%20User.Read\
         &code_challenge={CHALLENGE}&code_challenge_method=S256&login_hint={ALICE}"
    );
    let url = format!("{HOST}/contoso.example/oauth2/v2.0/authorize?{query}");
    let answer = send(world, Request::get(url).body(Bytes::new()).unwrap());
    let location = answer.headers()["location"].to_str().unwrap();
    let (_, code) = location.split_once("code=").unwrap();
    let code = code.split('&').next().unwrap();
    let form = format!(
        "client_id={PAGE}&grant_type=authorization_code&code={code}&redirect_uri={PAGE_REDIRECT}&code_verifier={VERIFIER}"
    );
    let request = Request::post(format!("{HOST}/contoso.example/oauth2/v2.0/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", "http://localhost:3000");
    let answer = send(world, request.body(form.into()).unwrap());
    let tokens: Value = serde_json::from_slice(answer.body()).unwrap();
    tokens["refresh_token"].as_str().unwrap().to_owned()
}

async fn run(world: &World, entries: &[Value], origin: Option<&str>) -> Report {
    let migration = world.migration(entries);
    let migration = match origin {
        Some(origin) => migration.spa_origin(SpaOrigin::parse(origin).unwrap()),
        None => migration,
    };
    let never = Box::pin(std::future::pending());
    migration.run(&mut NoObserver, never).await.unwrap()
}

#[tokio::test]
async fn the_tokens_of_a_page_are_redeemed_with_its_origin_only() {
    let world = World::new();
    let token = of_page(&world);
    let entries = [world.entry(ALICE, PAGE, GRAPH, &token)];
    let report = run(&world, &entries, None).await;
    assert_eq!((report.migrated, report.failed), (0, 1));
    // The operator's to correct, so that the next run tries it unasked.
    let report = run(&world, &entries, Some("http://localhost:3000")).await;
    assert_eq!((report.migrated, report.failed), (1, 0));
}

#[tokio::test]
async fn with_an_origin_no_other_token_is_redeemed() {
    let world = World::new();
    let token = world.token(ALICE, DESKTOP);
    let entries = [world.entry(ALICE, DESKTOP, GRAPH, &token)];
    let report = run(&world, &entries, Some("https://app.contoso.example")).await;
    assert_eq!((report.migrated, report.failed), (0, 1));
    let report = run(&world, &entries, None).await;
    assert_eq!((report.migrated, report.failed), (1, 0));
}
