//! Entries as JSON objects: which members they have, in which order, read tolerantly and written exactly.
//!
//! Other SDKs leave members out or write null, the empty string, or numbers where MSAL Python writes strings. An
//! object that cannot be understood at all is kept as text and written back.

use std::borrow::Cow;
use std::fmt;
use std::io::Write as _;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::dialect::Dialect;
use super::entry::{
    AccessTokenEntry, AccountEntry, AppMetadataEntry, IdTokenEntry, NodeProfile, RefreshTokenEntry,
};
use super::table::Terms;
use crate::json::{RawObject, string_size, write_line, write_string};
use crate::{AccessToken, RawIdToken, RefreshToken, Text, UnixTime};

/// An entry of one kind.
pub(super) trait Entity: Sized {
    /// Reads the object; `None` when it lacks what makes it an entry of this kind.
    fn read(wire: &Wire<'_>, document: &Text) -> Option<Self>;

    /// The members in the order MSAL Python writes them.
    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>));

    /// The key a new entry is stored under.
    fn storage_key(&self, dialect: Dialect) -> String;

    /// What the entry can be found by.
    fn index(&self, terms: &mut Terms<'_>);
}

/// One value of an entry.
pub(super) enum Value<'a> {
    Null,
    Text(&'a str),
    Time(UnixTime),
    /// A list of one string.
    List(String),
}

impl Value<'_> {
    /// As many bytes as its text takes where nothing needs an escape, or a few more.
    fn size(&self) -> usize {
        match self {
            Self::Null => 4,
            Self::Text(text) => string_size(text),
            Self::Time(_) => 22,
            Self::List(item) => 48 + string_size(item),
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

/// All members that any kind of entry has, each in whatever type it was written.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wire<'a> {
    #[serde(borrow)]
    secret: Lenient<'a>,
    #[serde(borrow)]
    home_account_id: Lenient<'a>,
    #[serde(borrow)]
    environment: Lenient<'a>,
    #[serde(borrow)]
    client_id: Lenient<'a>,
    #[serde(borrow)]
    target: Lenient<'a>,
    #[serde(borrow)]
    realm: Lenient<'a>,
    #[serde(borrow)]
    token_type: Lenient<'a>,
    #[serde(borrow)]
    cached_at: Lenient<'a>,
    #[serde(borrow)]
    expires_on: Lenient<'a>,
    #[serde(borrow)]
    extended_expires_on: Lenient<'a>,
    #[serde(borrow)]
    refresh_on: Lenient<'a>,
    #[serde(borrow)]
    key_id: Lenient<'a>,
    #[serde(borrow)]
    ext_cache_key: Lenient<'a>,
    #[serde(borrow)]
    last_modification_time: Lenient<'a>,
    #[serde(borrow)]
    family_id: Lenient<'a>,
    #[serde(borrow)]
    local_account_id: Lenient<'a>,
    #[serde(borrow)]
    username: Lenient<'a>,
    #[serde(borrow)]
    authority_type: Lenient<'a>,
    #[serde(borrow)]
    account_source: Lenient<'a>,
    /// Other SDKs keep on-behalf-of tokens under this; they belong to one assertion and must not be used for a user.
    #[serde(borrow)]
    user_assertion_hash: Lenient<'a>,
}

/// A scalar read as text, or nothing.
#[derive(Default)]
struct Lenient<'a>(Option<Cow<'a, str>>);

impl<'a> Lenient<'a> {
    /// The scalar, borrowed from the document wherever it was.
    fn scalar(&self) -> Option<Cow<'a, str>> {
        self.0.clone()
    }

    fn text(&self, document: &Text) -> Option<Text> {
        self.scalar().map(|text| document.slice_of(text))
    }

    /// The text, unless there is none or it is empty: other SDKs write "" for null.
    fn present(&self, document: &Text) -> Option<Text> {
        self.text(document).filter(|text| !text.is_empty())
    }

    fn or_empty(&self, document: &Text) -> Text {
        self.text(document).unwrap_or_default()
    }

    fn secret(&self) -> Option<Cow<'a, str>> {
        self.scalar().filter(|text| !text.is_empty())
    }

    /// Whole seconds; a fraction is cut off, junk is nothing.
    fn time(&self) -> Option<UnixTime> {
        let text = self.0.as_deref()?.trim();
        let whole = text.parse().ok();
        let seconds = whole.or_else(|| {
            let number: f64 = text.parse().ok()?;
            number.is_finite().then_some(number as i64)
        })?;
        Some(UnixTime::from_secs(seconds))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Lenient<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Option<Cow<'de, str>>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("any JSON value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Some(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Some(Cow::Owned(text.to_owned())))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Some(Cow::Owned(number.to_string())))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Some(Cow::Owned(number.to_string())))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Some(Cow::Owned(number.to_string())))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(None)
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(None)
            }
        }

        deserializer.deserialize_any(Any).map(Self)
    }
}

/// Appends the text of an entry: the members of `entity`, and after them those of `previous` that it does not know.
pub(super) fn write_entry(out: &mut Vec<u8>, entity: &impl Entity, previous: Option<&Text>) {
    out.push(b'{');
    entity.members(&mut |name, member| {
        start_line(out);
        // The names that are known need no escapes.
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\": ");
        write_member(out, &member);
    });
    let previous = previous.and_then(|text| RawObject::parse(text.as_str()));
    if let Some(previous) = previous {
        let mut known = Vec::new();
        entity.members(&mut |name, _| known.push(name));
        let unknown = |(name, _): &(Cow<'_, str>, _)| !known.contains(&name.as_ref());
        for (name, value) in previous.0.into_iter().filter(unknown) {
            start_line(out);
            write_string(out, &name);
            out.extend_from_slice(b": ");
            out.extend_from_slice(value.as_bytes());
        }
    }
    write_line(out, 2);
    out.push(b'}');
}

/// As many bytes as [`write_entry`] appends where nothing needs an escape, or a few more.
pub(super) fn entry_size(entity: &impl Entity, previous: Option<&Text>) -> usize {
    // Each member of the previous text may need a line and an indentation that it had not.
    let mut size = 24 + previous.map_or(0, |text| text.as_bytes().len() * 3);
    entity.members(&mut |name, member| size += name.len() + member.size() + 24);
    size
}

fn start_line(out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    write_line(out, 3);
}

fn write_member(out: &mut Vec<u8>, member: &Value<'_>) {
    match member {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Text(text) => write_string(out, text),
        // All numbers of the cache are strings.
        Value::Time(time) => {
            let _infallible = write!(out, "\"{}\"", time.as_secs());
        }
        Value::List(item) => {
            out.push(b'[');
            write_line(out, 4);
            write_string(out, item);
            write_line(out, 3);
            out.push(b']');
        }
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
    if let Some(value) = value {
        each(name, value.into());
    }
}

impl Entity for AccessTokenEntry {
    fn read(wire: &Wire<'_>, document: &Text) -> Option<Self> {
        Some(Self {
            secret: AccessToken::slice_of(document, wire.secret.secret()?),
            home_account_id: wire.home_account_id.present(document),
            environment: wire.environment.present(document)?,
            client_id: wire.client_id.or_empty(document),
            target: wire.target.or_empty(document),
            realm: wire.realm.or_empty(document),
            token_type: wire.token_type.or_empty(document),
            cached_at: wire.cached_at.time(),
            expires_on: wire.expires_on.time().unwrap_or_default(),
            extended_expires_on: wire.extended_expires_on.time(),
            refresh_on: wire.refresh_on.time(),
            key_id: wire.key_id.present(document),
            // An assertion's token is as much apart from a user's as one that was asked for with extra fields.
            ext_cache_key: wire
                .ext_cache_key
                .present(document)
                .or_else(|| wire.user_assertion_hash.present(document)),
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("credential_type", "AccessToken".into());
        each("secret", Value::Text(self.secret.expose_secret()));
        each("home_account_id", (&self.home_account_id).into());
        each("environment", (&self.environment).into());
        each("client_id", (&self.client_id).into());
        each("target", (&self.target).into());
        each("realm", (&self.realm).into());
        each("token_type", (&self.token_type).into());
        optional(each, "cached_at", &self.cached_at);
        each("expires_on", (&self.expires_on).into());
        optional(each, "extended_expires_on", &self.extended_expires_on);
        optional(each, "key_id", &self.key_id);
        optional(each, "ext_cache_key", &self.ext_cache_key);
        optional(each, "refresh_on", &self.refresh_on);
    }

    fn storage_key(&self, dialect: Dialect) -> String {
        Self::storage_key(self, dialect)
    }

    fn index(&self, terms: &mut Terms<'_>) {
        let home = self
            .home_account_id
            .as_ref()
            .map(Text::as_str)
            .unwrap_or_default();
        terms.owner(home, &self.environment);
        for scope in self.target.as_str().split_ascii_whitespace() {
            terms.granted(home, &self.environment, &self.client_id, scope);
        }
    }
}

impl Entity for AccountEntry {
    fn read(wire: &Wire<'_>, document: &Text) -> Option<Self> {
        Some(Self {
            home_account_id: wire.home_account_id.present(document)?,
            environment: wire.environment.present(document)?,
            realm: wire.realm.or_empty(document),
            local_account_id: wire.local_account_id.or_empty(document),
            username: wire.username.or_empty(document),
            authority_type: wire.authority_type.or_empty(document),
            account_source: wire.account_source.present(document),
            profile: None,
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("home_account_id", (&self.home_account_id).into());
        each("environment", (&self.environment).into());
        each("realm", (&self.realm).into());
        each("local_account_id", (&self.local_account_id).into());
        each("username", (&self.username).into());
        each("authority_type", (&self.authority_type).into());
        optional(each, "account_source", &self.account_source);
        if let Some(profile) = &self.profile {
            each("name", (&profile.name).into());
            each("client_info", (&profile.client_info).into());
            each("tenantProfiles", Value::List(self.tenant_profile(profile)));
        }
    }

    fn storage_key(&self, _: Dialect) -> String {
        Self::storage_key(self)
    }

    fn index(&self, terms: &mut Terms<'_>) {
        terms.owner(self.home_account_id.as_str(), &self.environment);
        terms.username(self.username.as_str());
    }
}

impl AccountEntry {
    /// One tenant's view of the user: a JSON document inside a string.
    fn tenant_profile(&self, profile: &NodeProfile) -> String {
        let is_home_tenant = self
            .home_account_id
            .as_str()
            .ends_with(profile.tenant_id.as_str());
        let mut out = Vec::new();
        for (name, value) in [
            ("{\"tenantId\":", &profile.tenant_id),
            (",\"localAccountId\":", &self.local_account_id),
            (",\"name\":", &profile.name),
            (",\"username\":", &self.username),
        ] {
            out.extend_from_slice(name.as_bytes());
            write_string(&mut out, value.as_str());
        }
        out.extend_from_slice(format!(",\"isHomeTenant\":{is_home_tenant}}}").as_bytes());
        String::from_utf8(out).unwrap_or_default()
    }
}

impl Entity for IdTokenEntry {
    fn read(wire: &Wire<'_>, document: &Text) -> Option<Self> {
        Some(Self {
            secret: RawIdToken::slice_of(document, wire.secret.secret()?),
            home_account_id: wire.home_account_id.present(document),
            environment: wire.environment.present(document)?,
            realm: wire.realm.or_empty(document),
            client_id: wire.client_id.or_empty(document),
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("credential_type", "IdToken".into());
        each("secret", Value::Text(self.secret.expose_secret()));
        each("home_account_id", (&self.home_account_id).into());
        each("environment", (&self.environment).into());
        each("realm", (&self.realm).into());
        each("client_id", (&self.client_id).into());
    }

    fn storage_key(&self, dialect: Dialect) -> String {
        Self::storage_key(self, dialect)
    }

    fn index(&self, terms: &mut Terms<'_>) {
        let home = self
            .home_account_id
            .as_ref()
            .map(Text::as_str)
            .unwrap_or_default();
        terms.owner(home, &self.environment);
    }
}

impl Entity for RefreshTokenEntry {
    fn read(wire: &Wire<'_>, document: &Text) -> Option<Self> {
        if wire.user_assertion_hash.present(document).is_some() {
            return None;
        }
        Some(Self {
            secret: RefreshToken::slice_of(document, wire.secret.secret()?),
            home_account_id: wire.home_account_id.present(document),
            environment: wire.environment.present(document)?,
            client_id: wire.client_id.or_empty(document),
            target: wire.target.text(document),
            last_modification_time: wire.last_modification_time.time(),
            family_id: wire.family_id.present(document),
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("credential_type", "RefreshToken".into());
        each("secret", Value::Text(self.secret.expose_secret()));
        each("home_account_id", (&self.home_account_id).into());
        each("environment", (&self.environment).into());
        each("client_id", (&self.client_id).into());
        optional(each, "target", &self.target);
        optional(each, "last_modification_time", &self.last_modification_time);
        optional(each, "family_id", &self.family_id);
    }

    fn storage_key(&self, dialect: Dialect) -> String {
        Self::storage_key(self, dialect)
    }

    fn index(&self, terms: &mut Terms<'_>) {
        let home = self
            .home_account_id
            .as_ref()
            .map(Text::as_str)
            .unwrap_or_default();
        terms.owner(home, &self.environment);
    }
}

impl Entity for AppMetadataEntry {
    fn read(wire: &Wire<'_>, document: &Text) -> Option<Self> {
        Some(Self {
            client_id: wire.client_id.present(document)?,
            environment: wire.environment.present(document)?,
            family_id: wire.family_id.present(document),
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("client_id", (&self.client_id).into());
        each("environment", (&self.environment).into());
        optional(each, "family_id", &self.family_id);
    }

    fn storage_key(&self, _: Dialect) -> String {
        Self::storage_key(self)
    }

    fn index(&self, terms: &mut Terms<'_>) {
        terms.owner(self.client_id.as_str(), &self.environment);
    }
}
