//! The example `web_app`, served on this machine, with a browser that this test plays and the emulator behind it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use msal::{
    AcquireTokenSilent, Authority, CacheStore as _, ConfidentialClientApplication, Error,
    ResponseMode, Runtime, TokenSource, http_fn,
};
use msal_emulator::{Config, Directory, Fault, Server, Tenant, User};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

use crate::auth_code::end_of;
use program::{
    Settings, WebApp,
    api::Api,
    router,
    sessions::{Key, Session},
};

#[path = "../../examples/web_app/main.rs"]
#[expect(dead_code, reason = "`main` runs where the example does")]
mod program;

const ALICE: &str = "alice@contoso.example";
const BOB: &str = "bob@contoso.example";
const MIA: &str = "mia@contoso.example";
const PASSWORD: &str = "Sample-Passw0rd";
const WEB: &str = "00c0ffee-0000-4000-8000-0000000000a1";
const API: &str = "00c0ffee-0000-4000-8000-0000000000a2";
const ON_BEHALF_OF: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const MODES: [ResponseMode; 2] = [ResponseMode::FormPost, ResponseMode::Query];

/// The application and the authority, each at an address of its own.
struct Place {
    authority: Server,
    app: Arc<WebApp>,
    origin: String,
    mode: ResponseMode,
    /// How many requests came to the authority's token endpoint.
    token_requests: Arc<Mutex<usize>>,
    _serving: JoinSet<()>,
}

impl Place {
    async fn new(mode: ResponseMode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let directory = include_str!("../../examples/web_app/emulator.toml");
        let directory = directory.replace(":3000/", &format!(":{port}/"));
        let config = Config::from_toml(&directory).unwrap();
        let authority = Server::configured(config).start().await.unwrap();
        let ca = reqwest::Certificate::from_pem(authority.ca_pem().as_bytes()).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([ca])
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let token_requests = Arc::new(Mutex::new(0));
        let (emulator, counted) = (
            Arc::clone(authority.emulator()),
            Arc::clone(&token_requests),
        );
        let runtime = Runtime::with_http(http_fn(move |request: Request<Bytes>| {
            if request.uri().path().ends_with("/token") {
                *counted.lock().unwrap() += 1;
            }
            let answer = emulator.handle(request, SystemTime::now());
            async move { Ok(answer) }
        }));
        let origin = format!("http://localhost:{port}");
        let settings = Settings {
            authority: Authority::parse(&format!("{}/organizations", authority.url())).unwrap(),
            client: (WEB.to_owned(), "secret-of-the-web-application".to_owned()),
            api: (API.to_owned(), "secret-of-the-api".to_owned()),
            origin: origin.clone(),
            api_url: origin.clone(),
            graph: authority.url(),
            response_mode: mode,
        };
        let api = Api::new(&settings, runtime.clone(), http.clone()).unwrap();
        let app = Arc::new(WebApp::new(settings, runtime, http).unwrap());
        let mut serving = JoinSet::new();
        let service = router(Arc::clone(&app), api);
        serving.spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self {
            authority,
            app,
            origin,
            mode,
            token_requests,
            _serving: serving,
        }
    }

    fn browser(&self) -> Browser<'_> {
        Browser {
            place: self,
            cookies: HashMap::new(),
        }
    }

    fn token_requests(&self) -> usize {
        *self.token_requests.lock().unwrap()
    }
}

/// A browser as far as cookies go: those that are `Lax` stay behind when a form of another site is sent.
#[derive(Clone)]
struct Browser<'p> {
    place: &'p Place,
    /// With their attributes.
    cookies: HashMap<String, String>,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn location(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }

    fn shows(&self, text: &str) -> bool {
        self.body.contains(text)
    }
}

impl Browser<'_> {
    async fn send(&mut self, method: Method, path: &str, form: &str, is_foreign: bool) -> Answer {
        let sent = self.cookies.iter().filter(|(_, cookie)| {
            !is_foreign || method == Method::GET || cookie.contains("SameSite=None")
        });
        let sent: Vec<_> = sent
            .map(|(name, cookie)| format!("{name}={}", cookie.split(';').next().unwrap()))
            .collect();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        let request = client
            .build()
            .unwrap()
            .request(method, format!("{}{path}", self.place.origin))
            .header("cookie", sent.join("; "))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.to_owned());
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let (name, cookie) = cookie.to_str().unwrap().split_once('=').unwrap();
            let attributes = "; Path=/; Secure; HttpOnly; SameSite=";
            assert!(cookie.contains(attributes), "{name}={cookie}");
            match cookie.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), cookie.to_owned()),
            };
        }
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer.text().await.unwrap(),
        }
    }

    async fn open(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, "", false).await
    }

    /// Follows a redirect to the sign-in page, where `user` is known whatever the application suggests, and comes back with what the page says.
    fn at_authority(&self, to: &str, user: &str) -> String {
        let asked = Url::parse(to).unwrap();
        let others = asked.query_pairs().filter(|(name, _)| name != "login_hint");
        let mut to = asked.clone();
        to.query_pairs_mut().clear().extend_pairs(others);
        to.query_pairs_mut().append_pair("login_hint", user);
        let request = Request::get(to.as_str()).body(Bytes::new()).unwrap();
        let emulator = self.place.authority.emulator();
        let back = end_of(&emulator.handle(request, SystemTime::now()));
        let (callback, answer) = back.split_once('?').unwrap();
        assert_eq!(callback, format!("{}/callback", self.place.origin));
        answer.to_owned()
    }

    /// Brings an answer to the application, in its way.
    async fn bring(&mut self, answer: &str) -> Answer {
        match self.place.mode {
            ResponseMode::FormPost => self.send(Method::POST, "/callback", answer, true).await,
            _ => {
                let path = format!("/callback?{answer}");
                self.send(Method::GET, &path, "", true).await
            }
        }
    }

    async fn sign_in(&mut self, user: &str) -> Answer {
        let begun = self.open("/sign-in").await;
        let answer = self.at_authority(begun.location(), user);
        self.bring(&answer).await
    }

    /// Who the application says is signed in.
    async fn user(&mut self) -> Option<String> {
        let page = self.open("/").await.body;
        let user = page.split_once("<span class=\"user\">")?.1;
        Some(user.split_once('<')?.0.to_owned())
    }

    async fn sign_out(&mut self) -> Answer {
        let page = self.open("/").await.body;
        let key = page.split_once("name=\"form_key\" value=\"").unwrap().1;
        let form = format!("form_key={}", key.split_once('"').unwrap().0);
        self.send(Method::POST, "/sign-out", &form, false).await
    }

    fn session(&self) -> &str {
        self.cookies["__Host-session"].split(';').next().unwrap()
    }
}

/// Somebody who works in the session that a cookie names, and holds its tokens in memory.
struct Held {
    client: ConfidentialClientApplication,
    session: Arc<Session>,
}

impl Held {
    async fn by(browser: &Browser<'_>) -> Self {
        let app = &browser.place.app;
        let session = app.sessions.find(&Key::from(browser.session())).unwrap();
        let client = app.of(&session);
        let held = Self { client, session };
        assert_eq!(
            held.silent().await.unwrap().token_source,
            TokenSource::Cache
        );
        held
    }

    fn silent(&self) -> AcquireTokenSilent {
        let scope = format!("api://{API}/access_as_user");
        self.client
            .acquire_token_silent(scope, &self.session.account)
    }

    async fn is_refused(&self) -> bool {
        matches!(self.silent().await, Err(Error::InteractionRequired(_)))
    }
}

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
    let answer = browser.at_authority(second.location(), ALICE);
    assert_eq!(browser.bring(&answer).await.status, 303);
    assert_eq!(browser.user().await.as_deref(), Some(ALICE));
}

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

/// A token for the API that Alice's client got.
fn token_for_the_api(place: &Place, scope: &str) -> String {
    let emulator = place.authority.emulator();
    let now = SystemTime::now();
    let refresh_token = emulator.issue_refresh_token(ALICE, WEB, now).unwrap();
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("grant_type", "refresh_token"),
            ("client_id", WEB),
            ("client_secret", "secret-of-the-web-application"),
            ("refresh_token", &*refresh_token),
            ("scope", scope),
        ])
        .finish();
    let address = format!("{}/organizations/oauth2/v2.0/token", place.authority.url());
    let request = Request::post(address)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from(form))
        .unwrap();
    let answer: Value = serde_json::from_slice(emulator.handle(request, now).body()).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_api_takes_tokens_that_are_for_it_and_nothing_else() {
    let place = Place::new(ResponseMode::FormPost).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |header: Option<String>| {
        let request = client.get(format!("{}/api/me", place.origin));
        let request = match &header {
            Some(header) => request.header("authorization", header),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.headers().clone())
    };
    let good = token_for_the_api(&place, &format!("api://{API}/access_as_user"));
    assert_eq!(ask(Some(format!("Bearer {good}"))).await.0, 200);

    let parts: Vec<_> = good.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        panic!("{good}")
    };
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let decoded = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let with = |part: &str, name: &str, value: &str| {
        let mut object = decoded(part);
        object[name] = value.into();
        encoded(&object)
    };
    let forged = with(claims, "oid", "00000000-0000-0000-0000-000000000000");
    let graph = token_for_the_api(&place, "https://graph.microsoft.com/User.Read");
    for (name, token) in [
        ("nothing", String::new()),
        ("no token", "opaque".to_owned()),
        ("other claims", format!("{header}.{forged}.{signature}")),
        ("no signature", format!("{header}.{claims}.")),
        (
            "another signature",
            format!("{header}.{claims}.{}", "A".repeat(342)),
        ),
        (
            "no algorithm",
            format!("{}.{forged}.", with(header, "alg", "none")),
        ),
        (
            "a shared secret",
            format!("{}.{claims}.{signature}", with(header, "alg", "HS256")),
        ),
        (
            "another key",
            format!("{}.{claims}.{signature}", with(header, "kid", "other")),
        ),
        ("one part too many", format!("{good}.x")),
        ("a token for Graph", graph),
    ] {
        let (status, headers) = ask(Some(format!("Bearer {token}"))).await;
        assert_eq!(status, 401, "{name}");
        assert_eq!(
            headers["www-authenticate"], "Bearer error=\"invalid_token\"",
            "{name}"
        );
    }
    assert_eq!(ask(None).await.0, 401);
    assert_eq!(ask(Some(format!("Basic {good}"))).await.0, 401);

    // Signed by the authority, and yet not for this API, or not any more.
    for (claim, value) in [
        ("aud", json!(WEB)),
        ("aud", json!([API])),
        ("iss", json!("https://evil.example/v2.0")),
        ("tid", json!("00000000-0000-0000-0000-000000000000")),
        ("exp", json!(1_700_000_000)),
        ("exp", json!("9999999999")),
        ("nbf", json!(9_999_999_999_u64)),
        ("scp", json!("other access_as_user_too")),
        ("oid", json!(null)),
    ] {
        let fault = Fault::tamper().set_claim("access_token", claim, value.clone());
        place.authority.emulator().add_fault(fault);
        let token = token_for_the_api(&place, &format!("api://{API}/access_as_user"));
        place.authority.emulator().clear_faults();
        assert_eq!(
            ask(Some(format!("Bearer {token}"))).await.0,
            401,
            "{claim}: {value}"
        );
    }
}

#[tokio::test]
async fn everybody_sees_their_own_profile_and_nobody_elses() {
    let place = Place::new(ResponseMode::FormPost).await;
    let (mut alice, mut bob) = (place.browser(), place.browser());
    let first = alice.open("/profile").await;
    let answer = alice.at_authority(first.location(), ALICE);
    assert_eq!(alice.bring(&answer).await.location(), "/profile");
    bob.sign_in(BOB).await;
    let before = place.token_requests();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut calls = JoinSet::new();
    for (browser, user) in [(&alice, ALICE), (&bob, BOB)].repeat(20) {
        let request = client
            .get(format!("{}/profile", place.origin))
            .header("cookie", format!("__Host-session={}", browser.session()));
        calls.spawn(async move {
            let page = request.send().await.unwrap();
            (user, page.text().await.unwrap())
        });
    }
    for (user, page) in calls.join_all().await {
        let mut others = [ALICE, BOB, MIA].into_iter().filter(|other| *other != user);
        assert!(page.contains(&format!("<dd>{user}</dd>")), "{page}");
        assert!(others.all(|other| !page.contains(other)), "{page}");
    }
    assert_eq!(
        place.token_requests() - before,
        2,
        "one exchange for each user"
    );
}

#[tokio::test]
async fn a_claims_challenge_is_answered_by_a_sign_in_of_the_same_user() {
    let place = Place::new(ResponseMode::FormPost).await;
    let emulator = place.authority.emulator();
    let mut browser = place.browser();
    browser.sign_in(ALICE).await;
    assert_eq!(browser.open("/profile").await.status, 200);
    let before = browser.session().to_owned();
    // Graph says so to the API, the API to the application, and only the application has a user to ask.
    emulator.revoke_sessions(ALICE, SystemTime::now());
    let asked = browser.open("/profile").await;
    let to = Url::parse(asked.location()).unwrap();
    let claims = to
        .query_pairs()
        .find(|(name, _)| name == "claims")
        .unwrap()
        .1;
    let claims: Value = serde_json::from_str(&claims).unwrap();
    assert_eq!(claims["access_token"]["nbf"]["essential"], true);

    let bob = browser.at_authority(asked.location(), BOB);
    let refused = browser.bring(&bob).await;
    assert!(
        refused.shows("That was another account"),
        "{}",
        refused.body
    );
    assert_eq!(browser.user().await.as_deref(), Some(ALICE));

    let asked = browser.open("/profile").await;
    let alice = browser.at_authority(asked.location(), ALICE);
    assert_eq!(browser.bring(&alice).await.location(), "/profile");
    let page = browser.open("/profile").await;
    assert!(page.shows(&format!("<dd>{ALICE}</dd>")), "{}", page.body);
    assert_ne!(browser.session(), before);
    assert!(place.app.sessions.find(&Key::from(&*before)).is_none());
}

#[tokio::test]
async fn a_challenge_that_no_sign_in_meets_ends_in_a_page_and_in_no_circle() {
    let place = Place::new(ResponseMode::FormPost).await;
    let claims = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
    let fault = Fault::aadsts(50076).claims(claims);
    place
        .authority
        .emulator()
        .add_fault(fault.grant(ON_BEHALF_OF));
    let mut browser = place.browser();
    browser.sign_in(ALICE).await;
    let asked = browser.open("/profile").await;
    let answer = browser.at_authority(asked.location(), ALICE);
    assert_eq!(browser.bring(&answer).await.location(), "/profile");
    let page = browser.open("/profile").await;
    assert_eq!(page.status, 403);
    assert!(page.shows("Signing in again did not help"), "{}", page.body);
}

#[tokio::test]
async fn a_busy_authority_is_a_page_that_says_when_to_come_back() {
    let place = Place::new(ResponseMode::FormPost).await;
    place
        .authority
        .emulator()
        .add_fault(Fault::throttle(17).grant(ON_BEHALF_OF));
    let mut browser = place.browser();
    browser.sign_in(ALICE).await;
    let page = browser.open("/profile").await;
    assert_eq!(page.status, 503);
    assert_eq!(page.headers["retry-after"], "17");
    assert!(page.shows("Please try again in a moment"), "{}", page.body);
    place.authority.emulator().clear_faults();
    place
        .authority
        .emulator()
        .add_fault(Fault::throttle(18).grant("authorization_code"));
    let page = place.browser().sign_in(BOB).await;
    assert_eq!(
        (page.status, &*page.headers["retry-after"].to_str().unwrap()),
        (503, "18")
    );
}

#[tokio::test]
async fn pages_run_no_script_are_in_no_frame_and_are_not_kept() {
    let place = Place::new(ResponseMode::Query).await;
    let eve = "eve@contoso.example";
    let named = User::new(eve, PASSWORD).named("<script>alert(1)</script>", "\"'&");
    let more = Directory::builder().tenant(Tenant::new("contoso.example").user(named));
    place.authority.emulator().declare(more).unwrap();
    let mut browser = place.browser();
    browser.sign_in(eve).await;
    let home = browser.open("/").await;
    assert!(
        home.shows("&lt;script&gt;alert(1)&lt;/script&gt; &quot;&#39;&amp;"),
        "{}",
        home.body
    );
    for path in [
        "/",
        "/signed-out",
        "/nothing-here",
        "/callback?error=x",
        "/style.css",
    ] {
        let page = browser.open(path).await;
        assert!(!page.shows("<script") && !page.shows("style="), "{path}");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        for part in [
            "default-src 'none'; style-src 'self'; ",
            "frame-ancestors 'none'",
            &format!("form-action 'self' {}", place.authority.url()),
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(page.headers["cache-control"], "no-store", "{path}");
        assert_eq!(page.headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(page.headers["x-content-type-options"], "nosniff", "{path}");
    }
}

#[tokio::test]
async fn the_database_of_the_application_is_a_store() {
    let databases = Mutex::new(HashMap::<String, program::database::Database>::new());
    msal::conformance::run(|name| {
        let mut databases = databases.lock().unwrap();
        let database = databases.entry(name.to_owned()).or_default();
        Arc::new(database.clone())
    })
    .await;
}
