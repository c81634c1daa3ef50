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
use crate::record::token_shape::is_microsofts;

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

/// What of [`UserHints`] an answer is compared with, and what a report says.
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

impl<'a> User<'a> {
    /// What of `hints` can be shown. Where columns are mixed up, anything may be the token: that is longer than a name or
    /// an identifier, or tells what it is.
    pub(super) fn of_name(hints: &'a UserHints) -> Self {
        let is_name = |text: &&str| text.len() <= LONGEST_NAME && !is_microsofts(text);
        let is_id = |text: &&str| text.len() <= LONGEST_ID && !is_microsofts(text);
        let user = Self::from(hints);
        Self {
            username: user.username.filter(is_name),
            oid: user.oid.filter(is_id),
            tid: user.tid.filter(is_id),
            home_account_id: user.home_account_id.filter(is_id),
        }
    }

    /// The same user, with what else is `known`. What the source says stays: by its names users are found there.
    pub(super) fn completed(self, known: &'a UserHints) -> Self {
        let known = Self::of_name(known);
        Self {
            username: self.username.or(known.username),
            oid: self.oid.or(known.oid),
            tid: self.tid.or(known.tid),
            home_account_id: self.home_account_id.or(known.home_account_id),
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

/// RFC 5321 §4.5.3.1.3: an e-mail address has no more octets.
const LONGEST_NAME: usize = 254;
/// A home account id has two GUIDs and a dot; B2C puts the name of a policy between them.
const LONGEST_ID: usize = 160;
