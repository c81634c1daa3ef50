//! Families of clients: who may redeem whose refresh token.

use super::TokenCache;
use super::entry::AppMetadataEntry;
use crate::Text;

impl TokenCache {
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
            .filter_map(|record| record.entity.as_ref())
            .find(|entry| {
                entry.client_id == client_id
                    && entry.environment.as_str().eq_ignore_ascii_case(environment)
            })
    }

    /// Whether there is a refresh token of the account that the client may redeem: its own or one of a family.
    pub(super) fn can_renew(&self, client_id: &str, home: &str, environment: &str) -> bool {
        self.refresh_tokens
            .owned_by(home, environment)
            .filter_map(|record| record.entity.as_ref())
            .filter(|entry| entry.environment.as_str().eq_ignore_ascii_case(environment))
            .filter(|entry| is_owned(entry.home_account_id.as_ref(), home))
            .any(|entry| entry.client_id == client_id || entry.family_id.is_some())
    }
}

pub(super) fn is_owned(owner: Option<&Text>, home_account_id: &str) -> bool {
    owner.is_some_and(|owner| *owner == home_account_id)
}
