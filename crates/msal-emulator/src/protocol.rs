//! What requests and answers are made of: URLs, parameters, headers, times and identifiers.
//!
//! It knows the standards and nothing else of this crate.

mod base64url;
mod call;
mod cloud;
mod endpoint;
mod guid;
mod issuer_url;
mod jwt;
mod markup;
mod moment;
mod refresh_token_id;
mod reply;
mod request;
mod response_type;
mod route;

pub use endpoint::{Endpoint, ManagedIdentitySource, Version};
pub use refresh_token_id::RefreshTokenId;

pub(crate) use base64url::{base64url, from_base64url};
pub(crate) use call::Call;
pub(crate) use cloud::{ApiHosts, CLOUDS, Cloud, cloud_of, home_base, own_base, sign_in_base};
pub(crate) use guid::Guid;
pub(crate) use issuer_url::{identity_provider, issuer_url};
pub(crate) use jwt::Jwt;
pub(crate) use markup::escaped;
pub(crate) use moment::Moment;
pub(crate) use reply::{Reply, to_json};
pub(crate) use request::{
    BasicCredentials, Parameters, bearer, header_text, host_of, is_get, is_loopback,
    percent_decoded,
};
pub(crate) use response_type::ResponseType;
pub(crate) use route::Shape;
