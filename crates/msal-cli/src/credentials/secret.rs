//! Client secrets.

use std::path::Path;

use msal::ClientSecret;

use crate::error::Failure;
use crate::private;

pub(super) fn from_environment(name: &str) -> Result<ClientSecret, Failure> {
    Ok(ClientSecret::new(private::variable(name, WHAT)?))
}

pub(super) fn from_file(path: &str) -> Result<ClientSecret, Failure> {
    Ok(ClientSecret::new(private::text(Path::new(path), WHAT)?))
}

const WHAT: &str = "client secret";
