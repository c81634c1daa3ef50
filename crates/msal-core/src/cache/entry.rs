//! The five kinds of entries in MSAL's token cache.
//!
//! Everything about one kind stands in one file: its fields, how they are read and written, its key, and what it is
//! found by. The fields are the members that MSAL writes. Members that are not known here stay in the text of the
//! entry.

mod access_token;
mod account;
mod app_metadata;
mod fields;
mod id_token;
mod key;
mod refresh_token;
mod text;

pub(super) use access_token::{AccessTokenEntry, EXPIRY_MARGIN};
pub(super) use account::AccountEntry;
pub(super) use app_metadata::AppMetadataEntry;
pub(super) use fields::Fields;
pub(super) use id_token::IdTokenEntry;
pub(super) use refresh_token::RefreshTokenEntry;
pub(super) use text::{entry_size, write_entry};

use std::iter;

use super::dialect::Dialect;
use super::term::{Host, Term};
use crate::json::string_size;
use crate::{Text, UnixTime, case, same_cloud};

/// An entry of one kind.
pub(super) trait Entry: Clone + PartialEq {
    /// Reads the object; `None` when it lacks what makes it an entry of this kind.
    fn read(fields: &Fields<'_>) -> Option<Self>;

    /// The members in the order MSAL Python writes them.
    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>));

    /// The key a new entry is stored under.
    fn storage_key(&self, dialect: Dialect) -> String;

    /// Whether writing this entry leaves no place for `other`, whatever keys they stand under: because it says the same of the
    /// same, or all that is worth saying.
    fn is_same_entry(&self, other: &Self, dialect: Dialect) -> bool;

    /// Where to look for entries that may be the same, among the terms that they are found by.
    fn place(&self) -> Option<Term<'_>>;

    /// All that the entry is found by, if anything.
    fn terms(&self) -> impl Iterator<Item = Term<'_>> {
        iter::empty()
    }
}

/// The term of the entries of an account: a host stands for its cloud.
fn place_of<'a>(home_account_id: Option<&'a Text>, environment: &'a Text) -> Option<Term<'a>> {
    home_account_id.map(|home_account_id| Term::Owner {
        home_account_id: home_account_id.as_str(),
        environment: Host(environment.as_str()),
    })
}

/// Whether two hosts are two names of one cloud.
fn is_under_another_name(one: &Text, other: &Text) -> bool {
    let (one, other) = (one.as_str(), other.as_str());
    !case::is_same(one, other) && same_cloud(one, other)
}

/// Where MSALs write for what assertion a token was got on behalf of a user. An access token has all of them here, a refresh
/// token, which no other MSAL looks for, the first.
const ASSERTIONS: &[&str] = &[ASSERTION, "userAssertionHash"];
const ASSERTION: &str = "user_assertion_hash";

/// One value of an entry.
pub(super) enum Value<'a> {
    /// The member is not written.
    Absent,
    Null,
    Text(&'a str),
    Time(UnixTime),
    List(Vec<String>),
}

impl Value<'_> {
    /// The size of its text if nothing needs an escape, or a few bytes more.
    fn size(&self) -> usize {
        match self {
            Self::Absent => 0,
            Self::Null => 4,
            Self::Text(text) => string_size(text),
            Self::Time(_) => 22,
            Self::List(items) => items.iter().map(|item| 48 + string_size(item)).sum(),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a Text> for Value<'a> {
    fn from(text: &'a Text) -> Self {
        Self::from(text.as_str())
    }
}

impl<'a> From<&'a Option<Text>> for Value<'a> {
    fn from(text: &'a Option<Text>) -> Self {
        text.as_ref().map_or(Self::Null, Self::from)
    }
}

impl From<&UnixTime> for Value<'_> {
    fn from(time: &UnixTime) -> Self {
        Self::Time(*time)
    }
}

/// Adds a member that is left out when there is nothing to say.
fn optional<'a, V>(
    each: &mut dyn FnMut(&'static str, Value<'a>),
    name: &'static str,
    value: &'a Option<V>,
) where
    &'a V: Into<Value<'a>>,
{
    each(name, value.as_ref().map_or(Value::Absent, Into::into));
}
