//! To the sign-in page and back: the authorization code flow.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use msal::{AuthResponse, AuthResponseError, AuthenticationResult, Partition};

use super::pages::Problem;
use super::sessions::{Key, SIGN_IN, Session, SignIn, Visitor, cookie, set_session, set_sign_in};
use super::{WebApp, sign_out};

pub(crate) async fn start(
    State(app): State<Arc<WebApp>>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    send(&app, &headers, visitor, "/", None).await
}

/// Sends the browser to the sign-in page. Where a user is signed in already, nobody else's tokens are taken.
pub(crate) async fn send(
    app: &WebApp,
    headers: &HeaderMap,
    visitor: Visitor,
    next: &'static str,
    claims: Option<String>,
) -> Result<Response, Problem> {
    let settings = &app.settings;
    let mut call = app
        .client
        .initiate_auth_code_flow(settings.scope(), settings.callback())
        .response_mode(settings.response_mode);
    if let Some(claims) = &claims {
        call = call.claims_challenge(claims);
    }
    let mut replaces = None;
    if let Visitor::User(key, session) = visitor {
        call = call.account(&session.account);
        replaces = Some(key);
    }
    let flow = call.await?;
    let to = flow.auth_uri().to_owned();
    let sign_in = SignIn {
        flow,
        next,
        claims,
        replaces,
    };
    let key = app.sessions.begin(cookie(headers, SIGN_IN), sign_in);
    let cookies = AppendHeaders([(header::SET_COOKIE, set_sign_in(&key))]);
    Ok((cookies, Redirect::to(&to)).into_response())
}

/// The user comes back, and the browser posts the code (`form_post`): it is in no address, history or log.
pub(crate) async fn form(
    State(app): State<Arc<WebApp>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    finish(&app, &headers, AuthResponse::from_form(&body)).await
}

/// The user comes back, and the code is in the query.
pub(crate) async fn query(
    State(app): State<Arc<WebApp>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    finish(&app, &headers, AuthResponse::from_query(&query)).await
}

async fn finish(
    app: &WebApp,
    headers: &HeaderMap,
    response: Result<AuthResponse, AuthResponseError>,
) -> Result<Response, Problem> {
    let response = response.map_err(msal::Error::from)?;
    // RFC 9700 §4.7: a code counts in the browser that asked for it, and nowhere else.
    let browser = cookie(headers, SIGN_IN).ok_or(Problem::NO_SIGN_IN)?;
    let sign_in = app.sessions.take(&browser, &response);
    let sign_in = sign_in.ok_or(Problem::NO_SIGN_IN)?;
    // A cache of its own for each session: named by us, not by anything that a browser says.
    let cache = Partition::hashed(Key::new().as_str());
    let client = app.client.for_partition(cache.clone());
    let result = client
        .acquire_token_by_auth_code_flow(sign_in.flow, response)
        .await?;
    let session = session(result, cache, sign_in.claims, browser).ok_or(Problem::OURS)?;
    // The sessions before this one end here, with their tokens.
    let (key, ended) = app.sessions.open(session, sign_in.replaces.as_ref());
    sign_out::forget(app, ended).await;
    let cookies = AppendHeaders([(header::SET_COOKIE, set_session(&key))]);
    Ok((cookies, Redirect::to(sign_in.next)).into_response())
}

fn session(
    result: AuthenticationResult,
    cache: Partition,
    claims: Option<String>,
    sign_ins: Key,
) -> Option<Session> {
    let account = result.account?;
    let id_token = result.id_token_claims?;
    let all = id_token.all();
    let text = |name: &str| Some(all.get(name)?.as_str()?.to_owned());
    Some(Session {
        name: id_token.name.unwrap_or_else(|| account.username.clone()),
        account,
        cache,
        claims,
        sid: text("sid"),
        logout_hint: text("login_hint"),
        sign_ins,
        form_key: Key::new(),
        began: Instant::now(),
    })
}
