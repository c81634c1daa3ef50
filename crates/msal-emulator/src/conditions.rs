//! The rules of a tenant, applied to one request for tokens.

use crate::directory::{Account, AppEntry, Requirement, TenantIndex};
use crate::grant::with_policy_claims;
use crate::moment::Moment;
use crate::platform::Platform;
use crate::refusal::Refusal;
use crate::scope::Asked;

/// Who wants tokens for what, and what they have shown so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conditions<'a> {
    pub(crate) account: &'a Account,
    /// The tenant that the tokens would be for.
    pub(crate) tenant: TenantIndex,
    pub(crate) asked: &'a Asked<'a>,
    pub(crate) app: &'a AppEntry,
    pub(crate) evidence: Evidence,
}

/// What a sign-in has shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence {
    /// When the token or code at hand was issued.
    pub(crate) issued: Moment,
    /// There was a second factor.
    pub(crate) mfa: bool,
    /// The person is, or just was, at the keyboard.
    pub(crate) present: bool,
}

impl Evidence {
    /// A password, or something that only stands for one.
    pub(crate) const fn password(issued: Moment) -> Self {
        Self {
            issued,
            mfa: false,
            present: false,
        }
    }
}

impl Conditions<'_> {
    /// The first rule that applies and is not met.
    pub(crate) fn unmet(&self, platform: Platform<'_>) -> Option<Requirement> {
        let rules = &platform.directory().tenant(self.tenant).policies;
        let applies = |policy: &&crate::directory::Policy| {
            policy.applies(&self.account.upn, &self.asked.resource, &self.app.client_id)
                && !self.meets(policy.requirement, platform)
        };
        rules.iter().find(applies).map(|policy| policy.requirement)
    }

    /// Refuses when a rule is not met.
    pub(crate) fn check(&self, platform: Platform<'_>) -> Result<(), Refusal> {
        match self.unmet(platform) {
            None => Ok(()),
            Some(requirement) => Err(self.refusal(requirement, platform)),
        }
    }

    /// What a client is told when a rule is not met.
    pub(crate) fn refusal(&self, requirement: Requirement, platform: Platform<'_>) -> Refusal {
        let tenant = platform.directory().tenant(self.tenant).id;
        let issued = self.evidence.issued.precise();
        let refusal = match requirement {
            Requirement::Block => with_policy_claims(Refusal::new(53003), tenant),
            Requirement::CompliantDevice => with_policy_claims(Refusal::new(53000), tenant),
            Requirement::Consent => Refusal::new(65001),
            Requirement::Mfa => with_policy_claims(Refusal::new(50076), tenant),
            Requirement::MfaEnrolment => with_policy_claims(Refusal::new(50079), tenant),
            Requirement::SignInFrequency => Refusal::new(70043).with("issued", issued),
        };
        refusal
            .with("resource", self.asked.resource.id.to_string())
            .with("client", &self.app.client_id)
            .with("app", &self.app.name)
    }

    fn meets(&self, requirement: Requirement, platform: Platform<'_>) -> bool {
        match requirement {
            Requirement::Block | Requirement::CompliantDevice => false,
            Requirement::Consent => platform.people().has_consented(
                &self.account.upn,
                &self.app.client_id,
                self.asked.resource.id,
            ),
            Requirement::Mfa | Requirement::MfaEnrolment => self.evidence.mfa,
            Requirement::SignInFrequency => self.evidence.present,
        }
    }
}
