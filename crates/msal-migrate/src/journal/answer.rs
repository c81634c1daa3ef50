//! What is sealed into the journal before an answer is looked at: the answer, and all that is needed to publish it
//! without the source.
//!
//! A run that was killed between the answer and the publication finishes from the journal alone; the source may have
//! been deleted meanwhile.

use msal_core::HomeAccountId;
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::encoding::AsOnePiece;
use crate::record::UserHints;

/// One redemption with its answer. Secret: it has no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer<'a> {
    /// The client that asked.
    pub(crate) client_id: &'a str,
    /// The authority that was asked, as text.
    pub(crate) authority: &'a str,
    /// The scopes that were asked for, separated by spaces.
    pub(crate) scopes: &'a str,
    /// Whose token it is said to be.
    #[serde(borrow)]
    pub(crate) user: User<'a>,
    /// The token that was redeemed: it is kept when the answer brings no other. Sealed with every answer, because whether
    /// one does bring another is known only when it has been read.
    pub(crate) redeemed_token: &'a str,
    /// The HTTP status of the answer.
    pub(crate) status: u16,
    /// The body as it came.
    #[serde(with = "AsOnePiece")]
    pub(crate) body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// What it is the answer to.
    pub(crate) fn asked(&self) -> Asked<'a> {
        Asked {
            authority: self.authority,
            client_id: self.client_id,
            scopes: self.scopes,
        }
    }
}

/// What of [`UserHints`] an answer is compared with.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User<'a> {
    username: Option<&'a str>,
    oid: Option<&'a str>,
    tid: Option<&'a str>,
    home_account_id: Option<&'a str>,
}

impl<'a> From<&'a UserHints> for User<'a> {
    fn from(hints: &'a UserHints) -> Self {
        Self {
            username: hints.username.as_deref(),
            oid: hints.oid.as_deref(),
            tid: hints.tid.as_deref(),
            home_account_id: hints.home_account_id.as_ref().map(HomeAccountId::as_str),
        }
    }
}

impl From<&User<'_>> for UserHints {
    fn from(user: &User<'_>) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            username: owned(user.username),
            oid: owned(user.oid),
            tid: owned(user.tid),
            sub: None,
            home_account_id: user.home_account_id.map(HomeAccountId::new),
        }
    }
}
