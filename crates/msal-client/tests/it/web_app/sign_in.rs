//! Signing in, as it should be and as somebody would have it who means harm.

use std::collections::HashMap;

use msal::{CacheStore as _, ResponseMode};
use url::Url;

use super::program::sessions::SignIn;
use super::{ALICE, BOB, Held, MODES, Place};

#[tokio::test]
async fn a_user_signs_in_and_the_session_is_a_new_one() {
    for mode in MODES {
        let place = Place::new(mode).await;
        let mut browser = place.browser();
        assert_eq!(browser.user().await, None);
        let planted = "planted; SameSite=Lax".to_owned();
        browser.cookies.insert("__Host-session".to_owned(), planted);
        let begun = browser.open("/sign-in").await;
        assert_eq!(begun.status, 303);
        let sign_in = browser.cookies["__Host-sign-in"].clone();
        assert!(sign_in.contains("SameSite=None; Max-Age=600"), "{sign_in}");
        let to: HashMap<_, _> = Url::parse(begun.location())
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect();
        assert_eq!(to["code_challenge_method"], "S256");
        assert_eq!(to["redirect_uri"], format!("{}/callback", place.origin));
        for value in to.values() {
            assert!(
                !sign_in.starts_with(value),
                "the cookie is not a part of the flow"
            );
        }

        let answer = browser.at_authority(begun.location(), ALICE);
        let done = browser.bring(&answer).await;
        assert_eq!((done.status, done.location()), (303, "/"), "{}", done.body);
        assert_eq!(browser.user().await.as_deref(), Some(ALICE));
        let session = browser.cookies["__Host-session"].clone();
        assert!(session.ends_with("SameSite=Lax"), "{session}");
        assert!(!session.starts_with("planted") && !sign_in.starts_with(browser.session()));

        let mut other = place.browser();
        let planted = "planted; SameSite=Lax".to_owned();
        other.cookies.insert("__Host-session".to_owned(), planted);
        assert_eq!(other.user().await, None);
    }
}

#[tokio::test]
async fn what_is_no_answer_to_this_browsers_sign_in_signs_nobody_in() {
    for mode in MODES {
        let place = Place::new(mode).await;
        let (mut alice, mut bob) = (place.browser(), place.browser());
        let of_bob = bob.open("/sign-in").await;
        let of_bob = bob.at_authority(of_bob.location(), BOB);
        let begun = alice.open("/sign-in").await;
        let good = alice.at_authority(begun.location(), ALICE);
        let field = |answer: &str, name: &str| {
            let mut pairs = url::form_urlencoded::parse(answer.as_bytes()).into_owned();
            pairs.find(|(field, _)| field == name).unwrap().1
        };
        let state = field(&good, "state");
        for (name, answer) in [
            (
                "the state of nobody",
                good.replace(&state, "state-of-nobody"),
            ),
            ("no state", format!("code={}", field(&good, "code"))),
            ("an answer of another browser", of_bob.clone()),
            ("a code twice", format!("{good}&code=other")),
            (
                "an error of another sign-in",
                "error=access_denied&state=x".to_owned(),
            ),
            ("nothing", String::new()),
        ] {
            let refused = alice.bring(&answer).await;
            assert_eq!(refused.status, 400, "{name}: {}", refused.body);
            assert!(refused.shows("This sign-in cannot be finished"), "{name}");
            for secret in [&state, &field(&good, "code"), &field(&of_bob, "code")] {
                assert!(!refused.shows(secret), "{name}");
            }
            assert_eq!(alice.user().await, None, "{name}");
        }
        let mut nobody = place.browser();
        assert_eq!(nobody.bring(&good).await.status, 400, "without the cookie");
        assert_eq!(place.token_requests(), 0);
        // None of them was an answer, so the sign-in is still waiting for one.
        assert_eq!(alice.bring(&good).await.status, 303);
        assert_eq!(alice.user().await.as_deref(), Some(ALICE));
        assert_eq!(alice.bring(&good).await.status, 400, "a flow is used once");
        assert_eq!(place.token_requests(), 1);
        assert_eq!(bob.bring(&of_bob).await.status, 303);
        assert_eq!(bob.user().await.as_deref(), Some(BOB));
    }
}

#[tokio::test]
async fn an_answer_that_says_no_or_is_forged_spends_the_sign_in() {
    let place = Place::new(ResponseMode::FormPost).await;
    let mut bob = place.browser();
    let of_bob = bob.open("/sign-in").await;
    let of_bob = bob.at_authority(of_bob.location(), BOB);
    let code_of_bob = of_bob
        .split('&')
        .find(|pair| pair.starts_with("code="))
        .unwrap();
    for (name, forge, title, requests) in [
        (
            "cancelled",
            (|state, _| format!("error=access_denied&error_subcode=cancel&{state}"))
                as fn(&str, &str) -> String,
            "You are not signed in",
            0,
        ),
        (
            "hostile issuer",
            |_, good| format!("{good}&iss=https%3A%2F%2Fevil.example%2F"),
            "This sign-in cannot be finished",
            0,
        ),
        (
            "a code of another user with the state of this one",
            |state, code_of_bob| format!("{code_of_bob}&{state}"),
            "Please sign in again",
            1,
        ),
    ] {
        let mut alice = place.browser();
        let begun = alice.open("/sign-in").await;
        let good = alice.at_authority(begun.location(), ALICE);
        let state = good
            .split('&')
            .find(|pair| pair.starts_with("state="))
            .unwrap();
        let material = match requests {
            0 => good.as_str(),
            _ => code_of_bob,
        };
        let before = place.token_requests();
        let answer = alice.bring(&forge(state, material)).await;
        assert!(answer.shows(title), "{name}: {}", answer.body);
        assert_eq!(place.token_requests() - before, requests, "{name}");
        assert_eq!(alice.user().await, None, "{name}");
        assert_eq!(alice.bring(&good).await.status, 400, "{name}: it is spent");
        assert_eq!(alice.user().await, None, "{name}");
    }
}

#[tokio::test]
async fn a_second_window_does_not_end_the_sign_in_of_the_first() {
    let place = Place::new(ResponseMode::FormPost).await;
    let mut browser = place.browser();
    let first = browser.open("/sign-in").await;
    let second = browser.open("/sign-in").await;
    let answer = browser.at_authority(first.location(), ALICE);
    assert_eq!(browser.bring(&answer).await.status, 303);
    let held = Held::by(&browser).await;
    let answer = browser.at_authority(second.location(), ALICE);
    assert_eq!(browser.bring(&answer).await.status, 303);
    assert_eq!(browser.user().await.as_deref(), Some(ALICE));
    // The browser has one cookie: nobody would ever sign out of the other session.
    assert!(held.is_refused().await);
    let cache = &held.session.cache;
    assert!(place.app.database.load(cache).await.unwrap().is_none());
}

#[tokio::test]
async fn sign_ins_that_nobody_ends_keep_nobody_else_out() {
    let place = Place::new(ResponseMode::FormPost).await;
    let (mut bob, mut early) = (place.browser(), place.browser());
    bob.sign_in(BOB).await;
    let held = Held::by(&bob).await;
    let begun = early.open("/sign-in").await;
    for _ in 0..10_000 {
        let callback = format!("{}/callback", place.origin);
        let flow = held.client.initiate_auth_code_flow("User.Read", callback);
        let sign_in = SignIn {
            flow: flow.await.unwrap(),
            next: "/",
            claims: None,
            replaces: None,
        };
        place.app.sessions.begin(None, sign_in);
    }
    let mut alice = place.browser();
    assert_eq!(alice.open("/sign-in").await.status, 303);
    assert_eq!(alice.sign_in(ALICE).await.status, 303);
    assert_eq!(alice.user().await.as_deref(), Some(ALICE));
    // Memory has an end, and the oldest makes way.
    let answer = early.at_authority(begun.location(), ALICE);
    assert_eq!(early.bring(&answer).await.status, 400);
}
