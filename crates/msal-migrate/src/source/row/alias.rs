//! The names under which stores keep each field.

use super::field::Field;

/// The field that the member or column called `name` holds, with the rank of that name. Without an allocation: it is
/// called for each member of each row.
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

/// A name in lower case without `_`, `-` and spaces, its field, and its rank among the names of that field: 0 is best.
const ALIASES: [(&str, Field, u8); 67] = [
    // mutt_oauth2.py.
    ("accesstokenexpiration", Field::ExpiresAt, 2),
    ("appid", Field::ClientId, 2),
    ("applicationid", Field::ClientId, 2),
    // Grafana.
    ("authmodule", Field::Provider, 1),
    ("authority", Field::Authority, 0),
    ("authorizationendpoint", Field::Issuer, 2),
    ("authprovider", Field::Provider, 1),
    // google-auth and rclone.
    ("authuri", Field::Issuer, 2),
    ("authurl", Field::Issuer, 2),
    ("client", Field::ClientId, 3),
    ("clientid", Field::ClientId, 0),
    ("clientinfo", Field::ClientInfo, 0),
    // Spring Security.
    ("clientregistrationid", Field::Provider, 1),
    ("clientsecret", Field::ClientSecret, 0),
    ("email", Field::Username, 3),
    // oama.
    ("expdate", Field::ExpiresAt, 2),
    ("expiration", Field::ExpiresAt, 2),
    // league/oauth2-client and omniauth.
    ("expires", Field::ExpiresAt, 3),
    ("expiresat", Field::ExpiresAt, 0),
    ("expiresin", Field::ExpiresIn, 0),
    ("expireson", Field::ExpiresAt, 1),
    // golang.org/x/oauth2 and sasl-xoauth2.
    ("expiry", Field::ExpiresAt, 2),
    // Microsoft's token responses.
    ("foci", Field::Family, 1),
    ("homeaccountid", Field::HomeAccountId, 0),
    ("idtoken", Field::IdToken, 0),
    ("iss", Field::Issuer, 1),
    ("issuer", Field::Issuer, 0),
    ("key", Field::Key, 0),
    ("localaccountid", Field::Oid, 1),
    ("login", Field::Username, 4),
    // ASP.NET Core Identity.
    ("loginprovider", Field::Provider, 1),
    // offlineimap.
    ("oauth2refreshtoken", Field::RefreshToken, 1),
    ("oauth2requesturl", Field::TokenEndpoint, 1),
    // FastAPI-Users.
    ("oauthname", Field::Provider, 1),
    ("oauthprovider", Field::Provider, 1),
    ("objectid", Field::Oid, 1),
    ("oid", Field::Oid, 0),
    ("preferredusername", Field::Username, 0),
    ("provider", Field::Provider, 0),
    // better-auth.
    ("providerid", Field::Provider, 1),
    // App Service's `/.auth/me`.
    ("providername", Field::Provider, 0),
    ("refresh", Field::RefreshToken, 3),
    ("refreshtoken", Field::RefreshToken, 0),
    // mutt_oauth2.py.
    ("registration", Field::Provider, 2),
    ("resource", Field::Resource, 0),
    ("rowid", Field::Key, 1),
    ("rt", Field::RefreshToken, 3),
    ("scope", Field::Scopes, 0),
    ("scopes", Field::Scopes, 1),
    // django-allauth.
    ("serverurl", Field::Issuer, 2),
    // oama.
    ("service", Field::Provider, 2),
    // OmniAuth and Passport.
    ("strategy", Field::Provider, 1),
    ("sub", Field::Sub, 0),
    ("tenant", Field::Tenant, 0),
    ("tenantid", Field::Tenant, 1),
    ("tid", Field::Tid, 0),
    // sasl-xoauth2.
    ("tokenendpoint", Field::TokenEndpoint, 0),
    // Moodle's Microsoft 365 plugins.
    ("tokenresource", Field::Resource, 1),
    // django-allauth keeps the refresh token of OAuth 2.0 in the column of OAuth 1.0's token secret.
    ("tokensecret", Field::RefreshToken, 2),
    // google-auth.
    ("tokenuri", Field::TokenEndpoint, 0),
    // rclone and email-oauth2-proxy.
    ("tokenurl", Field::TokenEndpoint, 0),
    ("upn", Field::Username, 1),
    ("user", Field::Username, 5),
    ("useremail", Field::Username, 3),
    ("userid", Field::Username, 6),
    ("username", Field::Username, 2),
    ("userprincipalname", Field::Username, 1),
];

/// The longest alias has no more bytes; a longer name means something else.
const LONGEST: usize = 24;

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
