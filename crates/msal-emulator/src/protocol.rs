//! What requests and answers are made of: URLs, parameters, headers, times and identifiers.
//!
//! It knows the standards and nothing else of this crate.

mod call;
mod guid;
mod jwt;
mod moment;
mod reply;
mod request;
mod route;

pub(crate) use call::Call;
pub(crate) use guid::Guid;
pub(crate) use jwt::Jwt;
pub(crate) use moment::Moment;
pub(crate) use reply::{Reply, to_json};
pub(crate) use request::{
    Parameters, basic_credentials, bearer, header_text, is_get, percent_decoded,
};
pub(crate) use route::{Shape, Target};
