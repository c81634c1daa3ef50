//! Which members of JSON objects became which field: the first objects are looked at.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::token_object::{self, WRAPPERS};
use crate::source::row::alias::field_named;
use crate::source::row::field::Field;
use crate::source::row::layout::{Found, RowLayout};
use crate::source::row::likely::{DEEPEST, Likely};
use crate::source::row::recipe::Recipe;
use crate::source::row::shown_name::{is_harmless, shown};
use crate::source::row::value::StoredValue;

/// What the first objects have.
pub(crate) struct Sample<'r> {
    recipe: &'r Recipe,
    objects: usize,
    found: Vec<Found>,
    likely: Likely,
}

impl<'r> Sample<'r> {
    pub(crate) fn new(recipe: &'r Recipe) -> Self {
        Self {
            recipe,
            objects: 0,
            found: Vec::new(),
            likely: Likely::default(),
        }
    }

    /// Whether no more objects are looked at.
    pub(crate) fn is_full(&self) -> bool {
        self.objects >= OBJECTS
    }

    pub(crate) fn see(&mut self, object: &[u8]) {
        self.objects += 1;
        let look = Look {
            path: &mut Vec::new(),
            is_wrapped: true,
            sample: self,
        };
        // What cannot be read to its end is worth what was seen of it.
        let _read = look.deserialize(&mut serde_json::Deserializer::from_slice(object));
    }

    pub(crate) fn into_layout(self) -> RowLayout {
        let layout = RowLayout::of(self.recipe, &self.found, |_index| true);
        match layout.wants_likely(self.recipe) {
            true => layout.with_likely(&self.likely),
            false => layout,
        }
        .without_people()
    }

    fn add(&mut self, path: &[String], by_name: Option<(Field, u8)>) {
        let Some(column) = path.first() else { return };
        let place = match path {
            [name] => shown(name),
            path if path.iter().all(|name| is_harmless(name)) => format!("/{}", path.join("/")),
            path => shown(&path.join("/")),
        };
        if self.found.len() < MEMBERS && !self.found.iter().any(|it| it.place == place) {
            self.found.push(Found {
                place,
                column: column.clone(),
                by_name,
            });
        }
    }

    /// The field that a member is by its name, if its objects are looked into for names.
    fn field(&self, name: &str, depth: usize) -> Option<(Field, u8)> {
        let (field, rank) = field_named(name)?;
        let depth = u8::try_from(depth).unwrap_or(u8::MAX);
        self.recipe
            .takes_member(field, name, depth)
            .then(|| (field, token_object::rank(rank, depth)))
    }
}

/// Walks through an object.
struct Look<'s, 'r, 'p> {
    sample: &'s mut Sample<'r>,
    path: &'p mut Vec<String>,
    /// Whether what stands here is read by its names.
    is_wrapped: bool,
}

impl Look<'_, '_, '_> {
    fn value(self, text: Option<&str>) {
        self.sample.add(self.path, None);
        let path: Vec<_> = self.path.iter().map(String::as_str).collect();
        self.sample.likely.see(&path, text);
        if let ([name], Some(text)) = (path.as_slice(), text) {
            self.sample.likely.see_json(name, text);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Look<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let depth = self.path.len();
        while let Some(StoredValue::Text(name)) = map.next_key()? {
            let field = match self.is_wrapped {
                true => self.sample.field(&name, depth),
                false => None,
            };
            let is_wrapped = self.is_wrapped
                && depth < usize::from(token_object::DEEPEST)
                && WRAPPERS.contains(&name.as_ref());
            self.path.push(name.into_owned());
            if field.is_some() || depth >= usize::from(DEEPEST) {
                self.sample.add(self.path, field);
                map.next_value::<serde::de::IgnoredAny>()?;
            } else {
                map.next_value_seed(Look {
                    sample: &mut *self.sample,
                    path: &mut *self.path,
                    is_wrapped,
                })?;
            }
            self.path.pop();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        self.value(None);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.value(Some(text));
        Ok(())
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<(), E> {
        self.value(None);
        Ok(())
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<(), E> {
        self.value(None);
        Ok(())
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<(), E> {
        self.value(None);
        Ok(())
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<(), E> {
        self.value(None);
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.value(None);
        Ok(())
    }
}

/// How many objects are looked at.
const OBJECTS: usize = 100;

/// How many members are known, at most.
const MEMBERS: usize = 256;
