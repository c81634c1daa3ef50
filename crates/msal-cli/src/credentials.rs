//! Client secrets and passwords, from the environment or from files, never from the command line itself.

use std::env;
use std::fs::File;
use std::io;
use std::path::Path;

use msal::ClientSecret;
use msal_core::Passphrase;
use msal_migrate::Credentials;
use private_file::{Access, Error, Folder, Gate};

use crate::bounded;
use crate::cli::{PasswordArgs, SecretArgs};
use crate::error::Failure;

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
            from_environment(name, CLIENT_SECRET)?.into(),
        );
    }
    for argument in &arguments.client_secret_file {
        let (client, path) = split(argument, client_id);
        credentials = with(credentials, client, from_file(path, CLIENT_SECRET)?.into());
    }
    Ok(credentials)
}

/// Reads the password of the input, if one was named.
pub(crate) fn password(arguments: &PasswordArgs) -> Result<Option<Passphrase>, Failure> {
    let password = match (&arguments.password_env, &arguments.password_file) {
        (Some(name), _) => from_environment(name, PASSWORD)?,
        (None, Some(path)) => from_file(path, PASSWORD)?,
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

/// `what` the secret is, for messages.
fn from_environment(name: &str, what: &str) -> Result<String, Failure> {
    match env::var(name) {
        Ok(secret) if !secret.is_empty() => Ok(secret),
        _ => Err(Failure::usage(
            format!("the environment variable `{name}` holds no {what}"),
            format!(
                "set it without leaving it in your shell's history: read -rs {name} && export {name}"
            ),
        )),
    }
}

fn from_file(path: &str, what: &str) -> Result<String, Failure> {
    let unreadable = |error: &io::Error| {
        Failure::usage(
            format!("cannot read the {what} in `{path}`: {error}"),
            "the file must hold the secret and nothing else",
        )
    };
    let file = open_private(path, what, &unreadable)?;
    let bytes = bounded::read_open(file, LARGEST_SECRET).map_err(|error| unreadable(&error))?;
    let mut text = String::from_utf8(bytes)
        .map_err(|_not_shown| unreadable(&io::Error::other("it is not text")))?;
    // An editor's last line break is not part of the secret.
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    match text.is_empty() {
        true => Err(Failure::usage(
            format!("`{path}` holds no {what}"),
            "the file must hold the secret and nothing else",
        )),
        false => Ok(text),
    }
}

/// Opens a file that nobody else can read or could have put there.
fn open_private(
    path: &str,
    what: &str,
    unreadable: &dyn Fn(&io::Error) -> Failure,
) -> Result<File, Failure> {
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
            format!("chmod 600 {path}; and make a new secret if somebody may have read this one"),
        )),
        Ok(None) => Err(unreadable(&io::ErrorKind::NotFound.into())),
        Err(Error::Io { source, .. }) => Err(unreadable(&source)),
        Err(Error::Refused { reason, .. }) => Err(refused(
            reason,
            "copy the secret into a regular file of your own and chmod 600 it, or name an environment variable".to_owned(),
        )),
    }
}

const CLIENT_SECRET: &str = "client secret";

const PASSWORD: &str = "password";

/// Entra's client secrets have 40 characters.
const LARGEST_SECRET: usize = 64 << 10;
