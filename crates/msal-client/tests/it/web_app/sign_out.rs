//! Signing out, here and at the authority.

use http::Method;
use msal::{CacheStore as _, ResponseMode};
use url::Url;

use super::{ALICE, BOB, Held, Place};

#[tokio::test]
async fn a_sign_out_holds_for_the_cookie_the_tokens_and_the_store() {
    let place = Place::new(ResponseMode::FormPost).await;
    let (mut browser, mut elsewhere) = (place.browser(), place.browser());
    browser.sign_in(ALICE).await;
    elsewhere.sign_in(ALICE).await;
    let (held, old) = (Held::by(&browser).await, browser.clone());
    let cache = &held.session.cache;
    assert!(place.app.database.load(cache).await.unwrap().is_some());

    let out = browser.sign_out().await;
    let to = Url::parse(out.location()).unwrap();
    assert_eq!(
        to.origin(),
        Url::parse(&place.authority.url()).unwrap().origin()
    );
    let back = format!("{}/signed-out", place.origin);
    assert!(
        to.query_pairs()
            .any(|pair| pair == ("post_logout_redirect_uri".into(), back.clone().into()))
    );
    assert!(!browser.cookies.contains_key("__Host-session"));
    assert!(held.is_refused().await);
    assert!(place.app.database.load(cache).await.unwrap().is_none());
    let mut old = old;
    assert_eq!(old.user().await, None, "the old cookie is worth nothing");
    let asked = old.open("/profile").await;
    assert!(asked.location().starts_with(&place.authority.url()));
    // Other browsers of the same user stay signed in, until the authority tells.
    Held::by(&elsewhere).await;
    assert!(
        browser
            .open("/signed-out")
            .await
            .shows("You are signed out")
    );
}

#[tokio::test]
async fn a_sign_out_that_another_site_began_does_nothing() {
    let place = Place::new(ResponseMode::FormPost).await;
    let mut browser = place.browser();
    browser.sign_in(ALICE).await;
    for form in ["", "form_key=", "form_key=guessed", "other=x"] {
        let answer = browser.send(Method::POST, "/sign-out", form, false).await;
        assert_eq!(answer.status, 403, "{form}");
        // As a browser sends it that keeps `Lax` cookies back.
        let answer = browser.send(Method::POST, "/sign-out", form, true).await;
        assert_eq!(answer.location(), "/signed-out", "{form}");
        assert_eq!(browser.user().await.as_deref(), Some(ALICE), "{form}");
    }
    // Whoever is led there is not told what is not so.
    let page = browser.open("/signed-out").await;
    assert!(!page.shows("You are signed out"));
    assert_eq!((page.status, page.location()), (303, "/"));
}

#[tokio::test]
async fn the_authority_ends_the_sessions_that_it_names_and_no_other() {
    let place = Place::new(ResponseMode::FormPost).await;
    let (mut alice, mut bob) = (place.browser(), place.browser());
    alice.sign_in(ALICE).await;
    bob.sign_in(BOB).await;
    let held = Held::by(&alice).await;
    let sid = held.session.sid.clone().unwrap();
    let mut frame = place.browser();
    for query in ["", "?sid=", "?sid=other", "?iss=x"] {
        frame.open(&format!("/front-channel-logout{query}")).await;
        assert_eq!(alice.user().await.as_deref(), Some(ALICE), "{query}");
    }
    let told = frame
        .open(&format!("/front-channel-logout?sid={sid}"))
        .await;
    assert_eq!(told.headers["cache-control"], "no-store");
    assert!(
        !told.headers.contains_key("content-security-policy"),
        "a frame shows it"
    );
    assert_eq!(alice.user().await, None);
    assert!(held.is_refused().await);
    assert_eq!(bob.user().await.as_deref(), Some(BOB));
}
