//! Client secrets.

use std::path::Path;

use msal::ClientSecret;

use crate::error::Failure;
use crate::private;

pub(super) fn from_environment(name: &str) -> Result<ClientSecret, Failure> {
    let secret = private::variable(name, WHAT)?;
    vet(&secret, name)?;
    Ok(ClientSecret::new(secret))
}

pub(super) fn from_file(path: &str) -> Result<ClientSecret, Failure> {
    let secret = private::text(Path::new(path), WHAT)?;
    vet(&secret, path)?;
    Ok(ClientSecret::new(secret))
}

/// Refuses what an editor or a shell has put around a secret: a server would only say that it is the wrong one.
fn vet(secret: &str, holder: &str) -> Result<(), Failure> {
    let is_quoted = ['"', '\'']
        .iter()
        .any(|quote| secret.len() > 1 && secret.starts_with(*quote) && secret.ends_with(*quote));
    let problem = match () {
        () if secret.starts_with('\u{feff}') => "begins with a byte order mark",
        () if secret.contains(['\n', '\r']) => "has several lines",
        () if secret.trim() != secret => "begins or ends with a blank",
        () if is_quoted => "is in quotes",
        () => return Ok(()),
    };
    Err(Failure::usage(
        format!("the {WHAT} in `{holder}` {problem}"),
        format!("`{holder}` must hold the {WHAT} and nothing else"),
    ))
}

const WHAT: &str = "client secret";
