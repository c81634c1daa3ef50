//! What a plan hands out: redemptions, and the fate of every row.

use msal_core::{ClientSecret, RefreshToken, ScopeSet, TrustedAuthority};

use super::warning::Warnings;
use crate::fingerprint::Fingerprint;
use crate::record::{Locator, Place, SkipReason, UserHints};

/// One refresh token that is to be redeemed, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Redemption {
    /// Identifies the token and its client in the journal.
    pub fingerprint: Fingerprint,
    /// The token.
    pub refresh_token: RefreshToken,
    /// The client it was issued to.
    pub client_id: String,
    /// What the row has that client prove itself with, where the plan uses such secrets. A credential that is given for the
    /// client comes first.
    pub client_secret: Option<ClientSecret>,
    /// Where it is redeemed. The host is Microsoft's, or one that the user named.
    pub authority: TrustedAuthority,
    /// Where it is redeemed once more if the server says that its user is of another tenant: where all work and school
    /// accounts are at home, or all personal ones, at the same host. `None` where the operator named the tenant, and where
    /// `authority` is such a place.
    pub home: Option<TrustedAuthority>,
    /// What is asked for: the scopes of one resource, never empty, without the three that the library adds.
    pub scopes: ScopeSet,
    /// Whose token it is said to be.
    pub user: UserHints,
    /// The row that was chosen among the copies.
    pub locator: Locator,
    /// How many more rows hold the same token.
    pub duplicates: u32,
    /// What the user should know about it.
    pub warnings: Warnings,
}

/// What becomes of a row.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Planned {
    /// It is redeemed.
    Redemption(Box<Redemption>),
    /// Another row holds the same token for the same client, and that one is redeemed.
    Duplicate {
        /// This row.
        locator: Locator,
        /// The other row.
        of: Place,
    },
    /// It is left out.
    Skipped {
        /// This row.
        locator: Locator,
        /// Why.
        reason: SkipReason,
    },
}
