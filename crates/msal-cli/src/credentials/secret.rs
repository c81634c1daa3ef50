//! Client secrets.

use std::path::Path;

use msal::ClientSecret;

use crate::error::Failure;
use crate::private;

pub(super) fn from_environment(name: &str) -> Result<ClientSecret, Failure> {
    let secret = private::variable(name, WHAT)?;
    refuse_odd(&secret, &format!("the environment variable `{name}`"))?;
    Ok(ClientSecret::new(secret))
}

pub(super) fn from_file(path: &str) -> Result<ClientSecret, Failure> {
    let secret = private::text(Path::new(path), WHAT)?;
    refuse_odd(&secret, &format!("`{path}`"))?;
    Ok(ClientSecret::new(secret))
}

/// Refuses what an editor or a shell has put around a secret: the server would say only that it is wrong.
fn refuse_odd(secret: &str, place: &str) -> Result<(), Failure> {
    let is_between =
        |quote| secret.len() > 1 && secret.starts_with(quote) && secret.ends_with(quote);
    let odd = if secret.starts_with('\u{feff}') {
        "begins with a byte order mark"
    } else if secret.contains(['\r', '\n']) {
        "has several lines"
    } else if is_between('"') || is_between('\'') {
        "is in quotation marks"
    } else if secret.trim() != secret {
        "begins or ends with a blank"
    } else {
        return Ok(());
    };
    Err(Failure::usage(
        format!("the {WHAT} in {place} {odd}"),
        "let the secret stand there alone, as it was shown when it was made",
    ))
}

const WHAT: &str = "client secret";
