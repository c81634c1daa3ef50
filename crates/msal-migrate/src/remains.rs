//! What of a source is not migrated, as a journal knows it: what is lost with the source, and what is not.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::error::MigrationError;
use crate::journal::{Class, JournalReader, State};
use crate::plan::{Plan, PlanOptions, SkipCount};
use crate::record::{Locator, SkipReason};
use crate::source::Source;

/// What of a source is migrated, and what would be lost with it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Remains {
    /// Rows of the source.
    pub rows: u64,
    /// Distinct refresh tokens and clients among them.
    pub tokens: u64,
    /// How many of these are migrated.
    pub migrated: u64,
    /// How many were refused, of users who have another token of the same client that is migrated.
    pub superseded: u64,
    /// How many stand elsewhere, by where they stand; `None` for those that the journal does not know.
    pub left: Vec<(Option<State>, u64)>,
    /// The first few of those that are left.
    pub examples: Vec<Locator>,
    /// Rows that no token is redeemed for, by reason.
    pub skipped: Vec<SkipCount>,
}

impl Remains {
    /// Whether nothing would be lost with the source: each of its tokens is migrated, or superseded, and no other row has one.
    pub fn are_none(&self) -> bool {
        self.left.is_empty() && self.skipped_with_secrets().next().is_none()
    }

    /// Rows that are left out and may hold a token or another secret.
    pub fn skipped_with_secrets(&self) -> impl Iterator<Item = &SkipCount> {
        let has_none = |reason| matches!(reason, SkipReason::AppOnly | SkipReason::NoRefreshToken);
        self.skipped
            .iter()
            .filter(move |skip| !has_none(skip.reason))
    }
}

impl JournalReader {
    /// Tells what of `source` is migrated, planned as its run has planned it. It reads the source twice and the journal up to
    /// three times. Blocks.
    ///
    /// # Errors
    /// [`MigrationError::Plan`] when the source cannot be read or changes meanwhile, and [`MigrationError::Journal`].
    pub fn remains(
        &self,
        source: &dyn Source,
        options: &PlanOptions,
    ) -> Result<Remains, MigrationError> {
        let fingerprint = self.fingerprinter();
        let plan = Plan::make(source, options, &fingerprint)?;
        let superseded = self.superseded()?;
        let summary = plan.summary();
        let mut remains = Remains {
            rows: summary.rows,
            tokens: summary.tokens,
            skipped: summary.skipped.clone(),
            ..Remains::default()
        };
        let mut left = BTreeMap::new();
        plan.redemptions(source, &fingerprint, &mut |redemption| {
            match self.state_of(&redemption.fingerprint) {
                Some(State::Concluded(Class::Migrated)) => remains.migrated += 1,
                _ if superseded.contains(&redemption.fingerprint) => remains.superseded += 1,
                state => {
                    *left.entry(state).or_insert(0) += 1;
                    if remains.examples.len() < EXAMPLES {
                        remains.examples.push(redemption.locator);
                    }
                }
            }
            ControlFlow::Continue(())
        })?;
        remains.left = left.into_iter().collect();
        Ok(remains)
    }
}

/// As many as a report of a plan shows.
const EXAMPLES: usize = 5;
