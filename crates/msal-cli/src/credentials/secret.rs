//! Client secrets.

use msal::ClientSecret;

use super::private;
use crate::error::Failure;

pub(super) fn from_environment(name: &str) -> Result<ClientSecret, Failure> {
    Ok(ClientSecret::new(private::variable(name, WHAT)?))
}

pub(super) fn from_file(path: &str) -> Result<ClientSecret, Failure> {
    Ok(ClientSecret::new(private::text(path, WHAT)?))
}

const WHAT: &str = "client secret";
