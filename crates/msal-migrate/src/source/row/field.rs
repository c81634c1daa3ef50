//! The fields of a row, and what they are called in a mapping.

/// What a member or a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Authority,
    ClientId,
    ClientInfo,
    ClientSecret,
    /// When the access token expires.
    ExpiresAt,
    /// For how many seconds the access token is valid.
    ExpiresIn,
    Family,
    HomeAccountId,
    IdToken,
    /// Who issued the token: a URL.
    Issuer,
    /// What the store calls the row.
    Key,
    Oid,
    Provider,
    RefreshToken,
    Resource,
    Scopes,
    Sub,
    /// Where the token was issued, if `Authority` does not say it.
    Tenant,
    /// The user's tenant.
    Tid,
    /// Where the token was issued, as the URL of an endpoint.
    TokenEndpoint,
    Username,
}

impl Field {
    /// What it is called in a mapping; those that cannot be mapped as well.
    pub(crate) fn name(self) -> &'static str {
        let mappable = FIELDS.iter().find(|(_, field)| *field == self);
        match (mappable, self) {
            (Some((name, _)), _) => name,
            (None, Self::Family) => "family",
            (None, _) => "token_endpoint",
        }
    }
}

/// The fields that can be mapped: all but the family, which every store has under the same name, and the token endpoint,
/// which is mapped as the authority.
pub(crate) const FIELDS: [(&str, Field); 19] = [
    ("authority", Field::Authority),
    ("client_id", Field::ClientId),
    ("client_info", Field::ClientInfo),
    ("client_secret", Field::ClientSecret),
    ("expires_at", Field::ExpiresAt),
    ("expires_in", Field::ExpiresIn),
    ("home_account_id", Field::HomeAccountId),
    ("id_token", Field::IdToken),
    ("issuer", Field::Issuer),
    ("key", Field::Key),
    ("oid", Field::Oid),
    ("provider", Field::Provider),
    ("refresh_token", Field::RefreshToken),
    ("resource", Field::Resource),
    ("scopes", Field::Scopes),
    ("sub", Field::Sub),
    ("tenant", Field::Tenant),
    ("tid", Field::Tid),
    ("username", Field::Username),
];

/// The names of [`FIELDS`].
pub(crate) const FIELD_NAMES: [&str; FIELDS.len()] = {
    let mut names = [""; FIELDS.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = FIELDS[index].0;
        index += 1;
    }
    names
};
