//! The secrets of clients, and the password of an input.

use std::path::Path;


use msal::ClientSecret;
use msal_core::Passphrase;
use msal_migrate::Credentials;

use crate::cli::{PasswordArgs, SecretArgs};
use crate::error::Failure;
use crate::secret;

/// Reads every secret that was named.
pub(crate) fn read(
    arguments: &SecretArgs,
    client_id: Option<&str>,
) -> Result<Credentials, Failure> {
    let mut credentials = Credentials::none();
    for argument in &arguments.client_secret_env {
        let (client, name) = split(argument, client_id);
        credentials = with(
            credentials,
            client,
            secret::variable(name, CLIENT_SECRET)?.into(),
        );
    }
    for argument in &arguments.client_secret_file {
        let (client, path) = split(argument, client_id);
        credentials = with(
            credentials,
            client,
            secret::text(Path::new(path), CLIENT_SECRET)?.into(),
        );
    }
    Ok(credentials)
}

/// Reads the password of the input, if one was named.
pub(crate) fn password(arguments: &PasswordArgs) -> Result<Option<Passphrase>, Failure> {
    let password = match (&arguments.password_env, &arguments.password_file) {
        (Some(name), _) => secret::variable(name, PASSWORD)?,
        (None, Some(path)) => secret::text(path, PASSWORD)?,
        (None, None) => return Ok(None),
    };
    Ok(Some(password.into()))
}

/// `CLIENT_ID=REST`, or only the rest: then the secret belongs to the client that `--client-id` names, or to all.
fn split<'a>(argument: &'a str, client_id: Option<&'a str>) -> (Option<&'a str>, &'a str) {
    match argument.split_once('=') {
        Some((client, rest)) => (Some(client), rest),
        None => (client_id, argument),
    }
}

fn with(credentials: Credentials, client_id: Option<&str>, secret: ClientSecret) -> Credentials {
    match client_id {
        Some(client_id) => credentials.with_secret(client_id, secret),
        None => credentials.with_secret_for_all(secret),
    }
}

const CLIENT_SECRET: &str = "client secret";

const PASSWORD: &str = "password";
