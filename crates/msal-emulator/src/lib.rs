//! The Microsoft identity platform in a box: an emulator of Entra ID, v1 and v2.0.

mod answer;
mod audit;
mod authorization_code;
mod call;
mod catalogue;
mod client;
mod config;
mod directory;
mod emulator;
mod endpoint;
mod envelope;
mod fault;
mod glob;
mod grant;
mod guid;
mod identifiers;
mod issuer;
mod moment;
mod packed;
mod people;
mod realm;
mod redemptions;
mod refresh_token;
mod refusal;
mod reply;
mod request;
mod scope;
mod sealed;
mod secret;
mod settings;

#[cfg(feature = "server")]
mod server;

pub use audit::{AuditRecord, Endpoint, Version};
pub use catalogue::{CatalogueRow, Source, catalogue};
pub use config::{Config, ConfigError};
pub use directory::{
    App, AppOverview, Directory, DirectoryBuilder, DirectoryError, Policy, RedirectKind,
    Requirement, Resource, Tenant, TenantOverview, User, UserPattern, sample,
};
pub use emulator::{Emulator, UnknownParty};
pub use fault::Fault;
pub use issuer::{KeyError, SigningKey};
pub use redemptions::{Redemption, Redemptions};
pub use refresh_token::RefreshTokenId;
pub use secret::Secret;
#[cfg(feature = "server")]
pub use server::{Server, ServerBuilder, ServerError};
pub use settings::{Rotation, Settings, Signatures};

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
