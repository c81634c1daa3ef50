//! Rules of a tenant about who may have tokens for what.

use crate::glob::Glob;

/// A rule that refuses tokens: missing consent, a second factor, Conditional Access.
///
/// It applies to everybody, every resource and every client until narrowed. Patterns may hold `*`.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) users: Vec<Glob>,
    pub(crate) resources: Vec<Glob>,
    pub(crate) clients: Vec<Glob>,
    pub(crate) requirement: Requirement,
}

/// What a [`Policy`] asks for, and so which error it causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// Blocked by Conditional Access: AADSTS53003, with the policy in `claims`.
    Block,
    /// A compliant device: AADSTS53000.
    CompliantDevice,
    /// The consent of the user, which is missing: AADSTS65001.
    Consent,
    /// A second factor: AADSTS50076, with `claims`.
    Mfa,
    /// Enrolment for a second factor: AADSTS50079.
    MfaEnrolment,
    /// A recent sign-in: AADSTS70043.
    SignInFrequency,
}

impl Policy {
    /// A rule for everybody and everything.
    #[must_use]
    pub const fn new(requirement: Requirement) -> Self {
        Self {
            users: Vec::new(),
            resources: Vec::new(),
            clients: Vec::new(),
            requirement,
        }
    }

    /// Narrows the rule to users whose sign-in name matches; several calls add up.
    #[must_use]
    pub fn user(mut self, pattern: impl Into<String>) -> Self {
        self.users.push(Glob::new(pattern));
        self
    }

    /// Narrows the rule to a resource, by URI or application id; several calls add up.
    ///
    /// A trailing slash of the URI makes no difference.
    #[must_use]
    pub fn resource(mut self, pattern: impl Into<String>) -> Self {
        self.resources
            .push(Glob::new(super::resource::lookup_form(&pattern.into())));
        self
    }

    /// Narrows the rule to a client id; several calls add up.
    #[must_use]
    pub fn client(mut self, pattern: impl Into<String>) -> Self {
        self.clients.push(Glob::new(pattern));
        self
    }

    pub(crate) fn applies(
        &self,
        upn: &str,
        resource: &super::ResourceEntry,
        client_id: &str,
    ) -> bool {
        any(&self.users, |glob| glob.matches(upn))
            && any(&self.clients, |glob| glob.matches(client_id))
            && any(&self.resources, |glob| {
                glob.matches(&resource.id.to_string())
                    || resource
                        .uris
                        .iter()
                        .any(|uri| glob.matches(&super::resource::lookup_form(uri)))
            })
    }
}

/// Whether a list that means "all" when empty has a match.
fn any(globs: &[Glob], matches: impl Fn(&Glob) -> bool) -> bool {
    globs.is_empty() || globs.iter().any(matches)
}
