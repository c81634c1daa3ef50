//! What a directory holds, for people who start an emulator and want to know whom to sign in as.

use super::Directory;
use super::app::STANDARD;
use super::index::TenantIndex;
use super::user::PatternEntry;

/// A tenant of a [`Directory`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TenantOverview {
    /// Its GUID.
    pub id: String,
    /// The name shown to people.
    pub name: String,
    /// Its first domain.
    pub domain: String,
    /// Sign-in names of a few of its users; of a pattern, the first.
    pub users: Vec<String>,
}

/// A client of a [`Directory`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppOverview {
    /// Its client id.
    pub client_id: String,
    /// The name shown to people.
    pub name: String,
    /// Whether it may ask for tokens without a secret.
    pub public: bool,
    /// Whether it is in the family of client ids.
    pub family: bool,
}

impl Directory {
    /// The tenants, in the order they were declared.
    pub fn tenants(&self) -> impl Iterator<Item = TenantOverview> + '_ {
        self.tenants.iter().enumerate().map(|(index, tenant)| {
            let lives_here = |home: TenantIndex| home.0 == index;
            let declared = self
                .accounts
                .values()
                .filter(|account| lives_here(account.home));
            let mut users: Vec<String> = declared.map(|account| account.upn.clone()).collect();
            users.sort_unstable();
            users.truncate(SHOWN);
            let patterns = self
                .patterns
                .iter()
                .filter(|pattern| lives_here(pattern.home()));
            users.extend(patterns.map(PatternEntry::first));
            TenantOverview {
                id: tenant.id.to_string(),
                name: tenant.name.clone(),
                domain: tenant.domain.clone(),
                users,
            }
        })
    }

    /// The clients, in the order they were declared, and then those that every directory has.
    pub fn apps(&self) -> impl Iterator<Item = AppOverview> + '_ {
        let (standard, declared) = self.apps.split_at(STANDARD);
        declared.iter().chain(standard).map(|app| AppOverview {
            client_id: app.client_id.clone(),
            name: app.name.clone(),
            public: app.public,
            family: app.family,
        })
    }
}

const SHOWN: usize = 10;
