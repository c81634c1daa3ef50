//! Entries as JSON objects: which members they have, in which order, read tolerantly and written exactly.
//!
//! Other SDKs leave members out or write null, the empty string, or numbers where MSAL Python writes strings. An
//! object that cannot be understood at all is kept as text and written back.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
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
    fn read(wire: &Wire<'_>, document: &Bytes) -> Option<Self>;

    /// The members in the order MSAL Python writes them.
    fn members(&self) -> Vec<(&'static str, Member<'_>)>;

    /// The key a new entry is stored under.
    fn storage_key(&self, dialect: Dialect) -> String;

    /// What the entry can be found by.
    fn index(&self, terms: &mut Terms<'_>);
}

/// One value of an entry.
pub(super) enum Member<'a> {
    Null,
    Text(Cow<'a, str>),
    /// A list of strings.
    List(Vec<String>),
}

impl Member<'_> {
    /// At least as many bytes as its text takes.
    fn size(&self) -> usize {
        match self {
            Self::Null => 4,
            Self::Text(text) => string_size(text),
            Self::List(items) => {
                24 + items
                    .iter()
                    .map(|item| string_size(item) + 24)
                    .sum::<usize>()
            }
        }
    }
}

impl<'a> From<&'a str> for Member<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a Text> for Member<'a> {
    fn from(text: &'a Text) -> Self {
        Self::from(text.as_str())
    }
}

impl<'a> From<&'a Option<Text>> for Member<'a> {
    fn from(text: &'a Option<Text>) -> Self {
        text.as_ref().map_or(Self::Null, Self::from)
    }
}

impl From<UnixTime> for Member<'_> {
    /// All numbers of the cache are strings.
    fn from(time: UnixTime) -> Self {
        Self::Text(Cow::Owned(time.as_secs().to_string()))
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

    fn text(&self, document: &Bytes) -> Option<Text> {
        self.scalar().map(|text| Text::slice_of(document, text))
    }

    /// The text, unless there is none or it is empty: other SDKs write "" for null.
    fn present(&self, document: &Bytes) -> Option<Text> {
        self.text(document).filter(|text| !text.is_empty())
    }

    fn or_empty(&self, document: &Bytes) -> Text {
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
pub(super) fn write_entry(out: &mut Vec<u8>, entity: &impl Entity, previous: Option<&[u8]>) {
    let members = entity.members();
    out.push(b'{');
    for (name, member) in &members {
        start_member(out, name);
        write_member(out, member);
    }
    let previous: Option<RawObject<'_>> =
        previous.and_then(|text| serde_json::from_slice(text).ok());
    for (name, value) in previous.map(|object| object.0).unwrap_or_default() {
        if members.iter().all(|(known, _)| *known != name) {
            start_member(out, &name);
            out.extend_from_slice(value.get().as_bytes());
        }
    }
    write_line(out, 2);
    out.push(b'}');
}

/// At least as many bytes as [`write_entry`] appends.
pub(super) fn entry_size(entity: &impl Entity, previous: Option<&[u8]>) -> usize {
    let members = entity.members();
    let own: usize = members
        .iter()
        .map(|(name, member)| name.len() + member.size() + 24)
        .sum();
    // Each member of the previous text may need a line and an indentation that it had not.
    own + 24 + previous.map_or(0, |text| text.len() * 3)
}

fn start_member(out: &mut Vec<u8>, name: &str) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    write_line(out, 3);
    write_string(out, name);
    out.extend_from_slice(b": ");
}

fn write_member(out: &mut Vec<u8>, member: &Member<'_>) {
    match member {
        Member::Null => out.extend_from_slice(b"null"),
        Member::Text(text) => write_string(out, text),
        Member::List(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_line(out, 4);
                write_string(out, item);
            }
            write_line(out, 3);
            out.push(b']');
        }
    }
}

/// Adds a member that is left out when there is nothing to say.
fn optional<'a>(
    members: &mut Vec<(&'static str, Member<'a>)>,
    name: &'static str,
    value: &'a Option<Text>,
) {
    if let Some(value) = value {
        members.push((name, value.into()));
    }
}

impl Entity for AccessTokenEntry {
    fn read(wire: &Wire<'_>, document: &Bytes) -> Option<Self> {
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

    fn members(&self) -> Vec<(&'static str, Member<'_>)> {
        let mut members = vec![
            ("credential_type", Member::from("AccessToken")),
            ("secret", self.secret.expose_secret().into()),
            ("home_account_id", (&self.home_account_id).into()),
            ("environment", (&self.environment).into()),
            ("client_id", (&self.client_id).into()),
            ("target", (&self.target).into()),
            ("realm", (&self.realm).into()),
            ("token_type", (&self.token_type).into()),
        ];
        let times = [
            ("cached_at", self.cached_at),
            ("expires_on", Some(self.expires_on)),
            ("extended_expires_on", self.extended_expires_on),
        ];
        members.extend(
            times
                .into_iter()
                .filter_map(|(name, time)| Some((name, time?.into()))),
        );
        optional(&mut members, "key_id", &self.key_id);
        optional(&mut members, "ext_cache_key", &self.ext_cache_key);
        members.extend(self.refresh_on.map(|time| ("refresh_on", time.into())));
        members
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
    fn read(wire: &Wire<'_>, document: &Bytes) -> Option<Self> {
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

    fn members(&self) -> Vec<(&'static str, Member<'_>)> {
        let mut members = vec![
            ("home_account_id", Member::from(&self.home_account_id)),
            ("environment", (&self.environment).into()),
            ("realm", (&self.realm).into()),
            ("local_account_id", (&self.local_account_id).into()),
            ("username", (&self.username).into()),
            ("authority_type", (&self.authority_type).into()),
        ];
        optional(&mut members, "account_source", &self.account_source);
        if let Some(profile) = &self.profile {
            members.push(("name", (&profile.name).into()));
            members.push(("client_info", (&profile.client_info).into()));
            members.push((
                "tenantProfiles",
                Member::List(vec![self.tenant_profile(profile)]),
            ));
        }
        members
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
    fn read(wire: &Wire<'_>, document: &Bytes) -> Option<Self> {
        Some(Self {
            secret: RawIdToken::slice_of(document, wire.secret.secret()?),
            home_account_id: wire.home_account_id.present(document),
            environment: wire.environment.present(document)?,
            realm: wire.realm.or_empty(document),
            client_id: wire.client_id.or_empty(document),
        })
    }

    fn members(&self) -> Vec<(&'static str, Member<'_>)> {
        vec![
            ("credential_type", Member::from("IdToken")),
            ("secret", self.secret.expose_secret().into()),
            ("home_account_id", (&self.home_account_id).into()),
            ("environment", (&self.environment).into()),
            ("realm", (&self.realm).into()),
            ("client_id", (&self.client_id).into()),
        ]
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
    fn read(wire: &Wire<'_>, document: &Bytes) -> Option<Self> {
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

    fn members(&self) -> Vec<(&'static str, Member<'_>)> {
        let mut members = vec![
            ("credential_type", Member::from("RefreshToken")),
            ("secret", self.secret.expose_secret().into()),
            ("home_account_id", (&self.home_account_id).into()),
            ("environment", (&self.environment).into()),
            ("client_id", (&self.client_id).into()),
        ];
        optional(&mut members, "target", &self.target);
        members.extend(
            self.last_modification_time
                .map(|time| ("last_modification_time", time.into())),
        );
        optional(&mut members, "family_id", &self.family_id);
        members
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
    fn read(wire: &Wire<'_>, document: &Bytes) -> Option<Self> {
        Some(Self {
            client_id: wire.client_id.present(document)?,
            environment: wire.environment.present(document)?,
            family_id: wire.family_id.present(document),
        })
    }

    fn members(&self) -> Vec<(&'static str, Member<'_>)> {
        let mut members = vec![
            ("client_id", Member::from(&self.client_id)),
            ("environment", (&self.environment).into()),
        ];
        optional(&mut members, "family_id", &self.family_id);
        members
    }

    fn storage_key(&self, _: Dialect) -> String {
        Self::storage_key(self)
    }

    fn index(&self, terms: &mut Terms<'_>) {
        terms.owner(self.client_id.as_str(), &self.environment);
    }
}
