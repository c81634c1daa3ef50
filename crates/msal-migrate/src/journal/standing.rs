//! Where a step brings its token, as the tables of a journal keep it.

use super::asked::{Asked, AskedDigest, AuthorityDigest};
use super::left_out::Part;
use super::position::Position;
use super::state::{Class, State};

/// Where a token stands, and what was asked for it where that decides whether it is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    state: State,
    asked: Option<AskedDigest>,
    migrated_at: Option<AuthorityDigest>,
    held_back: Option<Position>,
    is_of_token: bool,
    left_out: Option<Part>,
    kept_old_rt: bool,
}

impl Standing {
    pub(super) fn new(state: State, asked: Option<Asked<'_>>, held_back: Option<Position>) -> Self {
        let decides = matches!(
            state,
            State::Concluded(Class::NeedsUser | Class::Quarantined)
        );
        let is_migrated = state == State::Concluded(Class::Migrated);
        Self {
            state,
            asked: asked.filter(|_| decides).map(|asked| asked.digest()),
            migrated_at: asked
                .filter(|_| is_migrated)
                .map(|asked| AuthorityDigest::of(asked.authority)),
            held_back,
            is_of_token: true,
            left_out: None,
            kept_old_rt: false,
        }
    }

    /// Of an entry that is about no token; about rows that are left out, if these are some.
    pub(super) fn of_no_token(left_out: Option<Part>) -> Self {
        Self {
            is_of_token: false,
            left_out,
            ..Self::new(State::Concluded(Class::Failed), None, None)
        }
    }

    /// Whether the entry is about a token.
    pub(super) fn is_of_token(self) -> bool {
        self.is_of_token
    }

    /// The rows that the entry says are left out, if it is about those and not about a token.
    pub(super) fn left_out(self) -> Option<Part> {
        self.left_out
    }

    /// The same, where the answer brought no refresh token, and the old one is in the target; or did.
    pub(super) fn keeping_old_rt(self, kept_old_rt: bool) -> Self {
        Self {
            kept_old_rt,
            ..self
        }
    }

    /// Whether the token in the target is the one that was redeemed.
    pub(super) fn kept_old_rt(self) -> bool {
        self.kept_old_rt
    }

    pub(super) fn state(self) -> State {
        self.state
    }

    /// The answer that the step holds back.
    pub(super) fn held_back(self) -> Option<Position> {
        self.held_back
    }

    /// The authority that a migrated token was redeemed at, as far as the journal says it.
    pub(super) fn migrated_at(self) -> Option<AuthorityDigest> {
        self.migrated_at
    }

    /// What was asked; `None` unless the token needs its user, or its answer is held back.
    pub(super) fn asked(self) -> Option<AskedDigest> {
        self.asked
    }
}
