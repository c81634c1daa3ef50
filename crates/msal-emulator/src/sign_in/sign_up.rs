//! Accounts that people make for themselves, where their tenant lets them.

use super::interaction::{Interaction, Purpose};
use crate::access::Realm;
use crate::directory::{Directory, DirectoryBuilder, Tenant, User};
use crate::memory::Platform;
use crate::protocol::Call;

/// The account that somebody wants to make.
#[derive(Debug)]
pub(crate) struct NewAccount<'c> {
    upn: &'c str,
    password: &'c str,
    domain: String,
    given_name: Option<&'c str>,
    family_name: Option<&'c str>,
}

/// Why an account is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignUpProblem {
    NoAddress,
    NotHere,
    Taken,
    WeakPassword,
}

impl<'c> NewAccount<'c> {
    /// Reads the form of the sign-up page.
    pub(crate) fn read(
        platform: Platform<'_>,
        call: &'c Call<'_>,
        interaction: &Interaction,
    ) -> Result<Self, SignUpProblem> {
        let directory = platform.directory();
        let domain = domain(&interaction.tenant, directory).ok_or(SignUpProblem::NotHere)?;
        if !matches!(interaction.purpose, Purpose::Authorize(_)) {
            return Err(SignUpProblem::NotHere);
        }
        let upn = call.parameter("username").unwrap_or_default().trim();
        if !is_address(upn) {
            return Err(SignUpProblem::NoAddress);
        }
        if directory.account(upn).is_some() {
            return Err(SignUpProblem::Taken);
        }
        let password = call.parameter("password").unwrap_or_default();
        if password.chars().count() < SHORTEST_PASSWORD {
            return Err(SignUpProblem::WeakPassword);
        }
        Ok(Self {
            upn,
            password,
            domain,
            given_name: call.parameter("given_name"),
            family_name: call.parameter("family_name"),
        })
    }

    /// What is to be added to the directory.
    pub(crate) fn declaration(&self) -> DirectoryBuilder {
        let mut user = User::new(self.upn, self.password);
        user.given_name = self.given_name.map(str::to_owned);
        user.family_name = self.family_name.map(str::to_owned);
        Directory::builder().tenant(Tenant::new(&self.domain).user(user))
    }
}

impl SignUpProblem {
    /// What the page says.
    pub(crate) fn alert(self) -> &'static str {
        match self {
            Self::NoAddress => "Enter an email address.",
            Self::NotHere => "Accounts cannot be made here.",
            Self::Taken => "There is an account with that name already. Sign in instead.",
            Self::WeakPassword => "Choose a password of at least eight characters.",
        }
    }
}

/// Whether people can make accounts of their own at a URL.
pub(crate) fn is_offered(realm: Realm, directory: &Directory) -> bool {
    realm
        .tenant()
        .is_some_and(|tenant| directory.tenant(tenant).sign_up)
}

fn domain(segment: &str, directory: &Directory) -> Option<String> {
    let realm = Realm::find(segment, directory).ok()?;
    let tenant = directory.tenant(realm.tenant()?);
    tenant.sign_up.then(|| tenant.domain().to_owned())
}

fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    let whole = |(name, domain): (&str, &str)| !name.is_empty() && domain.contains('.');
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    plain && text.len() <= 113 && text.matches('@').count() == 1 && parts.is_some_and(whole)
}

const SHORTEST_PASSWORD: usize = 8;
