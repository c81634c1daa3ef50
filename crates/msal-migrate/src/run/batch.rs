//! The target: an MSAL token cache that is written in batches, and read back before anything counts as migrated.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use msal::SharedTokenCache;
use msal_core::{
    HomeAccountId, ProviderMetadata, RefreshToken, ScopeSet, TokenCache, TokenEvent, TokenResponse,
    UnixTime,
};

use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::plan::Redemption;
use crate::record::Locator;

/// The first batch. Later ones are three times as large as what is in the target, so that a run writes the target a
/// number of times that grows with the logarithm of the number of tokens; what is waiting is safe in the journal.
const FIRST_BATCH: usize = 1000;
const GROWTH: usize = 3;

/// A run that is over sooner writes the target once, at its end.
const FIRST_WRITE: Duration = Duration::from_secs(5);

/// Where migrated tokens go.
#[derive(Debug)]
pub(crate) struct Target {
    cache: Arc<SharedTokenCache>,
    began: UnixTime,
    published: AtomicUsize,
    writes: AtomicUsize,
    /// The scopes of the latest answer, and the same with the reserved ones: the next one's are mostly the same.
    requested: Mutex<(ScopeSet, ScopeSet)>,
}

/// What was redeemed, apart from the answer.
pub(crate) struct Facts<'a> {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) client_id: &'a str,
    pub(crate) scopes: &'a ScopeSet,
    pub(crate) redeemed: &'a RefreshToken,
    pub(crate) locator: &'a Locator,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(job: &'a Redemption) -> Self {
        Self {
            fingerprint: job.fingerprint,
            client_id: &job.client_id,
            scopes: &job.scopes,
            redeemed: &job.refresh_token,
            locator: &job.locator,
        }
    }
}

/// One token that is in the cache in memory and not yet known to be in the store.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) client_id: String,
    pub(crate) home_account_id: HomeAccountId,
    pub(crate) environment: String,
    pub(crate) successor: RefreshToken,
    pub(crate) kept_old: bool,
    /// When it was redeemed.
    pub(crate) at: UnixTime,
    pub(crate) locator: Locator,
}

impl Target {
    pub(crate) fn new(cache: Arc<SharedTokenCache>, now: UnixTime) -> Self {
        let none = ScopeSet::default();
        Self {
            cache,
            began: now,
            published: AtomicUsize::new(0),
            writes: AtomicUsize::new(0),
            requested: Mutex::new((none.clone(), none.with_reserved())),
        }
    }

    /// Loads what is in the target already, so that a target that cannot be used is found before any token is sent.
    pub(crate) async fn prepare(&self) -> Result<(), MigrationError> {
        Ok(self.cache.ensure_loaded().await?)
    }

    /// Takes the tokens in, in memory. `None` when the answer does not say whose they are.
    pub(crate) fn add(
        &self,
        facts: &Facts<'_>,
        metadata: &ProviderMetadata,
        tokens: &TokenResponse,
        now: UnixTime,
    ) -> Option<Row> {
        let requested = self.requested(facts.scopes);
        let event = TokenEvent::redeemed(
            facts.client_id,
            metadata,
            &requested,
            tokens,
            facts.redeemed,
            now,
        );
        let home_account_id = event.home_account_id()?;
        let event = event.of_account(Some(&home_account_id));
        self.cache.change(|cache| cache.add(&event));
        Some(Row {
            fingerprint: facts.fingerprint,
            client_id: facts.client_id.to_owned(),
            environment: self.cache.dialect().environment(event.host),
            home_account_id,
            successor: tokens
                .refresh_token
                .as_ref()
                .unwrap_or(facts.redeemed)
                .clone(),
            kept_old: tokens.refresh_token.is_none(),
            at: now,
            locator: facts.locator.clone(),
        })
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

    /// Whether so many tokens are worth a write at this time.
    pub(crate) fn is_due(&self, waiting: usize, now: UnixTime) -> bool {
        self.began.until(now) >= FIRST_WRITE
            && waiting >= FIRST_BATCH.max(GROWTH * self.published.load(Ordering::Relaxed))
    }

    /// Saves, reads back, and looks for every token of `rows`.
    pub(crate) async fn publish(&self, rows: &[Row]) -> Result<(), MigrationError> {
        self.cache.save_and_read_back().await?;
        self.writes.fetch_add(1, Ordering::Relaxed);
        let missing = self
            .cache
            .read(|cache| rows.iter().filter(|row| !is_there(cache, row)).count());
        if missing > 0 {
            return Err(MigrationError::NotReadBack { missing });
        }
        self.published.fetch_add(rows.len(), Ordering::Relaxed);
        Ok(())
    }

    /// How often the store was written.
    pub(crate) fn writes(&self) -> usize {
        self.writes.load(Ordering::Relaxed)
    }
}

fn is_there(cache: &TokenCache, row: &Row) -> bool {
    cache.holds_refresh_token(
        &row.client_id,
        &row.home_account_id,
        &row.environment,
        &row.successor,
        row.at,
    )
}
