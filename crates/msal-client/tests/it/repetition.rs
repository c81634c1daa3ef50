//! A request that failed is sent once more where that is safe.

use msal::{
    Authority, ClientAssertion, ClientCredential, ConfidentialClientApplication, Error,
    HttpErrorKind, TokenSource,
};
use msal_emulator::sample::{ALICE, CONTOSO, DESKTOP, PASSWORD, WEB, WEB_SECRET};
use msal_emulator::{Fault, Rotation, Settings};

use crate::world::{DAY, GRAPH, World};

#[tokio::test]
async fn a_server_in_trouble_is_asked_once_more_for_the_applications_token() {
    for (fault, requests, is_answered) in [
        (Fault::unavailable(None).first(1), 2, true),
        (Fault::unavailable(None).first(2), 2, false),
        (Fault::failure(500, None, "").first(1), 2, true),
        (Fault::failure(501, None, "").first(1), 1, false),
        (Fault::failure(429, None, "").first(1), 1, false),
        (Fault::unavailable(Some(5)).first(1), 1, false),
        // The server had acted on it: a second token does no harm.
        (Fault::unavailable(None).after_effect().first(1), 2, true),
    ] {
        let what = format!("{fault:?}");
        let world = World::new();
        let app = world.web(WEB_SECRET);
        world.emulator.add_fault(fault);
        let result = world.ask(app.acquire_token_for_client(GRAPH)).await;
        assert_eq!(result.is_ok(), is_answered, "{what}");
        assert_eq!(world.http.sent().len(), requests, "{what}");
    }
}

#[tokio::test]
async fn nobody_who_is_out_of_reach_is_asked_a_third_time() {
    for (outage, requests) in [
        (HttpErrorKind::Unreachable, 2),
        (HttpErrorKind::Timeout, 1),
        (HttpErrorKind::Response, 1),
        (HttpErrorKind::Certificate, 1),
    ] {
        let world = World::new();
        let app = world.web(WEB_SECRET);
        world.http.fail(Some(outage));
        let error = world.ask(app.acquire_token_for_client(GRAPH)).await;
        assert!(matches!(error, Err(Error::Http(_))));
        assert_eq!(world.http.sent().len(), requests, "{outage:?}");
    }
}

#[tokio::test]
async fn a_refresh_token_that_the_server_may_have_revoked_is_not_sent_again() {
    for (authority, requests, is_answered) in [
        (
            format!("https://login.microsoftonline.com/{CONTOSO}"),
            2,
            true,
        ),
        (format!("https://idp.example/{CONTOSO}"), 1, false),
    ] {
        let world =
            World::with(Settings::default().rotation(Rotation::SingleUseWithReuseDetection));
        let authority = Authority::parse(&authority).unwrap();
        let app = world
            .builder(DESKTOP)
            .known_authority(authority)
            .build()
            .unwrap();
        let alice = world.sign_in(&app, DESKTOP, ALICE).await.account.unwrap();
        world.advance(DAY);
        let before = world.http.token_requests().len();
        world.emulator.add_fault(Fault::unavailable(None).first(1));
        let result = world.ask(app.acquire_token_silent(GRAPH, &alice)).await;
        assert_eq!(result.is_ok(), is_answered);
        assert_eq!(world.http.token_requests().len(), before + requests);
        let later = world
            .ask(app.acquire_token_silent(GRAPH, &alice))
            .await
            .unwrap();
        assert_eq!(later.token_source == TokenSource::Cache, is_answered);
    }
}

#[tokio::test]
async fn a_code_or_a_password_on_which_the_server_may_have_acted_is_sent_once() {
    let trouble = || {
        let fault = Fault::unavailable(None).grant("*");
        fault.after_effect().first(1)
    };
    let world = World::new();
    world.emulator.add_fault(trouble());
    assert!(crate::auth_code::sign_in(&world, ALICE).await.is_err());
    assert_eq!(world.http.token_requests().len(), 1);
    let world = World::new();
    world.emulator.add_fault(trouble());
    let app = world.desktop();
    let call = app.acquire_token_by_username_password(ALICE, PASSWORD, GRAPH);
    assert!(world.ask(call).await.is_err());
    assert_eq!(world.http.token_requests().len(), 1);
}

#[tokio::test]
async fn an_assertion_that_the_server_may_have_seen_is_not_sent_again() {
    for (host, requests) in [("login.microsoftonline.com", 2), ("idp.example", 1)] {
        let world = World::new();
        let authority = Authority::parse(&format!("https://{host}/{CONTOSO}")).unwrap();
        let credential =
            ClientCredential::assertion(async |_| Ok(ClientAssertion::from("an.asserted.client")));
        let app = ConfidentialClientApplication::builder(WEB, credential)
            .known_authority(authority)
            .runtime(world.runtime())
            .build()
            .unwrap();
        let fault = Fault::unavailable(None).grant("*");
        world.emulator.add_fault(fault);
        let result = world.ask(app.acquire_token_for_client(GRAPH)).await;
        assert!(matches!(result, Err(Error::Service(_))));
        assert_eq!(world.http.token_requests().len(), requests, "{host}");
    }
}
