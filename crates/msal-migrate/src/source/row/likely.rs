//! What to type to have a store read whose fields have names of their own: where each field most probably is.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::alias::field_named;
use super::field::{FIELDS, Field};
use super::issuer::is_guid;
use super::shown_name::is_harmless;
use super::value::StoredValue;
use crate::record::token_shape::is_microsofts;

/// The fields of a row, each where it most probably is.
#[derive(Debug, Default)]
pub(crate) struct Likely {
    /// For each field its place, and how far the guess is from a certain one.
    found: Vec<(Field, u8, String)>,
    /// One of the names may be a person's or a token, so that none is shown.
    has_hidden: bool,
}

impl Likely {
    /// The columns of a table, with the values of a row where there is one.
    pub(crate) fn of_columns<'a>(
        names: impl Iterator<Item = &'a str>,
        mut values: impl Iterator<Item = &'a str>,
    ) -> Self {
        let mut likely = Self::default();
        for name in names {
            likely.see_column(name, values.next());
        }
        likely
    }

    /// Takes note of a column and of a value in it.
    pub(crate) fn see_column(&mut self, name: &str, value: Option<&str>) {
        self.see(&[name], value);
        if let Some(json) = value {
            self.see_json(name, json);
        }
    }

    /// Takes note of a value that `path` leads to from the row: a column or member alone, or a member of a member.
    pub(crate) fn see(&mut self, path: &[&str], value: Option<&str>) {
        match path {
            [] => {}
            [name] if !is_harmless(name) => self.has_hidden = true,
            [name] => self.offer((*name).to_owned(), name, 0, value),
            [outer @ .., name] => {
                if let Some(pointer) = pointer_below_any(path) {
                    self.offer(pointer, name, outer.len(), value);
                }
            }
        }
    }

    /// Takes note of what is in a column that holds JSON, which may stand in a JSON string as often as it is unwrapped.
    pub(crate) fn see_json(&mut self, column: &str, text: &str) {
        let mut inner = Zeroizing::new(String::new());
        for _nesting in 0..2 {
            let outer = if inner.is_empty() { text } else { &inner };
            let unwrapped = match outer.trim_start().starts_with('"') {
                true => serde_json::from_str(outer).ok(),
                false => None,
            };
            let Some(unwrapped) = unwrapped else { break };
            inner = Zeroizing::new(unwrapped);
        }
        let json = if inner.is_empty() { text } else { &inner };
        if !json.trim_start().starts_with('{') || !is_plain(column) {
            return;
        }
        let look = Look {
            likely: self,
            place: format!("{column}:"),
            name: "",
            depth: 0,
        };
        // What cannot be read to its end is worth what was seen of it.
        let _read = look.deserialize(&mut serde_json::Deserializer::from_str(json));
    }

    /// The places that may hold a field, the most likely first; none where a name may be a person's or a token.
    pub(crate) fn places_of(&self, field: Field) -> Vec<&str> {
        let mut found: Vec<_> = self.found.iter().collect();
        found.retain(|(found, ..)| *found == field && !self.has_hidden);
        found.sort_by_key(|(_, rank, _)| *rank);
        let mut places: Vec<&str> = Vec::new();
        for (_, _, place) in found {
            if !places.contains(&place.as_str()) {
                places.push(place);
            }
        }
        places
    }

    /// How far the place of the refresh token is from a certain one; `None` where nothing may be one.
    pub(crate) fn distance(&self) -> Option<u8> {
        let token = self.place_of(Field::RefreshToken);
        token.filter(|_| !self.has_hidden).map(|(rank, _)| rank)
    }

    /// The arguments that most probably read an object, or each object in it if several of these are alike.
    pub(crate) fn arguments_of_object(&self) -> Option<String> {
        match self.of_each_member() {
            Some(each) => Some(format!("--records '/*' {}", each.arguments()?)),
            None => self.arguments(),
        }
    }

    /// The arguments that most probably read each object in an object.
    pub(crate) fn arguments_of_each_member(&self) -> Option<String> {
        let (_, place) = self.place_of(Field::RefreshToken)?;
        let (member, _) = below(place)?;
        let each = self.below_member(&member).arguments()?;
        Some(format!("--records '/*' {each}"))
    }

    /// What is in each member, where the refresh token stands at the same place below several, or below a name that is none
    /// of a member.
    fn of_each_member(&self) -> Option<Self> {
        let (rank, place) = self.place_of(Field::RefreshToken)?;
        let (member, rest) = below(place)?;
        let is_alike = |(field, other_rank, other): &&(Field, u8, String)| {
            (*field, *other_rank) == (Field::RefreshToken, rank)
                && below(other).is_some_and(|(name, tail)| name != member && tail == rest)
        };
        if member != ANY && !self.found.iter().any(|found| is_alike(&found)) {
            return None;
        }
        Some(self.below_member(&member))
    }

    fn below_member(&self, member: &str) -> Self {
        let found = self.found.iter().filter_map(|(field, rank, place)| {
            let (name, rest) = below(place)?;
            let place = match rest.contains('/') {
                true => format!("/{rest}"),
                false => rest,
            };
            (name == member).then_some((*field, *rank, place))
        });
        Self {
            found: found.collect(),
            has_hidden: self.has_hidden,
        }
    }

    /// The arguments that map what was found, the refresh token first. None where that is not among it.
    pub(crate) fn arguments(&self) -> Option<String> {
        self.distance()?;
        let token = ("refresh_token", Field::RefreshToken);
        let others = FIELDS.iter().copied();
        let fields = others.filter(|(_, field)| *field != Field::RefreshToken);
        let arguments = std::iter::once(token)
            .chain(fields)
            .filter_map(|(name, field)| {
                let (_, place) = self.place_of(field)?;
                Some(format!("--map {}", typed(&format!("{name}={place}"))))
            });
        Some(arguments.collect::<Vec<_>>().join(" "))
    }

    /// Whether the refresh token has a name by which it is found without a mapping.
    pub(crate) fn is_usual(&self) -> bool {
        self.place_of(Field::RefreshToken)
            .is_some_and(|(_, place)| {
                matches!(field_named(place), Some((Field::RefreshToken, _rank)))
            })
    }

    fn place_of(&self, field: Field) -> Option<(u8, &str)> {
        let of_field = self.found.iter().filter(|(found, ..)| *found == field);
        let best = of_field.min_by_key(|(_, rank, _)| *rank);
        best.map(|(_, rank, place)| (*rank, place.as_str()))
    }

    fn offer(&mut self, place: String, name: &str, depth: usize, value: Option<&str>) {
        if !is_plain(name) {
            return;
        }
        let Some((field, rank)) = guess(name, value) else {
            return;
        };
        // Of two that are called alike, the outer one.
        let depth = u8::try_from(depth).unwrap_or(u8::MAX).min(DEEPEST);
        self.found
            .push((field, rank.saturating_mul(8) + depth, place));
    }
}

/// What a member or column most probably holds, and how far that is from certain.
fn guess(name: &str, value: Option<&str>) -> Option<(Field, u8)> {
    // A value tells more than its name, where it has no usual one.
    let is_token = value.is_some_and(is_microsofts);
    // Authorization codes begin as refresh tokens do.
    if is_token && !name.to_ascii_lowercase().contains("code") {
        return Some((Field::RefreshToken, 0));
    }
    if let Some((field, rank)) = field_named(name) {
        return match field {
            // Numbers and names of an application's own stand under the last of its names.
            Field::Username => {
                let is_name = value.map_or(rank <= 3, |value| value.contains('@'));
                is_name.then_some((field, rank + 1))
            }
            Field::RefreshToken => Some((field, rank + 1)),
            // It is mapped as the authority.
            Field::TokenEndpoint => Some((Field::Authority, rank + 2)),
            Field::Family => None,
            field => Some((field, rank + 1)),
        };
    }
    let name = name.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["refresh"]) && !has(OTHER_PARTS) {
        return Some((Field::RefreshToken, 10));
    }
    if has(&["token"]) && !has(OTHER_PARTS) && !has(OTHER_TOKENS) {
        return Some((Field::RefreshToken, 11));
    }
    let value = value?.trim();
    let is_address = value.contains('@') && value.len() <= 254;
    if is_address && has(USERS) {
        return Some((Field::Username, 10));
    }
    if is_guid(value) && has(&["client", "app"]) {
        return Some((Field::ClientId, 10));
    }
    if has(&["tenant", "directory"]) && !has(OTHER_PARTS) && is_tenant(value) {
        return Some((Field::Tenant, 10));
    }
    (value.starts_with("https://") && has(&["authority", "issuer"]))
        .then_some((Field::Authority, 10))
}

/// Whether a value can be the name of a tenant: a GUID, or a domain.
fn is_tenant(value: &str) -> bool {
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '.';
    is_guid(value) || value.contains('.') && value.len() <= 253 && value.chars().all(is_part)
}

/// The pointer to a place, whose names can be typed as they are.
pub(crate) fn pointer(path: &[&str]) -> Option<String> {
    let names = path.iter();
    names
        .map(|name| is_plain(name).then(|| format!("/{name}")))
        .collect()
}

/// The pointer to a place below a name that is a user's rather than a member's.
fn pointer_below_any(path: &[&str]) -> Option<String> {
    let (first, rest) = path.split_first()?;
    match is_plain(first) {
        true => pointer(path),
        false => Some(format!("/{ANY}{}", pointer(rest)?)),
    }
}

/// An argument as it is typed, made of names that can be typed.
pub(crate) fn typed(argument: &str) -> String {
    match argument.contains(QUOTED) {
        true => format!("'{argument}'"),
        false => argument.to_owned(),
    }
}

/// What a name may have in quotation marks. They end at another such mark only (POSIX.1-2017, Shell Command Language, 2.2.2).
const QUOTED: &[char] = &[' ', '(', ')', '[', ']', '#', '&', '%', '+'];

/// The outermost name of a pointer, and what is below it.
fn below(place: &str) -> Option<(String, String)> {
    let (member, rest) = place.strip_prefix('/')?.split_once('/')?;
    Some((member.to_owned(), rest.to_owned()))
}

/// Whether a name can be typed without a thought of what it means to a shell, to a mapping or to a pointer.
fn is_plain(name: &str) -> bool {
    let is_plain = |it: char| it.is_alphanumeric() || "_.-".contains(it) || QUOTED.contains(&it);
    !name.is_empty() && is_harmless(name) && name.chars().all(is_plain)
}

/// Walks through JSON in a column.
struct Look<'l, 'n> {
    likely: &'l mut Likely,
    /// What leads here.
    place: String,
    name: &'n str,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Look<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(StoredValue::Text(name)) = map.next_key()? {
            if self.depth >= usize::from(DEEPEST) || !is_plain(&name) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            map.next_value_seed(Look {
                likely: &mut *self.likely,
                place: format!("{}/{name}", self.place),
                name: &name,
                depth: self.depth + 1,
            })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        // One of scopes is of no use alone, and the list of them is.
        self.likely.offer(self.place, self.name, self.depth, None);
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.likely
            .offer(self.place, self.name, self.depth, Some(text));
        Ok(())
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<(), E> {
        self.visit_number()
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<(), E> {
        self.visit_number()
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<(), E> {
        self.visit_number()
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

impl Look<'_, '_> {
    /// Times are numbers; a token is none.
    fn visit_number<E>(self) -> Result<(), E> {
        if matches!(
            field_named(self.name),
            Some((Field::ExpiresAt | Field::ExpiresIn, _))
        ) {
            self.likely.offer(self.place, self.name, self.depth, None);
        }
        Ok(())
    }
}

/// Parts of names of what stands beside a token: its time, its type.
const OTHER_PARTS: &[&str] = &["expire", "expiry", "_at", "_in", "type", "time", "date"];

/// Parts of names of what an address is a user's in.
const USERS: &[&str] = &[
    "account",
    "identity",
    "login",
    "mail",
    "owner",
    "principal",
    "upn",
    "user",
];

/// Parts of names of other tokens.
const OTHER_TOKENS: &[&str] = &["access", "id_token", "idtoken", "csrf", "reset", "session"];

/// Stands for the name of any member.
const ANY: &str = "*";

/// How many objects are looked into, one inside the other.
pub(crate) const DEEPEST: u8 = 6;
