//! A record as it will be redeemed, and the small tables that make comparing millions of them cheap.

use std::hash::{BuildHasher, Hash};
use std::rc::Rc;

use hashbrown::{DefaultHashBuilder, HashMap};
use msal_core::{ScopeSet, Tenant, TrustedAuthority, comparable_username};

use super::authority::{self, ChosenAuthority};
use super::criteria::Criteria;
use super::odd_names::{self, Odd};
use super::options::PlanOptions;
use super::scopes::{self, ChosenScopes};
use super::warning::{Warning, Warnings};
use crate::record::{Record, SkipReason, UserHints};

/// How a record will be redeemed.
pub(super) struct Resolved {
    pub(super) way: Rc<Way>,
    pub(super) warnings: Warnings,
}

/// How all records on the same criteria will be redeemed.
pub(super) struct Way {
    /// In the spelling by which caches are searched: what the user named, or else what the store says.
    pub(super) client_id: String,
    pub(super) group: Group,
    /// Where a user who is of another tenant is at home.
    pub(super) home: Option<TrustedAuthority>,
    /// What is odd about the names of its client and its tenant.
    pub(super) odd: Vec<Odd>,
    /// How much the records say: more is better.
    pub(super) rank: u8,
    warnings: Warnings,
}

/// Decides how records are redeemed. Remembers what it has decided, because most records of a source differ in nothing
/// but user and token.
pub(super) struct Resolver<'a> {
    options: &'a PlanOptions,
    ways: HashMap<Criteria<'static>, Result<Rc<Way>, SkipReason>>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(options: &'a PlanOptions) -> Self {
        Self {
            options,
            ways: HashMap::new(),
        }
    }

    /// Decides how `record` is redeemed, or why it is not.
    pub(super) fn resolve(&mut self, record: &Record) -> Result<Resolved, SkipReason> {
        let way = self.way(Criteria::of(record))?;
        let mut warnings = way.warnings;
        warnings.insert_if(Warning::OldToken, is_old(record, self.options));
        warnings.insert_if(Warning::UnlikelyToken, is_unlikely(record));
        Ok(Resolved { way, warnings })
    }

    fn way(&mut self, criteria: Criteria<'_>) -> Result<Rc<Way>, SkipReason> {
        if let Some(way) = known(&self.ways, &criteria) {
            return way.clone();
        }
        if self.ways.len() == REMEMBERED {
            // All at once: a source with so many ways has them in no order that would tell which to forget.
            self.ways.clear();
        }
        let way = Way::decide(&criteria, self.options).map(Rc::new);
        self.ways.insert(criteria.into_owned(), way.clone());
        way
    }
}

/// Looks a key up in a map whose keys live longer: a call with one lifetime for both would need a key of the map's.
fn known<'m, 'k, V>(map: &'m HashMap<Criteria<'k>, V>, key: &Criteria<'k>) -> Option<&'m V> {
    map.get(key)
}

impl Way {
    fn decide(criteria: &Criteria<'_>, options: &PlanOptions) -> Result<Self, SkipReason> {
        let ChosenAuthority {
            authority,
            home,
            is_specific,
            mut warnings,
        } = authority::choose(criteria, options.authority.as_ref())?;
        let client_id = client_id(criteria, options)?;
        let ChosenScopes {
            scopes,
            rank,
            warnings: about_scopes,
        } = scopes::choose(criteria, authority.host(), options)?;
        // Last, so that what is wrong with a row is the same whatever is chosen.
        let is_wanted = is_among(&options.only_clients, &client_id)
            && is_among(&options.only_tenants, authority.tenant().as_str());
        if !is_wanted {
            return Err(SkipReason::NotChosen);
        }
        warnings = warnings.and(about_scopes);
        warnings.insert_if(Warning::FirstPartyClient, is_first_party(&client_id));
        let odd = odd_names::odd(&client_id, authority.host(), authority.tenant());
        let goes_elsewhere = !authority.tenant().is_shared();
        warnings.insert_if(
            Warning::SharedAuthority,
            goes_elsewhere && names_shared_tenant(criteria),
        );
        Ok(Self {
            group: Group {
                client_id: client_id.to_ascii_lowercase(),
                authority,
                scopes,
            },
            odd,
            client_id,
            home,
            // A tenant that the user visits serves nobody who asks at theirs, or at one that all share.
            rank: rank
                + match (criteria.is_guest, is_specific) {
                    (true, _) => 0,
                    (false, false) => 4,
                    (false, true) => 8,
                },
            warnings,
        })
    }
}

/// Whether the store says that users signed in at `organizations` or `common`.
fn names_shared_tenant(criteria: &Criteria<'_>) -> bool {
    let mut segments = criteria.authority.as_deref().unwrap_or_default().split('/');
    segments.any(|segment| {
        matches!(
            Tenant::parse(segment.trim()),
            Ok(Tenant::Common | Tenant::Organizations)
        )
    })
}

fn client_id(criteria: &Criteria<'_>, options: &PlanOptions) -> Result<String, SkipReason> {
    match (&criteria.client_id, &options.client_id) {
        (Some(stored), Some(named)) if !stored.eq_ignore_ascii_case(named) => {
            Err(SkipReason::OtherClient)
        }
        // The user's spelling: caches are searched by it, and case counts there.
        (_, Some(named)) => Ok(named.clone()),
        (Some(stored), None) if is_first_party(stored) => Err(SkipReason::FirstPartyClient),
        (Some(stored), None) => Ok(stored.clone().into_owned()),
        (None, None) => Err(SkipReason::NoClientId),
    }
}

/// Whether all are meant, or this one by its name.
fn is_among(names: &[String], name: &str) -> bool {
    names.is_empty() || names.iter().any(|it| it.eq_ignore_ascii_case(name))
}

fn is_first_party(client_id: &str) -> bool {
    FIRST_PARTY
        .iter()
        .any(|known| known.eq_ignore_ascii_case(client_id))
}

fn is_old(record: &Record, options: &PlanOptions) -> bool {
    match (record.last_refreshed, options.now) {
        (Some(refreshed), Some(now)) => refreshed.until(now).as_secs() > LIFETIME_SECONDS,
        _ => false,
    }
}

/// Google's tokens start so, and RFC 6749 appendix A.17 allows no more than visible ASCII and spaces.
fn is_unlikely(record: &Record) -> bool {
    let token = record.refresh_token.expose_secret();
    // Folded instead of stopped early, so that the compiler compares many bytes at once.
    let is_odd = |found: bool, byte: u8| found | !(0x21..=0x7e).contains(&byte);
    token.starts_with("1//") || token.bytes().fold(false, is_odd)
}

/// Tells users apart by 32 bits of a hash per name, which is enough for a warning.
#[derive(Default)]
pub(super) struct People {
    hasher: DefaultHashBuilder,
}

impl People {
    /// The user's name and object identifier, hashed; 0 where unknown.
    pub(super) fn person(&self, user: &UserHints) -> (u32, u32) {
        let object_id = user.oid.as_deref().map(str::to_ascii_lowercase);
        (
            self.hash(user.username.as_deref().map(comparable_username)),
            self.hash(object_id),
        )
    }

    /// Whether these are two people. A guest has another object identifier in every tenant, so names decide.
    pub(super) fn differ(one: (u32, u32), other: (u32, u32)) -> bool {
        let known_and_different = |one, other| one != 0 && other != 0 && one != other;
        if one.0 != 0 && other.0 != 0 {
            return one.0 != other.0;
        }
        known_and_different(one.1, other.1)
    }

    /// What is known from both.
    pub(super) fn known(one: (u32, u32), other: (u32, u32)) -> (u32, u32) {
        let first = |one, other| if one == 0 { other } else { one };
        (first(one.0, other.0), first(one.1, other.1))
    }

    fn hash(&self, name: Option<String>) -> u32 {
        name.map_or(0, |name| {
            let hash = self.hasher.hash_one(name);
            // 0 stands for a name that is unknown.
            (hash as u32).max(1)
        })
    }
}

/// The different ways records are redeemed in, numbered.
#[derive(Default)]
pub(super) struct Groups {
    numbers: HashMap<Group, u32>,
    names: Vec<Group>,
}

/// What tokens that are redeemed alike have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Group {
    /// In lower case.
    pub(super) client_id: String,
    pub(super) authority: TrustedAuthority,
    pub(super) scopes: ScopeSet,
}

impl Groups {
    pub(super) fn intern(&mut self, group: &Group) -> u32 {
        if let Some(number) = self.numbers.get(group) {
            return *number;
        }
        if self.names.len() == MOST_GROUPS {
            return u32::MAX;
        }
        let number = self.names.len() as u32;
        self.names.push(group.clone());
        self.numbers.insert(group.clone(), number);
        number
    }

    pub(super) fn name(&self, number: u32) -> Option<&Group> {
        self.names.get(number as usize)
    }
}

/// Clients of programs that everybody has, whose stores are not an application's own: Azure CLI, Azure PowerShell, rclone,
/// abraunegg's OneDrive client and DavMail.
const FIRST_PARTY: [&str; 5] = [
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    "1950a258-227b-4e31-a9cf-717495945fc2",
    "b15665d9-eda6-4092-8539-0eec376afd59",
    "d50ca740-c83f-4d1b-b616-12c519384f0c",
    "facd6cff-a294-4415-b59f-c5b01937d7bd",
];

/// After this time without use a refresh token has expired.
const LIFETIME_SECONDS: u64 = 90 * 24 * 60 * 60;

/// How many different groups are told apart; a bound on memory for sources with a tenant per user.
const MOST_GROUPS: usize = 65_536;

/// How many different ways are remembered.
const REMEMBERED: usize = 4096;
