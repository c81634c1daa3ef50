//! Scopes (RFC 6749 §3.3), and the three that MSAL adds by itself.

mod into_scopes;

use std::str::{FromStr, SplitAsciiWhitespace};
use std::{fmt, iter, option};

use thiserror::Error;

pub use into_scopes::IntoScopes;

use crate::{Text, case};

/// One scope token.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Box<str>);

impl Scope {
    /// Parses one scope token.
    ///
    /// # Errors
    /// [`ScopeError::Invalid`] for an empty token or one with a character outside RFC 6749's `scope-token`.
    pub fn parse(token: &str) -> Result<Self, ScopeError> {
        check(token)?;
        Ok(Self(token.into()))
    }

    /// The v2 scope for an ADAL `resource`: `resource + "/.default"`, with the resource untouched.
    ///
    /// A trailing slash stays, so `https://management.core.windows.net/` becomes
    /// `https://management.core.windows.net//.default`: the doubled slash keeps the slash in the token's audience,
    /// which some APIs compare exactly. The `spn:` prefix that v1 answers carry is dropped, because v2 refuses it.
    ///
    /// # Errors
    /// [`ScopeError::Invalid`] when the resource is empty or holds characters no scope may hold.
    pub fn for_resource(resource: &str) -> Result<Self, ScopeError> {
        let resource = resource.strip_prefix("spn:").unwrap_or(resource);
        if resource.is_empty() || resource.ends_with(DEFAULT_SUFFIX) {
            return Self::parse(resource);
        }
        Self::parse(&format!("{resource}{DEFAULT_SUFFIX}"))
    }

    /// The scope as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is one of the scopes that MSAL adds by itself: `openid`, `profile` and `offline_access`.
    pub fn is_reserved(&self) -> bool {
        is_reserved(&self.0)
    }
}

impl AsRef<str> for Scope {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(token: &str) -> Result<Self, ScopeError> {
        Self::parse(token)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A set of scopes, in code point order as MSAL writes them on the wire and into the cache.
///
/// It is stored as its text, so that cloning and writing it costs the same however many scopes it has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ScopeSet(Text);

impl ScopeSet {
    /// The scopes an application asks for.
    ///
    /// # Errors
    /// [`ScopeError::Reserved`] for `openid`, `profile` and `offline_access`, which MSAL adds by itself;
    /// [`ScopeError::Invalid`] for text that is no scope.
    pub fn requested<S: AsRef<str>>(
        scopes: impl IntoIterator<Item = S>,
    ) -> Result<Self, ScopeError> {
        let mut parsed = Vec::new();
        for scope in scopes {
            check_requested(scope.as_ref())?;
            parsed.push(scope);
        }
        Ok(Self::of(parsed.iter().map(AsRef::as_ref)))
    }

    /// One scope that an application asks for, as [`ScopeSet::requested`] has it; `None` for text that is no single scope.
    fn only(text: &str) -> Option<Result<Self, ScopeError>> {
        is_scope(text).then(|| check_reserved(text).map(|()| Self(text.into())))
    }

    /// Splits a `scope` parameter or a cache entry's `target` at white space; text that is no scope is left out.
    pub fn from_wire(text: &str) -> Self {
        // RFC 6749 §3.3: the order does not matter, so that one order may be chosen for all.
        match is_ordered(text) {
            true => Self(text.into()),
            false => Self::of(text.split_whitespace().filter(|word| is_scope(word))),
        }
    }

    /// As [`ScopeSet::from_wire`], without a copy where the text is in the form of a set already.
    pub fn from_text(text: Text) -> Self {
        match is_ordered(text.as_str()) {
            true => Self(text),
            false => Self::from_wire(text.as_str()),
        }
    }

    fn of<'s>(scopes: impl Iterator<Item = &'s str>) -> Self {
        match ordered(scopes)[..] {
            [scope] => Self(scope.into()),
            ref scopes => Self(scopes.join(" ").into()),
        }
    }

    /// These scopes and the reserved ones: what a user flow sends.
    #[must_use]
    pub fn with_reserved(&self) -> Self {
        Self::of(self.iter().chain(RESERVED_SCOPES))
    }

    /// What [`ScopeSet::with_reserved`] holds, without making the set.
    pub(crate) fn iter_with_reserved(&self) -> impl Iterator<Item = &str> {
        ordered(self.iter().chain(RESERVED_SCOPES)).into_iter()
    }

    /// These scopes without the reserved ones: what may be asked for again.
    #[must_use]
    pub fn without_reserved(&self) -> Self {
        Self::of(self.iter().filter(|scope| !is_reserved(scope)))
    }

    /// The scopes joined by single spaces, as RFC 6749 §3.3 sends them.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The scopes in code point order.
    pub fn iter(&self) -> Words<'_> {
        words(self.as_str())
    }

    /// The first of [`iter`](Self::iter).
    pub(crate) fn first(&self) -> Option<&str> {
        let text = self.as_str();
        match is_one_word(text) {
            true => Some(text),
            false => words(text).next(),
        }
    }

    /// How many scopes there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl AsRef<str> for ScopeSet {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The form of RFC 6749 §3.3: scopes with spaces between them. Unlike [`ScopeSet::from_wire`] it refuses text that is none.
impl FromStr for ScopeSet {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        text.split_ascii_whitespace().map(Scope::parse).collect()
    }
}

impl<'s> IntoIterator for &'s ScopeSet {
    type Item = &'s str;
    type IntoIter = Words<'s>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extend<Scope> for ScopeSet {
    fn extend<I: IntoIterator<Item = Scope>>(&mut self, scopes: I) {
        let more: Self = scopes.into_iter().collect();
        *self = Self::of(self.iter().chain(&more));
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let scopes: Vec<_> = scopes.into_iter().collect();
        Self::of(scopes.iter().map(Scope::as_str))
    }
}

impl From<Scope> for ScopeSet {
    fn from(scope: Scope) -> Self {
        Self(String::from(scope.0).into())
    }
}

fn check_requested(token: &str) -> Result<(), ScopeError> {
    check(token)?;
    check_reserved(token)
}

fn check_reserved(token: &str) -> Result<(), ScopeError> {
    match is_reserved(token) {
        true => Err(ScopeError::Reserved {
            scope: token.to_owned(),
        }),
        false => Ok(()),
    }
}

fn check(token: &str) -> Result<(), ScopeError> {
    match is_scope(token) {
        true => Ok(()),
        false => Err(ScopeError::Invalid {
            scope: token.escape_debug().to_string(),
        }),
    }
}

fn is_scope(token: &str) -> bool {
    // RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
    !token.is_empty() && are_all(token, is_of_scope)
}

fn is_of_scope(byte: u8) -> bool {
    byte.is_ascii_graphic() & (byte != b'"') & (byte != b'\\')
}

/// Whether all bytes are so. Of a part each is looked at, whatever the others are: so the processor takes it at once.
fn are_all(text: &str, is_so: impl Fn(u8) -> bool) -> bool {
    let are_so = |part: &[u8]| part.iter().fold(true, |all, byte| all & is_so(*byte));
    let bytes = text.as_bytes();
    match bytes.last_chunk::<16>() {
        Some(last) => {
            let (parts, _) = bytes.as_chunks::<16>();
            // Some of it was looked at before, which does no harm.
            parts.iter().all(|part| are_so(part)) && are_so(last)
        }
        None => are_so(bytes),
    }
}

/// What stands between the white space of a text.
pub(crate) fn words(text: &str) -> Words<'_> {
    // Mostly there is one.
    let (one, several) = match is_one_word(text) {
        true => (Some(text), ""),
        false => (None, text),
    };
    one.into_iter().chain(several.split_ascii_whitespace())
}

#[inline]
fn is_one_word(text: &str) -> bool {
    // What comes before the space in ASCII is white space or no character.
    !text.is_empty() && are_all(text, |byte| byte > b' ')
}

type Words<'s> = iter::Chain<option::IntoIter<&'s str>, SplitAsciiWhitespace<'s>>;

/// In code point order, each once.
fn ordered<'s>(scopes: impl Iterator<Item = &'s str>) -> Vec<&'s str> {
    let mut scopes: Vec<_> = scopes.collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

/// Whether MSAL adds this scope by itself.
pub(crate) fn is_reserved(scope: &str) -> bool {
    RESERVED_SCOPES
        .iter()
        .any(|reserved| case::is_same(reserved, scope))
}

/// Whether `text` is in the form of a set: scopes in order, each once, with single spaces between them.
fn is_ordered(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Bytes compare as code points do. No scope is empty, so that the first one is greater than nothing.
    let mut last: &[u8] = &[];
    // Mostly it is one.
    is_scope(text)
        || are_all(text, |byte| (byte == b' ') | is_of_scope(byte))
            && bytes
                .split(|byte| *byte == b' ')
                .all(|scope| std::mem::replace(&mut last, scope) < scope)
}

/// Why text is not a scope that may be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// Not a scope token of RFC 6749 §3.3.
    #[error("`{scope}` is not a scope (RFC 6749 §3.3)")]
    #[non_exhaustive]
    Invalid {
        /// What was given, with control characters escaped.
        scope: String,
    },
    /// One of the scopes that MSAL adds by itself: leave it out.
    #[error("the scope `{scope}` is added by the library and must not be passed")]
    #[non_exhaustive]
    Reserved {
        /// The reserved scope.
        scope: String,
    },
}

/// The OpenID Connect scopes that every user flow sends and no caller may pass.
///
/// `openid` brings an ID token (OpenID Connect Core §3.1.2.1), `profile` the user's name in it (§5.4), and
/// `offline_access` a refresh token (§11).
const RESERVED_SCOPES: [&str; 3] = ["offline_access", "openid", "profile"];

/// What an ADAL resource becomes at the v2 endpoint: every permission consented to for it.
const DEFAULT_SUFFIX: &str = "/.default";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_parsed_collected_extended_and_walked() {
        let mut scopes: ScopeSet = "b a".parse().unwrap();
        scopes.extend(["c", "a"].map(|scope| scope.parse::<Scope>().unwrap()));
        assert_eq!(scopes.to_string(), "a b c");
        assert_eq!((&scopes).into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!("a \\".parse::<ScopeSet>().is_err());
        assert!("".parse::<ScopeSet>().unwrap().is_empty());
    }

    #[test]
    fn a_resource_becomes_its_default_scope_untouched() {
        let table = [
            (
                "https://graph.microsoft.com",
                "https://graph.microsoft.com/.default",
            ),
            (
                "https://management.core.windows.net/",
                "https://management.core.windows.net//.default",
            ),
            (
                "00000002-0000-0000-c000-000000000000",
                "00000002-0000-0000-c000-000000000000/.default",
            ),
            (
                "spn:00000002-0000-0000-c000-000000000000",
                "00000002-0000-0000-c000-000000000000/.default",
            ),
            ("api://name/.default", "api://name/.default"),
        ];
        for (resource, scope) in table {
            assert_eq!(Scope::for_resource(resource).unwrap().as_str(), scope);
        }
        assert!(Scope::for_resource("").is_err());
        assert!(Scope::for_resource("spn:").is_err());
        assert!(Scope::for_resource("two words").is_err());
    }

    #[test]
    fn capital_letters_come_first_on_the_wire() {
        let scopes = ScopeSet::requested(["b", "User.Read", "a", "a"]).unwrap();
        assert_eq!(
            scopes.with_reserved().as_str(),
            "User.Read a b offline_access openid profile"
        );
    }

    #[test]
    fn reserved_scopes_are_refused_and_can_be_stripped() {
        assert!(ScopeSet::requested(["OpenID"]).is_err());
        let error = ScopeSet::requested(["User.Read", "openid"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the scope `openid` is added by the library and must not be passed"
        );
        let stored = ScopeSet::from_wire("openid User.Read profile offline_access");
        assert_eq!(stored.without_reserved().as_str(), "User.Read");
    }

    #[test]
    fn text_of_the_wire_becomes_a_set() {
        let table = [
            ("", ""),
            ("a", "a"),
            ("a b", "a b"),
            ("b a", "a b"),
            ("a a", "a"),
            (" a\tb  ", "a b"),
            ("a\tb", "a b"),
            ("a\u{b}b", "a b"),
            ("a b ", "a b"),
            ("a \"b\" c", "a c"),
            ("a\u{e5} Z", "Z"),
        ];
        for (text, written) in table {
            let scopes = ScopeSet::from_wire(text);
            assert_eq!(scopes.as_str(), written, "{text}");
            assert_eq!(scopes.iter().collect::<Vec<_>>().join(" "), written);
            assert_eq!(scopes.len(), written.split_whitespace().count(), "{text}");
            assert_eq!(scopes.is_empty(), written.is_empty(), "{text}");
        }
    }

    #[test]
    fn every_character_counts_wherever_it_stands() {
        let whole = "https://graph.microsoft.com/User.ReadWrite.All";
        for (end, _) in whole.char_indices().skip(1) {
            let text = &whole[..end];
            assert!(Scope::parse(text).is_ok(), "{text}");
            for place in 0..end {
                let with = |other| format!("{}{other}{}", &text[..place], &text[place + 1..]);
                assert!(Scope::parse(&with('"')).is_err(), "{}", with('"'));
                let spaced = with(' ');
                let expected: Vec<_> = spaced.split_whitespace().collect();
                assert_eq!(words(&spaced).collect::<Vec<_>>(), expected);
            }
        }
    }

    #[test]
    fn control_characters_are_escaped_in_errors() {
        let error = Scope::parse("a\u{1b}[31m").unwrap_err();
        assert!(!error.to_string().contains('\u{1b}'));
    }
}
