//! Families of clients: who may redeem whose refresh token.

use super::TokenCache;
use super::entry::AppMetadataEntry;
use super::term::{Host, Term};
use crate::Text;

impl TokenCache {
    /// What is known of a client.
    pub(super) fn metadata_of(
        &self,
        client_id: &str,
        environment: &str,
    ) -> Option<&AppMetadataEntry> {
        let term = Term::Client {
            client_id,
            environment: Host(environment),
        };
        // Where one alias of the cloud says that it is a member of a family, and another does not, it is one.
        let entries = self.app_metadata.find(&term);
        entries.min_by_key(|entry| entry.family_id.is_none())
    }

    /// The family that `client_id` is known to belong to.
    pub(super) fn family_of(&self, client_id: &str, environment: &str) -> Option<Text> {
        self.metadata_of(client_id, environment)?.family_id.clone()
    }

    /// Whether there is a refresh token of the account that the client may redeem: its own or one of a family.
    pub(super) fn can_renew(
        &self,
        client_id: &str,
        home_account_id: &str,
        environment: &str,
    ) -> bool {
        let owner = Term::Owner {
            home_account_id,
            environment: Host(environment),
        };
        // A client that is not known as a member may be one: see `TokenCache::silent`.
        self.refresh_tokens
            .find(&owner)
            .any(|entry| entry.is_of_client(client_id) || entry.family_id.is_some())
    }
}
