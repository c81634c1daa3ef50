//! A page that calls the API with the user's token.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use msal::{AuthenticationResult, BearerChallenge, Remedy};
use serde_json::Value;

use super::pages::{self, Problem};
use super::sessions::{Session, Visitor};
use super::{WebApp, sign_in};

const HERE: &str = "/profile";
const MINUTE: Duration = Duration::from_secs(60);

pub(crate) async fn page(
    State(app): State<Arc<WebApp>>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(session) = visitor.session().cloned() else {
        return sign_in::send(&app, &headers, visitor, HERE, None).await;
    };
    match call(&app, &session).await? {
        Called::Answered(profile) => Ok(pages::profile(&session, &profile)),
        // The user has just signed in for the same reason: to ask again would go round in circles.
        Called::Wants(claims) if claims == session.claims && session.began.elapsed() < MINUTE => {
            Err(Problem::NEVER_ENOUGH)
        }
        Called::Wants(claims) => sign_in::send(&app, &headers, visitor, HERE, claims).await,
    }
}

enum Called {
    Answered(Value),
    /// The user must sign in again, with these claims.
    Wants(Option<String>),
}

async fn call(app: &WebApp, session: &Session) -> Result<Called, Problem> {
    let (client, scope) = (app.of(session), app.settings.scope());
    let silent = client.acquire_token_silent(&*scope, &session.account);
    let token = match silent.await {
        Ok(token) => token,
        Err(error) => return wants(error, None),
    };
    let claims = match ask(app, &token).await? {
        Ok(profile) => return Ok(Called::Answered(profile)),
        Err(claims) => claims,
    };
    // What the API wants may need no user: a fresh token will do, most of the time after a change of roles.
    let silent = client
        .acquire_token_silent(&*scope, &session.account)
        .claims_challenge(&*claims)
        .refresh_unless(&token.access_token);
    let token = match silent.await {
        Ok(token) => token,
        Err(error) => return wants(error, Some(claims)),
    };
    Ok(match ask(app, &token).await? {
        Ok(profile) => Called::Answered(profile),
        Err(claims) => Called::Wants(Some(claims)),
    })
}

fn wants(error: msal::Error, claims: Option<String>) -> Result<Called, Problem> {
    match error.remedy() {
        Remedy::SignIn => Ok(Called::Wants(error.claims().map(str::to_owned).or(claims))),
        _ => Err(error.into()),
    }
}

/// What the API says, or the claims that it wants first.
async fn ask(app: &WebApp, token: &AuthenticationResult) -> Result<Result<Value, String>, Problem> {
    let header = token.authorization_header().map_err(msal::Error::from)?;
    let request = app.http.get(format!("{}/api/me", app.settings.api_url));
    let answer = request.header(header::AUTHORIZATION, header).send().await;
    let answer = answer.map_err(|error| busy(&error))?;
    match answer.status() {
        StatusCode::OK => {
            let body = answer.bytes().await.map_err(|error| busy(&error))?;
            let profile = serde_json::from_slice(&body).map_err(|_no_json| Problem::OURS)?;
            Ok(Ok(profile))
        }
        StatusCode::UNAUTHORIZED => {
            let challenge = BearerChallenge::find(answer.headers());
            let claims = challenge.and_then(|challenge| challenge.claims);
            claims.map(Err).ok_or(Problem::OURS)
        }
        StatusCode::FORBIDDEN => Err(Problem::FORBIDDEN),
        StatusCode::SERVICE_UNAVAILABLE => {
            let wait = answer.headers().get(header::RETRY_AFTER);
            let wait = wait.and_then(|wait| wait.to_str().ok()?.parse().ok());
            Err(Problem::busy(wait))
        }
        _ => Err(Problem::OURS),
    }
}

fn busy(error: &reqwest::Error) -> Problem {
    eprintln!("the API cannot be reached: {error}");
    Problem::BUSY
}
