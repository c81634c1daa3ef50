//! The API: it is called with a user's token, and calls Microsoft Graph on behalf of that user. It shares no session and no
//! secret with the web application, and could run anywhere.

use std::error::Error;
use std::fmt::Display;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use msal::{
    BearerChallenge, ConfidentialClientApplication, Partition, Remedy, Runtime, UserAssertion,
};

use super::Settings;
use super::bearer::{BearerTokens, Caller};
use super::database::Database;
use super::discovery::Discovery;

pub(crate) struct Api {
    client: ConfidentialClientApplication,
    bearer_tokens: BearerTokens,
    graph: String,
    http: reqwest::Client,
}

impl Api {
    pub(crate) fn new(
        settings: &Settings,
        runtime: Runtime,
        http: reqwest::Client,
    ) -> Result<Self, Box<dyn Error>> {
        let (client_id, secret) = settings.api.clone();
        let discovery = Discovery::of(&settings.authority, http.clone())?;
        Ok(Self {
            client: ConfidentialClientApplication::builder(&*client_id, secret)
                .known_authority(settings.authority.clone())
                // We answer claims challenges: tokens may live for a day, and Graph tells when one is revoked before.
                .client_capabilities(["CP1"])
                .store(Database::default())
                .runtime(runtime)
                .build()?,
            bearer_tokens: BearerTokens::new(client_id, "access_as_user", discovery, http.clone()),
            graph: settings.graph.clone(),
            http,
        })
    }

    /// What Graph says about the user.
    async fn me(&self, headers: &HeaderMap) -> Result<Response, Refused> {
        let (caller, assertion) = self.caller(headers).await?;
        let Caller { tenant, object } = &caller;
        // A token is found again by the assertion that it was got for: one of another user never comes out. A partition for
        // each user keeps what is loaded small.
        let partition = Partition::hashed(&format!("{object}.{tenant}"));
        let token = self
            .client
            .for_partition(partition)
            .acquire_token_on_behalf_of(&assertion, format!("{}/User.Read", self.graph))
            // The user's own tenant, where a guest or one of many tenants is.
            .tenant(tenant)
            .await?;
        let header = token.authorization_header().map_err(msal::Error::from)?;
        let request = self.http.get(format!("{}/v1.0/me", self.graph));
        let answer = request.header(header::AUTHORIZATION, header).send().await;
        let answer = answer.map_err(|error| busy(&error.without_url()))?;
        match answer.status() {
            StatusCode::OK => {
                let body = answer.bytes().await;
                let body = body.map_err(|error| busy(&error.without_url()))?;
                Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
            }
            // What Graph wants of the user only our caller can ask of them.
            StatusCode::UNAUTHORIZED => {
                let challenge = BearerChallenge::find(answer.headers());
                let claims = challenge.and_then(|challenge| challenge.claims);
                Err(claims.map_or(Refused::Forbidden, Refused::Claims))
            }
            StatusCode::FORBIDDEN => Err(Refused::Forbidden),
            status => Err(busy(&status)),
        }
    }

    async fn caller(&self, headers: &HeaderMap) -> Result<(Caller, UserAssertion), Refused> {
        let token = headers.get(header::AUTHORIZATION);
        let token = token.and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
        let token = token.ok_or(Refused::Token)?;
        let checked = self.bearer_tokens.check(token).await;
        let caller = checked.map_err(|error| busy(&error))?;
        Ok((caller.ok_or(Refused::Token)?, UserAssertion::from(token)))
    }
}

pub(crate) fn router(api: Api) -> Router {
    let me =
        |State(api): State<Arc<Api>>, headers: HeaderMap| async move { api.me(&headers).await };
    Router::new()
        .route("/api/me", routing::get(me))
        .with_state(Arc::new(api))
}

/// Why the API says no.
pub(crate) enum Refused {
    /// Graph cannot be reached, or has no time, for so many seconds.
    Busy(u64),
    /// The user must meet these first.
    Claims(String),
    /// The user, or the API, may not do that; no sign-in changes it.
    Forbidden,
    /// Something that only we can put right.
    Ours,
    /// No token, or none for this API.
    Token,
}

impl From<msal::Error> for Refused {
    fn from(error: msal::Error) -> Self {
        // The policies of Graph, such as a second factor, are told to the API, which has nobody to ask. Its caller has.
        if let Some(claims) = error.claims() {
            return Self::Claims(claims.to_owned());
        }
        eprintln!("api: {error}");
        match error.remedy() {
            Remedy::Wait(wait) => Self::Busy(wait.map_or(30, |wait| wait.as_secs())),
            // Without claims: consent is missing, most of the time.
            Remedy::SignIn => Self::Forbidden,
            _ => Self::Ours,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let bearer = |challenge: String| {
            let challenge = HeaderValue::try_from(format!("Bearer {challenge}"));
            let header = challenge.map(|challenge| [(header::WWW_AUTHENTICATE, challenge)]);
            (StatusCode::UNAUTHORIZED, header.ok(), ()).into_response()
        };
        match self {
            Self::Busy(seconds) => {
                let wait = [(header::RETRY_AFTER, seconds.to_string())];
                (StatusCode::SERVICE_UNAVAILABLE, wait).into_response()
            }
            // JSON has quotation marks, so that it goes as base64.
            Self::Claims(claims) => bearer(format!(
                "error=\"insufficient_claims\", claims=\"{}\"",
                STANDARD.encode(claims)
            )),
            Self::Forbidden => StatusCode::FORBIDDEN.into_response(),
            Self::Ours => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            // RFC 6750 §3.1: what exactly is wrong with it helps nobody but whoever forges one.
            Self::Token => bearer("error=\"invalid_token\"".to_owned()),
        }
    }
}

/// Into the log: what fails here has neither a token nor a name in it.
fn busy(error: &impl Display) -> Refused {
    eprintln!("api: {error}");
    Refused::Busy(30)
}
