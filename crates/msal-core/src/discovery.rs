//! Finding an authority's endpoints: OpenID Connect Discovery, and Microsoft's instance discovery.
//!
//! A metadata document says where refresh tokens are sent, so it decides as little as possible: its issuer must
//! be one that this kind of authority can have, and every endpoint used from it must be https and on a host that
//! belongs to the authority. Other libraries send the token wherever the document points.

mod document;
mod error;
mod instance;
mod provider;
mod trust;
mod user_realm;

pub use error::DiscoveryError;
pub use instance::InstanceMetadata;
pub use provider::ProviderMetadata;
pub use user_realm::UserRealm;

#[cfg(test)]
mod tests;
