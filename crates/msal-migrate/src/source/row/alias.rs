//! The names that stores give to one and the same thing.

use super::stored_row::StoredRow;
use super::value::StoredValue;

/// What a member or a column can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Authority,
    ClientId,
    ClientInfo,
    ExpiresAt,
    ExpiresIn,
    Family,
    HomeAccountId,
    IdToken,
    Key,
    Oid,
    Provider,
    RefreshToken,
    Resource,
    Scopes,
    Sub,
    Tenant,
    Tid,
    Username,
}

/// Name without case and punctuation, what it is about, and its rank among the names for the same: 0 is best.
const ALIASES: [(&str, Field, u8); 53] = [
    ("appid", Field::ClientId, 2),
    ("applicationid", Field::ClientId, 2),
    ("accesstokenexpiration", Field::ExpiresAt, 2),
    ("authority", Field::Authority, 0),
    ("client", Field::ClientId, 3),
    ("clientid", Field::ClientId, 0),
    ("clientinfo", Field::ClientInfo, 0),
    ("email", Field::Username, 3),
    ("expdate", Field::ExpiresAt, 2),
    ("expiration", Field::ExpiresAt, 2),
    ("expires", Field::ExpiresAt, 3),
    ("expiresat", Field::ExpiresAt, 0),
    ("expiresin", Field::ExpiresIn, 0),
    ("expireson", Field::ExpiresAt, 1),
    ("expiry", Field::ExpiresAt, 2),
    ("foci", Field::Family, 1),
    ("homeaccountid", Field::HomeAccountId, 0),
    ("idtoken", Field::IdToken, 0),
    ("key", Field::Key, 0),
    ("localaccountid", Field::Oid, 1),
    ("login", Field::Username, 4),
    ("oauth2requesturl", Field::Authority, 1),
    ("oauth2refreshtoken", Field::RefreshToken, 1),
    ("objectid", Field::Oid, 1),
    ("oid", Field::Oid, 0),
    ("preferredusername", Field::Username, 0),
    ("provider", Field::Provider, 0),
    ("providerid", Field::Provider, 1),
    ("providername", Field::Provider, 0),
    ("refresh", Field::RefreshToken, 3),
    ("refreshtoken", Field::RefreshToken, 0),
    ("registration", Field::Provider, 2),
    ("resource", Field::Resource, 0),
    ("rowid", Field::Key, 1),
    ("rt", Field::RefreshToken, 3),
    ("scope", Field::Scopes, 0),
    ("scopes", Field::Scopes, 1),
    ("service", Field::Provider, 2),
    ("sub", Field::Sub, 0),
    ("tenant", Field::Tenant, 0),
    ("tenantid", Field::Tenant, 1),
    ("tid", Field::Tid, 0),
    ("tokenendpoint", Field::Authority, 1),
    // django-allauth keeps the refresh token of OAuth 2.0 in the column of OAuth 1.0's token secret.
    ("tokensecret", Field::RefreshToken, 2),
    ("tokenresource", Field::Resource, 1),
    ("tokenuri", Field::Authority, 1),
    ("tokenurl", Field::Authority, 1),
    ("upn", Field::Username, 1),
    ("user", Field::Username, 5),
    ("useremail", Field::Username, 3),
    ("userid", Field::Username, 6),
    ("username", Field::Username, 2),
    ("userprincipalname", Field::Username, 1),
];

/// The longest alias; longer names are about something else.
const LONGEST: usize = 24;

/// What the member or column called `name` is about, with the rank of that name.
pub(crate) fn field_named(name: &str) -> Option<(Field, u8)> {
    let mut plain = [0; LONGEST];
    let mut length = 0;
    for byte in name.bytes().filter(|byte| !b"_- ".contains(byte)) {
        *plain.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    let plain = plain.get(..length)?;
    ALIASES
        .iter()
        .find(|(alias, ..)| alias.as_bytes() == plain)
        .map(|(_, field, rank)| (*field, *rank))
}

/// Collects a row's fields, the best name winning where several mean the same.
#[derive(Default)]
pub(crate) struct Collector<'a> {
    stored: StoredRow<'a>,
    /// The rank of what is held, plus one; 0 where nothing is.
    ranks: [u8; Field::Username as usize + 1],
}

impl<'a> Collector<'a> {
    /// Takes a value under one of its names.
    pub(crate) fn offer(&mut self, field: Field, rank: u8, value: StoredValue<'a>) {
        if value.is_absent() || !is_plausible(field, &value) {
            return;
        }
        let Some(held) = self.ranks.get_mut(field as usize) else {
            return;
        };
        if *held != 0 && *held <= rank + 1 {
            return;
        }
        *held = rank + 1;
        *self.value_of(field) = value;
    }

    pub(crate) fn into_stored_row(self) -> StoredRow<'a> {
        self.stored
    }

    fn value_of(&mut self, field: Field) -> &mut StoredValue<'a> {
        let stored = &mut self.stored;
        match field {
            Field::Authority => &mut stored.authority,
            Field::ClientId => &mut stored.client_id,
            Field::ClientInfo => &mut stored.client_info,
            Field::ExpiresAt => &mut stored.expires_at,
            Field::ExpiresIn => &mut stored.expires_in,
            Field::Family => &mut stored.family,
            Field::HomeAccountId => &mut stored.home_account_id,
            Field::IdToken => &mut stored.id_token,
            Field::Key => &mut stored.key,
            Field::Oid => &mut stored.oid,
            Field::Provider => &mut stored.provider,
            Field::RefreshToken => &mut stored.refresh_token,
            Field::Resource => &mut stored.resource,
            Field::Scopes => &mut stored.scopes,
            Field::Sub => &mut stored.sub,
            Field::Tenant => &mut stored.tenant,
            Field::Tid => &mut stored.tid,
            Field::Username => &mut stored.username,
        }
    }
}

/// Keeps a name that fits the field from being pushed out by one that does not: `"user": 17` beside an e-mail address,
/// `"expires": true` beside a time.
fn is_plausible(field: Field, value: &StoredValue<'_>) -> bool {
    match field {
        Field::Username => value.text().is_some_and(|name| name.contains('@')),
        Field::ExpiresAt | Field::ExpiresIn => !matches!(value, StoredValue::Bool(_)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_matter() {
        for name in [
            "refresh_token",
            "refreshToken",
            "RefreshToken",
            "REFRESH-TOKEN",
        ] {
            assert_eq!(field_named(name), Some((Field::RefreshToken, 0)), "{name}");
        }
        assert_eq!(field_named("_clientId"), Some((Field::ClientId, 0)));
        for other in ["", "access_token", "refresh_token_expires_in_seconds", "é"] {
            assert_eq!(field_named(other), None, "{other}");
        }
    }

    #[test]
    fn every_alias_can_be_reached() {
        for (alias, expected, rank) in ALIASES {
            assert_eq!(field_named(alias), Some((expected, rank)), "{alias}");
        }
    }

    #[test]
    fn the_best_name_wins_in_any_order() {
        let names = [
            ("user", "u@x"),
            ("upn", "n@x"),
            ("email", "e@x"),
            ("username", "none"),
        ];
        for rotation in 0..names.len() {
            let mut collector = Collector::default();
            for (name, value) in names.iter().cycle().skip(rotation).take(names.len()) {
                let (field, rank) = field_named(name).unwrap();
                collector.offer(field, rank, StoredValue::from_text(*value));
            }
            assert_eq!(collector.into_stored_row().username.text(), Some("n@x"));
        }
    }
}
