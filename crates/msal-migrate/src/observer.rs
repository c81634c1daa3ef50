//! Who watches a migration.

use std::time::Duration;

use crate::journal::{Class, Counts};
use crate::plan::Summary;

/// Is told how a migration goes on. Every method has an empty default.
pub trait Observer: Send {
    /// The plan is made, and this is what earlier runs left in the journal.
    fn planned(&mut self, plan: &Summary, earlier: Counts) {
        let _ignored = (plan, earlier);
    }

    /// A token was redeemed; it counts as migrated once it is in the target.
    fn redeemed(&mut self) {}

    /// A token has its outcome. One that is to be tried again can have another outcome later in the same run.
    fn concluded(&mut self, class: Class) {
        let _ignored = class;
    }

    /// A token was sent, nothing says whether it was redeemed, and sending it again could do harm.
    fn in_doubt(&mut self) {}

    /// A lane waits because its server asks for it.
    fn waiting(&mut self, wait: Duration) {
        let _ignored = wait;
    }

    /// A lane waits of its own accord: its server failed, or did not answer.
    fn backing_off(&mut self, wait: Duration) {
        let _ignored = wait;
    }

    /// An authority could not be used, or did not answer.
    fn refused_authority(&mut self, authority: &str, error: &msal::Error) {
        let _ignored = (authority, error);
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a name is all there is to it")]
pub struct NoObserver;

impl Observer for NoObserver {}
