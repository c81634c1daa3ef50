//! Client secrets, from the environment or from files, never from the command line itself.

use std::env;
use std::fs;

use msal::ClientSecret;
use msal_migrate::Credentials;

use crate::cli::SecretArgs;
use crate::error::Failure;

/// Reads every secret that was named.
pub(crate) fn read(
    arguments: &SecretArgs,
    client_id: Option<&str>,
) -> Result<Credentials, Failure> {
    let mut credentials = Credentials::none();
    for argument in &arguments.client_secret_env {
        let (client, name) = split(argument, client_id);
        credentials = with(credentials, client, from_environment(name)?);
    }
    for argument in &arguments.client_secret_file {
        let (client, path) = split(argument, client_id);
        credentials = with(credentials, client, from_file(path)?);
    }
    Ok(credentials)
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

fn from_environment(name: &str) -> Result<ClientSecret, Failure> {
    match env::var(name) {
        Ok(secret) if !secret.is_empty() => Ok(ClientSecret::new(secret)),
        _ => Err(Failure::usage(
            format!("the environment variable `{name}` holds no client secret"),
            format!(
                "set it without leaving it in your shell's history: read -rs {name} && export {name}"
            ),
        )),
    }
}

fn from_file(path: &str) -> Result<ClientSecret, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::usage(
            format!("cannot read the client secret in `{path}`: {error}"),
            "the file must hold the secret and nothing else",
        )
    })?;
    // An editor's last line break is not part of the secret.
    let secret = text.trim_end_matches(['\r', '\n']);
    match secret.is_empty() {
        true => Err(Failure::usage(
            format!("`{path}` holds no client secret"),
            "the file must hold the secret and nothing else",
        )),
        false => Ok(ClientSecret::from(secret)),
    }
}
