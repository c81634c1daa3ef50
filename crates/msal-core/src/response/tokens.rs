//! A successful answer (RFC 6749 §5.1).

use std::time::Duration;

use super::malformed::Malformation;
use super::members::Members;
use super::side_by_side::SideBySide;
use crate::{
    AccessToken, ClientInfo, HomeAccountId, IdTokenClaims, RawIdToken, RefreshToken, ScopeSet,
};

/// A successful answer (RFC 6749 §5.1) whose parts have been checked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenResponse {
    /// The access token (RFC 6749 §1.4).
    pub access_token: AccessToken,
    /// `Bearer`, in the case it was sent: RFC 6749 §5.1 says that case does not count.
    pub token_type: String,
    /// How long the access token lives from now; ten minutes when the server does not say.
    pub expires_in: Duration,
    /// How long the access token may be used while the server is out of reach.
    pub ext_expires_in: Option<Duration>,
    /// After how long the access token should be renewed although it is still valid.
    pub refresh_in: Option<Duration>,
    /// The next refresh token. Without one, the token that was redeemed stays the one to keep.
    pub refresh_token: Option<RefreshToken>,
    /// The scopes that were granted; `None` when they are the ones that were asked for (RFC 6749 §5.1).
    pub scopes: Option<ScopeSet>,
    /// The raw ID token with its claims.
    pub id_token: Option<(RawIdToken, IdTokenClaims)>,
    /// The user's home identifiers.
    pub client_info: Option<ClientInfo>,
    /// `foci`: the family of client ids that may share the refresh token.
    pub family_id: Option<String>,
    /// What the request was sent with, which the answer does not repeat: whoever has sent it fills it in.
    pub correlation_id: Option<String>,
}

impl TokenResponse {
    pub(super) fn new(members: &Members<'_>, client_id: &str) -> Result<Self, Malformation> {
        // RFC 6749 §5.1: `access_token` is required.
        let access_token = members
            .optional_text("access_token")?
            .ok_or(Malformation::Member {
                member: "access_token",
            })?;
        let id_token = members.optional_text("id_token")?;
        let refresh_token = members.optional_text("refresh_token")?;
        let tokens = SideBySide::new([Some(access_token), id_token, refresh_token]);
        let [access_token, id_token, refresh_token] = tokens.parts();
        // OpenID Connect Core §3.1.3.3 adds the ID token to the answer; §12.2 lets a refresh go without.
        let id_token = match id_token {
            Some(token) => {
                let token = RawIdToken::slice_of(&tokens.text, token);
                let claims = IdTokenClaims::decode(&token, client_id)?;
                Some((token, claims))
            }
            None => None,
        };
        let access_token = access_token.unwrap_or_default();
        Ok(Self {
            access_token: AccessToken::slice_of(&tokens.text, access_token),
            // RFC 6749 §5.1 requires it. Where it is absent, nothing but a bearer token (RFC 6750) was asked for.
            token_type: members
                .text("token_type")
                .unwrap_or_else(|| "Bearer".to_owned()),
            // RFC 6749 §5.1 recommends it, and leaves an answer without it to what the client knows of the server.
            expires_in: members.seconds("expires_in").unwrap_or(DEFAULT_LIFETIME),
            ext_expires_in: members.seconds("ext_expires_in"),
            refresh_in: members.seconds("refresh_in"),
            refresh_token: refresh_token.map(|token| RefreshToken::slice_of(&tokens.text, token)),
            // RFC 6749 §5.1: optional where it is what was asked for, required where it is not.
            scopes: members.scopes(),
            id_token,
            client_info: members.client_info()?,
            family_id: members.text("foci"),
            correlation_id: None,
        })
    }

    /// Whose tokens these are: `uid.utid` of `client_info`, else the ID token's `sub`, else nobody's.
    pub fn home_account_id(&self) -> Option<HomeAccountId> {
        // OpenID Connect Core §5.7: no claim but `sub`, with `iss`, identifies a user for ever.
        let from_client_info = self.client_info.as_ref().map(ClientInfo::home_account_id);
        from_client_info.or_else(|| {
            self.claims()
                .map(|claims| HomeAccountId::new(&claims.subject))
        })
    }

    /// The claims of the ID token, if there is one.
    pub fn claims(&self) -> Option<&IdTokenClaims> {
        self.id_token.as_ref().map(|(_, claims)| claims)
    }
}

/// How long an access token is taken to live when the answer does not say (MSAL's choice).
pub(super) const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);
