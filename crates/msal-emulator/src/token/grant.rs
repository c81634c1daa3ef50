//! The grants, one file each.

mod authorization_code;
mod candidate;
mod client_credentials;
mod device_code;
mod on_behalf_of;
mod origin;
mod password;
mod refresh_token;
mod saml_bearer;
mod user_fic;

use super::client::Client;
use super::granted::Granted;
use super::request::TokenRequest;
use crate::access::Realm;
use crate::memory::Platform;
use crate::refusal::Refusal;

/// Judges a request of one grant type.
pub(crate) type Judge = for<'d> fn(
    Platform<'d>,
    &'d TokenRequest<'d>,
    Realm,
    &Client<'d>,
) -> Result<Granted<'d>, Refusal>;

/// Finds the grant by the value of `grant_type`.
pub(crate) fn find(grant_type: &str) -> Option<Judge> {
    match grant_type {
        "authorization_code" => Some(authorization_code::judge),
        "client_credentials" => Some(client_credentials::judge),
        "device_code" | "urn:ietf:params:oauth:grant-type:device_code" => Some(device_code::judge),
        "password" => Some(password::judge),
        "refresh_token" => Some(refresh_token::judge),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => Some(on_behalf_of::judge),
        "urn:ietf:params:oauth:grant-type:saml1_1-bearer"
        | "urn:ietf:params:oauth:grant-type:saml2-bearer" => Some(saml_bearer::judge),
        "user_fic" => Some(user_fic::judge),
        _ => None,
    }
}
