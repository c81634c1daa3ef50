//! Under which name of its cloud a sign-in is stored.

use super::dialect::Dialect;
use super::entry::AccountEntry;
use crate::{Cloud, Text};

/// The hosts that the accounts of a cache stand under.
#[derive(Clone, Default)]
pub(super) struct Hosts(Option<Vec<Text>>);

impl Hosts {
    /// What a new entry of `dialect` has as `environment` for an authority on `host`.
    ///
    /// MSAL Python lists the accounts under the name of its authority and, only where there are none, those under one other
    /// name of the cloud. Under its own name the first account would hide all others from it, so a cache that another
    /// library has begun is gone on with under the name that it has. MSAL Node looks under all names, and writes one.
    pub(super) fn environment<'e>(
        &mut self,
        host: &str,
        dialect: Dialect,
        accounts: impl Iterator<Item = &'e AccountEntry>,
    ) -> String {
        let own = dialect.environment(host);
        let Some(cloud) = Cloud::of(&own).filter(|_| dialect == Dialect::Python) else {
            return own;
        };
        let hosts = self.0.get_or_insert_with(|| distinct(accounts));
        let is_used = |name: &str| hosts.iter().any(|host| *host == name);
        let other = cloud.aliases.iter().find(|name| is_used(name));
        match other {
            Some(other) if !is_used(&own) => (*other).to_owned(),
            _ => own,
        }
    }

    /// Takes note of an account's host.
    pub(super) fn add(&mut self, host: &Text) {
        if let Some(hosts) = &mut self.0
            && !hosts.contains(host)
        {
            hosts.push(host.clone());
        }
    }

    /// Forgets them: they are found out again when they are asked for.
    pub(super) fn forget(&mut self) {
        self.0 = None;
    }
}

fn distinct<'e>(accounts: impl Iterator<Item = &'e AccountEntry>) -> Vec<Text> {
    let mut hosts: Vec<Text> = Vec::new();
    for account in accounts {
        if !hosts.contains(&account.environment) {
            hosts.push(account.environment.clone());
        }
    }
    hosts
}
