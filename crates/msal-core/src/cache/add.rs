//! Taking a token response into the cache: all its entries at once, after every check.

use std::time::Duration;

use super::TokenCache;
use super::entry::{
    AccessTokenEntry, AccountEntry, AppMetadataEntry, IdTokenEntry, NodeProfile, RefreshTokenEntry,
    Section,
};
use super::recent::Recent;
use crate::{
    AccessToken, AuthorityKind, Dialect, HomeAccountId, ProviderMetadata, RefreshToken, ScopeSet,
    Text, TokenResponse, UnixTime,
};

/// A token response, and what the cache must know of the request that led to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenEvent<'a> {
    /// The client that asked.
    pub client_id: &'a str,
    /// The authority's host, with its port where it is not 443.
    pub host: &'a str,
    /// The tenant as the token endpoint's path has it.
    pub realm: &'a str,
    /// `MSSTS` for Entra, `ADFS` for ADFS.
    pub authority_type: &'a str,
    /// The scopes that were asked for, reserved ones included: they are taken as granted when the answer names none.
    pub requested: &'a ScopeSet,
    /// The answer.
    pub response: &'a TokenResponse,
    /// When it arrived.
    pub now: UnixTime,
    /// How the user signed in, where that was interactive; `None` for renewals.
    pub account_source: Option<&'a str>,
    /// The refresh token that was redeemed: it is kept when the answer brings none, because Entra leaves it valid.
    pub redeemed: Option<&'a RefreshToken>,
    /// Whose refresh token that was, where it is known: the answer to a renewal need not name the user again.
    pub account: Option<&'a HomeAccountId>,
}

impl<'a> TokenEvent<'a> {
    /// The event of a refresh token that was redeemed with `metadata`'s authority.
    pub fn redeemed(
        client_id: &'a str,
        metadata: &'a ProviderMetadata,
        requested: &'a ScopeSet,
        response: &'a TokenResponse,
        redeemed: &'a RefreshToken,
        now: UnixTime,
    ) -> Self {
        Self {
            client_id,
            host: metadata.authority().host(),
            realm: &metadata.realm,
            authority_type: match metadata.authority().kind() {
                AuthorityKind::Adfs => "ADFS",
                _ => "MSSTS",
            },
            requested,
            response,
            now,
            account_source: None,
            redeemed: Some(redeemed),
            account: None,
        }
    }

    /// The same event about the tokens of `account`: see [`TokenResponse::can_be_of`].
    #[must_use]
    pub fn of_account(mut self, account: Option<&'a HomeAccountId>) -> Self {
        self.account = account;
        self
    }

    /// Whose tokens these are.
    pub fn home_account_id(&self) -> Option<HomeAccountId> {
        self.account
            .cloned()
            .or_else(|| self.response.home_account_id())
    }
}

impl TokenCache {
    /// Adds the tokens of a sign-in or of a redeemed refresh token, with the user's account.
    pub fn add(&mut self, event: &TokenEvent<'_>) {
        let entries = Entries::new(event, self.dialect, &mut self.recent);
        self.add_access_token(entries.access_token());
        if let Some(account) = entries.account() {
            self.lay_out(Section::Account);
            self.accounts.upsert(account, self.dialect);
        }
        self.add_id_token(&entries);
        if let Some(refresh_token) = entries.refresh_token() {
            self.lay_out(Section::RefreshToken);
            self.refresh_tokens.upsert(refresh_token, self.dialect);
        }
        self.add_app_metadata(&entries);
        self.is_changed = true;
    }

    /// Adds the tokens of a silent renewal: the entry that `redeemed` came from is given the new refresh token, its
    /// target and family stay, and the account is left as it is.
    ///
    /// Nothing is added for a user who was signed out while the renewal was on its way.
    pub fn renew(&mut self, event: &TokenEvent<'_>) {
        let entries = Entries::new(event, self.dialect, &mut self.recent);
        let home = entries.home_account_id.clone().unwrap_or_default();
        let is_signed_out =
            |environment: &String| !self.can_renew(event.client_id, home.as_str(), environment);
        if entries.stored_under().iter().all(is_signed_out) {
            return;
        }
        self.add_access_token(entries.access_token());
        self.add_id_token(&entries);
        if let (Some(redeemed), Some(refresh_token)) =
            (event.redeemed, &event.response.refresh_token)
        {
            self.update_refresh_token(redeemed, refresh_token, event, &entries);
        }
        self.add_app_metadata(&entries);
        self.is_changed = true;
    }

    fn add_access_token(&mut self, access_token: AccessTokenEntry) {
        self.lay_out(Section::AccessToken);
        self.access_tokens.upsert(access_token, self.dialect);
    }

    fn add_id_token(&mut self, entries: &Entries<'_>) {
        if let Some(id_token) = entries.id_token() {
            self.lay_out(Section::IdToken);
            self.id_tokens.upsert(id_token, self.dialect);
        }
    }

    fn add_app_metadata(&mut self, entries: &Entries<'_>) {
        let known = self.family_of(entries.event.client_id, entries.environment.as_str());
        self.lay_out(Section::AppMetadata);
        let entry = entries.app_metadata(known);
        self.app_metadata.upsert(entry, self.dialect);
    }

    fn update_refresh_token(
        &mut self,
        redeemed: &RefreshToken,
        successor: &RefreshToken,
        event: &TokenEvent<'_>,
        entries: &Entries<'_>,
    ) {
        let home = entries
            .home_account_id
            .as_ref()
            .map(Text::as_str)
            .unwrap_or_default();
        let holders: Vec<_> = entries
            .stored_under()
            .iter()
            .flat_map(|environment| self.refresh_tokens.owned_by(home, environment))
            .filter(|slot| {
                slot.entity
                    .as_ref()
                    .is_some_and(|entry| entry.secret == *redeemed)
            })
            .filter_map(|slot| Some((slot.key.clone(), slot.entity.clone()?)))
            .collect();
        if holders.is_empty() {
            // Somebody else replaced the entry meanwhile: the successor is stored as a new one.
            self.lay_out(Section::RefreshToken);
            if let Some(entry) = entries.refresh_token() {
                self.refresh_tokens.upsert(entry, self.dialect);
            }
        }
        for (key, entry) in holders {
            let renewed = RefreshTokenEntry {
                secret: successor.clone(),
                last_modification_time: Some(event.now),
                ..entry
            };
            self.refresh_tokens.renew(key, renewed);
        }
    }

    /// The family that `client_id` is known to belong to.
    pub(super) fn family_of(&self, client_id: &str, environment: &str) -> Option<Text> {
        self.metadata_of(client_id, environment)?.family_id.clone()
    }

    /// What is known of a client.
    pub(super) fn metadata_of(
        &self,
        client_id: &str,
        environment: &str,
    ) -> Option<&AppMetadataEntry> {
        let entries = self.app_metadata.owned_by(client_id, environment);
        entries
            .filter_map(|slot| slot.entity.as_ref())
            .find(|entry| {
                entry.client_id == client_id
                    && entry.environment.as_str().eq_ignore_ascii_case(environment)
            })
    }
}

/// The entries that one response becomes.
struct Entries<'a> {
    event: &'a TokenEvent<'a>,
    dialect: Dialect,
    // Shared by the entries, not copied into each.
    home_account_id: Option<Text>,
    environment: Text,
    client_id: Text,
    realm: Text,
    target: Text,
    token_type: Text,
    authority_type: Text,
}

impl<'a> Entries<'a> {
    fn new(event: &'a TokenEvent<'a>, dialect: Dialect, recent: &mut Recent) -> Self {
        let claims = event.response.claims();
        let tid = claims.and_then(|claims| claims.tenant_id.as_deref());
        Self {
            event,
            dialect,
            home_account_id: event.home_account_id().map(Text::from),
            environment: recent.share(&dialect.environment(event.host)),
            client_id: recent.share(event.client_id),
            realm: recent.share(dialect.realm(event.realm, tid)),
            target: recent.share(
                event
                    .response
                    .scopes
                    .as_ref()
                    .unwrap_or(event.requested)
                    .as_str(),
            ),
            token_type: recent.share(&event.response.token_type),
            authority_type: recent.share(event.authority_type),
        }
    }

    /// Where a refresh token can have come from: this dialect's environment, or the host it was sent to.
    fn stored_under(&self) -> [String; 3] {
        let host = self.event.host.to_ascii_lowercase();
        let without_port = Dialect::Python.environment(&host);
        [self.environment.to_string(), without_port, host]
    }

    fn access_token(&self) -> AccessTokenEntry {
        let TokenEvent { response, now, .. } = *self.event;
        let after = |lifetime: Duration| now + lifetime;
        AccessTokenEntry {
            secret: AccessToken::clone(&response.access_token),
            home_account_id: self.home_account_id.clone(),
            environment: self.environment.clone(),
            client_id: self.client_id.clone(),
            target: self.target.clone(),
            realm: self.realm.clone(),
            token_type: self.token_type.clone(),
            cached_at: Some(now),
            expires_on: after(response.expires_in),
            extended_expires_on: Some(after(
                response.ext_expires_in.unwrap_or(response.expires_in),
            )),
            refresh_on: response.refresh_in.map(after),
            key_id: None,
            ext_cache_key: None,
        }
    }

    fn account(&self) -> Option<AccountEntry> {
        let claims = self.event.response.claims();
        let claim = |text: Option<&String>| text.map(|text| Text::from(text.as_str()));
        let local =
            claims.and_then(|claims| claim(claims.object_id.as_ref().or(Some(&claims.subject))));
        Some(AccountEntry {
            home_account_id: self.home_account_id.clone()?,
            environment: self.environment.clone(),
            realm: self.realm.clone(),
            local_account_id: local.unwrap_or_default(),
            username: claims
                .and_then(|claims| claim(claims.username.as_ref()))
                .unwrap_or_default(),
            authority_type: self.authority_type.clone(),
            account_source: self.event.account_source.map(Text::from),
            profile: self.node_profile(),
        })
    }

    fn node_profile(&self) -> Option<NodeProfile> {
        if self.dialect == Dialect::Python {
            return None;
        }
        let claims = self.event.response.claims();
        let name = claims
            .and_then(|claims| claims.name.as_deref())
            .unwrap_or_default();
        let client_info = self.event.response.client_info.as_ref();
        Some(NodeProfile {
            name: name.into(),
            client_info: client_info
                .map(|info| info.encoded.as_str())
                .unwrap_or_default()
                .into(),
            tenant_id: self.realm.clone(),
        })
    }

    fn id_token(&self) -> Option<IdTokenEntry> {
        let (secret, _) = self.event.response.id_token.as_ref()?;
        Some(IdTokenEntry {
            secret: secret.clone(),
            home_account_id: self.home_account_id.clone(),
            environment: self.environment.clone(),
            realm: self.realm.clone(),
            client_id: self.client_id.clone(),
        })
    }

    fn refresh_token(&self) -> Option<RefreshTokenEntry> {
        let secret = self
            .event
            .response
            .refresh_token
            .as_ref()
            .or(self.event.redeemed)?;
        Some(RefreshTokenEntry {
            secret: secret.clone(),
            home_account_id: self.home_account_id.clone(),
            environment: self.environment.clone(),
            client_id: self.client_id.clone(),
            // MSAL Node writes no target: its refresh tokens are found without scopes, as everybody's are.
            target: (self.dialect == Dialect::Python).then(|| self.target.clone()),
            last_modification_time: (self.dialect == Dialect::Python).then_some(self.event.now),
            family_id: self.event.response.family_id.as_deref().map(Text::from),
        })
    }

    /// `known` is the family recorded earlier: an answer without `foci` does not take it away.
    fn app_metadata(&self, known: Option<Text>) -> AppMetadataEntry {
        AppMetadataEntry {
            client_id: self.client_id.clone(),
            environment: self.environment.clone(),
            family_id: self
                .event
                .response
                .family_id
                .as_deref()
                .map(Text::from)
                .or(known),
        }
    }
}
