//! The configuration file: directory, settings, server and faults in TOML.

mod fault;
mod wire;

use std::ops::Range;
use std::time::Duration;

use crate::directory::{Directory, DirectoryBuilder};
use crate::emulator::Emulator;
use crate::fault::Fault;
use crate::settings::Settings;
use wire::ConfigWire;

/// A configuration file that was read and found sound.
///
/// ```
/// use msal_emulator::Config;
///
/// let config = Config::from_toml(r#"
///     [tokens]
///     rotation = "single-use-with-reuse-detection"
///
///     [server]
///     latency_ms = 100
///
///     [[tenant]]
///     domain = "contoso.example"
///     users = { pattern = "user{n}@contoso.example", count = 1000000, password = "pw-{n}" }
///
///     [[tenant.user]]
///     upn = "alice@contoso.example"
///     password = "Sample-Passw0rd"
///
///     [[tenant.policy]]
///     requires = "mfa"
///     users = ["alice@*"]
///     resources = ["https://management.core.windows.net"]
///
///     [[app]]
///     client_id = "00c0ffee-0000-4000-8000-000000000001"
///
///     [[fault]]
///     throttle = 30
///     grant = "refresh_token"
///     every = 10
/// "#)?;
/// let emulator = config.into_emulator();
/// # Ok::<(), msal_emulator::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Config {
    declarations: DirectoryBuilder,
    directory: Directory,
    settings: Settings,
    faults: Vec<Fault>,
    server: ServerSettings,
}

/// What the file says about the server.
#[derive(Clone, Debug, Default)]
struct ServerSettings {
    port: Option<u16>,
    admin_port: Option<u16>,
    managed_identity_port: Option<u16>,
    latency: Duration,
    names: Vec<String>,
    keep_arc_key: bool,
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    ///
    /// Names the line and the key of the first thing that is wrong: TOML that does not parse, a key that
    /// is not known, a value of the wrong type, an entry that is there twice or refers to nothing.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let wire: ConfigWire = toml::from_str(text)
            .map_err(|error| ConfigError::at(text, error.span(), error.message().to_owned()))?;
        wire.read()
            .map_err(|wire::Flaw { place, reason }| ConfigError::at(text, place, reason))
    }

    /// Changes how tokens are made and what happens to used ones, over what the file says.
    #[must_use]
    pub fn with_settings(mut self, change: impl FnOnce(Settings) -> Settings) -> Self {
        self.settings = change(self.settings);
        self
    }

    /// An emulator as configured, with the built-in signing key and the fault plans in force.
    #[must_use]
    pub fn into_emulator(self) -> Emulator {
        let emulator = Emulator::with_settings(self.directory, self.settings);
        for fault in self.faults {
            emulator.add_fault(fault);
        }
        emulator
    }

    pub(crate) fn into_declarations(self) -> DirectoryBuilder {
        self.declarations
    }

    pub(crate) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// The port to listen on, when the file names one.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.server.port
    }

    /// Whether the server keeps Azure Arc's key file.
    #[must_use]
    pub const fn keeps_arc_key(&self) -> bool {
        self.server.keep_arc_key
    }

    /// The port of the admin API, when the file names one.
    #[must_use]
    pub const fn admin_port(&self) -> Option<u16> {
        self.server.admin_port
    }

    /// The port of the managed identity endpoints over plain HTTP, when the file names one.
    #[must_use]
    pub const fn managed_identity_port(&self) -> Option<u16> {
        self.server.managed_identity_port
    }

    /// How long the token endpoint is to wait before it answers.
    #[must_use]
    pub const fn latency(&self) -> Duration {
        self.server.latency
    }

    /// Host names for the certificate besides the loopback ones.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.server.names
    }
}

/// A configuration file that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {reason}", key.as_ref().map(|key| format!(", {key:?}")).unwrap_or_default())]
#[non_exhaustive]
pub struct ConfigError {
    line: usize,
    key: Option<String>,
    reason: String,
}

impl ConfigError {
    /// The line, counted from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The key or the table that the line is about.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    fn at(text: &str, place: Option<Range<usize>>, reason: String) -> Self {
        let at = place.map_or(text.len(), |place| place.start.min(text.len()));
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let text = text.lines().nth(line - 1).unwrap_or_default();
        let column = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line,
            key: key_of(text, column),
            reason: reason.trim().replace('\n', "; "),
        }
    }
}

/// The key whose value stands at `column`, or the name of the table that the line opens.
fn key_of(line: &str, column: usize) -> Option<String> {
    let table = line.trim().trim_start_matches('[');
    if table.len() < line.trim().len() {
        return Some(
            table
                .split(']')
                .next()
                .unwrap_or_default()
                .trim()
                .to_owned(),
        );
    }
    // Within an inline table, the nearest key before the value; of the key itself, the key.
    let start = line
        .get(..column)
        .unwrap_or(line)
        .rfind(['{', ','])
        .map_or(0, |at| at + 1);
    let (key, _) = line
        .get(start..)?
        .split_once('=')
        .or_else(|| line.split_once('='))?;
    Some(key.trim().trim_matches('"').to_owned()).filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests;
