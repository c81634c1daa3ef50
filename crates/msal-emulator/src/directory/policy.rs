//! Policies of a tenant: who may have tokens for what.

use std::time::Duration;

use super::glob::Glob;
use super::resource::{ResourceEntry, lookup_form};

/// A reason to refuse tokens: missing consent, a missing second factor, Conditional Access.
///
/// It applies to all users, resources and clients until it is narrowed. In patterns, `*` stands for any text.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) users: Vec<Glob>,
    pub(crate) resources: Vec<Glob>,
    pub(crate) clients: Vec<Glob>,
    pub(crate) requirement: Requirement,
}

/// What a [`Policy`] asks for, which decides the error that it causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// An application that Intune protects: AADSTS53005.
    AppProtection,
    /// Blocked by Conditional Access: AADSTS53003, with the policy in `claims`.
    Block,
    /// A compliant device: AADSTS53000.
    CompliantDevice,
    /// The consent of the user, which is missing: AADSTS65001.
    Consent,
    /// A device that is joined to the domain: AADSTS53001.
    DomainJoinedDevice,
    /// A user who is not at risk in their home tenant: AADSTS53011.
    LowRisk,
    /// A second factor: AADSTS50076, with `claims`.
    Mfa,
    /// Enrolment for a second factor: AADSTS50079.
    MfaEnrolment,
    /// A second factor shown no longer ago than this: AADSTS50076 without one, AADSTS50078 with an older one.
    MfaFrequency(Duration),
    /// A device that the directory still has: AADSTS700003.
    RegisteredDevice,
    /// What a security policy of the tenant asks for: AADSTS530032.
    SecurityPolicy,
    /// A sign-in no longer ago than this: AADSTS70043, or the sign-in page where there is one.
    SignInFrequency(Duration),
}

impl Requirement {
    /// Whether a person can do nothing at a sign-in page to meet it.
    pub(crate) fn is_hopeless(self) -> bool {
        match self {
            Self::AppProtection
            | Self::Block
            | Self::CompliantDevice
            | Self::DomainJoinedDevice
            | Self::LowRisk
            | Self::RegisteredDevice
            | Self::SecurityPolicy => true,
            Self::Consent
            | Self::Mfa
            | Self::MfaEnrolment
            | Self::MfaFrequency(_)
            | Self::SignInFrequency(_) => false,
        }
    }
}

impl Policy {
    /// A policy for all users, resources and clients.
    pub fn new(requirement: Requirement) -> Self {
        Self {
            users: Vec::new(),
            resources: Vec::new(),
            clients: Vec::new(),
            requirement,
        }
    }

    /// Narrows the policy to users whose sign-in name matches; several calls add up.
    #[must_use]
    pub fn user(mut self, pattern: impl Into<String>) -> Self {
        self.users.push(Glob::new(pattern));
        self
    }

    /// Narrows the policy to a resource, by URI or application id; several calls add up.
    ///
    /// A trailing slash of the URI makes no difference.
    #[must_use]
    pub fn resource(mut self, pattern: impl Into<String>) -> Self {
        self.resources.push(Glob::new(lookup_form(&pattern.into())));
        self
    }

    /// Narrows the policy to a client id; several calls add up.
    #[must_use]
    pub fn client(mut self, pattern: impl Into<String>) -> Self {
        self.clients.push(Glob::new(pattern));
        self
    }

    /// Whether it is about a user at all.
    pub(crate) fn applies_to(&self, upn: &str) -> bool {
        any(&self.users, |glob| glob.matches(upn))
    }

    pub(crate) fn applies(&self, upn: &str, resource: &ResourceEntry, client_id: &str) -> bool {
        self.applies_to(upn)
            && any(&self.clients, |glob| glob.matches(client_id))
            && any(&self.resources, |glob| {
                glob.matches(&resource.id.to_string())
                    || resource
                        .uris
                        .iter()
                        .any(|uri| glob.matches(&lookup_form(uri)))
            })
    }
}

/// Whether something in a list matches. An empty list stands for all.
fn any(globs: &[Glob], matches: impl Fn(&Glob) -> bool) -> bool {
    globs.is_empty() || globs.iter().any(matches)
}
