//! The target: an MSAL token cache that is written in batches, and read back before anything counts as migrated.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use msal::SharedTokenCache;
use msal_core::{
    Authority, HomeAccountId, ProviderMetadata, RefreshToken, ScopeSet, TokenCache, TokenEvent,
    TokenResponse, UnixTime,
};

use super::queue::Attempt;
use super::verdict::user_of;
use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::journal::{Origin, State};
use crate::observer::ObservedToken;
use crate::plan::Redemption;
use crate::record::{Locator, UserHints};

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
pub(super) struct Redeemed {
    pub(super) fingerprint: Fingerprint,
    pub(super) locator: Locator,
    pub(super) client_id: String,
    pub(super) scopes: ScopeSet,
    pub(super) refresh_token: RefreshToken,
    /// Where it was redeemed.
    pub(super) authority: Arc<Authority>,
    /// Whose it is, according to the source.
    pub(super) user: UserHints,
    /// When it was redeemed.
    pub(super) at: UnixTime,
    /// Where it stood before the run.
    pub(super) earlier: Option<State>,
}

impl Redeemed {
    /// What a run has redeemed.
    pub(super) fn new(attempt: Attempt, authority: &Arc<Authority>, at: UnixTime) -> Self {
        let redemption: Redemption = *attempt.redemption;
        Self {
            fingerprint: redemption.fingerprint,
            locator: redemption.locator,
            client_id: redemption.client_id,
            scopes: redemption.scopes,
            refresh_token: redemption.refresh_token,
            authority: Arc::clone(authority),
            user: redemption.user,
            at,
            earlier: attempt.earlier,
        }
    }
}

/// One token that is in the cache in memory and not yet known to be in the store.
#[derive(Debug)]
pub(crate) struct Unpublished {
    pub(crate) fingerprint: Fingerprint,
    pub(super) locator: Locator,
    pub(super) home_account_id: HomeAccountId,
    pub(super) client_id: String,
    pub(super) scopes: ScopeSet,
    /// Where it was redeemed. Shared, as there may be very many.
    pub(crate) authority: Arc<Authority>,
    user: UserHints,
    /// Whose it is, according to the answer.
    found: UserHints,
    earlier: Option<State>,
    environment: String,
    /// The token that the target must hold.
    refresh_token: RefreshToken,
    /// When it was redeemed.
    at: UnixTime,
}

impl Unpublished {
    /// Where it was found, and whose it is: as the source says, and as the server does where the source does not.
    pub(super) fn origin(&self) -> Origin<'_> {
        Origin::from((&self.locator, &self.user)).completed(&self.found)
    }

    /// The token, for an observer.
    pub(super) fn observed(&self) -> ObservedToken<'_> {
        ObservedToken {
            fingerprint: self.fingerprint,
            locator: &self.locator,
            user: &self.user,
            client_id: &self.client_id,
            authority: &self.authority,
            earlier: self.earlier,
        }
    }
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

    /// Loads what is in the target already, and tries the way of a write, so that a target that cannot be used is found
    /// before any token is sent.
    pub(crate) async fn prepare(&self) -> Result<(), MigrationError> {
        self.cache.ensure_loaded().await?;
        Ok(self.cache.rehearse_save().await?)
    }

    /// Takes the tokens in, in memory.
    pub(super) fn add(
        &self,
        redeemed: Redeemed,
        metadata: &ProviderMetadata,
        tokens: &TokenResponse,
        home_account_id: HomeAccountId,
    ) -> Unpublished {
        let requested = self.requested(&redeemed.scopes);
        let event = TokenEvent::redeemed(
            &redeemed.client_id,
            metadata,
            &requested,
            tokens,
            &redeemed.refresh_token,
            redeemed.at,
        );
        // The account that the verdict is about, and not one found by a second look at the answer.
        let event = event.of_account(Some(&home_account_id));
        self.cache.change(|cache| cache.add(&event));
        // As the target's dialect spells it, because that is how the token is looked for when the target is read back.
        let environment = self.cache.dialect().environment(event.host);
        // RFC 6749 §6: the server may issue a new refresh token; where it does not, the old one stays the one to keep.
        let successor = tokens.refresh_token.clone();
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
            environment,
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

    /// Whether so many tokens are worth a write at this time. Each write costs as much as the whole target is large.
    pub(super) fn is_due(&self, waiting: usize, now: UnixTime) -> bool {
        self.began.until(now) >= FIRST_WRITE
            && waiting >= FIRST_BATCH.max(GROWTH * self.published.load(Ordering::Relaxed))
    }

    /// Saves, reads back, and looks for every token of `batch`.
    pub(super) async fn publish(&self, batch: &[Unpublished]) -> Result<(), MigrationError> {
        // Of the bytes on the disk: a store may have accepted what it did not keep.
        self.cache.save_and_read_back().await?;
        self.writes.fetch_add(1, Ordering::Relaxed);
        // Another program may have written between the save and the reading, and may have replaced or dropped tokens.
        let missing = self
            .cache
            .read(|cache| batch.iter().filter(|token| !is_there(cache, token)).count());
        if missing > 0 {
            return Err(MigrationError::NotReadBack { missing });
        }
        self.published.fetch_add(batch.len(), Ordering::Relaxed);
        Ok(())
    }

    /// How often the store was written.
    pub(crate) fn writes(&self) -> usize {
        self.writes.load(Ordering::Relaxed)
    }
}

fn is_there(cache: &TokenCache, token: &Unpublished) -> bool {
    cache.holds_refresh_token(
        &token.client_id,
        &token.home_account_id,
        &token.environment,
        &token.refresh_token,
        token.at,
    )
}

/// The first batch. Later ones are three times as large as what is in the target, so that a run writes the target a
/// number of times that grows with the logarithm of the number of tokens; what is waiting is safe in the journal.
const FIRST_BATCH: usize = 1000;
const GROWTH: usize = 3;

/// A run that is over sooner writes the target once, at its end.
const FIRST_WRITE: Duration = Duration::from_secs(5);
