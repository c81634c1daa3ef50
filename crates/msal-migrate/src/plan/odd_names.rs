//! Clients and tenants that Entra hardly knows by the names that rows have for them.
//!
//! Nothing is refused for it: who answers decides. At hosts that are not Microsoft's, names may be any.

use std::fmt;

use hashbrown::HashMap;
use msal_core::{Cloud, Tenant};

use crate::record::Locator;
use crate::record::token_shape::is_encrypted;

/// A client or a tenant that is neither a GUID nor, for a tenant, a domain.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OddName {
    /// What it should be.
    pub of: NameOf,
    /// The name itself, where it can be nothing secret.
    pub name: Option<String>,
    /// What it looks like.
    pub looks_like: LooksLike,
    /// Whether the rows are left out; else their tokens are sent with that name as it stands.
    pub is_skipped: bool,
    /// How many rows have it.
    pub rows: u64,
    /// The first of them.
    pub first: Locator,
}

/// What a name should be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NameOf {
    /// An application.
    Client,
    /// A directory.
    Tenant,
}

impl NameOf {
    /// The word for people and scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Tenant => "tenant",
        }
    }
}

/// What a text looks like that is no name of a client or a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LooksLike {
    /// An application ID URI: `api://…`.
    AppIdUri,
    /// A domain, in the place of a client.
    Domain,
    /// Nearly a GUID.
    GuidWithSlip,
    /// Hexadecimal digits alone, as many as a GUID has.
    GuidWithoutHyphens,
    /// A GUID in braces, brackets or quotation marks.
    GuidInBraces,
    /// A GUID with more before or behind it.
    MoreThanGuid,
    /// A word or several, as people call an application or an organisation.
    DisplayName,
    /// What stands for nothing: `null`, `-`.
    Placeholder,
    /// A secret, or a token.
    Secret,
    /// A URL.
    Url,
    /// A URL that is not of https.
    UnencryptedUrl,
    /// The name of a user.
    User,
}

impl LooksLike {
    /// The name for scripts.
    pub fn code(self) -> &'static str {
        match self {
            Self::AppIdUri => "app_id_uri",
            Self::Domain => "domain",
            Self::GuidWithSlip => "guid_with_slip",
            Self::GuidWithoutHyphens => "guid_without_hyphens",
            Self::GuidInBraces => "guid_in_braces",
            Self::MoreThanGuid => "more_than_guid",
            Self::DisplayName => "display_name",
            Self::Placeholder => "placeholder",
            Self::Secret => "secret",
            Self::Url => "url",
            Self::UnencryptedUrl => "unencrypted_url",
            Self::User => "user",
        }
    }

    /// What it is, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::AppIdUri => "an application ID URI",
            Self::Domain => "a domain",
            Self::GuidWithSlip => "a GUID with a slip in it",
            Self::GuidWithoutHyphens => "a GUID without its hyphens",
            Self::GuidInBraces => "a GUID in braces or quotation marks",
            Self::MoreThanGuid => "a GUID with more around it",
            Self::DisplayName => "a display name",
            Self::Placeholder => "a word for nothing",
            Self::Secret => "a secret or a token",
            Self::Url => "a URL",
            Self::UnencryptedUrl => "a URL that is not https",
            Self::User => "the name of a user",
        }
    }
}

impl OddName {
    /// What the operator can do about it, in one line.
    pub fn hint(&self) -> &'static str {
        match (self.of, self.looks_like) {
            (_, LooksLike::Secret) => "check that the right column is mapped: --map FIELD=COLUMN",
            (NameOf::Client, LooksLike::User) => {
                "check that the right column is mapped: --map client_id=COLUMN"
            }
            (NameOf::Client, _) => {
                "the client is the `Application (client) ID` of the app registration, a GUID: correct the rows, or name it with --client-id"
            }
            (NameOf::Tenant, LooksLike::User) => {
                "check that the right column is mapped: --map tenant=COLUMN"
            }
            (NameOf::Tenant, LooksLike::DisplayName) => {
                "a tenant is a GUID or a domain such as contoso.onmicrosoft.com: correct the rows, or name it with --authority https://login.microsoftonline.com/TENANT"
            }
            (NameOf::Tenant, _) => {
                "a tenant is a GUID or a domain: correct the rows, or name it with --authority https://login.microsoftonline.com/TENANT"
            }
        }
    }
}

/// An odd name as it was found.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Odd {
    of: NameOf,
    looks_like: LooksLike,
    is_skipped: bool,
    name: Option<String>,
}

/// What is odd about the names that a token is redeemed with.
pub(super) fn odd(client_id: &str, host: &str, tenant: &Tenant) -> Vec<Odd> {
    if Cloud::of(host).is_none() {
        return Vec::new();
    }
    let client = (!is_client(client_id)).then(|| Odd::new(NameOf::Client, client_id, false));
    let tenant = match tenant {
        Tenant::Domain(name) if !is_domain(name) => Some(Odd::new(NameOf::Tenant, name, false)),
        _ => None,
    };
    client.into_iter().chain(tenant).collect()
}

/// What is odd about an authority that is none.
pub(super) fn odd_authority(stored: &str) -> Odd {
    Odd::new(NameOf::Tenant, stored, true)
}

impl Odd {
    fn new(of: NameOf, text: &str, is_skipped: bool) -> Self {
        let text = text.trim();
        Self {
            of,
            looks_like: looks_like(text),
            is_skipped,
            name: shown(text).map(str::to_owned),
        }
    }
}

/// Odd names so far.
#[derive(Default)]
pub(super) struct OddNames(HashMap<Odd, (u64, Locator)>);

impl OddNames {
    pub(super) fn add(&mut self, odd: &Odd, locator: &Locator) {
        if let Some((rows, _first)) = self.0.get_mut(odd) {
            *rows += 1;
            return;
        }
        // Beyond so many, those that look alike are counted together.
        let odd = match self.0.len() < MOST_NAMES {
            true => odd.clone(),
            false => Odd {
                name: None,
                ..odd.clone()
            },
        };
        self.0.entry(odd).or_insert_with(|| (0, locator.clone())).0 += 1;
    }

    /// Those that most rows have first.
    pub(super) fn into_sorted(self) -> Vec<OddName> {
        let mut all: Vec<_> = self.0.into_iter().collect();
        all.sort_unstable_by(|(one, (ones, _)), (other, (others, _))| {
            (others, one).cmp(&(ones, other))
        });
        let named = |(odd, (rows, first)): (Odd, (u64, Locator))| OddName {
            of: odd.of,
            name: odd.name,
            looks_like: odd.looks_like,
            is_skipped: odd.is_skipped,
            rows,
            first,
        };
        all.into_iter().map(named).collect()
    }
}

impl fmt::Debug for OddNames {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OddNames({})", self.0.len())
    }
}

/// Whether it is a client as Entra knows them: a GUID, or the 16 hexadecimal digits of one that was registered for personal
/// accounts alone.
fn is_client(text: &str) -> bool {
    is_guid(text) || text.len() == 16 && is_hex(text)
}

fn looks_like(text: &str) -> LooksLike {
    let lower = text.to_ascii_lowercase();
    let bare = text.trim_matches(|it: char| it.is_whitespace() || BRACES.contains(&it));
    match &*lower {
        _ if PLACEHOLDERS.contains(&&*lower) => LooksLike::Placeholder,
        _ if is_guid(bare) => LooksLike::GuidInBraces,
        _ if lower.len() == 32 && is_hex(&lower) => LooksLike::GuidWithoutHyphens,
        _ if lower.starts_with("api://") || lower.starts_with("spn:") => LooksLike::AppIdUri,
        _ if lower.starts_with("http://") => LooksLike::UnencryptedUrl,
        _ if lower.contains("://") => LooksLike::Url,
        _ if text.contains('@') => LooksLike::User,
        _ if is_nearly_guid(bare) => LooksLike::GuidWithSlip,
        _ if has_guid(text) => LooksLike::MoreThanGuid,
        _ if is_secret(text) => LooksLike::Secret,
        _ if is_domain(text) => LooksLike::Domain,
        _ => LooksLike::DisplayName,
    }
}

/// The name of a client or a tenant, where it can be neither a secret nor a person: a mapping may have mixed columns up.
pub(crate) fn shown(text: &str) -> Option<&str> {
    let bare = text.trim_matches(|it: char| BRACES.contains(&it));
    let of_uri = text.strip_prefix("api://").unwrap_or(bare);
    let is_name = !text.contains(['@', '/', '\\'])
        && !text.chars().any(char::is_control)
        && !is_secret(text)
        && (text.len() < SHORT || text.contains(' ') && text.len() <= LONGEST_NAME);
    let is_shown = is_guid(bare)
        || is_guid(of_uri)
        || is_domain(of_uri) && !is_secret(of_uri)
        || is_nearly_guid(bare)
        || is_name;
    is_shown.then_some(text)
}

/// Whether one of the words is rather a secret than a scope.
pub(crate) fn are_scopes_shown(scopes: &str) -> bool {
    let is_secret = |word: &str| !word.contains('/') && is_secret(word);
    !scopes.split_whitespace().any(is_secret)
}

/// Whether it may be a secret or a token: it has one's beginning, or is as long as one and of all kinds of characters.
fn is_secret(text: &str) -> bool {
    let has = |is_of_kind: fn(&u8) -> bool| text.as_bytes().iter().any(is_of_kind);
    let is_mixed = text.len() >= SHORT
        && !text.contains(' ')
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_digit);
    // Clients are compared, and counted, in lower case.
    let is_token = text.len() >= 24
        && TOKENS.iter().any(|start| {
            text.get(..start.len())
                .is_some_and(|it| it.eq_ignore_ascii_case(start))
        });
    is_mixed || is_token || is_encrypted(text)
}

fn is_guid(text: &str) -> bool {
    matches!(Tenant::parse(text), Ok(Tenant::Id(_)))
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether it has a GUID's hyphens and about its length.
fn is_nearly_guid(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let is_part = |part: &&str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    (4..=6).contains(&parts.len())
        && (32..=40).contains(&text.len())
        && parts.iter().all(is_part)
        && digits + 6 >= text.len() - (parts.len() - 1)
}

fn has_guid(text: &str) -> bool {
    let is_part = |it: char| it.is_ascii_hexdigit() || it == '-';
    text.split(|it: char| !is_part(it)).any(is_guid)
}

/// RFC 1035 §2.3.4 for lengths; the last label of a name on the Internet begins with a letter.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte >= 0x80;
        (1..=63).contains(&label.len()) && label.bytes().all(is_part)
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(is_label)
        && last.starts_with(|it: char| it.is_alphabetic())
}

/// What people and programs put around a GUID.
const BRACES: [char; 14] = [
    '{', '}', '(', ')', '[', ']', '<', '>', '"', '\'', '“', '”', '‘', '’',
];

/// What stands for nothing.
const PLACEHOLDERS: [&str; 14] = [
    "-",
    "--",
    "0",
    "false",
    "n/a",
    "na",
    "nil",
    "none",
    "null",
    "nan",
    "true",
    "undefined",
    "unknown",
    "tbd",
];

/// How refresh tokens of Microsoft begin, and JSON web tokens.
const TOKENS: [&str; 6] = ["0.A", "1.A", "AQAB", "M.C", "M.R", "eyJ"];

/// Shorter texts are no secrets that were generated.
const SHORT: usize = 16;

/// Names of people's choice are no longer.
const LONGEST_NAME: usize = 40;

/// How many names are told apart.
const MOST_NAMES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "11111111-2222-4333-8444-555555555555";

    #[test]
    fn names_are_told_by_what_they_look_like() {
        use LooksLike as L;
        for (text, expected) in [
            ("{11111111-2222-4333-8444-555555555555}", L::GuidInBraces),
            ("'11111111-2222-4333-8444-555555555555'", L::GuidInBraces),
            ("“11111111-2222-4333-8444-555555555555”", L::GuidInBraces),
            ("11111111222243338444555555555555", L::GuidWithoutHyphens),
            ("1111111-2222-4333-8444-555555555555", L::GuidWithSlip),
            ("11111111-2222-4333-8444-55555555555O", L::GuidWithSlip),
            ("id=11111111-2222-4333-8444-555555555555", L::MoreThanGuid),
            ("api://11111111-2222-4333-8444-555555555555", L::AppIdUri),
            ("api://mail.contoso.example", L::AppIdUri),
            ("https://login.microsoftonline.com/x/oauth2/token", L::Url),
            ("http://contoso.example", L::UnencryptedUrl),
            ("eva@contoso.example", L::User),
            ("NULL", L::Placeholder),
            ("contoso.example", L::Domain),
            ("Contoso Mail", L::DisplayName),
            ("contoso", L::DisplayName),
            ("abc8Q~ThisIsNoRealSecret.ButLooksLike1", L::Secret),
            ("0.AXoAabcdefghijklmnopqrstuvwxyz", L::Secret),
        ] {
            assert_eq!(looks_like(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_is_shown_that_may_be_a_secret_or_a_person() {
        for text in [
            ID,
            "{11111111-2222-4333-8444-555555555555}",
            "1111111-2222-4333-8444-555555555555",
            "api://11111111-2222-4333-8444-555555555555",
            "contoso.example",
            "Contoso Mail App 2019",
            "contoso",
            "c-1",
        ] {
            assert_eq!(shown(text), Some(text));
        }
        for text in [
            "abc8Q~ThisIsNoRealSecret.ButLooksLike1",
            "0.AXoAabcdefghijklmnopqrstuvwxyz",
            "1.AXoAabcdefghijklmnopqrstuvwxyz.abcdef",
            "M.C555_BAY.0.U.-abcdefghijkl",
            "0.axoaabcdefghijklmnopqrstuvwxyz",
            "eyJhbGciOiJub25lIn0.e30.x",
            "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.abcdefghijkl",
            "0123456789abcdef0123456789abcdef",
            "correct-horse-battery-staple",
            "aGVsbG8gd29ybGQ/aGVsbG8gd29ybGQ=",
            "eva@contoso.example",
            "https://user:password@contoso.example/x",
            "a\nb",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
        assert!(are_scopes_shown(
            "User.Read https://graph.microsoft.com/Mail.Read2 11111111-2222-4333-8444-555555555555/.default"
        ));
        assert!(!are_scopes_shown("abc8Q~ThisIsNoRealSecret.ButLooksLike1"));
        assert!(!are_scopes_shown(
            "User.Read 0.AXoAabcdefghijklmnopqrstuvwxyz"
        ));
    }

    #[test]
    fn only_what_entra_hardly_knows_is_odd() {
        let microsofts = "login.microsoftonline.com";
        let tenant = |text: &str| Tenant::parse(text).unwrap();
        for (client, name) in [
            (ID, "contoso.example"),
            (ID, "organizations"),
            (ID, ID),
            ("000000004C12AE6F", "consumers"),
        ] {
            assert!(odd(client, microsofts, &tenant(name)).is_empty());
        }
        assert_eq!(odd("app", microsofts, &tenant("contoso")).len(), 2);
        assert!(odd("app", "idp.contoso.example", &tenant("contoso")).is_empty());
    }

    #[test]
    fn so_many_names_are_told_apart_and_no_more() {
        let mut names = OddNames::default();
        let locator = Locator::new(&"f".into(), crate::record::Place::Line(2));
        for number in 0..1000 {
            names.add(
                &Odd::new(NameOf::Client, &format!("app {number}"), false),
                &locator,
            );
        }
        let names = names.into_sorted();
        assert_eq!(names.len(), MOST_NAMES + 1);
        assert_eq!(names.iter().map(|name| name.rows).sum::<u64>(), 1000);
        assert_eq!(names[0].rows, 1000 - MOST_NAMES as u64);
    }
}
