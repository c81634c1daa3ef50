//! Variables and files that hold a secret, read where nobody else could.

use std::env;
use std::fs::File;
use std::io;
use std::path::Path;

use msal_core::SecretBuffer;
use private_file::{Access, Error, Folder, Gate};

use crate::bounded;
use crate::error::Failure;

/// A variable that is set, and not empty.
pub(super) fn variable(name: &str, what: &str) -> Result<String, Failure> {
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
pub(super) fn text(path: &str, what: &str) -> Result<String, Failure> {
    let content = bytes(path, what, LARGEST_SECRET)?;
    let text = std::str::from_utf8(&content)
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

/// As [`text`], for bytes.
pub(super) fn bytes(path: &str, what: &str, most: usize) -> Result<SecretBuffer, Failure> {
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
