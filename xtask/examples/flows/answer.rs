//! What a call gave, as JSON.

use msal::{Account, AuthenticationResult, Error, ServiceError, TokenSource, UnixTime};
use serde_json::{Value, json};

pub(crate) fn tokens(result: &AuthenticationResult, now: UnixTime) -> Value {
    json!({
        "access_token": result.access_token.expose_secret(),
        "token_type": result.token_type,
        "expires_in": now.until(result.expires_on).as_secs(),
        "refresh_in": result.refresh_on.map(|moment| now.until(moment).as_secs()),
        "scopes": result.scopes.iter().collect::<Vec<_>>(),
        "account": result.account.as_ref().map(account),
        "id_token_claims": result.id_token_claims.as_ref().map(|claims| claims.all()),
        "token_source": match result.token_source {
            TokenSource::Cache => "cache",
            _ => "identity_provider",
        },
        "correlation_id": result.correlation_id,
    })
}

pub(crate) fn account(account: &Account) -> Value {
    json!({
        "home_account_id": account.home_account_id.as_str(),
        "environment": account.environment,
        "realm": account.realm,
        "local_account_id": account.local_account_id,
        "username": account.username,
    })
}

/// An error, in the words of the server where it was the server who refused.
pub(crate) fn failure(error: &(dyn std::error::Error + 'static)) -> Value {
    let library = library_error(error);
    let service = library.as_ref().and_then(Error::service_error);
    json!({
        "kind": library.as_ref().map(kind),
        "message": said(error),
        "remedy": library.as_ref().map(|error| format!("{:?}", error.remedy())),
        "service": service.map(service_error),
        "correlation_id": library.as_ref().and_then(Error::correlation_id),
    })
}

/// What `?` would make of it in a program whose errors are the library's.
fn library_error(error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    None.or_else(|| error.downcast_ref::<Error>().cloned())
        .or_else(|| {
            error
                .downcast_ref()
                .cloned()
                .map(|error: msal::AuthResponseError| error.into())
        })
        .or_else(|| {
            error
                .downcast_ref()
                .cloned()
                .map(|error: msal::ConfigError| error.into())
        })
}

fn said(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::Config(_) => "config",
        Error::Credential(_) => "credential",
        Error::Http(_) => "http",
        Error::InteractionRequired(_) => "interaction_required",
        Error::Protocol(_) => "protocol",
        Error::Service(_) => "service",
        Error::SignIn(_) => "sign_in",
        Error::Store(_) => "store",
        _ => "another",
    }
}

fn service_error(error: &ServiceError) -> Value {
    json!({
        "error": error.error,
        "suberror": error.suberror,
        "classification": error.classification(),
        "error_codes": error.codes,
        "claims": error.claims,
        "description": error.description,
        "status": error.status.as_u16(),
    })
}
