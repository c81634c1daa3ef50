//! The account that MSAL shows to applications.

use std::fmt;

use crate::HomeAccountId;

/// An account in the token cache: what an application lists, and passes back for a silent call.
///
/// `Debug` leaves the user name out: it is often an e-mail address, and debug output ends in logs.
#[derive(Clone, PartialEq, Eq)]
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

    /// Whether this describes the user as the home tenant knows them.
    pub(crate) fn is_of_home_tenant(&self) -> bool {
        self.home_account_id.is_at_home_in(&self.realm)
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
