//! The account that MSAL shows to applications.

use std::fmt;

use crate::{Authority, AuthorityError, HomeAccountId, Tenant};

/// An account in the token cache: what an application lists, and passes back for a silent call.
///
/// `Debug` leaves the user name out: it is often an e-mail address, and debug output ends in logs. `Display` is for the
/// user's own eyes: the user name or, where there is none, the [`HomeAccountId`].
///
/// Two are equal when all that is known of them is. To see whether they are one user, compare their home account ids.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Account {
    /// Identifies the user across tenants.
    pub home_account_id: HomeAccountId,
    /// The cloud host the account's tokens are stored under.
    pub environment: String,
    /// The tenant that the other fields are of: the home tenant if the account was seen there, else that where it was seen
    /// last.
    pub realm: String,
    /// The user's identifier in that tenant.
    pub local_account_id: String,
    /// The user principal name, for display and as a login hint; may be empty and may change.
    pub username: String,
}

impl Account {
    /// What a silent call needs to know of an account that is not in a cache at hand.
    pub fn new(home_account_id: HomeAccountId, environment: impl Into<String>) -> Self {
        Self {
            home_account_id,
            environment: environment.into(),
            realm: String::new(),
            local_account_id: String::new(),
            username: String::new(),
        }
    }

    /// The authority that an application of this account would name, of the kind that the account has: Entra ID,
    /// External ID, AD FS, or the B2C policy that the user signed in with. `host` is the account's environment, or what
    /// is known to be its host, with its port.
    ///
    /// # Security
    /// What it answers is what a file says: see [`TrustedAuthority::admit`](crate::TrustedAuthority::admit).
    ///
    /// # Errors
    /// [`AuthorityError`] when the host is none, the realm is no tenant, or nothing says which policy it is.
    pub fn authority_at(&self, host: &str) -> Result<Authority, AuthorityError> {
        match self.home_account_id.policy() {
            Some(policy) => Authority::policy_at_host(host, &self.realm, policy),
            None => Authority::at_host(host, Tenant::parse(&self.realm)?),
        }
    }

    /// Whether this is a personal Microsoft account: by its home or, where nothing tells that, by where it was seen.
    pub fn is_personal(&self) -> bool {
        let home = self.home_account_id.as_str().rsplit_once('.');
        let tenants = [home.map_or("", |(_uid, utid)| utid), &self.realm];
        tenants
            .into_iter()
            .any(|tenant| Tenant::parse(tenant).is_ok_and(|tenant| tenant.is_personal()))
    }

    /// Whether this describes the user as the home tenant knows them.
    pub(crate) fn is_of_home_tenant(&self) -> bool {
        self.home_account_id.is_at_home_in(&self.realm)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.username.as_str() {
            "" => self.home_account_id.as_str(),
            name => name,
        })
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Account")
            .field("home_account_id", &self.home_account_id)
            .field("environment", &self.environment)
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AuthorityKind;

    #[test]
    fn a_user_name_is_displayed_and_not_debugged() {
        let mut account = Account::new("u.t".into(), "login.microsoftonline.com");
        assert_eq!(account.to_string(), "u.t");
        account.username = "alice@contoso.example".to_owned();
        assert_eq!(account.to_string(), "alice@contoso.example");
        assert!(!format!("{account:?}").contains("alice"));
    }

    #[test]
    fn an_account_keeps_the_kind_of_its_authority() {
        let guid = "0e8a3f2c-1111-4222-8333-abcdefabcdef";
        let policy = "u-b2c_1_susi.0e8a3f2c-1111-4222-8333-abcdefabcdef";
        for (home, host, realm, expected) in [
            ("u.t", "login.windows.net", guid, Ok(AuthorityKind::Entra)),
            (
                "u.t",
                "contoso.ciamlogin.com",
                guid,
                Ok(AuthorityKind::Ciam),
            ),
            ("s", "fs.contoso.example", "adfs", Ok(AuthorityKind::Adfs)),
            (policy, "contoso.b2clogin.com", guid, Ok(AuthorityKind::B2c)),
            (
                policy,
                "login.contoso.example",
                guid,
                Ok(AuthorityKind::B2c),
            ),
            ("u.t", "contoso.b2clogin.com", guid, Err("policy")),
            ("u-b2c_1_a b.t", "contoso.b2clogin.com", guid, Err("policy")),
            ("u.t", "contoso.ciamlogin.com", "a/b", Err("tenant")),
            (policy, "a@contoso.b2clogin.com", guid, Err("host")),
        ] {
            let mut account = Account::new(HomeAccountId::new(home), host);
            account.realm = realm.to_owned();
            let authority = account.authority_at(host);
            match expected {
                Ok(kind) => assert_eq!(authority.unwrap().kind(), kind, "{home} {host}"),
                Err(what) => {
                    let error = authority.unwrap_err().to_string();
                    assert!(error.contains(what), "{home} {host}: {error}");
                }
            }
        }
        let mut account = Account::new(HomeAccountId::new(policy), "contoso.b2clogin.com");
        account.realm = "contoso.onmicrosoft.com".to_owned();
        let authority = account.authority_at("contoso.b2clogin.com").unwrap();
        assert_eq!(
            authority.to_string(),
            "https://contoso.b2clogin.com/contoso.onmicrosoft.com/b2c_1_susi"
        );
    }
}
