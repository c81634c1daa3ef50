//! The names that stores give to one and the same thing.

use super::field::Field;

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
}
