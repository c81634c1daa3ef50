//! The end of a session: here, at the authority, and in the other direction (OpenID Connect RP-Initiated Logout 1.0,
//! Front-Channel Logout 1.0).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use msal::CacheStore as _;
use url::{Url, form_urlencoded};

use super::WebApp;
use super::pages::{self, Problem};
use super::sessions::{Session, Visitor, unset_session};

/// Signs the user out here first: that holds even if the browser never arrives at the authority.
pub(crate) async fn start(
    State(app): State<Arc<WebApp>>,
    visitor: Visitor,
    body: Bytes,
) -> Result<Response, Problem> {
    let Visitor::User(key, session) = visitor else {
        return Ok(Redirect::to("/signed-out").into_response());
    };
    // A form of another site does not know the key, and would bring no cookie either, as it is `Lax`.
    let is_ours = form_urlencoded::parse(&body)
        .any(|(name, value)| name == "form_key" && value == session.form_key.as_str());
    if !is_ours {
        return Err(Problem::FORGED);
    }
    forget(&app, app.sessions.end(&key)).await;
    let cookies = AppendHeaders([(header::SET_COOKIE, unset_session())]);
    let to = match app.discovery.document().await {
        Ok(document) => end_session(&document.end_session_endpoint, &app, &session),
        // Signed out here is better than not at all.
        Err(error) => {
            eprintln!("the browser stays signed in at the authority: {error}");
            "/signed-out".to_owned()
        }
    };
    Ok((cookies, Redirect::to(&to)).into_response())
}

fn end_session(endpoint: &Url, app: &WebApp, session: &Session) -> String {
    let mut url = endpoint.clone();
    let back = format!("{}/signed-out", app.settings.origin);
    url.query_pairs_mut()
        .append_pair("post_logout_redirect_uri", &back);
    // Without it the user is asked which account is meant, where several are signed in. An ID token would do as well, and is
    // too precious for an address.
    if let Some(hint) = &session.logout_hint {
        url.query_pairs_mut().append_pair("logout_hint", hint);
    }
    url.into()
}

/// Where the authority sends the browser afterwards. Anybody can lead a user here who is still signed in.
pub(crate) async fn end(visitor: Visitor) -> Response {
    match visitor {
        Visitor::Nobody => pages::signed_out(),
        Visitor::User(..) => Redirect::to("/").into_response(),
    }
}

/// The user has signed out at the authority, which says so in a frame. The frame brings no cookie, as it is one of another site:
/// the session is found by the name that the authority has for it, which nobody can guess.
pub(crate) async fn front_channel(
    State(app): State<Arc<WebApp>>,
    RawQuery(query): RawQuery,
) -> impl IntoResponse {
    let query = query.unwrap_or_default();
    let sid = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "sid");
    if let Some((_, sid)) = sid {
        forget(&app, app.sessions.end_of_authority(&sid)).await;
    }
    // Front-Channel Logout §3: "The response SHOULD include Cache-Control directives keeping the response from being cached".
    (StatusCode::OK, [(header::CACHE_CONTROL, "no-store")])
}

/// Removes the tokens of sessions that have ended. From then on nobody in this process hands one out, whatever is in memory or
/// on its way.
pub(crate) async fn forget(app: &WebApp, ended: Vec<Arc<Session>>) {
    for session in ended {
        let removed = app.of(&session).remove_account(&session.account).await;
        let emptied = app.database.remove(&session.cache).await;
        for error in removed
            .err()
            .into_iter()
            .chain(emptied.err().map(msal::Error::from))
        {
            eprintln!("{error}");
        }
    }
}
