//! Where migrated tokens go: one cache, or one for each user.

use std::fmt;
use std::sync::Arc;

use msal::{CacheStore, Partition, SharedTokenCache};
use msal_core::{Dialect, HomeAccountId};

/// Where migrated tokens go: one cache for all users, or one for each.
#[derive(Clone)]
pub struct Caches(Kind);

#[derive(Clone)]
enum Kind {
    OfAll(Arc<SharedTokenCache>),
    OfEachUser(Arc<dyn CacheStore>, Dialect),
}

impl Caches {
    /// A cache for each user, as web applications have it: each in a [partition](Caches::partition) of `store`, such as a
    /// file of [`FileStore::directory`](msal::FileStore::directory). New entries are spelled as `dialect` does.
    ///
    /// A run writes the caches of some hundred users at a time, each once, and has no others in memory.
    pub fn per_user(store: Arc<dyn CacheStore>, dialect: Dialect) -> Self {
        Self(Kind::OfEachUser(store, dialect))
    }

    /// The partition of a user: the home account id, where that is the name of a partition, as Entra's are. Any other is
    /// [hashed](Partition::hashed), so that no server decides where a file is.
    pub fn partition(home_account_id: &HomeAccountId) -> Partition {
        let id = home_account_id.as_str();
        Partition::new(id).unwrap_or_else(|_unsafe| Partition::hashed(id))
    }

    /// The cache that has a user's tokens. With a cache for each, nothing of it is loaded yet.
    pub fn of_user(&self, home_account_id: &HomeAccountId) -> Arc<SharedTokenCache> {
        match &self.0 {
            Kind::OfAll(cache) => Arc::clone(cache),
            Kind::OfEachUser(store, dialect) => {
                let partition = Self::partition(home_account_id);
                let cache = SharedTokenCache::new(Arc::clone(store), partition, *dialect);
                Arc::new(cache)
            }
        }
    }

    /// The cache of all users, if they share one.
    pub(crate) fn of_all(&self) -> Option<&Arc<SharedTokenCache>> {
        match &self.0 {
            Kind::OfAll(cache) => Some(cache),
            Kind::OfEachUser(..) => None,
        }
    }

    /// How new entries are spelled.
    pub(crate) fn dialect(&self) -> Dialect {
        match &self.0 {
            Kind::OfAll(cache) => cache.dialect(),
            Kind::OfEachUser(_, dialect) => *dialect,
        }
    }
}

impl From<Arc<SharedTokenCache>> for Caches {
    fn from(cache: Arc<SharedTokenCache>) -> Self {
        Self(Kind::OfAll(cache))
    }
}

impl fmt::Debug for Caches {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match &self.0 {
            Kind::OfAll(_) => "Caches(one)",
            Kind::OfEachUser(..) => "Caches(one for each user)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_partition_or_is_hashed_and_no_two_share_one() {
        let entra = "6c5b1d9e-0000-0000-0000-000000000001.72f988bf-0000-0000-0000-000000000001";
        assert_eq!(
            Caches::partition(&HomeAccountId::new(entra)).as_str(),
            entra
        );
        let odd = [
            "../../etc/passwd",
            "A.B",
            "a.b",
            "",
            "a/b",
            "a\\b",
            ".x",
            "con:",
        ];
        let names = odd.map(|id| Caches::partition(&HomeAccountId::new(id)).to_string());
        for (at, name) in names.iter().enumerate() {
            assert!(
                !name.contains(['/', '\\']) && !name.starts_with('.'),
                "{name}"
            );
            assert!(!names[..at].contains(name), "{name}");
        }
    }
}
