//! Secrets from the environment or from files, never from the command line itself.

use std::env;
use std::fs::File;
use std::io;
use std::path::Path;

use private_file::{Access, Error, Folder, Gate};

use crate::bounded;
use crate::error::Failure;

/// A secret that is read.
pub(crate) struct Secret {
    /// What messages call it.
    pub(crate) what: &'static str,
    /// How to give it from the environment.
    pub(crate) instead: &'static str,
}

impl Secret {
    /// The secret in an environment variable.
    pub(crate) fn in_environment(&self, name: &str) -> Result<String, Failure> {
        match env::var(name) {
            Ok(secret) if !secret.is_empty() => Ok(secret),
            _ => Err(Failure::usage(
                format!("the environment variable `{name}` holds no {}", self.what),
                format!(
                    "set it without leaving it in your shell's history: read -rs {name} && export {name}"
                ),
            )),
        }
    }

    /// The secret in a file that is closed to others.
    pub(crate) fn in_file(&self, path: &str) -> Result<String, Failure> {
        let unreadable = |error: &io::Error| {
            Failure::usage(
                format!("cannot read the {} in `{path}`: {error}", self.what),
                "the file must hold the secret and nothing else",
            )
        };
        let file = self.open_private(path, &unreadable)?;
        let bytes = bounded::read_open(file, LARGEST).map_err(|error| unreadable(&error))?;
        let mut text = String::from_utf8(bytes)
            .map_err(|_not_shown| unreadable(&io::Error::other("it is not text")))?;
        // An editor's last line break is not part of the secret.
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        match text.is_empty() {
            true => Err(Failure::usage(
                format!("`{path}` holds no {}", self.what),
                "the file must hold the secret and nothing else",
            )),
            false => Ok(text),
        }
    }

    /// Opens a file that nobody else can read or could have put there.
    fn open_private(
        &self,
        path: &str,
        unreadable: &dyn Fn(&io::Error) -> Failure,
    ) -> Result<File, Failure> {
        let refused = |reason: &str, hint: String| {
            Failure::usage(
                format!("the {} in `{path}` is not used: {reason}", self.what),
                hint,
            )
        };
        let opened = private_file::folder_and_name(Path::new(path)).and_then(|(folder, name)| {
            match Folder::open(folder, &Gate::default())? {
                Some(folder) => folder.open_to_read(name),
                None => Ok(None),
            }
        });
        match opened {
            Ok(Some((file, Access::Private))) => Ok(file),
            Ok(Some((_, Access::Exposed))) => Err(refused(
                "other users may read or write the file",
                format!(
                    "chmod 600 {path}; and make a new secret if somebody may have read this one"
                ),
            )),
            Ok(None) => Err(unreadable(&io::ErrorKind::NotFound.into())),
            Err(Error::Io { source, .. }) => Err(unreadable(&source)),
            Err(Error::Refused { reason, .. }) => Err(refused(
                reason,
                format!(
                    "copy the secret into a regular file of your own and chmod 600 it, or use {}",
                    self.instead
                ),
            )),
        }
    }
}

/// Entra's client secrets have 40 characters.
const LARGEST: usize = 64 << 10;
