//! A web service for users of many tenants: one application, and a partition of the database
//! for each user.
//!
//! ```text
//! CLIENT_SECRET=… web_service AUTHORITY CLIENT_ID SCOPE < SESSIONS
//! ```
//!
//! `AUTHORITY` ends in `/organizations` or `/common`. Each line of `SESSIONS` is what the service
//! knew of a browser before it came to this library, `SESSION USER REFRESH_TOKEN`: the value of
//! the cookie, the user's number, and the token.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it is what the program is for"
)]

use std::{collections::HashMap, env, error::Error, io, sync::Arc};

use axum::extract::{FromRequestParts, State};
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use msal::{
    Authority, Blob, BoxFuture, CacheStore, ConfidentialClientApplication, Partition, Remedy,
    StoreError, Stored, Version,
};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

struct Service {
    app: ConfidentialClientApplication,
    scope: String,
    /// Which user each session is of.
    sessions: HashMap<String, String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: CLIENT_SECRET=… web_service AUTHORITY CLIENT_ID SCOPE < SESSIONS";
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [authority, client_id, scope] = <[String; 3]>::try_from(arguments).or(Err(usage))?;
    let secret = env::var("CLIENT_SECRET").or(Err(usage))?;
    let app = ConfidentialClientApplication::builder(client_id, secret)
        .known_authority(Authority::parse(&authority)?)
        .store(Database::default())
        .build()?;
    let mut sessions = HashMap::new();
    for line in io::stdin().lines() {
        let line = line?;
        if let [session, user, token] = *line.split_whitespace().collect::<Vec<_>>() {
            let app = app.for_partition(partition(user));
            app.acquire_token_by_refresh_token(token, &*scope).await?;
            sessions.insert(session.to_owned(), user.to_owned());
        }
    }
    let service = Arc::new(Service {
        app,
        scope,
        sessions,
    });
    let router = Router::new()
        .route("/token", routing::get(token))
        .route("/sign-out", routing::post(sign_out))
        .with_state(service);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

/// Of the service's own number of the user, and never of anything that a browser says.
fn partition(user: &str) -> Partition {
    Partition::hashed(user)
}

/// The application on the partition of the user whose session it is. To make one asks nobody:
/// all users share the HTTP client, the metadata, the waits of a busy server, and what is in flight.
struct User(ConfidentialClientApplication);

impl FromRequestParts<Arc<Service>> for User {
    type Rejection = StatusCode;

    async fn from_request_parts(
        request: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, StatusCode> {
        let cookies = request.headers.get_all(header::COOKIE).iter();
        let mut cookies = cookies
            .filter_map(|it| it.to_str().ok())
            .flat_map(|it| it.split("; "));
        let session = cookies.find_map(|cookie| cookie.strip_prefix("session="));
        let user = session.and_then(|session| service.sessions.get(session));
        let user = user.ok_or(StatusCode::UNAUTHORIZED)?;
        Ok(Self(service.app.for_partition(partition(user))))
    }
}

/// Of equal calls at the same time one asks the server, whatever requests they come from.
async fn token(User(app): User, State(service): State<Arc<Service>>) -> Result<String, Failure> {
    let Some(account) = app.accounts().await?.into_iter().next() else {
        return Err(Failure::SignIn);
    };
    let token = app.acquire_token_silent(&*service.scope, &account).await?;
    // Here the service would send `token.authorization_header()?` to an API.
    Ok(format!(
        "{account} may call the API until {}",
        token.expires_on
    ))
}

/// From now on nobody in this process hands out a token of this user, whatever is in memory or on
/// its way.
async fn sign_out(User(app): User) -> Result<(), Failure> {
    for account in app.accounts().await? {
        app.remove_account(&account).await?;
    }
    Ok(())
}

enum Failure {
    SignIn,
    Wait(u64),
    Ours,
}

impl From<msal::Error> for Failure {
    fn from(error: msal::Error) -> Self {
        match error.remedy() {
            Remedy::SignIn => return Self::SignIn,
            Remedy::Wait(wait) => return Self::Wait(wait.map_or(30, |wait| wait.as_secs())),
            // Nothing that the user could do.
            _ => eprintln!(
                "{error} [{}]",
                error.correlation_id().unwrap_or("nothing was sent")
            ),
        }
        Self::Ours
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn => StatusCode::UNAUTHORIZED.into_response(), // or a redirect to the sign-in
            Self::Wait(seconds) => {
                let wait = [(header::RETRY_AFTER, seconds.to_string())];
                (StatusCode::SERVICE_UNAVAILABLE, wait).into_response()
            }
            Self::Ours => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// The service's database, which keeps a token cache for each user. Here it is a table in memory:
/// how often anything was saved, and the rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Database(Arc<Mutex<(u64, HashMap<Partition, Stored>)>>);
type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

impl CacheStore for Database {
    // SELECT cache, version FROM caches WHERE user = ?
    fn load<'a>(&'a self, user: &'a Partition) -> Answer<'a, Option<Stored>> {
        Box::pin(async { Ok(self.0.lock().await.1.get(user).cloned()) })
    }

    // UPDATE caches SET cache = ?, version = version + 1 WHERE user = ? AND version = ?
    // (or INSERT, where `old` is none), and a conflict where no row has changed
    fn save<'a>(
        &'a self,
        user: &'a Partition,
        cache: Arc<dyn Blob>,
        old: Option<Version>,
    ) -> Answer<'a, Version> {
        Box::pin(async move {
            let (saves, rows) = &mut *self.0.lock().await;
            if rows.get(user).map(|row| &row.version) != old.as_ref() {
                return Err(StoreError::Conflict);
            }
            *saves += 1;
            let version = Version::new(saves.to_be_bytes());
            rows.insert(user.clone(), Stored::new(cache.whole(), version.clone()));
            Ok(version)
        })
    }

    // DELETE FROM caches WHERE user = ?
    fn remove<'a>(&'a self, user: &'a Partition) -> Answer<'a, ()> {
        Box::pin(async {
            self.0.lock().await.1.remove(user);
            Ok(())
        })
    }
}
