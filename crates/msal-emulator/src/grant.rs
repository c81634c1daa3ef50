//! The grants, one file each, and what those about a person share.

pub(crate) mod authorization_code;
mod client_credentials;
pub(crate) mod device_code;
mod entrant;
mod on_behalf_of;
mod origin;
mod password;
mod refresh_token;
mod saml_bearer;
mod user_fic;

use crate::answer::{Granted, Person};
use crate::audit::Version;
use crate::client::Client;
use crate::directory::{AppEntry, Directory};
use crate::endpoint::token::{TokenRequest, missing};
use crate::guid::Guid;
use crate::platform::Platform;
use crate::realm::Realm;
use crate::refresh_token::Descent;
use crate::refusal::Refusal;
use crate::scope::Asked;
use entrant::Entrant;

/// Decides about a request of one grant type.
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

/// Reads what a request about a person asks for.
fn asked<'d>(
    request: &TokenRequest<'_>,
    app: &AppEntry,
    directory: &'d Directory,
) -> Result<Asked<'d>, Refusal> {
    match request.version {
        Version::V1 => Asked::at_v1(request.call.parameter("resource"), app, directory),
        Version::V2 => Asked::at_v2(
            request.call.parameter("scope").unwrap_or_default(),
            app,
            directory,
        ),
    }
}

/// Adds the claims with which a client sends its user back: the id of the policy to be met.
pub(crate) fn with_policy_claims(refusal: Refusal, tenant: Guid) -> Refusal {
    let policy = Guid::derived(tenant.as_bytes(), "policy");
    refusal.claims(format!(
        r#"{{"access_token":{{"capolids":{{"essential":true,"values":["{policy}"]}}}}}}"#
    ))
}
