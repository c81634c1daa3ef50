//! The entries that one response becomes.

use std::time::Duration;

use super::event::TokenEvent;
use crate::cache::dialect::Dialect;
use crate::cache::entry::{
    AccessTokenEntry, AccountEntry, AppMetadataEntry, IdTokenEntry, NodeProfile, RefreshTokenEntry,
};
use crate::cache::interner::Interner;
use crate::{AccessToken, Text};

/// The entries that one response becomes.
pub(super) struct Entries<'a> {
    pub(super) event: &'a TokenEvent<'a>,
    dialect: Dialect,
    // Shared by the entries, not copied into each.
    pub(super) home_account_id: Option<Text>,
    pub(super) environment: Text,
    client_id: Text,
    realm: Text,
    target: Text,
    token_type: Text,
    authority_type: Text,
}

impl<'a> Entries<'a> {
    pub(super) fn new(
        event: &'a TokenEvent<'a>,
        dialect: Dialect,
        interner: &mut Interner,
    ) -> Self {
        let claims = event.response.claims();
        let tid = claims.and_then(|claims| claims.tenant_id.as_deref());
        Self {
            event,
            dialect,
            home_account_id: event.home_account_id().map(Text::from),
            environment: interner.intern(&dialect.environment(event.host)),
            client_id: interner.intern(event.client_id),
            realm: interner.intern(dialect.realm(event.realm, tid)),
            target: interner.intern(
                event
                    .response
                    .scopes
                    .as_ref()
                    .unwrap_or(event.requested)
                    .as_str(),
            ),
            token_type: interner.intern(&event.response.token_type),
            authority_type: interner.intern(event.authority_type),
        }
    }

    /// Where a refresh token can have come from: this dialect's environment, or the host it was sent to.
    pub(super) fn stored_under(&self) -> [String; 3] {
        let host = self.event.host.to_ascii_lowercase();
        let without_port = Dialect::Python.environment(&host);
        [self.environment.to_string(), without_port, host]
    }

    pub(super) fn access_token(&self) -> AccessTokenEntry {
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

    pub(super) fn account(&self) -> Option<AccountEntry> {
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

    pub(super) fn id_token(&self) -> Option<IdTokenEntry> {
        let (secret, _) = self.event.response.id_token.as_ref()?;
        Some(IdTokenEntry {
            secret: secret.clone(),
            home_account_id: self.home_account_id.clone(),
            environment: self.environment.clone(),
            realm: self.realm.clone(),
            client_id: self.client_id.clone(),
        })
    }

    pub(super) fn refresh_token(&self) -> Option<RefreshTokenEntry> {
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
    pub(super) fn app_metadata(&self, known: Option<Text>) -> AppMetadataEntry {
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
