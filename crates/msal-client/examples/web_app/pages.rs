//! What the user sees.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use msal::{Failure, ProtocolError, Remedy};
use serde_json::Value;

use super::WebApp;
use super::sessions::Session;

pub(crate) fn home(session: Option<&Arc<Session>>) -> Response {
    let body = match session {
        None => "<h1>Welcome</h1>\
                 <p>This application shows what Microsoft Graph knows about you, once you have signed in with your work or \
                 school account.</p>\
                 <p class=\"actions\"><a class=\"button\" href=\"/sign-in\">Sign in</a></p>"
            .to_owned(),
        Some(session) => format!(
            "<h1>Hello, {}</h1>\
             <p>You are signed in. Your profile comes from an API that asks Microsoft Graph on your behalf.</p>\
             <p class=\"actions\"><a class=\"button\" href=\"/profile\">Show my profile</a></p>",
            escaped(&session.name)
        ),
    };
    show(StatusCode::OK, "Home", session, &body)
}

pub(crate) fn profile(session: &Arc<Session>, profile: &Value) -> Response {
    let row = |(label, member): &(&str, &str)| {
        let value = profile.get(*member)?.as_str()?;
        Some(format!("<dt>{label}</dt><dd>{}</dd>", escaped(value)))
    };
    let rows: String = [
        ("Name", "displayName"),
        ("User name", "userPrincipalName"),
        ("Mail", "mail"),
        ("Object", "id"),
    ]
    .iter()
    .filter_map(row)
    .collect();
    let body = format!(
        "<h1>Your profile</h1><dl>{rows}</dl>\
         <p class=\"actions\"><a class=\"button quiet\" href=\"/\">Back</a></p>"
    );
    show(StatusCode::OK, "Your profile", Some(session), &body)
}

pub(crate) fn signed_out() -> Response {
    let body = "<h1>You are signed out</h1>\
                <p>Your tokens have been removed. On a computer that others use, close the browser as well.</p>\
                <p class=\"actions\"><a class=\"button\" href=\"/sign-in\">Sign in again</a></p>";
    show(StatusCode::OK, "Signed out", None, body)
}

pub(crate) async fn not_found() -> Problem {
    Problem::NOT_FOUND
}

/// What went wrong, and what the user can do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    title: &'static str,
    text: &'static str,
    /// Where the user goes on, and what the button says.
    next: (&'static str, &'static str),
    /// When it is worth to try again, in seconds.
    wait: Option<u64>,
}

impl Problem {
    const fn new(
        status: StatusCode,
        title: &'static str,
        text: &'static str,
        next: (&'static str, &'static str),
    ) -> Self {
        Self {
            status,
            title,
            text,
            next,
            wait: None,
        }
    }

    pub(crate) fn busy(seconds: Option<u64>) -> Self {
        Self {
            wait: seconds.or(Self::BUSY.wait),
            ..Self::BUSY
        }
    }

    pub(crate) const BUSY: Self = Self {
        wait: Some(30),
        ..Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Please try again in a moment",
            "A service that we need is busy or out of reach. You are still signed in, if you were.",
            HOME,
        )
    };
    pub(crate) const CANCELLED: Self = Self::new(
        StatusCode::OK,
        "You are not signed in",
        "The sign-in was cancelled or not allowed, or what the application asks for was declined. Nothing has been kept.",
        SIGN_IN,
    );
    pub(crate) const FORBIDDEN: Self = Self::new(
        StatusCode::FORBIDDEN,
        "You may not see this",
        "Your account, or this application, does not have the permission. Your administrator can grant it.",
        HOME,
    );
    pub(crate) const FORGED: Self = Self::new(
        StatusCode::FORBIDDEN,
        "You are still signed in",
        "The request to sign out did not come from a page of this application, or that page was too old.",
        HOME,
    );
    pub(crate) const NEVER_ENOUGH: Self = Self::new(
        StatusCode::FORBIDDEN,
        "Signing in again did not help",
        "Your organisation wants more of you for this than the sign-in page has asked for. Your administrator can tell what.",
        HOME,
    );
    const NOT_FOUND: Self = Self::new(
        StatusCode::NOT_FOUND,
        "There is no such page",
        "The address may be old, or mistyped.",
        HOME,
    );
    /// Also for somebody who sends the answer to another's sign-in: nothing says which of both it is.
    pub(crate) const NO_SIGN_IN: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "This sign-in cannot be finished",
        "It took too long, has been finished already, or began in another browser. Nothing has been changed.",
        SIGN_IN,
    );
    pub(crate) const OURS: Self = Self::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "That should not have happened",
        "The fault is ours, and we have been told. You can try again later.",
        HOME,
    );
    const OTHER_USER: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "That was another account",
        "You are signed in here with one account, and chose another one now. Sign out first to change accounts.",
        HOME,
    );
    const SIGN_IN_AGAIN: Self = Self::new(
        StatusCode::UNAUTHORIZED,
        "Please sign in again",
        "Your sign-in has ended, or your organisation wants you to repeat it.",
        SIGN_IN,
    );
}

const HOME: (&str, &str) = ("/", "Back to the start");
const SIGN_IN: (&str, &str) = ("/sign-in", "Sign in");

impl From<msal::Error> for Problem {
    fn from(error: msal::Error) -> Self {
        // It names no user and holds no secret, and the id is what Microsoft's support asks for.
        eprintln!(
            "{error} [{}]",
            error.correlation_id().unwrap_or("nothing was sent")
        );
        let is_cancelled = error
            .service_error()
            .is_some_and(|said| said.error == "access_denied");
        match (&error, error.remedy()) {
            _ if is_cancelled => Self::CANCELLED,
            (msal::Error::Protocol(failure), _) if is_other_user(failure) => Self::OTHER_USER,
            (msal::Error::SignIn(_), Remedy::SignIn) => Self::NO_SIGN_IN,
            (_, Remedy::SignIn) => Self::SIGN_IN_AGAIN,
            (_, Remedy::Wait(wait)) => Self::busy(wait.map(|wait| wait.as_secs())),
            _ => Self::OURS,
        }
    }
}

fn is_other_user(failure: &Failure<ProtocolError>) -> bool {
    matches!(**failure, ProtocolError::Identity { .. })
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self {
            status,
            title,
            text,
            next: (address, label),
            wait,
        } = self;
        let body = format!(
            "<h1>{title}</h1><p>{text}</p>\
             <p class=\"actions\"><a class=\"button\" href=\"{address}\">{label}</a></p>"
        );
        let wait = wait.map(|wait| [(header::RETRY_AFTER, wait.to_string())]);
        (wait, show(status, title, None, &body)).into_response()
    }
}

/// A page, with the user's name and the way out in its head.
fn show(status: StatusCode, title: &str, session: Option<&Arc<Session>>, body: &str) -> Response {
    let user = session.map_or_else(String::new, |session| {
        format!(
            "<span class=\"user\">{}</span>\
             <form method=\"post\" action=\"/sign-out\"><input type=\"hidden\" name=\"form_key\" value=\"{}\">\
             <button class=\"quiet\">Sign out</button></form>",
            escaped(&session.account.username),
            session.form_key.as_str()
        )
    });
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} – Profiles</title>\
         <link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/style.css\"></head>\
         <body><header><a class=\"brand\" href=\"/\">Profiles</a>{user}</header><main>{body}</main></body></html>"
    );
    (status, Html(page)).into_response()
}

/// What others say about a user is text and never markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

pub(crate) async fn style() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("style.css"))
}

/// What every page tells the browser: to run no script, to send no form elsewhere, to be shown in no frame, and to keep nothing.
pub(crate) async fn secured(
    State(app): State<Arc<WebApp>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    // Browsers hold the sign-out form to this, even where the answer to it leads them on to the authority.
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {}",
        app.discovery.origin()
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in SECURED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

const SECURED: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "no-store"),
    // The address that the authority sends a user back to may have the code in it.
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];
