//! What comes next in a sign-in. It is decided anew at each page, from what was asked, who is signed in at the
//! browser, and what the person has done so far.

use std::sync::Arc;

use super::authorization::{Prompt, SignInOptions};
use super::interaction::Interaction;
use super::session::Session;
use super::sign_up;
use crate::access::{Asked, Conditions, Evidence, Realm, names_policy};
use crate::directory::{Account, AppEntry, Requirement, TenantIndex};
use crate::memory::{Platform, SignedIn};
use crate::protocol::{Guid, Moment};
use crate::refusal::Refusal;

/// An attempt to sign in: all that decides what comes next, apart from what the person has done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) platform: Platform<'a>,
    pub(crate) realm: Realm,
    pub(crate) app: &'a AppEntry,
    pub(crate) asked: &'a Asked<'a>,
    pub(crate) options: &'a SignInOptions,
    pub(crate) session: &'a Session,
    pub(crate) now: Moment,
    /// Whether the application runs on another device, which the person has to confirm.
    pub(crate) device: bool,
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Step {
    /// Ask for a sign-in name.
    Account,
    /// Let the person choose among the accounts of the browser.
    Choose,
    Consent(Arc<Account>),
    Done(SignedIn),
    Password(Arc<Account>),
    Refused(Refusal),
    /// Ask for what a new account needs.
    SignUp,
    SecondFactor {
        account: Arc<Account>,
        enrol: bool,
    },
}

impl Step {
    /// The account that the page is about.
    pub(crate) fn account(&self) -> Option<&Account> {
        match self {
            Self::Consent(account) | Self::Password(account) => Some(account),
            Self::SecondFactor { account, .. } => Some(account),
            Self::Account | Self::Choose | Self::Done(_) | Self::Refused(_) | Self::SignUp => None,
        }
    }
}

impl Attempt<'_> {
    /// What to show to the person.
    pub(crate) fn next(&self, interaction: &Interaction) -> Step {
        let account = match self.account(interaction) {
            Ok(account) => account,
            Err(step) => return step,
        };
        let Some(person) = self.signed_in(&account, interaction) else {
            return Step::Password(account);
        };
        match self.unmet(&account, &person) {
            Err(refusal) => Step::Refused(refusal),
            Ok(Some(Requirement::Mfa)) => Step::SecondFactor {
                account,
                enrol: false,
            },
            Ok(Some(Requirement::MfaEnrolment)) => Step::SecondFactor {
                account,
                enrol: true,
            },
            // An old second factor is renewed by a whole new sign-in, a missing one by itself.
            Ok(Some(Requirement::MfaFrequency(_))) if !person.mfa => Step::SecondFactor {
                account,
                enrol: false,
            },
            Ok(Some(Requirement::MfaFrequency(_) | Requirement::SignInFrequency(_))) => {
                Step::Password(account)
            }
            Ok(Some(_)) => Step::Consent(account),
            Ok(None) if self.asks() && !interaction.accepted => Step::Consent(account),
            Ok(None) => Step::Done(person),
        }
    }

    /// Who can be signed in without asking anybody anything (`prompt=none`).
    pub(crate) fn silent(&self) -> Result<SignedIn, Refusal> {
        let nobody = || Refusal::new(50058);
        let hinted = self
            .options
            .login_hint
            .as_deref()
            .map(|hint| self.platform.directory().account(hint));
        // OpenID Connect Core §3.1.2.6 tells these apart: nobody is signed in (AADSTS50058), or several are and the
        // request does not say who is meant (AADSTS16000).
        let person = match (hinted, self.session.people()) {
            (Some(Some(account)), _) => self.session.of(&account),
            (Some(None), _) | (None, []) => None,
            (None, [only]) => Some(only),
            (None, _) => return Err(Refusal::new(16000)),
        };
        let person = person
            .filter(|person| self.is_recent(person))
            .ok_or_else(nobody)?;
        self.admit(person.clone())
    }

    /// Signs somebody in without a page, unless a policy is not met.
    pub(crate) fn admit(&self, person: SignedIn) -> Result<SignedIn, Refusal> {
        let account = self.platform.directory().account(&person.upn);
        let account = account.ok_or_else(|| Refusal::new(50058))?;
        match self.unmet(&account, &person)? {
            None => Ok(person),
            Some(requirement) => Err(self.refusal(&account, &person, requirement)),
        }
    }

    /// The account to sign in, or the page that finds out.
    fn account(&self, interaction: &Interaction) -> Result<Arc<Account>, Step> {
        let directory = self.platform.directory();
        if let Some(upn) = &interaction.upn {
            return directory.account(upn).ok_or(Step::Account);
        }
        let has = |prompt| self.options.has(prompt);
        let wanted = interaction.creating || (has(Prompt::Create) && !interaction.chosen);
        if wanted && self.offers_sign_up() {
            return Err(Step::SignUp);
        }
        // "Use another account" was pressed: neither the hint nor the browser's session applies any more.
        if interaction.chosen {
            return Err(Step::Account);
        }
        if has(Prompt::SelectAccount) && !self.session.people().is_empty() {
            return Err(Step::Choose);
        }
        if let Some(hint) = &self.options.login_hint {
            return directory.account(hint).ok_or(Step::Account);
        }
        if has(Prompt::Login) || has(Prompt::Create) {
            return Err(Step::Account);
        }
        // `domain_hint` narrows the accounts of the browser to those of one domain.
        let of_domain = |person: &&SignedIn| {
            let domain = person.upn.rsplit_once('@').map(|(_, domain)| domain);
            self.options
                .domain_hint
                .as_deref()
                .is_none_or(|hint| domain.is_some_and(|domain| domain.eq_ignore_ascii_case(hint)))
        };
        let mut people = self.session.people().iter().filter(of_domain);
        match (people.next(), people.next()) {
            (Some(only), None) => directory.account(&only.upn).ok_or(Step::Account),
            (Some(_), Some(_)) => Err(Step::Choose),
            (None, _) => Err(Step::Account),
        }
    }

    /// The sign-in that counts: the one just made, or else that of the browser, if it is recent enough.
    fn signed_in(&self, account: &Account, interaction: &Interaction) -> Option<SignedIn> {
        if let Some(at) = interaction.password_at {
            let serial = self.platform.identifiers().serial();
            let person = SignedIn::new(account.upn.clone(), at, interaction.mfa, serial);
            return Some(person.continuing(self.session.of(account)));
        }
        // OpenID Connect Core §3.1.2.1, prompt=login: the person is asked although they are signed in.
        if self.options.has(Prompt::Login) || self.options.has(Prompt::Create) {
            return None;
        }
        let mut person = self
            .session
            .of(account)
            .filter(|person| self.is_recent(person))?
            .clone();
        person.mfa |= interaction.mfa;
        Some(person)
    }

    /// OpenID Connect Core §3.1.2.1, `max_age`: "If the elapsed time is greater than this value, the OP MUST
    /// attempt to actively re-authenticate the End-User."
    fn is_recent(&self, person: &SignedIn) -> bool {
        self.options
            .max_age
            .is_none_or(|age| self.now <= person.at.plus(age))
    }

    /// The unmet policy that a page can help with. One that no page can help with refuses the sign-in.
    fn unmet(&self, account: &Account, person: &SignedIn) -> Result<Option<Requirement>, Refusal> {
        if !self.platform.people().is_enabled(account) {
            return Err(Refusal::new(50057));
        }
        let (tenant, _) = self.tenant_of(account)?;
        let conditions = self.conditions(account, tenant, person);
        conditions.check_registration()?;
        match conditions.unmet(self.platform) {
            Some(requirement) if requirement.is_hopeless() => {
                Err(conditions.refusal(requirement, self.platform))
            }
            requirement => Ok(requirement),
        }
    }

    fn refusal(&self, account: &Account, person: &SignedIn, requirement: Requirement) -> Refusal {
        match self.tenant_of(account) {
            Ok((tenant, _)) => self
                .conditions(account, tenant, person)
                .refusal(requirement, self.platform),
            Err(refusal) => refusal,
        }
    }

    /// The tenant that the account signs in to, and its object id there.
    fn tenant_of(&self, account: &Account) -> Result<(TenantIndex, Guid), Refusal> {
        let version = self.asked.original.version;
        self.realm
            .of_account(account, version, self.platform.directory())
    }

    fn conditions<'a>(
        &'a self,
        account: &'a Account,
        tenant: TenantIndex,
        person: &SignedIn,
    ) -> Conditions<'a> {
        Conditions {
            account,
            tenant,
            asked: self.asked,
            app: self.app,
            is_named: names_policy(
                &self.options.claims,
                self.platform.directory().tenant(tenant).id,
            ),
            evidence: Evidence {
                now: self.now,
                signed_in: person.at,
                mfa: person.mfa,
            },
        }
    }

    /// Whether people can make accounts of their own here.
    pub(crate) fn offers_sign_up(&self) -> bool {
        !self.device && sign_up::is_offered(self.realm, self.platform.directory())
    }

    fn asks(&self) -> bool {
        self.device || self.options.has(Prompt::Consent)
    }
}
