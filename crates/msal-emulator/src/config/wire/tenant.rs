//! Tenants, their people and their policies, as the file writes them.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use crate::config::flaw::{Flaw, Flaws, NameSpans, Role};
use crate::directory::{Policy, Requirement, Tenant, User, UserPattern};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantWire {
    domain: Spanned<String>,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
    id: Option<Spanned<String>>,
    name: Option<String>,
    #[serde(default)]
    federated: bool,
    #[serde(default)]
    sign_up: bool,
    b2c_policies: Option<Vec<String>>,
    users: Option<UserPatternWire>,
    #[serde(default)]
    user: Vec<UserWire>,
    #[serde(default)]
    guest: Vec<GuestWire>,
    #[serde(default)]
    policy: Vec<PolicyWire>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserPatternWire {
    pattern: Spanned<String>,
    count: u64,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserWire {
    upn: Spanned<String>,
    password: String,
    object_id: Option<Spanned<String>>,
    given_name: Option<String>,
    family_name: Option<String>,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    password_expired: bool,
    second_factor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GuestWire {
    upn: Spanned<String>,
    object_id: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyWire {
    requires: RequirementWire,
    /// How often, for requirements that have a frequency.
    every_seconds: Option<Spanned<u64>>,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    clients: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RequirementWire {
    AppProtection,
    Block,
    CompliantDevice,
    Consent,
    DomainJoinedDevice,
    LowRisk,
    Mfa,
    MfaEnrolment,
    MfaFrequency,
    RegisteredDevice,
    SecurityPolicy,
    SignInFrequency,
}

impl TenantWire {
    pub(crate) fn read(self, spans: &mut NameSpans, flaws: &mut Flaws) -> Tenant {
        let mut tenant = Tenant::new(spans.note(Role::Domain, self.domain));
        tenant.name = self.name;
        tenant.federated = self.federated;
        tenant.sign_up = self.sign_up;
        tenant.b2c_policies = self.b2c_policies;
        tenant.id = self.id.map(|id| spans.note(Role::TenantId, id));
        let aliases = self.aliases.into_iter();
        let aliases = aliases.map(|alias| spans.note(Role::Domain, alias));
        tenant.domains.extend(aliases);
        for user in self.user {
            tenant = tenant.user(user.read(spans));
        }
        if let Some(users) = self.users {
            tenant = tenant.users(UserPattern::new(
                spans.note(Role::Pattern, users.pattern),
                users.count,
                users.password,
            ));
        }
        for guest in self.guest {
            let upn = spans.note(Role::Guest, guest.upn);
            tenant = match guest.object_id {
                Some(id) => tenant.guest_as(upn, spans.note(Role::ObjectId, id)),
                None => tenant.guest(upn),
            };
        }
        for policy in self.policy {
            let policy = flaws.note(policy.read());
            tenant = policy.into_iter().fold(tenant, Tenant::policy);
        }
        tenant
    }
}

impl UserWire {
    fn read(self, spans: &mut NameSpans) -> User {
        let mut user = User::new(spans.note(Role::User, self.upn), self.password);
        user.object_id = self.object_id.map(|id| spans.note(Role::ObjectId, id));
        user.given_name = self.given_name;
        user.family_name = self.family_name;
        user.enabled = self.enabled;
        user.password_expired = self.password_expired;
        match self.second_factor {
            Some(code) => user.second_factor(code),
            None => user,
        }
    }
}

impl PolicyWire {
    fn read(self) -> Result<Policy, Flaw> {
        let mut policy = Policy::new(self.requires.read(self.every_seconds)?);
        policy = self.users.into_iter().fold(policy, Policy::user);
        policy = self.resources.into_iter().fold(policy, Policy::resource);
        Ok(self.clients.into_iter().fold(policy, Policy::client))
    }
}

impl RequirementWire {
    fn read(self, every: Option<Spanned<u64>>) -> Result<Requirement, Flaw> {
        let span = every.as_ref().map(Spanned::span);
        let every = every.map(|every| Duration::from_secs(every.into_inner()));
        let how_often = every.unwrap_or(DEFAULT_FREQUENCY);
        let requirement = match self {
            Self::MfaFrequency => return Ok(Requirement::MfaFrequency(how_often)),
            Self::SignInFrequency => return Ok(Requirement::SignInFrequency(how_often)),
            Self::AppProtection => Requirement::AppProtection,
            Self::Block => Requirement::Block,
            Self::CompliantDevice => Requirement::CompliantDevice,
            Self::Consent => Requirement::Consent,
            Self::DomainJoinedDevice => Requirement::DomainJoinedDevice,
            Self::LowRisk => Requirement::LowRisk,
            Self::Mfa => Requirement::Mfa,
            Self::MfaEnrolment => Requirement::MfaEnrolment,
            Self::RegisteredDevice => Requirement::RegisteredDevice,
            Self::SecurityPolicy => Requirement::SecurityPolicy,
        };
        if every.is_some() {
            let reason = "goes with requires = \"sign-in-frequency\" or \"mfa-frequency\" only";
            return Err(Flaw {
                span,
                reason: reason.to_owned(),
            });
        }
        Ok(requirement)
    }
}

fn yes() -> bool {
    true
}

/// The shortest that Conditional Access offers.
const DEFAULT_FREQUENCY: Duration = Duration::from_secs(3600);
