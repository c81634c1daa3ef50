//! What clients prove with who they are: from the environment or from files, never from the command line itself.

mod certificate;
mod secret;

use std::collections::HashSet;
use std::env;
use std::fs::File;
use std::io;
use std::path::Path;

use msal::ClientCredential;
use msal_core::SecretBuffer;
use msal_migrate::Credentials;
use private_file::{Access, Error, Folder, Gate};

use crate::bounded;
use crate::cli::SecretArgs;
use crate::error::Failure;

/// Reads everything that was named.
pub(crate) fn read(
    arguments: &SecretArgs,
    client_id: Option<&str>,
) -> Result<Credentials, Failure> {
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

/// A variable that is set, and not empty.
fn variable(name: &str, what: &str) -> Result<String, Failure> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        _ => Err(Failure::usage(
            format!("the environment variable `{name}` holds no {what}"),
            format!(
                "set it without leaving it in your shell's history: read -rs {name} && export {name}"
            ),
        )),
    }
}

/// The text of a file that nobody else can read or could have put there. An editor's last line break is not part of it.
fn private_text(path: &str, what: &str) -> Result<String, Failure> {
    let bytes = private_bytes(path, what, LARGEST_SECRET)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_not_shown| unreadable(path, what, &io::Error::other("it is not text")))?;
    let text = text.trim_end_matches(['\r', '\n']);
    match text.is_empty() {
        true => Err(Failure::usage(
            format!("`{path}` holds no {what}"),
            format!("the file must hold the {what} and nothing else"),
        )),
        false => Ok(text.to_owned()),
    }
}

/// As [`private_text`], for bytes.
fn private_bytes(path: &str, what: &str, most: usize) -> Result<SecretBuffer, Failure> {
    let file = open_private(path, what)?;
    let bytes = bounded::read_open(file, most).map_err(|error| unreadable(path, what, &error))?;
    Ok(SecretBuffer::from(bytes))
}

/// Opens a file that nobody else can read or could have put there.
fn open_private(path: &str, what: &str) -> Result<File, Failure> {
    let refused = |reason: &str, hint: String| {
        Failure::usage(
            format!("the {what} in `{path}` is not used: {reason}"),
            hint,
        )
    };
    let opened =
        private_file::folder_and_name(Path::new(path)).and_then(
            |(folder, name)| match Folder::open(folder, &Gate::default())? {
                Some(folder) => folder.open_to_read(name),
                None => Ok(None),
            },
        );
    match opened {
        Ok(Some((file, Access::Private))) => Ok(file),
        Ok(Some((_, Access::Exposed))) => Err(refused(
            "other users may read or write the file",
            format!("chmod 600 {path}; and make a new one if somebody may have read this one"),
        )),
        Ok(None) => Err(unreadable(path, what, &io::ErrorKind::NotFound.into())),
        Err(Error::Io { source, .. }) => Err(unreadable(path, what, &source)),
        Err(Error::Refused { reason, .. }) => Err(refused(
            reason,
            format!("copy the {what} into a regular file of your own and chmod 600 it"),
        )),
    }
}

fn unreadable(path: &str, what: &str, error: &io::Error) -> Failure {
    Failure::usage(
        format!("cannot read the {what} in `{path}`: {error}"),
        format!("the file must hold the {what} and nothing else"),
    )
}

/// Entra's client secrets have 40 characters.
const LARGEST_SECRET: usize = 64 << 10;
