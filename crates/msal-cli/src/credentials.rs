//! What clients prove with who they are: from the environment or from files, never from the command line itself.

mod certificate;
mod secret;

use std::collections::HashSet;

use msal::ClientCredential;
use msal_migrate::Credentials;

use crate::cli::SecretArgs;
use crate::error::Failure;

/// Reads everything that was named.
pub(crate) fn read(
    arguments: &SecretArgs,
    client_id: Option<&str>,
) -> Result<Credentials, Failure> {
    if let Some(option) = arguments.without_certificate() {
        return Err(Failure::usage(
            format!("{option} says something about a certificate, and none is named"),
            format!("name it with --certificate FILE, or leave {option} out"),
        ));
    }
    let mut found = Found::default();
    for argument in &arguments.client_secret_env {
        let (client, name) = split(argument, client_id);
        found.add(client, secret::from_environment(name)?.into())?;
    }
    for argument in &arguments.client_secret_file {
        let (client, path) = split(argument, client_id);
        found.add(client, secret::from_file(path)?.into())?;
    }
    for argument in &arguments.certificate {
        let (client, path) = split(argument, client_id);
        found.add(client, certificate::from_file(path, arguments)?.into())?;
    }
    Ok(found.credentials)
}

/// The clients that a credential is named for, as they were typed.
pub(crate) fn clients(arguments: &SecretArgs) -> Vec<String> {
    let named = arguments
        .client_secret_env
        .iter()
        .chain(&arguments.client_secret_file)
        .chain(&arguments.certificate);
    named
        .filter_map(|argument| split(argument, None).0.map(str::to_owned))
        .collect()
}

/// `CLIENT_ID=REST`, or only the rest: then it belongs to the client that `--client-id` names, or to all.
fn split<'a>(argument: &'a str, client_id: Option<&'a str>) -> (Option<&'a str>, &'a str) {
    match argument.split_once('=') {
        Some((client, rest)) => (Some(client), rest),
        None => (client_id, argument),
    }
}

/// The credentials so far, and whose they are.
#[derive(Default)]
struct Found {
    credentials: Credentials,
    clients: HashSet<Option<String>>,
}

impl Found {
    /// A client has one credential: of two, nobody knows which one is meant.
    fn add(&mut self, client: Option<&str>, credential: ClientCredential) -> Result<(), Failure> {
        if !self.clients.insert(client.map(str::to_ascii_lowercase)) {
            return Err(Failure::usage(
                match client {
                    Some(client) => format!("client {client} has two credentials"),
                    None => "there are two credentials for all clients".to_owned(),
                },
                "name one secret or certificate for each: CLIENT_ID=NAME, or CLIENT_ID=FILE",
            ));
        }
        let credentials = std::mem::take(&mut self.credentials);
        self.credentials = match client {
            Some(client) => credentials.with_credential(client, credential),
            None => credentials.with_credential_for_all(credential),
        };
        Ok(())
    }
}
