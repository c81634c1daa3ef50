//! What was redeemed, on its way into the target.

use std::sync::Arc;

use msal_core::{Authority, HomeAccountId, RefreshToken, ScopeSet, UnixTime};

use super::queue::Attempt;
use crate::fingerprint::Fingerprint;
use crate::journal::{Origin, State};
use crate::observer::ObservedToken;
use crate::plan::Redemption;
use crate::record::{Locator, UserHints};

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
    pub(super) user: UserHints,
    /// Whose it is, according to the answer.
    pub(super) found: UserHints,
    pub(super) earlier: Option<State>,
    pub(super) environment: String,
    /// The token that the target must hold.
    pub(super) refresh_token: RefreshToken,
    /// A hash of the one that was redeemed, which must not stand in its place; `None` where the answer brought no other.
    pub(super) spent: Option<u64>,
    /// When it was redeemed.
    pub(super) at: UnixTime,
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
