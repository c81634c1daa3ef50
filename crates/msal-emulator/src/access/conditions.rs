//! The policies of a tenant, applied to one request for tokens.

use std::time::Duration;

use serde_json::Value;

use super::asked::Asked;
use crate::directory::{Account, AppEntry, Policy, Requirement, TenantIndex};
use crate::memory::Platform;
use crate::protocol::{Guid, Moment};
use crate::refusal::Refusal;

/// A person, a client and a resource, and what the person has proven so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conditions<'a> {
    pub(crate) account: &'a Account,
    /// The tenant that the tokens would be for.
    pub(crate) tenant: TenantIndex,
    pub(crate) asked: &'a Asked<'a>,
    pub(crate) app: &'a AppEntry,
    pub(crate) evidence: Evidence,
    /// Whether the request names the tenant's policy in its claims: what is refused elsewhere for want of it is asked for
    /// here, whatever the resource.
    pub(crate) is_named: bool,
}

/// What a sign-in has proven.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence {
    pub(crate) now: Moment,
    /// When the person typed their password, and showed the second factor if there was one.
    pub(crate) signed_in: Moment,
    /// Whether there was a second factor.
    pub(crate) mfa: bool,
}

impl Evidence {
    fn is_younger_than(&self, age: Duration) -> bool {
        self.now <= self.signed_in.plus(age)
    }
}

impl Conditions<'_> {
    /// The first policy that applies and is not met.
    pub(crate) fn unmet(&self, platform: Platform<'_>) -> Option<Requirement> {
        let rules = &platform.directory().tenant(self.tenant).policies;
        let applies = |policy: &&Policy| {
            let upn = &self.account.upn;
            let is_meant = self.is_named
                && policy.applies_to(upn)
                && Refusal::new(self.code(policy.requirement))
                    .definition
                    .needs_claims();
            (is_meant || policy.applies(upn, &self.asked.resource, &self.app.client_id))
                && !self.meets(policy.requirement, platform)
        };
        rules.iter().find(applies).map(|policy| policy.requirement)
    }

    /// Refuses what the client's registration does not list.
    pub(crate) fn check_registration(&self) -> Result<(), Refusal> {
        if self.asked.resource.is_listed_by(self.app) {
            return Ok(());
        }
        Err(Refusal::new(650_057)
            .with("client", &self.app.client_id)
            .with("app", &self.app.name)
            .with("resource", &self.asked.audience)
            .with("resource_id", self.asked.resource.id.to_string())
            .with("registered", self.app.resources.join(", ")))
    }

    /// Refuses when a policy is not met.
    pub(crate) fn check(&self, platform: Platform<'_>) -> Result<(), Refusal> {
        self.check_registration()?;
        match self.unmet(platform) {
            None => Ok(()),
            Some(requirement) => Err(self.refusal(requirement, platform)),
        }
    }

    /// What a client is told when a policy is not met.
    pub(crate) fn refusal(&self, requirement: Requirement, platform: Platform<'_>) -> Refusal {
        let refusal = Refusal::new(self.code(requirement));
        let tenant = platform.directory().tenant(self.tenant);
        let refusal = if refusal.definition.needs_claims() {
            with_policy_claims(refusal, tenant.id)
        } else {
            refusal
        };
        let lifetime = match requirement {
            Requirement::SignInFrequency(age) => age.as_secs(),
            _ => 0,
        };
        refusal
            .with("issued", self.evidence.signed_in.precise())
            .with("lifetime", lifetime.to_string())
            .with("resource", self.asked.resource.id.to_string())
            .with("tenant_name", &tenant.name)
            .with("client", &self.app.client_id)
            .with("app", &self.app.name)
    }

    fn code(&self, requirement: Requirement) -> u32 {
        match requirement {
            Requirement::AppProtection => 53005,
            Requirement::Block => 53003,
            Requirement::CompliantDevice => 53000,
            Requirement::Consent => 65001,
            Requirement::DomainJoinedDevice => 53001,
            Requirement::LowRisk => 53011,
            Requirement::MfaEnrolment => 50079,
            // A second factor that is too old is reported differently from a missing one.
            Requirement::MfaFrequency(_) if self.evidence.mfa => 50078,
            Requirement::Mfa | Requirement::MfaFrequency(_) => 50076,
            Requirement::RegisteredDevice => 700_003,
            Requirement::SecurityPolicy => 530_032,
            Requirement::SignInFrequency(_) => 70043,
        }
    }

    fn meets(&self, requirement: Requirement, platform: Platform<'_>) -> bool {
        match requirement {
            Requirement::Consent => platform.people().has_consented(
                &self.account.upn,
                &self.app.client_id,
                self.asked.resource.id,
            ),
            Requirement::Mfa | Requirement::MfaEnrolment => self.evidence.mfa,
            Requirement::MfaFrequency(age) => {
                self.evidence.mfa && self.evidence.is_younger_than(age)
            }
            Requirement::SignInFrequency(age) => self.evidence.is_younger_than(age),
            // The emulator knows no devices and no applications that Intune protects, so nobody meets these.
            _ => false,
        }
    }
}

/// Adds the `claims` that a client repeats in its next authorization request, in the form of OpenID Connect Core
/// §5.5: the id of the policy to be met.
pub(crate) fn with_policy_claims(refusal: Refusal, tenant: Guid) -> Refusal {
    let policy = policy_id(tenant);
    refusal.claims(format!(
        r#"{{"access_token":{{"capolids":{{"essential":true,"values":["{policy}"]}}}}}}"#
    ))
}

/// Whether claims name the policy of a tenant.
pub(crate) fn names_policy(claims: &Value, tenant: Guid) -> bool {
    let ids = claims["access_token"]["capolids"]["values"].as_array();
    let policy = policy_id(tenant).to_string();
    ids.is_some_and(|ids| ids.iter().any(|id| *id == policy))
}

/// All that a tenant asks for has one name.
fn policy_id(tenant: Guid) -> Guid {
    Guid::derived(tenant.as_bytes(), "policy")
}
