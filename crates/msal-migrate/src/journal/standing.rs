//! Where a step brings its token, as the tables of a journal keep it.

use super::asked::{Asked, AskedDigest};
use super::position::Position;
use super::state::{Class, State};

/// Where a token stands, and what was asked for it where that decides whether it is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    state: State,
    asked: Option<AskedDigest>,
    held_back: Option<Position>,
}

impl Standing {
    pub(super) fn new(state: State, asked: Option<Asked<'_>>, held_back: Option<Position>) -> Self {
        let decides = state == State::Concluded(Class::NeedsUser);
        Self {
            state,
            asked: asked.filter(|_| decides).map(|asked| asked.digest()),
            held_back,
        }
    }

    pub(super) fn state(self) -> State {
        self.state
    }

    /// The answer that the step holds back.
    pub(super) fn held_back(self) -> Option<Position> {
        self.held_back
    }

    /// What was asked; `None` unless the token needs its user.
    pub(super) fn asked(self) -> Option<AskedDigest> {
        self.asked
    }
}
