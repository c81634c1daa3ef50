//! How many tokens stand where.

use super::state::{Class, State};

/// How many tokens stand where. The sum is the number of tokens that the journal knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Not migrated for a reason that the operator corrects.
    pub failed: u64,
    /// A request may have been sent.
    pub in_doubt: u64,
    /// In the target, and read back.
    pub migrated: u64,
    /// How many of the migrated ones are in the target themselves, because their answers brought no other refresh token.
    pub kept_old_rt: u64,
    /// Their users have to sign in.
    pub needs_user: u64,
    /// Their answers must not be used as they are.
    pub quarantined: u64,
    /// To be tried again.
    pub retryable: u64,
    /// Answered, and not yet read back from the target.
    pub unpublished: u64,
}

impl Counts {
    /// The number of tokens.
    pub fn total(&self) -> u64 {
        self.failed
            + self.in_doubt
            + self.migrated
            + self.needs_user
            + self.quarantined
            + self.retryable
            + self.unpublished
    }

    /// How many are not tried again unless somebody asks for it.
    pub fn settled(&self) -> u64 {
        self.migrated + self.needs_user + self.quarantined + self.in_doubt
    }

    pub(super) fn add(&mut self, state: State, kept_old_rt: bool) {
        self.kept_old_rt += u64::from(kept_old_rt);
        *match state {
            State::Concluded(Class::Failed) => &mut self.failed,
            State::Concluded(Class::Migrated) => &mut self.migrated,
            State::Concluded(Class::NeedsUser) => &mut self.needs_user,
            State::Concluded(Class::Quarantined) => &mut self.quarantined,
            State::Concluded(Class::Retryable) => &mut self.retryable,
            State::InDoubt => &mut self.in_doubt,
            State::Unpublished => &mut self.unpublished,
        } += 1;
    }
}
