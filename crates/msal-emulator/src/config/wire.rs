//! The configuration file as it is written.

mod app;
mod fault;
mod tenant;
mod tokens;

use serde::Deserialize;
use toml::{Spanned, Table};

pub(crate) use fault::FaultWire;

use app::{AppWire, ManagedIdentityWire, ResourceWire};
use tenant::TenantWire;
use tokens::TokensWire;

/// Parses a file, or names the first mistake in it.
pub(super) fn parse(text: &str) -> Result<ConfigWire, toml::de::Error> {
    let mut found = match toml::from_str(text) {
        Ok(wire) => return Ok(wire),
        Err(error) => error,
    };
    // All sections of one kind are read before those of the next, wherever they stand. So there may be a mistake of
    // another kind before this one; there is at most one round for each kind.
    while let Some(error) = before(text, &found) {
        found = error;
    }
    Err(found)
}

/// A mistake in the sections that are complete before that of another mistake.
fn before(text: &str, error: &toml::de::Error) -> Option<toml::de::Error> {
    let text = text.get(..error.span()?.start)?;
    let lines = text.match_indices('\n').map(|(at, _)| at + 1).rev();
    let is_header = |at: &usize| text[*at..].trim_start().starts_with('[');
    // What looks like a header may be part of a list or of a text, where the file cannot be cut.
    let is_whole = |at: &usize| toml::from_str::<Table>(&text[..*at]).is_ok();
    let cut = lines.filter(is_header).take(MAX_CUTS).find(is_whole)?;
    toml::from_str::<ConfigWire>(&text[..cut]).err()
}

const MAX_CUTS: usize = 16;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigWire {
    #[serde(default)]
    pub(super) tokens: TokensWire,
    #[serde(default)]
    pub(super) server: ServerWire,
    #[serde(default)]
    pub(super) tenant: Vec<TenantWire>,
    #[serde(default)]
    pub(super) app: Vec<AppWire>,
    #[serde(default)]
    pub(super) resource: Vec<ResourceWire>,
    #[serde(default)]
    pub(super) managed_identity: Vec<ManagedIdentityWire>,
    #[serde(default)]
    pub(super) fault: Vec<Spanned<FaultWire>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerWire {
    pub(super) port: Option<u16>,
    pub(super) admin_port: Option<u16>,
    pub(super) managed_identity_port: Option<u16>,
    #[serde(default)]
    pub(super) latency_ms: u64,
    #[serde(default)]
    pub(super) names: Vec<String>,
    #[serde(default)]
    pub(super) keep_arc_key: bool,
}
