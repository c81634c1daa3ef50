//! The configuration file as it is written.

mod app;
mod fault;
mod tenant;
mod tokens;

use serde::Deserialize;
use toml::Spanned;

pub(crate) use fault::FaultWire;

use app::{AppWire, ManagedIdentityWire, ResourceWire};
use tenant::TenantWire;
use tokens::TokensWire;

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
