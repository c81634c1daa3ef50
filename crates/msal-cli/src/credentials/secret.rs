//! Client secrets.

use msal::ClientSecret;

use super::{private_text, variable};
use crate::error::Failure;

pub(super) fn from_environment(name: &str) -> Result<ClientSecret, Failure> {
    Ok(ClientSecret::new(variable(name, WHAT)?))
}

pub(super) fn from_file(path: &str) -> Result<ClientSecret, Failure> {
    Ok(ClientSecret::new(private_text(path, WHAT)?))
}

const WHAT: &str = "client secret";
