//! The names that stores give to one and the same thing.

use super::draft::Draft;
use super::field::Field;

/// What a member or a column can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
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
const ALIASES: [(&str, Slot, u8); 53] = [
    ("appid", Slot::ClientId, 2),
    ("applicationid", Slot::ClientId, 2),
    ("accesstokenexpiration", Slot::ExpiresAt, 2),
    ("authority", Slot::Authority, 0),
    ("client", Slot::ClientId, 3),
    ("clientid", Slot::ClientId, 0),
    ("clientinfo", Slot::ClientInfo, 0),
    ("email", Slot::Username, 3),
    ("expdate", Slot::ExpiresAt, 2),
    ("expiration", Slot::ExpiresAt, 2),
    ("expires", Slot::ExpiresAt, 3),
    ("expiresat", Slot::ExpiresAt, 0),
    ("expiresin", Slot::ExpiresIn, 0),
    ("expireson", Slot::ExpiresAt, 1),
    ("expiry", Slot::ExpiresAt, 2),
    ("foci", Slot::Family, 1),
    ("homeaccountid", Slot::HomeAccountId, 0),
    ("idtoken", Slot::IdToken, 0),
    ("key", Slot::Key, 0),
    ("localaccountid", Slot::Oid, 1),
    ("login", Slot::Username, 4),
    ("oauth2requesturl", Slot::Authority, 1),
    ("oauth2refreshtoken", Slot::RefreshToken, 1),
    ("objectid", Slot::Oid, 1),
    ("oid", Slot::Oid, 0),
    ("preferredusername", Slot::Username, 0),
    ("provider", Slot::Provider, 0),
    ("providerid", Slot::Provider, 1),
    ("providername", Slot::Provider, 0),
    ("refresh", Slot::RefreshToken, 3),
    ("refreshtoken", Slot::RefreshToken, 0),
    ("registration", Slot::Provider, 2),
    ("resource", Slot::Resource, 0),
    ("rowid", Slot::Key, 1),
    ("rt", Slot::RefreshToken, 3),
    ("scope", Slot::Scopes, 0),
    ("scopes", Slot::Scopes, 1),
    ("service", Slot::Provider, 2),
    ("sub", Slot::Sub, 0),
    ("tenant", Slot::Tenant, 0),
    ("tenantid", Slot::Tenant, 1),
    ("tid", Slot::Tid, 0),
    ("tokenendpoint", Slot::Authority, 1),
    // django-allauth keeps the refresh token of OAuth 2.0 in the column of OAuth 1.0's token secret.
    ("tokensecret", Slot::RefreshToken, 2),
    ("tokenresource", Slot::Resource, 1),
    ("tokenuri", Slot::Authority, 1),
    ("tokenurl", Slot::Authority, 1),
    ("upn", Slot::Username, 1),
    ("user", Slot::Username, 5),
    ("useremail", Slot::Username, 3),
    ("userid", Slot::Username, 6),
    ("username", Slot::Username, 2),
    ("userprincipalname", Slot::Username, 1),
];

/// The longest alias; longer names are about something else.
const LONGEST: usize = 24;

/// What the member or column called `name` is about, with the rank of that name.
pub(crate) fn slot(name: &str) -> Option<(Slot, u8)> {
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
        .map(|(_, slot, rank)| (*slot, *rank))
}

/// Collects a row's fields, the best name winning where several mean the same.
#[derive(Default)]
pub(crate) struct Collector<'a> {
    draft: Draft<'a>,
    /// The rank of what is held, plus one; 0 where nothing is.
    ranks: [u8; Slot::Username as usize + 1],
}

impl<'a> Collector<'a> {
    /// Takes a value under one of its names.
    pub(crate) fn offer(&mut self, slot: Slot, rank: u8, value: Field<'a>) {
        if value.is_absent() || !is_plausible(slot, &value) {
            return;
        }
        let Some(held) = self.ranks.get_mut(slot as usize) else {
            return;
        };
        if *held != 0 && *held <= rank + 1 {
            return;
        }
        *held = rank + 1;
        *self.field(slot) = value;
    }

    pub(crate) fn into_draft(self) -> Draft<'a> {
        self.draft
    }

    fn field(&mut self, slot: Slot) -> &mut Field<'a> {
        let draft = &mut self.draft;
        match slot {
            Slot::Authority => &mut draft.authority,
            Slot::ClientId => &mut draft.client_id,
            Slot::ClientInfo => &mut draft.client_info,
            Slot::ExpiresAt => &mut draft.expires_at,
            Slot::ExpiresIn => &mut draft.expires_in,
            Slot::Family => &mut draft.family,
            Slot::HomeAccountId => &mut draft.home_account_id,
            Slot::IdToken => &mut draft.id_token,
            Slot::Key => &mut draft.key,
            Slot::Oid => &mut draft.oid,
            Slot::Provider => &mut draft.provider,
            Slot::RefreshToken => &mut draft.refresh_token,
            Slot::Resource => &mut draft.resource,
            Slot::Scopes => &mut draft.scopes,
            Slot::Sub => &mut draft.sub,
            Slot::Tenant => &mut draft.tenant,
            Slot::Tid => &mut draft.tid,
            Slot::Username => &mut draft.username,
        }
    }
}

/// Keeps a name that fits the slot from being pushed out by one that does not: `"user": 17` beside an e-mail address,
/// `"expires": true` beside a time.
fn is_plausible(slot: Slot, value: &Field<'_>) -> bool {
    match slot {
        Slot::Username => value.text().is_some_and(|name| name.contains('@')),
        Slot::ExpiresAt | Slot::ExpiresIn => !matches!(value, Field::Bool(_)),
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
            assert_eq!(slot(name), Some((Slot::RefreshToken, 0)), "{name}");
        }
        assert_eq!(slot("_clientId"), Some((Slot::ClientId, 0)));
        for other in ["", "access_token", "refresh_token_expires_in_seconds", "é"] {
            assert_eq!(slot(other), None, "{other}");
        }
    }

    #[test]
    fn every_alias_can_be_reached() {
        for (alias, expected, rank) in ALIASES {
            assert_eq!(slot(alias), Some((expected, rank)), "{alias}");
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
                let (slot, rank) = slot(name).unwrap();
                collector.offer(slot, rank, Field::from_text(*value));
            }
            assert_eq!(collector.into_draft().username.text(), Some("n@x"));
        }
    }
}
