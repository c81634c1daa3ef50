//! What a journal holds: one entry for each step of a refresh token's migration.

use std::borrow::Cow;
use std::fmt;

use msal_core::{SecretBuffer, UnixTime};
use serde::{Deserialize, Serialize};

use super::answer::User;
use super::asked::Asked;
use super::encoding::{AsSeconds, AsSixteen, PlaceDef, append, size, split};
use super::left_out::LeftOut;
use super::milestone::{Begun, Pause};
use super::position::Position;
use super::reason::Reason;
use super::standing::Standing;
use super::state::{Class, State};
use crate::fingerprint::Fingerprint;
use crate::record::{Locator, Place, UserHints};

/// One step of a refresh token's migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry<'a> {
    /// The token.
    #[serde(with = "AsSixteen")]
    pub(crate) fingerprint: Fingerprint,
    /// Where the token was found.
    #[serde(borrow)]
    pub(crate) origin: Origin<'a>,
    /// When the step was taken.
    #[serde(with = "AsSeconds")]
    pub(crate) at: UnixTime,
    /// The step.
    #[serde(borrow)]
    pub(crate) step: Step<'a>,
}

impl<'a> Entry<'a> {
    /// How many bytes it takes.
    pub(super) fn size(&self) -> usize {
        size(self) + size(&self.origin.user)
    }

    /// Appends it to `out`. Whose token it is said to be stands behind all else: version 3 of the format does not have it.
    pub(super) fn append(&self, out: &mut SecretBuffer) {
        append(self, out);
        append(&self.origin.user, out);
    }

    /// Reads an entry that takes up all of `bytes`, of this version of the format or of version 3; `None` when it does not.
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (mut entry, rest): (Self, _) = split(bytes)?;
        if !rest.is_empty() {
            let (user, rest) = split(rest)?;
            entry.origin.user = user;
            return rest.is_empty().then_some(entry);
        }
        Some(entry)
    }
}

/// What happened to a token, or is about to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Step<'a> {
    /// The server answered. The answer is sealed behind the entry, before any field of it is interpreted.
    Answered,
    /// What became of the token, for this run at least.
    #[serde(borrow)]
    Concluded(Outcome<'a>),
    /// A request is about to be sent. On the disk before the request leaves, where sending it twice could do harm.
    Intended,
    /// A request was sent, and what came back does not say whether the token was redeemed.
    #[serde(borrow)]
    LeftInDoubt(Doubt<'a>),
    /// Rows of a source that a plan leaves out: the entry is about a source, and about no token.
    #[serde(borrow)]
    LeftOut(LeftOut<'a>),
    /// A run has its plan, and sends from now on: the entry is about no token.
    Begun(Begun),
    /// A lane of the run waits: the entry is about no token.
    Paused(Pause),
}

impl Step<'_> {
    /// Where the step brings its token.
    pub(super) fn standing(&self) -> Standing {
        match self {
            Self::Concluded(outcome) => {
                Standing::new(self.state(), outcome.asked, outcome.held_back)
                    .keeping_old_rt(outcome.kept_old_rt())
            }
            Self::Answered | Self::Intended | Self::LeftInDoubt(_) => {
                Standing::new(self.state(), None, None)
            }
            Self::LeftOut(rows) => Standing::of_no_token(Some(rows.part())),
            Self::Begun(_) | Self::Paused(_) => Standing::of_no_token(None),
        }
    }

    pub(super) fn state(&self) -> State {
        match self {
            Self::Answered => State::Unpublished,
            Self::Concluded(outcome) => State::Concluded(outcome.class),
            Self::Intended | Self::LeftInDoubt(_) => State::InDoubt,
            // Nothing has been sent, nor will it be.
            Self::Begun(_) | Self::LeftOut(_) | Self::Paused(_) => State::Concluded(Class::Failed),
        }
    }

    /// Where the answer is that the step is about, if it is about one; `own` is where the step's entry is.
    pub(super) fn answer_at(&self, own: Position) -> Option<Position> {
        match self {
            Self::Answered => Some(own),
            Self::Concluded(outcome) => outcome.held_back,
            Self::Begun(_)
            | Self::Intended
            | Self::LeftInDoubt(_)
            | Self::LeftOut(_)
            | Self::Paused(_) => None,
        }
    }
}

/// Why nobody knows whether a token was redeemed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Doubt<'a> {
    /// What came back.
    pub(crate) reason: Cow<'a, Reason>,
    /// What was asked.
    #[serde(borrow)]
    pub(crate) asked: Asked<'a>,
}

/// What became of a token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome<'a> {
    /// What became of it.
    pub(crate) class: Class,
    /// What was asked, or would have been. Journals of before do not say it of what is migrated.
    #[serde(borrow)]
    pub(crate) asked: Option<Asked<'a>>,
    /// Why.
    pub(crate) reason: Cow<'a, Reason>,
    /// Whose token it turned out to be.
    pub(crate) home_account_id: Option<&'a str>,
    /// The answer that is held back, if one is.
    pub(crate) held_back: Option<Position>,
    /// Whose token it is said to be and whose the answer is, where the answer is held back.
    #[serde(borrow)]
    pub(crate) users: Option<Users<'a>>,
}

/// Whose token it is said to be, and whose the answer is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Users<'a> {
    /// According to the source.
    #[serde(borrow)]
    pub(crate) expected: User<'a>,
    /// According to the answer.
    #[serde(borrow)]
    pub(crate) found: User<'a>,
}

impl<'a> Outcome<'a> {
    /// The token did not get into the target, or not yet.
    pub(crate) fn new(class: Class, asked: Asked<'a>, reason: &'a Reason) -> Self {
        Self {
            class,
            asked: Some(asked),
            reason: Cow::Borrowed(reason),
            home_account_id: None,
            held_back: None,
            users: None,
        }
    }

    /// The token is in the target.
    pub(crate) fn migrated(home_account_id: &'a str, asked: Asked<'a>, kept_old_rt: bool) -> Self {
        Self {
            class: Class::Migrated,
            asked: Some(asked),
            reason: Cow::Owned(match kept_old_rt {
                true => Reason::named(KEPT_OLD_RT),
                false => Reason::default(),
            }),
            home_account_id: Some(home_account_id),
            held_back: None,
            users: None,
        }
    }
}

impl Outcome<'_> {
    /// Whether the token in the target is the one that was redeemed.
    pub(super) fn kept_old_rt(&self) -> bool {
        self.class == Class::Migrated && self.reason.error == KEPT_OLD_RT
    }
}

/// Why a token is migrated, as it were: a journal of before says nothing there, and can be read as it is.
const KEPT_OLD_RT: &str = "kept_old_rt";

impl fmt::Debug for Outcome<'_> {
    /// Leaves out whose token it was.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Outcome")
            .field("class", &self.class)
            .field("asked", &self.asked)
            .field("reason", &self.reason)
            .field("held_back", &self.held_back)
            .finish_non_exhaustive()
    }
}

/// Where a token was found, and whose it is said to be: a [`Locator`] and [`UserHints`] whose texts belong to somebody else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin<'a> {
    file: &'a str,
    #[serde(with = "PlaceDef")]
    place: Place,
    key: Option<&'a str>,
    /// Encoded behind the entry, by [`Entry::append`].
    #[serde(skip)]
    pub(super) user: User<'a>,
}

impl<'a> From<&'a Locator> for Origin<'a> {
    fn from(locator: &'a Locator) -> Self {
        Self {
            file: locator.path(),
            place: locator.place(),
            key: locator.key(),
            user: User::default(),
        }
    }
}

impl<'a> From<(&'a Locator, &'a UserHints)> for Origin<'a> {
    fn from((locator, user): (&'a Locator, &'a UserHints)) -> Self {
        Self {
            user: User::of_name(user),
            ..locator.into()
        }
    }
}

impl<'a> Origin<'a> {
    /// The same place and user, with what else is `known` of the user.
    pub(crate) fn completed(self, known: &'a UserHints) -> Self {
        Self {
            user: self.user.completed(known),
            ..self
        }
    }
}

impl From<&Origin<'_>> for Locator {
    fn from(origin: &Origin<'_>) -> Self {
        let locator = Self::new(&origin.file.into(), origin.place);
        match origin.key {
            Some(key) => locator.with_key(key),
            None => locator,
        }
    }
}

impl fmt::Debug for Origin<'_> {
    /// Shows the place only, because file and key may name a person.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Origin({})", self.place)
    }
}
