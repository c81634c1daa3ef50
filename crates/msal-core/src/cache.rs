//! The token cache all MSALs share: five sections of entries, one JSON document.
//!
//! In memory it is an index over the entries. Entries that nobody changed keep the bytes they were read with, so
//! loading is one pass over the text, saving copies it, and what other SDKs wrote (keys, members, whole sections)
//! survives. A lookup costs the same for one account and for a hundred thousand.

mod accounts;
mod add;
mod arena;
mod contents;
mod dialect;
mod document;
mod entry;
mod family;
mod for_client;
mod index;
mod interner;
mod issuance;
mod memory;
mod merge;
mod on_behalf;
mod place;
mod postings;
mod record;
mod removal;
mod sections;
mod sign_out;
mod silent;
mod table;
mod take_over;
mod term;
mod token_event;

use std::fmt;

pub use contents::{CacheContents, Oddity, OddityKind, SectionContents, TenantContents};
pub use dialect::Dialect;
pub use document::CacheFormatError;
pub use for_client::{Cached, ForClientHit, ForClientRequest};
pub use on_behalf::{OnBehalfRequest, OnBehalfTokens};
pub use silent::{
    CachedAccessToken, RefreshCandidate, RefreshReason, Renewal, Silent, SilentRequest,
};
pub use take_over::TakenOver;
pub use token_event::{Party, TokenEvent};

use entry::{AccessTokenEntry, AccountEntry, AppMetadataEntry, IdTokenEntry, RefreshTokenEntry};
use interner::Interner;
use memory::Memory;
use place::Hosts;
use removal::Removal;
use sections::Layout;
use table::Table;

/// The cache of one partition: an application's whole cache on a desktop, one user's in a web application.
///
/// A clone shares the texts and copies the index over them.
#[derive(Clone, Default)]
pub struct TokenCache {
    dialect: Dialect,
    access_tokens: Table<AccessTokenEntry>,
    accounts: Table<AccountEntry>,
    id_tokens: Table<IdTokenEntry>,
    refresh_tokens: Table<RefreshTokenEntry>,
    app_metadata: Table<AppMetadataEntry>,
    layout: Layout,
    memory: Memory,
    /// Every sign-out since the last save, so that what a conflicting writer has of it can be removed as well.
    signed_out: Vec<Removal>,
    is_changed: bool,
    interner: Interner,
    hosts: Hosts,
}

impl TokenCache {
    /// An empty cache whose new entries are spelled as `dialect` does.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            ..Self::default()
        }
    }

    /// Whether anything was added, changed or removed since the cache was loaded or last marked as saved.
    pub fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Whether anybody was signed out since the last save.
    pub fn has_sign_outs(&self) -> bool {
        !self.signed_out.is_empty()
    }

    /// Forgets who signed out since the last save: for a cache that nobody else changes.
    pub fn forget_sign_outs(&mut self) {
        self.signed_out.clear();
    }

    /// Declares the present contents to be what the store holds.
    pub fn mark_saved(&mut self) {
        self.is_changed = false;
        self.signed_out.clear();
        self.access_tokens.mark_saved();
        self.accounts.mark_saved();
        self.id_tokens.mark_saved();
        self.refresh_tokens.mark_saved();
        self.app_metadata.mark_saved();
    }
}

/// Counts only: the entries' text holds the tokens.
impl fmt::Debug for TokenCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenCache")
            .field("dialect", &self.dialect)
            .field("accounts", &self.accounts.len())
            .field("access_tokens", &self.access_tokens.len())
            .field("refresh_tokens", &self.refresh_tokens.len())
            .field("is_changed", &self.is_changed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
