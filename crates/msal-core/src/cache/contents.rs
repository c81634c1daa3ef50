//! What is in a cache, told without a secret in it: for people who look for what is wrong with one.

use hashbrown::{HashMap, HashSet};

use super::TokenCache;
use super::dialect::Dialect;
use super::entry::Entry;
use super::sections::{DocumentMember, Section};
use super::table::Table;
use super::term::{Host, Term};
use crate::{Cloud, Text, UnixTime, same_cloud};

/// What is in a token cache. It holds no token, no name of a user and no identifier of one.
///
/// Text in it is what the document says, whoever wrote that: hosts, tenants, and names of members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheContents {
    /// The five sections, in the order MSAL Python writes them.
    pub sections: Vec<SectionContents>,
    /// Members of the document that are no sections, and are kept.
    pub other_members: Vec<String>,
    /// Access tokens that have not expired.
    pub valid_access_tokens: usize,
    /// When the last of them expires.
    pub valid_until: Option<UnixTime>,
    /// Access tokens of applications themselves, which no user has.
    pub application_access_tokens: usize,
    /// Access tokens that are for one purpose only: bound to a key, or asked for with claims or other fields.
    pub bound_access_tokens: usize,
    /// Access and refresh tokens that were got on behalf of a user, each for one assertion or session.
    pub on_behalf_tokens: usize,
    /// When the refresh token was stored that has lain there the longest.
    pub oldest_refresh_token: Option<UnixTime>,
    /// When the last refresh token was stored.
    pub newest_refresh_token: Option<UnixTime>,
    /// Refresh tokens without a time, as MSAL Node writes them.
    pub undated_refresh_tokens: usize,
    /// Refresh tokens that all clients of a family share.
    pub family_refresh_tokens: usize,
    /// Whose users there are: by host and tenant, in the order in which they were first stored.
    pub tenants: Vec<TenantContents>,
    /// What is out of the ordinary.
    pub oddities: Vec<Oddity>,
}

/// What is in one section.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SectionContents {
    /// Its name in the document.
    pub name: &'static str,
    /// Its entries, with those that could not be understood.
    pub entries: usize,
}

/// The accounts of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TenantContents {
    /// The host that they are stored under.
    pub environment: String,
    /// The tenant.
    pub realm: String,
    /// How many users were seen there.
    pub users: usize,
}

/// Something in a cache that is out of the ordinary, and that no reader stops at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Oddity {
    /// What it is.
    pub kind: OddityKind,
    /// The section that it is in; `None` where it is not in one.
    pub section: Option<&'static str>,
    /// How many entries there are of the kind.
    pub count: usize,
}

/// What is out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OddityKind {
    /// The same entry stands under several keys: which one counts depends on who reads.
    Duplicate,
    /// Entries of one cloud stand under several of its host names.
    MixedHosts,
    /// Entries are spelled as several MSALs do.
    MixedSpelling,
    /// Nothing says when an access token expires: it counts as expired.
    NoExpiry,
    /// An account has no refresh token: its user must sign in when its access token has expired.
    NoRefreshToken,
    /// A host is none of Microsoft's.
    OtherHost,
    /// An entry stands under a key that no MSAL gives it.
    OtherKey,
    /// A token is there, and its account is not: no MSAL lists its user.
    Ownerless,
    /// An entry could not be understood; it is kept.
    Unreadable,
    /// A user's token does not say whose it is.
    Userless,
    /// The time when it was stored has yet to come.
    YetToCome,
}

impl TokenCache {
    /// Counts what is in the cache at `now`. It costs one pass over all entries.
    pub fn contents(&self, now: UnixTime) -> CacheContents {
        let mut contents = CacheContents {
            sections: self.section_contents(),
            other_members: self.other_members(),
            ..CacheContents::default()
        };
        self.count_access_tokens(&mut contents, now);
        self.count_refresh_tokens(&mut contents);
        self.count_accounts(&mut contents);
        contents.oddities = self.oddities(now);
        contents
    }

    fn section_contents(&self) -> Vec<SectionContents> {
        let sections = Section::ALL.into_iter().map(|section| SectionContents {
            name: section.name(),
            entries: match section {
                Section::AccessToken => self.access_tokens.len(),
                Section::Account => self.accounts.len(),
                Section::IdToken => self.id_tokens.len(),
                Section::RefreshToken => self.refresh_tokens.len(),
                Section::AppMetadata => self.app_metadata.len(),
            },
        });
        sections.collect()
    }

    fn other_members(&self) -> Vec<String> {
        let members = self.layout.members().iter();
        let names = members.filter_map(|member| match member {
            DocumentMember::Section(_) => None,
            DocumentMember::Unknown { name, .. } => Some(name.to_string()),
        });
        names.collect()
    }

    fn count_access_tokens(&self, contents: &mut CacheContents, now: UnixTime) {
        for entry in self.access_tokens.entries() {
            if entry.expires_on > now {
                contents.valid_access_tokens += 1;
                contents.valid_until = contents.valid_until.max(Some(entry.expires_on));
            }
            contents.application_access_tokens += usize::from(entry.is_of_application());
            contents.on_behalf_tokens += usize::from(entry.assertion.is_some());
            let is_apart = entry.is_bound() || entry.ext_cache_key.is_some();
            let is_apart = is_apart && entry.assertion.is_none();
            contents.bound_access_tokens += usize::from(is_apart);
        }
    }

    fn count_refresh_tokens(&self, contents: &mut CacheContents) {
        for entry in self.refresh_tokens.entries() {
            contents.on_behalf_tokens += usize::from(entry.assertion.is_some());
            contents.family_refresh_tokens += usize::from(entry.family_id.is_some());
            let Some(stored) = entry.last_modification_time else {
                contents.undated_refresh_tokens += 1;
                continue;
            };
            let oldest = contents.oldest_refresh_token.unwrap_or(stored);
            contents.oldest_refresh_token = Some(oldest.min(stored));
            contents.newest_refresh_token = contents.newest_refresh_token.max(Some(stored));
        }
    }

    fn count_accounts(&self, contents: &mut CacheContents) {
        let mut places: HashMap<(&str, &str), usize> = HashMap::new();
        let mut users: HashSet<(usize, &str)> = HashSet::new();
        for entry in self.accounts.entries() {
            let place = (entry.environment.as_str(), entry.realm.as_str());
            let number = *places.entry(place).or_insert_with(|| {
                contents.tenants.push(TenantContents {
                    environment: entry.environment.to_string(),
                    realm: entry.realm.to_string(),
                    users: 0,
                });
                contents.tenants.len() - 1
            });
            let is_new = users.insert((number, entry.home_account_id.as_str()));
            if let Some(tenant) = contents.tenants.get_mut(number).filter(|_| is_new) {
                tenant.users += 1;
            }
        }
    }

    fn oddities(&self, now: UnixTime) -> Vec<Oddity> {
        let mut found = Found::default();
        found.look_at(Section::AccessToken, &self.access_tokens, false);
        found.look_at(Section::Account, &self.accounts, true);
        found.look_at(Section::IdToken, &self.id_tokens, true);
        found.look_at(Section::RefreshToken, &self.refresh_tokens, true);
        found.look_at(Section::AppMetadata, &self.app_metadata, true);

        let access_tokens = self.access_tokens.entries();
        let undated = access_tokens.filter(|entry| entry.expires_on == UnixTime::default());
        found.add(OddityKind::NoExpiry, Section::AccessToken, undated.count());
        let stored_at = self
            .refresh_tokens
            .entries()
            .map(|entry| entry.last_modification_time);
        let yet_to_come = stored_at.filter(|time| time.is_some_and(|time| time > now));
        found.add(
            OddityKind::YetToCome,
            Section::RefreshToken,
            yet_to_come.count(),
        );
        let owners = self
            .refresh_tokens
            .entries()
            .filter(|entry| entry.assertion.is_none())
            .map(|entry| entry.home_account_id.as_ref());
        found.add(
            OddityKind::Userless,
            Section::RefreshToken,
            owners.filter(Option::is_none).count(),
        );
        let owners = self
            .id_tokens
            .entries()
            .map(|entry| entry.home_account_id.as_ref());
        found.add(
            OddityKind::Userless,
            Section::IdToken,
            owners.filter(Option::is_none).count(),
        );
        self.find_ownerless(&mut found);
        self.find_hosts(&mut found);
        found.oddities
    }

    /// Tokens without an account, and accounts without a token that renews.
    fn find_ownerless(&self, found: &mut Found) {
        let has_account = |id: Option<&Text>, environment: &Text| {
            id.is_none_or(|id| self.accounts.find(&owner(id, environment)).next().is_some())
        };
        // What was got on behalf of a user is found without an account.
        let refresh_tokens = self
            .refresh_tokens
            .entries()
            .filter(|entry| entry.assertion.is_none());
        let ownerless = refresh_tokens
            .filter(|entry| !has_account(entry.home_account_id.as_ref(), &entry.environment));
        found.add(
            OddityKind::Ownerless,
            Section::RefreshToken,
            ownerless.count(),
        );
        let access_tokens = self
            .access_tokens
            .entries()
            .filter(|entry| entry.assertion.is_none());
        let ownerless = access_tokens
            .filter(|entry| !has_account(entry.home_account_id.as_ref(), &entry.environment));
        found.add(
            OddityKind::Ownerless,
            Section::AccessToken,
            ownerless.count(),
        );
        let accounts = self.accounts.entries().filter(|entry| {
            let owner = owner(&entry.home_account_id, &entry.environment);
            self.refresh_tokens.find(&owner).next().is_none()
        });
        found.add(
            OddityKind::NoRefreshToken,
            Section::Account,
            accounts.count(),
        );
    }

    /// Hosts that are not Microsoft's, and clouds that go by several names.
    fn find_hosts(&self, found: &mut Found) {
        let hosts = |found: &mut Found, section, hosts: &mut dyn Iterator<Item = &Text>| {
            let mut known: Vec<&str> = Vec::new();
            let mut others = 0;
            for host in hosts.map(Text::as_str) {
                others += usize::from(Cloud::of(host).is_none());
                if !known.contains(&host) && known.len() < MOST_HOSTS {
                    known.push(host);
                }
            }
            found.add(OddityKind::OtherHost, section, others);
            let is_mixed = |host: &&&str| {
                let is_other = |other: &&str| other != *host && same_cloud(other, host);
                Cloud::of(host).is_some() && known.iter().any(is_other)
            };
            found.add(
                OddityKind::MixedHosts,
                section,
                known.iter().filter(is_mixed).count(),
            );
        };
        let environments = &mut self.accounts.entries().map(|entry| &entry.environment);
        hosts(found, Section::Account, environments);
        let environments = &mut self
            .refresh_tokens
            .entries()
            .map(|entry| &entry.environment);
        hosts(found, Section::RefreshToken, environments);
    }
}

/// The oddities that were found.
#[derive(Default)]
struct Found {
    oddities: Vec<Oddity>,
}

impl Found {
    fn add(&mut self, kind: OddityKind, section: Section, count: usize) {
        if count > 0 {
            self.oddities.push(Oddity {
                kind,
                section: Some(section.name()),
                count,
            });
        }
    }

    /// What can be odd about an entry of any kind.
    fn look_at<E: Entry>(&mut self, section: Section, table: &Table<E>, is_one_of_a_kind: bool) {
        let (mut unreadable, mut other_keys, mut duplicates) = (0, 0, 0);
        // How many entries only one spelling gives their key.
        let mut spellings = [0_usize; DIALECTS.len()];
        for record in table.records() {
            let Some(entry) = record.entry() else {
                unreadable += 1;
                continue;
            };
            let is_key = DIALECTS.map(|dialect| record.key == entry.storage_key(dialect).as_str());
            match is_key.iter().filter(|is_it| **is_it).count() {
                0 => other_keys += 1,
                1 => {
                    for (count, is_it) in spellings.iter_mut().zip(is_key) {
                        *count += usize::from(is_it);
                    }
                }
                _ => {}
            }
            let has_others = || {
                table
                    .others(&record.key, entry, Dialect::Python)
                    .next()
                    .is_some()
            };
            duplicates += usize::from(is_one_of_a_kind && has_others());
        }
        self.add(OddityKind::Unreadable, section, unreadable);
        self.add(OddityKind::OtherKey, section, other_keys);
        self.add(OddityKind::Duplicate, section, duplicates);
        let is_mixed = spellings.iter().filter(|count| **count > 0).count() > 1;
        if is_mixed {
            self.add(OddityKind::MixedSpelling, section, spellings.iter().sum());
        }
    }
}

fn owner<'a>(home_account_id: &'a Text, environment: &'a Text) -> Term<'a> {
    Term::Owner {
        home_account_id: home_account_id.as_str(),
        environment: Host(environment.as_str()),
    }
}

const DIALECTS: [Dialect; 3] = [Dialect::Python, Dialect::Node, Dialect::Node3];

/// All clouds have fewer names together; of further hosts it is not told how they mix.
const MOST_HOSTS: usize = 64;
