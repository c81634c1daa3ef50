//! One token response, as any library stored it: an object whose members have many names and, in some stores, stand in
//! an object inside it.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::source::read::json::members::Member;
use crate::source::row::alias::field_named;
use crate::source::row::collector::Collector;
use crate::source::row::field::Field;
use crate::source::row::stored_row::StoredRow;
use crate::source::row::value::StoredValue;

/// Members that hold the token response itself: yup-oauth2 and Home Assistant, omniauth, Zammad, n8n.
const WRAPPERS: [&str; 6] = [
    "auth",
    "credentials",
    "oauthTokenData",
    "token",
    "tokenResponse",
    "token_response",
];

/// How deep token responses are wrapped, at most.
const DEEPEST: u8 = 2;

/// An object with the fields of one token response.
pub(crate) struct TokenObject<'a> {
    pub(crate) stored: StoredRow<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for TokenObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut collector = Collector::default();
        deserializer.deserialize_map(Members {
            collector: &mut collector,
            depth: 0,
        })?;
        Ok(Self {
            stored: collector.into_stored_row(),
        })
    }
}

/// Whether an object with this member may be a token response, or hold one.
pub(crate) fn is_telling(member: &Member) -> bool {
    let name = member.name.as_str();
    if member.is_object() {
        return WRAPPERS.contains(&name);
    }
    // Many other objects have a name and a key too.
    let is_field = field_named(name)
        .is_some_and(|(field, _rank)| !matches!(field, Field::Key | Field::Username));
    is_field || ACCESS_TOKEN_MEMBERS.contains(&name)
}

/// Offers the members of an object, and those of the objects it wraps, to a collector.
struct Members<'c, 'a> {
    collector: &'c mut Collector<'a>,
    depth: u8,
}

impl<'de: 'a, 'a> Visitor<'de> for Members<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(StoredValue::Text(name)) = map.next_key()? {
            if let Some((field, rank)) = field_named(&name) {
                // What stands outside describes the row; what is wrapped, the token. Both may name the user.
                let rank = rank + self.depth * 8;
                self.collector.offer(field, rank, map.next_value()?);
            } else if self.depth < DEEPEST && WRAPPERS.contains(&name.as_ref()) {
                map.next_value_seed(Wrapped(Members {
                    collector: self.collector,
                    depth: self.depth + 1,
                }))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// A member that holds a token response if it is an object, and is of no interest otherwise.
struct Wrapped<'c, 'a>(Members<'c, 'a>);

impl<'de: 'a, 'a> DeserializeSeed<'de> for Wrapped<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Wrapped<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.0.visit_map(map)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
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

/// Members of a token response that say nothing about the refresh token.
const ACCESS_TOKEN_MEMBERS: [&str; 5] = [
    "access_token",
    "accessToken",
    "AccessToken",
    "token_type",
    "tokenType",
];
