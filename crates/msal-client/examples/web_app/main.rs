//! A whole web application: users sign in and out, an API is called with their tokens and acts on their behalf, and where it
//! wants more of a user than the sign-in had, the user is asked for it.
//!
//! | file | what is in it |
//! |---|---|
//! | `main.rs` | settings, and what is where |
//! | `sign_in.rs` | to the sign-in page and back |
//! | `sign_out.rs` | the end of a session, begun here or at the authority |
//! | `sessions.rs` | who a browser is: two cookies, and what the server remembers for them |
//! | `profile.rs` | a page that calls the API, and answers its claims challenge |
//! | `pages.rs`, `style.css` | what the user sees |
//! | `api.rs` | the API: a program of its own in all but its process, which calls Microsoft Graph for the user |
//! | `bearer.rs` | whom the API lets in |
//! | `discovery.rs` | what the authority says about itself |
//! | `database.rs` | where token caches are kept |
//!
//! Settings come from the environment, as `Settings` lists them. To try it out without a registration:
//!
//! ```text
//! msal emulator serve --port 8443 --ca-out ca.pem --config crates/msal-client/examples/web_app/emulator.toml
//! SSL_CERT_FILE=ca.pem AUTHORITY=https://localhost:8443/organizations GRAPH=https://localhost:8443 \
//!   CLIENT_ID=00c0ffee-0000-4000-8000-0000000000a1 CLIENT_SECRET=secret-of-the-web-application \
//!   API_CLIENT_ID=00c0ffee-0000-4000-8000-0000000000a2 API_CLIENT_SECRET=secret-of-the-api \
//!   cargo run --example web_app
//! ```
//!
//! In production it stands behind a proxy that speaks TLS, `ORIGIN` is what browsers call it, and sessions and caches are in
//! a database that all its processes share.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is what the program is for"
)]

pub(crate) mod api;
mod bearer;
pub(crate) mod database;
mod discovery;
mod pages;
mod profile;
pub(crate) mod sessions;
mod sign_in;
mod sign_out;

use std::{env, error::Error, sync::Arc, time::Duration};

use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::{Router, middleware, routing};
use msal::{Authority, ConfidentialClientApplication, ResponseMode, Runtime};
use tokio::net::TcpListener;

use api::Api;
use database::Database;
use discovery::Discovery;
use sessions::{Session, Sessions, Visitor};

/// What is registered for the application and its API.
pub(crate) struct Settings {
    /// `AUTHORITY`: `…/organizations` for users of many tenants, or one tenant's.
    /// Whoever sets it trusts it.
    pub(crate) authority: Authority,
    /// `CLIENT_ID`, `CLIENT_SECRET`: the web application, with the redirect URIs `{origin}/callback` and `{origin}/signed-out`,
    /// and the front-channel logout URL `{origin}/front-channel-logout`.
    pub(crate) client: (String, String),
    /// `API_CLIENT_ID`, `API_CLIENT_SECRET`: the API, with the scope `access_as_user`, access tokens of version 2 and the
    /// permission `User.Read` of Microsoft Graph.
    pub(crate) api: (String, String),
    /// `ORIGIN`: what browsers call this application. It is a setting, and never read from a request: whoever sends the
    /// request chooses its `Host`.
    pub(crate) origin: String,
    /// `API_URL`: where the API is. It is in this program, unless something else is said.
    pub(crate) api_url: String,
    /// `GRAPH`: where Microsoft Graph is.
    pub(crate) graph: String,
    /// `RESPONSE_MODE`: how the browser brings the code, `form_post` or `query`.
    pub(crate) response_mode: ResponseMode,
}

impl Settings {
    fn from_environment(port: u16) -> Result<Self, Box<dyn Error>> {
        let required = |name: &str| env::var(name).map_err(|error| format!("{name}: {error}"));
        let or = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
        let origin = or("ORIGIN", &format!("http://localhost:{port}"));
        Ok(Self {
            authority: Authority::parse(&required("AUTHORITY")?)?,
            client: (required("CLIENT_ID")?, required("CLIENT_SECRET")?),
            api: (required("API_CLIENT_ID")?, required("API_CLIENT_SECRET")?),
            api_url: or("API_URL", &origin),
            origin,
            graph: or("GRAPH", "https://graph.microsoft.com"),
            response_mode: match &*or("RESPONSE_MODE", "form_post") {
                "form_post" => ResponseMode::FormPost,
                "query" => ResponseMode::Query,
                _ => return Err("RESPONSE_MODE is neither form_post nor query".into()),
            },
        })
    }

    fn callback(&self) -> String {
        format!("{}/callback", self.origin)
    }

    /// What the web application asks a token for.
    fn scope(&self) -> String {
        format!("api://{}/access_as_user", self.api.0)
    }
}

/// What all requests of browsers share.
pub(crate) struct WebApp {
    settings: Settings,
    client: ConfidentialClientApplication,
    pub(crate) database: Database,
    discovery: Discovery,
    http: reqwest::Client,
    pub(crate) sessions: Sessions,
}

impl WebApp {
    pub(crate) fn new(
        settings: Settings,
        runtime: Runtime,
        http: reqwest::Client,
    ) -> Result<Self, Box<dyn Error>> {
        let database = Database::default();
        let (client_id, secret) = settings.client.clone();
        let client = ConfidentialClientApplication::builder(client_id, secret)
            .known_authority(settings.authority.clone())
            .store(database.clone())
            .runtime(runtime)
            .build()?;
        Ok(Self {
            client,
            database,
            discovery: Discovery::of(&settings.authority, http.clone())?,
            http,
            sessions: Sessions::default(),
            settings,
        })
    }

    /// The application on the token cache of a session. To make one asks nobody: all users share the HTTP client, the
    /// metadata, the waits of a busy server, and what is in flight.
    pub(crate) fn of(&self, session: &Session) -> ConfidentialClientApplication {
        self.client.for_partition(session.cache.clone())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(listen).await?;
    let settings = Settings::from_environment(listener.local_addr()?.port())?;
    // No redirects: a token would follow them.
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let http = http.timeout(Duration::from_secs(30)).build()?;
    println!("open {}", settings.origin);
    let api = Api::new(&settings, Runtime::default(), http.clone())?;
    let app = WebApp::new(settings, Runtime::default(), http)?;
    Ok(axum::serve(listener, router(Arc::new(app), api)).await?)
}

pub(crate) fn router(app: Arc<WebApp>, api: Api) -> Router {
    let callback = match app.settings.response_mode {
        ResponseMode::FormPost => routing::post(sign_in::form),
        _ => routing::get(sign_in::query),
    };
    let secured = middleware::from_fn_with_state(Arc::clone(&app), pages::secured);
    Router::new()
        .route("/", routing::get(home))
        .route("/sign-in", routing::get(sign_in::start))
        .route("/callback", callback)
        .route("/profile", routing::get(profile::page))
        .route("/sign-out", routing::post(sign_out::start))
        .route("/signed-out", routing::get(sign_out::end))
        .route("/style.css", routing::get(pages::style))
        .fallback(pages::not_found)
        .layer(secured)
        // The authority shows it in a frame, which the pages above forbid.
        .route(
            "/front-channel-logout",
            routing::get(sign_out::front_channel),
        )
        .with_state(app)
        .merge(api::router(api))
        .layer(DefaultBodyLimit::max(64 * 1024))
}

async fn home(visitor: Visitor) -> Response {
    pages::home(visitor.session())
}
