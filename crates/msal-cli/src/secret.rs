//! Secrets that somebody names, in the environment or in files, never on the command line itself.

use std::env;
use std::fs::File;
use std::io;
use std::path::Path;

use private_file::{Access, Error, Folder, Gate};

use crate::bounded;
use crate::error::Failure;

/// What a secret is called in messages, and the option for the environment.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) environment_option: &'static str,
}

impl Kind {
    pub(crate) fn in_environment(&self, variable: &str) -> Result<String, Failure> {
        match env::var(variable) {
            Ok(secret) if !secret.is_empty() => Ok(secret),
            _ => Err(Failure::usage(
                format!(
                    "the environment variable `{variable}` holds no {}",
                    self.name
                ),
                format!(
                    "set it without leaving it in your shell's history: read -rs {variable} && export {variable}"
                ),
            )),
        }
    }

    /// The only line of a file that nobody else can read or could have put there.
    pub(crate) fn in_file(&self, path: &Path) -> Result<String, Failure> {
        let shown = path.display();
        let mut text = self
            .text(path)?
            .ok_or_else(|| self.unreadable(path, &io::ErrorKind::NotFound.into()))?;
        // An editor's last line break is not part of the secret.
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        match text.is_empty() {
            true => Err(Failure::usage(
                format!("`{shown}` holds no {}", self.name),
                "the file must hold the secret and nothing else",
            )),
            false => Ok(text),
        }
    }

    /// All that is in a file that nobody else can read or could have put there; nothing where there is none.
    pub(crate) fn text(&self, path: &Path) -> Result<Option<String>, Failure> {
        let Some(file) = self.open(path)? else {
            return Ok(None);
        };
        let bytes =
            bounded::read_open(file, LARGEST).map_err(|error| self.unreadable(path, &error))?;
        let text = String::from_utf8(bytes)
            .map_err(|_not_shown| self.unreadable(path, &io::Error::other("it is not text")))?;
        Ok(Some(text))
    }

    fn open(&self, path: &Path) -> Result<Option<File>, Failure> {
        let shown = path.display();
        let refused = |reason: &str, hint: String| {
            Failure::usage(
                format!("the {} in `{shown}` is not used: {reason}", self.name),
                hint,
            )
        };
        let opened = private_file::folder_and_name(path).and_then(|(folder, name)| {
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
                    "chmod 600 {shown}; and make a new secret if somebody may have read this one"
                ),
            )),
            Ok(None) => Ok(None),
            Err(Error::Io { source, .. }) => Err(self.unreadable(path, &source)),
            Err(Error::Refused { reason, .. }) => Err(refused(
                reason,
                format!(
                    "copy the secret into a regular file of your own and chmod 600 it, or use {}",
                    self.environment_option
                ),
            )),
        }
    }

    fn unreadable(&self, path: &Path, error: &io::Error) -> Failure {
        Failure::usage(
            format!(
                "cannot read the {} in `{}`: {error}",
                self.name,
                path.display()
            ),
            "the file must hold the secret and nothing else",
        )
    }
}

/// Entra's client secrets have 40 characters, and files of passwords a few lines.
const LARGEST: usize = 64 << 10;
