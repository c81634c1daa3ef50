//! What became of a batch.

use std::collections::HashSet;

use msal::StoreError;

use super::redeemed::Unpublished;
use crate::error::MigrationError;

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Published {
    /// The tokens that are in the store and were read back.
    pub(super) there: Vec<Unpublished>,
    pub(super) losses: Losses,
}

/// Why tokens could not be published. They stay sealed, and a later run publishes them.
#[derive(Debug, Default)]
pub(super) struct Losses {
    /// The cache of all cannot be used.
    of_all: Option<StoreError>,
    /// Users whose caches cannot be used.
    pub(super) of_users: Vec<StoreError>,
    /// How many tokens were written, and are not in the store any more.
    missing: usize,
}

impl Published {
    /// Nothing was, as the cache of all cannot be used.
    pub(super) fn nothing(error: StoreError) -> Self {
        let mut published = Self::default();
        published.losses.of_all = Some(error);
        published
    }

    /// Nothing was of a user, whose cache cannot be used.
    pub(super) fn nothing_of_user(error: StoreError) -> Self {
        let mut published = Self::default();
        published.losses.of_users.push(error);
        published
    }

    /// These are there, and so many are not.
    pub(super) fn found(there: Vec<Unpublished>, missing: usize) -> Self {
        let mut published = Self {
            there,
            ..Self::default()
        };
        published.losses.missing = missing;
        published
    }

    pub(super) fn append(&mut self, other: Self) {
        self.there.extend(other.there);
        self.losses.append(other.losses);
    }

    /// The whole batch.
    pub(super) fn into_whole(self) -> Result<Vec<Unpublished>, MigrationError> {
        match self.losses.into_error() {
            Some(error) => Err(error),
            None => Ok(self.there),
        }
    }
}

impl Losses {
    pub(super) fn append(&mut self, other: Self) {
        self.of_all = self.of_all.take().or(other.of_all);
        self.of_users.extend(other.of_users);
        self.missing += other.missing;
    }

    /// Whether what comes next would meet the same: there is one cache for all.
    pub(super) fn are_of_all(&self) -> bool {
        self.of_all.is_some()
    }

    /// What stops a run, or is left to correct after it; `None` where nothing was lost.
    pub(super) fn into_error(self) -> Option<MigrationError> {
        if let Some(error) = self.of_all {
            return Some(error.into());
        }
        // A user with two tokens may be among them twice.
        let named: HashSet<_> = self.of_users.iter().map(StoreError::to_string).collect();
        let users = named.len();
        let mut of_users = self.of_users;
        // What somebody has to correct comes before what passes.
        of_users.sort_by_key(StoreError::is_transient);
        match (of_users.into_iter().next(), self.missing) {
            (Some(source), _) => Some(MigrationError::UserCaches { users, source }),
            (None, 0) => None,
            (None, missing) => Some(MigrationError::NotReadBack { missing }),
        }
    }
}
