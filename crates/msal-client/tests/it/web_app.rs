//! The example `web_app`, served on this machine, with a browser that this test plays and the emulator behind it.

mod on_behalf_of;
mod sign_in;
mod sign_out;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use msal::{
    AcquireTokenSilent, Authority, ConfidentialClientApplication, Error, ResponseMode, Runtime,
    TokenSource, http_fn,
};
use msal_emulator::{Config, Directory, Server, Tenant, User};
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
