//! Counts of what a plan does and leaves out.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use http::Uri;

use super::odd_names::{self, OddName};
use super::resolve::Group;
use super::warning::{Warning, Warnings};
use crate::record::{Locator, SkipReason};

/// What a plan does and leaves out, in numbers.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Summary {
    /// All rows of the source.
    pub rows: u64,
    /// Redemptions: distinct refresh tokens and clients.
    pub tokens: u64,
    /// Rows whose token is redeemed for another row.
    pub duplicates: u64,
    /// Redemptions per client, most first.
    pub clients: Vec<Count>,
    /// Redemptions per host of the authority, most first.
    pub hosts: Vec<Count>,
    /// Redemptions per tenant, most first.
    pub tenants: Vec<Count>,
    /// Redemptions per set of scopes, most first.
    pub scopes: Vec<Count>,
    /// Rows that are left out, per reason.
    pub skipped: Vec<SkipCount>,
    /// Clients and tenants that are named otherwise than Entra names them. Of very many, some are counted together.
    pub odd_names: Vec<OddName>,
    /// What to know, and for how many redemptions.
    pub warnings: Vec<(Warning, u64)>,
}

impl Summary {
    /// Where a client or a tenant may be a secret or a person, because columns were mixed up, what stands for it.
    pub fn shown_name(name: &str) -> &str {
        match odd_names::shown(name) {
            Some(name) => name,
            None if name == OTHERS => name,
            None => HIDDEN,
        }
    }

    /// Where scopes may be a secret, because columns were mixed up, what stands for them.
    pub fn shown_scopes(scopes: &str) -> &str {
        match odd_names::are_scopes_shown(scopes) {
            true => scopes,
            false => HIDDEN,
        }
    }
}

/// How often something occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Count {
    /// What is counted.
    pub name: String,
    /// How often.
    pub count: u64,
}

/// Rows that are left out for one reason.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SkipCount {
    /// The reason.
    pub reason: SkipReason,
    /// How many rows.
    pub count: u64,
    /// The first few of them.
    pub examples: Vec<Locator>,
    /// The first few hosts they name, where the host is the reason.
    pub hosts: Vec<String>,
}

/// The counts while they grow.
#[derive(Default)]
pub(super) struct Tally {
    tokens: u64,
    duplicates: u64,
    clients: HashMap<String, u64>,
    hosts: HashMap<String, u64>,
    tenants: HashMap<String, u64>,
    scopes: HashMap<String, u64>,
    warnings: BTreeMap<Warning, u64>,
}

impl Tally {
    pub(super) fn add(&mut self, group: Option<&Group>, duplicates: u32, warnings: Warnings) {
        self.tokens += 1;
        self.duplicates += u64::from(duplicates);
        for warning in warnings.iter() {
            *self.warnings.entry(warning).or_default() += 1;
        }
        match group {
            Some(group) => {
                increment(&mut self.clients, &group.client_id);
                increment(&mut self.hosts, group.authority.host());
                increment(&mut self.tenants, group.authority.tenant().as_str());
                increment(&mut self.scopes, group.scopes.as_str());
            }
            None => {
                increment(&mut self.clients, OTHERS);
                increment(&mut self.hosts, OTHERS);
                increment(&mut self.tenants, OTHERS);
                increment(&mut self.scopes, OTHERS);
            }
        }
    }

    pub(super) fn into_summary(self, rows: u64, skips: Skips, odd_names: Vec<OddName>) -> Summary {
        Summary {
            rows,
            tokens: self.tokens,
            duplicates: self.duplicates,
            clients: most_first(self.clients),
            hosts: most_first(self.hosts),
            tenants: most_first(self.tenants),
            scopes: most_first(self.scopes),
            skipped: skips.0.into_values().collect(),
            odd_names,
            warnings: self.warnings.into_iter().collect(),
        }
    }
}

fn increment(names: &mut HashMap<String, u64>, name: &str) {
    *names.entry_ref(name).or_default() += 1;
}

fn most_first(names: HashMap<String, u64>) -> Vec<Count> {
    let mut counts: Vec<_> = names
        .into_iter()
        .map(|(name, count)| Count { name, count })
        .collect();
    counts.sort_unstable_by(|one, other| (other.count, &one.name).cmp(&(one.count, &other.name)));
    counts
}

/// The host alone: the rest of a stored text can be anything, and must not be printed.
fn host_of(authority: &str) -> Option<String> {
    let url: Uri = authority.parse().ok()?;
    url.host().map(str::to_owned)
}

/// Rows left out so far.
#[derive(Default)]
pub(super) struct Skips(BTreeMap<SkipReason, SkipCount>);

impl Skips {
    pub(super) fn add(&mut self, reason: SkipReason, locator: Locator, authority: Option<&str>) {
        let skip = self.0.entry(reason).or_insert_with(|| SkipCount {
            reason,
            count: 0,
            examples: Vec::new(),
            hosts: Vec::new(),
        });
        skip.count += 1;
        // A few rows are enough to find the cause; the count says how many there are.
        if skip.examples.len() < EXAMPLES {
            skip.examples.push(locator);
        }
        let host = match reason {
            SkipReason::UnknownAuthority => authority.and_then(host_of),
            _ => None,
        };
        if let Some(host) = host
            && skip.hosts.len() < EXAMPLES
            && !skip.hosts.contains(&host)
        {
            skip.hosts.push(host);
        }
    }
}

/// How many rows are named for each reason.
const EXAMPLES: usize = 5;

/// The name for what is not shown.
const HIDDEN: &str = "(not shown: it may be a secret or a person)";

/// The name for everything beyond what is told apart.
const OTHERS: &str = "(others)";
