//! Variables and files that hold a secret, read where nobody else could: never from the command line itself.

use std::env;
use std::fs::File;
use std::io;
use std::path::Path;

use msal_core::SecretBuffer;
use private_file::{Access, Error, Folder, Gate};

use crate::bounded;
use crate::error::Failure;
use crate::shell;

/// A variable that is set, and not empty.
pub(crate) fn variable(name: &str, what: &str) -> Result<String, Failure> {
    match env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        _ if !is_name(name) || is_like_a_secret(name) => Err(Failure::usage(
            format!(
                "no environment variable is called what was given for the {what}, which is not shown as it may be the {what} itself"
            ),
            format!(
                "name a variable that holds the {what}: read -rs NAME && export NAME; and make a new one if it was typed"
            ),
        )),
        _ => Err(Failure::usage(
            format!("the environment variable `{name}` holds no {what}"),
            format!(
                "set it without leaving it in your shell's history: read -rs {name} && export {name}"
            ),
        )),
    }
}

/// POSIX.1-2017, 3.235 Name.
fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().all(is_part) && !text.starts_with(|first: char| first.is_ascii_digit())
}

/// Whether it may be a secret that was typed where a name belongs: as long as one, and of all kinds of characters.
fn is_like_a_secret(text: &str) -> bool {
    let has = |is_of_kind: fn(&u8) -> bool| text.as_bytes().iter().any(is_of_kind);
    text.len() >= 16
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit)
}

/// Whether what was given as the name of a variable, or of a file, may be the secret itself, which nothing shows then.
pub(crate) fn may_be_a_secret(option: &str, given: &str) -> bool {
    let (_, name) = given.split_once('=').unwrap_or_default();
    let name = if name.is_empty() { given } else { name };
    match option {
        _ if option.ends_with("-env") => !is_name(name) || is_like_a_secret(name),
        _ => is_like_a_secret_and_no_file(name) && !Path::new(name).exists(),
    }
}

/// The text of a file that nobody else can read or could have put there. An editor's last line break is not part of it.
pub(crate) fn text(path: &Path, what: &str) -> Result<String, Failure> {
    let text = text_if_any(path, what)?
        .ok_or_else(|| unreadable(path, what, &io::ErrorKind::NotFound.into()))?;
    match text.is_empty() {
        true => Err(Failure::usage(
            format!("`{}` holds no {what}", path.display()),
            format!("the file must hold the {what} and nothing else"),
        )),
        false => Ok(text),
    }
}

/// As [`text`], of a file that need not be there, and may be empty.
pub(crate) fn text_if_any(path: &Path, what: &str) -> Result<Option<String>, Failure> {
    let Some(content) = bytes_if_any(path, what, LARGEST_SECRET)? else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&content)
        .map_err(|_not_shown| unreadable(path, what, &io::Error::other("it is not text")))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// As [`text`], for bytes.
pub(crate) fn bytes(path: &Path, what: &str, most: usize) -> Result<SecretBuffer, Failure> {
    bytes_if_any(path, what, most)?
        .ok_or_else(|| unreadable(path, what, &io::ErrorKind::NotFound.into()))
}

fn bytes_if_any(path: &Path, what: &str, most: usize) -> Result<Option<SecretBuffer>, Failure> {
    let Some(file) = open_private(path, what)? else {
        return Ok(None);
    };
    let bytes = bounded::read_open(file, most).map_err(|error| unreadable(path, what, &error))?;
    Ok(Some(SecretBuffer::from(bytes)))
}

/// Opens a file that nobody else can read or could have put there, if there is one.
fn open_private(path: &Path, what: &str) -> Result<Option<File>, Failure> {
    let shown = path.display();
    let refused = |reason: &str, hint: String| {
        Failure::usage(
            format!("the {what} in `{shown}` is not used: {reason}"),
            hint,
        )
    };
    let opened =
        private_file::folder_and_name(path).and_then(|(folder, name)| {
            match Folder::open(folder, &Gate::default())? {
                Some(folder) => folder.open_to_read(name),
                None => Ok(None),
            }
        });
    match opened {
        Ok(Some((file, Access::Private))) => Ok(Some(file)),
        Ok(Some((_, Access::Exposed))) => Err(refused(
            "other users may read or write the file",
            format!(
                "chmod 600 {}; and make a new one if somebody may have read this one",
                shell::quoted(&shown.to_string())
            ),
        )),
        Ok(None) => Ok(None),
        Err(Error::Io { source, .. }) => Err(unreadable(path, what, &source)),
        Err(Error::Refused { reason, .. }) => Err(refused(
            reason,
            format!("copy the {what} into a regular file of your own and chmod 600 it"),
        )),
    }
}

fn unreadable(path: &Path, what: &str, error: &io::Error) -> Failure {
    let is_missing = error.kind() == io::ErrorKind::NotFound;
    if is_missing && path.to_str().is_some_and(is_like_a_secret_and_no_file) {
        return Failure::usage(
            format!(
                "there is no file called what was given for the {what}, which is not shown as it may be the {what} itself"
            ),
            format!("name a file that holds the {what}; and make a new one if it was typed"),
        );
    }
    Failure::usage(
        format!("cannot read the {what} in `{}`: {error}", path.display()),
        format!("the file must hold the {what} and nothing else"),
    )
}

/// As [`is_like_a_secret`], for what may be the path of a file.
fn is_like_a_secret_and_no_file(text: &str) -> bool {
    is_like_a_secret(text) && !text.contains('/') && (text.contains('~') || !text.contains('.'))
}

/// Entra's client secrets have 40 characters, and files of passwords a few lines.
const LARGEST_SECRET: usize = 64 << 10;
