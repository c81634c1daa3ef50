//! The grants, one file each, and what those about a person share.

pub(crate) mod authorization_code;
mod client_credentials;
mod password;
mod refresh_token;

use crate::answer::{Granted, Person};
use crate::audit::Version;
use crate::client::Client;
use crate::directory::{Account, AppEntry, Directory, Requirement, TenantIndex};
use crate::emulator::Emulator;
use crate::endpoint::token::{TokenRequest, missing};
use crate::guid::Guid;
use crate::moment::Moment;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::scope::Asked;

/// Decides about a request of one grant type.
pub(crate) type Judge = for<'d> fn(
    &'d Emulator,
    &'d TokenRequest<'d>,
    Realm,
    &Client<'d>,
) -> Result<Granted<'d>, Refusal>;

/// Finds the grant by the value of `grant_type`.
pub(crate) fn find(grant_type: &str) -> Option<Judge> {
    match grant_type {
        "authorization_code" => Some(authorization_code::judge),
        "client_credentials" => Some(client_credentials::judge),
        "password" => Some(password::judge),
        "refresh_token" => Some(refresh_token::judge),
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

/// Applies the rules of the tenant that the tokens would be for.
pub(crate) fn check_policies(
    account: &Account,
    tenant: TenantIndex,
    asked: &Asked<'_>,
    app: &AppEntry,
    directory: &Directory,
    issued: Moment,
) -> Result<(), Refusal> {
    let entry = directory.tenant(tenant);
    let applies = |policy: &&crate::directory::Policy| {
        policy.applies(&account.upn, &asked.resource, &app.client_id)
    };
    let Some(policy) = entry.policies.iter().find(applies) else {
        return Ok(());
    };
    let resource = asked.resource.id.to_string();
    Err(match policy.requirement {
        Requirement::Block => with_policy_claims(Refusal::new(53003), entry.id),
        Requirement::CompliantDevice => with_policy_claims(Refusal::new(53000), entry.id),
        Requirement::Consent => Refusal::new(65001),
        Requirement::Mfa => with_policy_claims(Refusal::new(50076), entry.id),
        Requirement::MfaEnrolment => with_policy_claims(Refusal::new(50079), entry.id),
        Requirement::SignInFrequency => Refusal::new(70043).with("issued", issued.precise()),
    }
    .with("resource", resource)
    .with("client", &app.client_id)
    .with("app", &app.name))
}

/// Adds the claims with which a client sends its user back: the id of the policy to be met.
pub(crate) fn with_policy_claims(refusal: Refusal, tenant: Guid) -> Refusal {
    let policy = Guid::derived(tenant.as_bytes(), "policy");
    refusal.claims(format!(
        r#"{{"access_token":{{"capolids":{{"essential":true,"values":["{policy}"]}}}}}}"#
    ))
}
