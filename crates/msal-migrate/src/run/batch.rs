//! The target: an MSAL token cache that is written in batches, and read back before anything counts as migrated.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use msal::{BoxFuture, Partition, SharedTokenCache, StoreError};
use msal_core::{
    Account, HomeAccountId, ProviderMetadata, ScopeSet, TokenCache, TokenResponse, UnixTime,
};

use super::addition::{Addition, Age, Tokens};
use super::published::Published;
use super::redeemed::{Redeemed, Unpublished};
use super::verdict::user_of;
use crate::caches::Caches;
use crate::error::MigrationError;
use crate::plan::Redemption;

/// Where migrated tokens go.
#[derive(Debug)]
pub(crate) struct Target {
    caches: Caches,
    /// Of users who have a cache each: what goes into it when it is written.
    coming: Mutex<HashMap<Partition, Vec<Addition>>>,
    began: UnixTime,
    published: AtomicUsize,
    writes: AtomicUsize,
    /// The scopes of the latest answer, and the same with the reserved ones: the next one's are mostly the same.
    requested: Mutex<(ScopeSet, ScopeSet)>,
    /// Tells tokens that were redeemed from others.
    spent: RandomState,
}

impl Target {
    pub(crate) fn new(caches: Caches, now: UnixTime) -> Self {
        let none = ScopeSet::default();
        Self {
            caches,
            coming: Mutex::default(),
            began: now,
            published: AtomicUsize::new(0),
            writes: AtomicUsize::new(0),
            requested: Mutex::new((none.clone(), none.with_reserved())),
            spent: RandomState::new(),
        }
    }

    /// Loads what is in the target already, and tries the way of a write, so that a target that cannot be used is found
    /// before any token is sent.
    pub(crate) async fn prepare(&self) -> Result<(), MigrationError> {
        match self.caches.of_all() {
            Some(cache) => {
                cache.ensure_loaded().await?;
                Ok(cache.rehearse_save().await?)
            }
            // Whose caches there will be is not known; those of all are beside each other.
            None => {
                let anybody = self.caches.of_user(&HomeAccountId::new("rehearsal"));
                Ok(anybody.rehearse_save().await?)
            }
        }
    }

    /// Takes in what others have stored since the cache of all was loaded, before answers are taken in that were sealed some
    /// time ago. Those of each user are loaded when they are needed.
    pub(super) async fn catch_up(&self) -> Result<(), MigrationError> {
        match self.caches.of_all() {
            Some(cache) => Ok(cache.reload().await?),
            None => Ok(()),
        }
    }

    fn coming(&self) -> MutexGuard<'_, HashMap<Partition, Vec<Addition>>> {
        self.coming.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the tokens in: into the cache of all in memory, or into the user's when it is written.
    pub(super) fn add(
        &self,
        redeemed: Redeemed,
        metadata: &ProviderMetadata,
        tokens: Box<TokenResponse>,
        home_account_id: HomeAccountId,
    ) -> Unpublished {
        self.take_in(Age::New, redeemed, metadata, tokens, home_account_id)
    }

    /// Takes the tokens of an answer in that was sealed some time ago, unless the store has its refresh token, or one that
    /// came later: whoever sealed it may have stored it, and an application may have renewed it since.
    ///
    /// Of a user who has signed out since, the store has as little as of one whose tokens were never stored: both are taken
    /// in.
    pub(super) fn add_sealed(
        &self,
        redeemed: Redeemed,
        metadata: &ProviderMetadata,
        tokens: Box<TokenResponse>,
        home_account_id: HomeAccountId,
    ) -> Unpublished {
        self.take_in(Age::Sealed, redeemed, metadata, tokens, home_account_id)
    }

    fn take_in(
        &self,
        age: Age,
        redeemed: Redeemed,
        metadata: &ProviderMetadata,
        tokens: Box<TokenResponse>,
        home_account_id: HomeAccountId,
    ) -> Unpublished {
        let requested = self.requested(&redeemed.scopes);
        let environment = self.environment(metadata);
        if let Some(cache) = self.caches.of_all() {
            let added = Tokens {
                environment: &environment,
                client_id: &redeemed.client_id,
                metadata,
                requested: &requested,
                response: &tokens,
                redeemed: &redeemed.refresh_token,
                at: redeemed.at,
                home_account_id: &home_account_id,
            };
            cache.change(|cache| added.add_to(cache, age));
            return self.unpublished(redeemed, metadata, &tokens, home_account_id);
        }
        let partition = Caches::partition(&home_account_id);
        let (client_id, at) = (redeemed.client_id.clone(), redeemed.at);
        let refresh_token = redeemed.refresh_token.clone();
        let unpublished = self.unpublished(redeemed, metadata, &tokens, home_account_id.clone());
        let addition = Addition {
            age,
            client_id,
            environment,
            metadata: metadata.clone(),
            requested,
            response: tokens,
            redeemed: refresh_token,
            at,
            home_account_id,
        };
        self.coming().entry(partition).or_default().push(addition);
        unpublished
    }

    /// As the target's dialect spells it, because that is how a token is looked for when the target is read back.
    fn environment(&self, metadata: &ProviderMetadata) -> String {
        let host = metadata.authority().host();
        self.caches.dialect().environment(host)
    }

    /// What is looked for in the store, once it is written.
    fn unpublished(
        &self,
        redeemed: Redeemed,
        metadata: &ProviderMetadata,
        tokens: &TokenResponse,
        home_account_id: HomeAccountId,
    ) -> Unpublished {
        // RFC 6749 §6: the server may issue a new refresh token; where it does not, the old one stays the one to keep.
        let successor = tokens.refresh_token.clone();
        let spent = successor
            .as_ref()
            .map(|_| self.spent.hash_one(&redeemed.refresh_token));
        Unpublished {
            fingerprint: redeemed.fingerprint,
            locator: redeemed.locator,
            home_account_id,
            client_id: redeemed.client_id,
            scopes: redeemed.scopes,
            authority: redeemed.authority,
            user: redeemed.user,
            found: user_of(tokens),
            earlier: redeemed.earlier,
            environment: self.environment(metadata),
            spent,
            refresh_token: successor.unwrap_or(redeemed.refresh_token),
            at: redeemed.at,
        }
    }

    fn requested(&self, scopes: &ScopeSet) -> ScopeSet {
        // Both halves are replaced in one step, so that a panic elsewhere leaves them a pair.
        let mut latest = self
            .requested
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if latest.0 != *scopes {
            *latest = (scopes.clone(), scopes.with_reserved());
        }
        latest.1.clone()
    }

    /// Whether so many tokens are worth a write at this time. Each write of a cache of all costs as much as that is large;
    /// that of a user's costs the same whenever it is written.
    pub(super) fn is_due(&self, waiting: usize, now: UnixTime) -> bool {
        match self.caches.of_all() {
            Some(_) => {
                self.began.until(now) >= FIRST_WRITE
                    && waiting >= FIRST_BATCH.max(GROWTH * self.published.load(Ordering::Relaxed))
            }
            None => waiting >= USERS,
        }
    }

    /// Whether so many tokens wait to be written that no more are asked for. A cache of all is in memory anyway.
    pub(super) fn is_full(&self, waiting: usize) -> bool {
        self.caches.of_all().is_none() && waiting >= MOST_USERS
    }

    /// Saves, reads back, and looks for every token of `batch`.
    pub(super) async fn publish(&self, batch: Vec<Unpublished>) -> Published {
        let published = match self.caches.of_all() {
            Some(cache) => match self.save(cache).await {
                Ok(()) => self.found_in(cache, batch),
                Err(error) => Published::nothing(error),
            },
            None => self.publish_of_users(batch).await,
        };
        let there = published.there.len();
        self.published.fetch_add(there, Ordering::Relaxed);
        published
    }

    /// Writes the cache of each user of `batch`. One that cannot be used keeps none of the others from being written.
    async fn publish_of_users(&self, batch: Vec<Unpublished>) -> Published {
        let mut users: HashMap<Partition, Vec<Unpublished>> = HashMap::new();
        for token in batch {
            let partition = Caches::partition(&token.home_account_id);
            users.entry(partition).or_default().push(token);
        }
        let mut writes: Vec<BoxFuture<'_, Published>> = Vec::new();
        for (partition, tokens) in users {
            writes.push(Box::pin(self.publish_of_user(partition, tokens)));
        }
        let mut writes = stream::iter(writes).buffer_unordered(WRITERS);
        let mut published = Published::default();
        while let Some(written) = writes.next().await {
            published.append(written);
        }
        published
    }

    /// Writes the cache of a user whom all `tokens` are of.
    async fn publish_of_user(&self, partition: Partition, tokens: Vec<Unpublished>) -> Published {
        let additions = self.coming().remove(&partition).unwrap_or_default();
        let Some(first) = tokens.first() else {
            return Published::default();
        };
        let cache = self.caches.of_user(&first.home_account_id);
        match self.write(&cache, &additions).await {
            Ok(()) => self.found_in(&cache, tokens),
            Err(error) => Published::nothing_of_user(error),
        }
    }

    /// Adds to the cache of a user what the store has of it, and saves it. What stands there decides where the account is
    /// stored, and which token the added one takes the place of: on top of a file that was not read, neither is known.
    async fn write(
        &self,
        cache: &SharedTokenCache,
        additions: &[Addition],
    ) -> Result<(), StoreError> {
        cache.ensure_loaded().await?;
        cache.change(|cache| additions.iter().for_each(|addition| addition.add_to(cache)));
        // One token of a user came before the other was written, and was written with it.
        match cache.read(TokenCache::is_changed) {
            true => self.save(cache).await,
            false => Ok(()),
        }
    }

    async fn save(&self, cache: &SharedTokenCache) -> Result<(), StoreError> {
        // Of the bytes on the disk: a store may have accepted what it did not keep.
        cache.save_and_read_back().await?;
        self.writes.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// The tokens that are in a cache that was written. Another program may have written between the save and the reading,
    /// and may have replaced or dropped tokens.
    fn found_in(&self, cache: &SharedTokenCache, tokens: Vec<Unpublished>) -> Published {
        let is_there = |token: &Unpublished| cache.read(|cache| self.is_there(cache, token));
        let (there, missing): (Vec<_>, Vec<_>) = tokens.into_iter().partition(is_there);
        Published::found(there, missing.len())
    }

    fn is_there(&self, cache: &TokenCache, token: &Unpublished) -> bool {
        cache.holds_successor(
            &token.client_id,
            &token.home_account_id,
            &token.environment,
            (&token.refresh_token, token.at),
            &|stored| token.spent == Some(self.spent.hash_one(stored)),
        )
    }

    /// The account and its subjects, where the target has a refresh token of it for the client of a redemption, of whatever
    /// age.
    pub(super) async fn account(
        &self,
        redemption: &Redemption,
        home_account_id: &HomeAccountId,
    ) -> Result<Option<(Account, Vec<String>)>, MigrationError> {
        let cache = self.caches.of_user(home_account_id);
        cache.ensure_loaded().await?;
        let known = self.known_account(&cache, redemption, home_account_id);
        if known.is_some() {
            return Ok(known);
        }
        // Another process may have stored it since.
        cache.reload().await?;
        Ok(self.known_account(&cache, redemption, home_account_id))
    }

    fn known_account(
        &self,
        cache: &SharedTokenCache,
        redemption: &Redemption,
        home_account_id: &HomeAccountId,
    ) -> Option<(Account, Vec<String>)> {
        let client_id = &redemption.client_id;
        let host = redemption.authority.host();
        let environment = self.caches.dialect().environment(host);
        cache.read(|cache| {
            let account = cache
                .holds_refresh_token(client_id, home_account_id, &environment)
                .then(|| cache.account(home_account_id, std::slice::from_ref(&environment)))??;
            let subjects = cache.subjects_of(client_id, &account);
            Some((account, subjects))
        })
    }

    /// How often the store was written.
    pub(crate) fn writes(&self) -> usize {
        self.writes.load(Ordering::Relaxed)
    }
}

/// The first batch. Later ones are three times as large as what is in the target, so that a run writes the target a
/// number of times that grows with the logarithm of the number of tokens; what is waiting is safe in the journal.
const FIRST_BATCH: usize = 1000;
const GROWTH: usize = 3;

/// Users with a cache each are written when so many tokens have come together, and no more are asked for while so many
/// wait: a bound on memory, of some ten kilobytes a user.
const USERS: usize = 256;
const MOST_USERS: usize = 4 * USERS;

/// How many users' caches are written at the same time: a disk that syncs one is not busy.
const WRITERS: usize = 16;

/// A run that is over sooner writes the target once, at its end.
const FIRST_WRITE: Duration = Duration::from_secs(5);
