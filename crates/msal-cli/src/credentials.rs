//! Client secrets, from the environment or from files, never from the command line itself.

use std::path::Path;

use msal::ClientSecret;
use msal_migrate::Credentials;

use crate::cli::SecretArgs;
use crate::error::Failure;
use crate::secret::Kind;

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
            ClientSecret::new(SECRET.in_environment(name)?),
        );
    }
    for argument in &arguments.client_secret_file {
        let (client, path) = split(argument, client_id);
        credentials = with(
            credentials,
            client,
            ClientSecret::new(SECRET.in_file(Path::new(path))?),
        );
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

const SECRET: Kind = Kind {
    name: "client secret",
    environment_option: "--client-secret-env",
};
