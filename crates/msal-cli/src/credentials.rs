//! Client secrets, from the environment or from files, never from the command line itself.

use std::env;
use std::fs::File;
use std::io;
use std::path::Path;

use msal::ClientSecret;
use msal_migrate::Credentials;
use private_file::{Access, Error, Folder, Gate};

use crate::bounded;
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
    let unreadable = |error: &io::Error| {
        Failure::usage(
            format!("cannot read the client secret in `{path}`: {error}"),
            "the file must hold the secret and nothing else",
        )
    };
    let file = open_private(path, &unreadable)?;
    let bytes = bounded::read_open(file, LARGEST_SECRET).map_err(|error| unreadable(&error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_not_shown| unreadable(&io::Error::other("it is not text")))?;
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

/// Opens a file that nobody else can read or could have put there.
fn open_private(path: &str, unreadable: &dyn Fn(&io::Error) -> Failure) -> Result<File, Failure> {
    let refused = |reason: &str, hint: String| {
        Failure::usage(
            format!("the client secret in `{path}` is not used: {reason}"),
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
            format!("chmod 600 {path}; and make a new secret if somebody may have read this one"),
        )),
        Ok(None) => Err(unreadable(&io::ErrorKind::NotFound.into())),
        Err(Error::Io { source, .. }) => Err(unreadable(&source)),
        Err(Error::Refused { reason, .. }) => Err(refused(
            reason,
            "copy the secret into a regular file of your own and chmod 600 it, or use --client-secret-env".to_owned(),
        )),
    }
}

/// Entra's client secrets have 40 characters.
const LARGEST_SECRET: usize = 64 << 10;
