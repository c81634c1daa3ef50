//! One token response (RFC 6749 §5.1) as any OAuth 2.0 library stored it: an object whose members have the many names of
//! `alias`, and in some stores stand in an object inside it.
//!
//! Among what this reads: requests-oauthlib and O365 before 2.1 (`scope` is a list, `expires_at` a number), Authlib and
//! openid-client 5 (`scope` is a string), simple-oauth2 (`expires_at` is ISO 8601), golang.org/x/oauth2 (`expiry`),
//! league/oauth2-client (`expires`), sasl-xoauth2 (`expiry` is a number as text), mutt_oauth2.py
//! (`access_token_expiration`), oama (`exp_date`), and the answer of App Service's `/.auth/me`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::source::read::json::members::Member;
use crate::source::row::alias::field_named;
use crate::source::row::collector::Collector;
use crate::source::row::field::Field;
use crate::source::row::recipe::Recipe;
use crate::source::row::stored_row::StoredRow;
use crate::source::row::value::StoredValue;

/// Reads the members of one token response, as far as a recipe leaves them to their usual names.
pub(crate) struct ByUsualNames<'r>(pub(crate) &'r Recipe);

impl<'de> DeserializeSeed<'de> for ByUsualNames<'_> {
    type Value = StoredRow<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let mut collector = Collector::default();
        deserializer.deserialize_map(Members {
            collector: &mut collector,
            recipe: self.0,
            depth: 0,
        })?;
        Ok(collector.into_stored_row())
    }
}

/// Whether an object with this member may be a token response, or hold one.
pub(crate) fn is_telling(member: &Member) -> bool {
    let name = member.name.as_str();
    if member.is_object() {
        return WRAPPERS.contains(&name);
    }
    // Keys and user names do not tell: many other objects have them.
    let is_field = field_named(name).is_some_and(|(field, _rank)| {
        !matches!(field, Field::ClientSecret | Field::Key | Field::Username)
    });
    is_field || ACCESS_TOKEN_MEMBERS.contains(&name)
}

/// Whether a member is a token of a token response, or an object that one may be wrapped in.
pub(crate) fn names_token(member: &Member) -> bool {
    let name = member.name.as_str();
    match member.is_object() {
        true => WRAPPERS.contains(&name),
        false => {
            matches!(field_named(name), Some((Field::RefreshToken, _rank)))
                || ACCESS_TOKEN_MEMBERS.contains(&name)
        }
    }
}

/// The rank of a member whose name has `rank`, in so many wrappers.
pub(super) fn rank(rank: u8, wrappers: u8) -> u8 {
    rank + wrappers * RANKS
}

/// Offers the members of an object, and those of the objects wrapped in it, to a collector. A wrapper that is no object
/// is ignored: omniauth writes the access token under `token`.
struct Members<'c, 'a> {
    collector: &'c mut Collector<'a>,
    recipe: &'c Recipe,
    /// How many objects stand around this one.
    depth: u8,
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for Members<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Members<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(StoredValue::Text(name)) = map.next_key()? {
            let named = field_named(&name);
            let is_taken = |(field, _): &_| self.recipe.takes_member(*field, &name, self.depth);
            if let Some((field, name_rank)) = named.filter(is_taken) {
                // The outer object describes the row and the wrapped one only the token, so outer members come first.
                let rank = rank(name_rank, self.depth);
                self.collector.offer(field, rank, map.next_value()?);
            } else if self.depth < DEEPEST && WRAPPERS.contains(&name.as_ref()) {
                map.next_value_seed(Members {
                    collector: self.collector,
                    recipe: self.recipe,
                    depth: self.depth + 1,
                })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _value: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _value: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _value: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _value: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _value: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Members that hold the token response itself: of yup-oauth2 and Home Assistant (`token`), omniauth (`credentials`),
/// Zammad (`auth`) and n8n (`oauthTokenData`).
pub(super) const WRAPPERS: [&str; 6] = [
    "auth",
    "credentials",
    "oauthTokenData",
    "token",
    "tokenResponse",
    "token_response",
];

/// How many wrappers may stand around a token response.
pub(super) const DEEPEST: u8 = 2;

/// More than the ranks that aliases have.
const RANKS: u8 = 8;

/// Members of a token response that no field is made of.
const ACCESS_TOKEN_MEMBERS: [&str; 5] = [
    "access_token",
    "accessToken",
    "AccessToken",
    "token_type",
    "tokenType",
];
