//! The plan: what will be redeemed, decided without any network.
//!
//! A refresh token is often stored many times, once per resource. The plan makes one [`Redemption`] of all copies, decides
//! which client, authority and scopes it is redeemed with, and counts every row it leaves out with the reason.
//!
//! It keeps 32 bytes per distinct token, about 100 while it is being made, and no token. The records themselves are read
//! a second time when the redemptions are handed out, and a source that has changed in between is noticed.

mod authority;
mod criteria;
mod error;
mod first_pass;
mod left_out;
mod odd_names;
mod options;
mod redemption;
mod resolve;
mod scopes;
mod second_pass;
mod summary;
mod warning;

pub use authority::{AuthorityOverride, AuthorityOverrideError};
pub use error::PlanError;
pub(crate) use left_out::LeftOutRow;
pub use odd_names::{LooksLike, NameOf, OddName};
pub use options::PlanOptions;
pub use redemption::{Planned, Redemption};
pub use summary::{Count, SkipCount, Summary};
pub use warning::{Warning, Warnings};

use std::ops::ControlFlow;

use hashbrown::HashMap;

use self::first_pass::{Chosen, FirstPass, LeftOut};
use self::second_pass::SecondPass;
use crate::fingerprint::{Fingerprint, FingerprintFn};
use crate::record::{Place, Row};
use crate::source::Source;

/// What will be redeemed.
#[derive(Debug)]
pub struct Plan {
    options: PlanOptions,
    /// In the order of the source.
    chosen: Vec<Chosen>,
    left_out: LeftOut,
    summary: Summary,
}

/// A step of a walk: a row of the source, and what is known of its token if the plan chose that row.
type RowStep<'a> = dyn FnMut(Row, Option<&Chosen>) -> Result<ControlFlow<()>, Misfit> + 'a;

/// The row is not what was planned.
struct Misfit;

impl Plan {
    /// Reads `source` once, to its end, and decides.
    ///
    /// # Errors
    /// [`PlanError::Source`] when the source cannot be read; nothing of it is planned then.
    pub fn make(
        source: &dyn Source,
        options: &PlanOptions,
        fingerprint: &FingerprintFn<'_>,
    ) -> Result<Self, PlanError> {
        let mut first = FirstPass::new(options, source.kind());
        source.read(&mut |row| {
            first.add(row, fingerprint);
            ControlFlow::Continue(())
        })?;
        let (chosen, left_out, summary) = first.finish();
        Ok(Self {
            options: options.clone(),
            chosen,
            left_out,
            summary,
        })
    }

    /// Counts: what is redeemed, and what is left out and why.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The tokens that are redeemed.
    pub(crate) fn fingerprints(&self) -> impl Iterator<Item = &Fingerprint> {
        self.chosen.iter().map(|chosen| &chosen.fingerprint)
    }

    /// Reads `source` again and hands out the redemptions in its order, until the visitor breaks.
    ///
    /// # Errors
    /// [`PlanError::Changed`] when the source is no longer what was planned. Those handed out before that are right:
    /// each was compared with the plan.
    pub fn redemptions(
        &self,
        source: &dyn Source,
        fingerprint: &FingerprintFn<'_>,
        visit: &mut dyn FnMut(Redemption) -> ControlFlow<()>,
    ) -> Result<(), PlanError> {
        let mut second = SecondPass::new(&self.options, fingerprint);
        self.walk(source, &mut |row, chosen| {
            let Some(chosen) = chosen else {
                return Ok(ControlFlow::Continue(()));
            };
            let redemption = second.redemption(row, chosen).ok_or(Misfit)?;
            Ok(visit(redemption))
        })
    }

    /// What the source's rows say that they stand in; `None` where it has none.
    pub(crate) fn file(&self) -> Option<&str> {
        self.left_out.file.as_deref()
    }

    /// What tells the rows that are left out from others; `None` where none is.
    pub(crate) fn left_out_digest(&self) -> Option<[u8; 32]> {
        self.left_out.digest
    }

    /// Reads `source` again and hands out the rows that are left out, until the visitor breaks.
    ///
    /// # Errors
    /// As for [`redemptions`](Self::redemptions).
    pub(crate) fn rows_left_out(
        &self,
        source: &dyn Source,
        visit: &mut dyn FnMut(LeftOutRow) -> ControlFlow<()>,
    ) -> Result<(), PlanError> {
        let nothing = |_: &str, _: &_| Fingerprint::from_bytes([0; 16]);
        let mut second = SecondPass::new(&self.options, &nothing);
        self.walk(source, &mut |row, chosen| {
            let left_out = match chosen {
                Some(_) => None,
                None => second.skipped(row),
            };
            Ok(left_out.map_or(ControlFlow::Continue(()), &mut *visit))
        })
    }

    /// Reads `source` twice more and tells for every row what becomes of it, until the visitor breaks.
    ///
    /// # Errors
    /// [`PlanError::Changed`] when the source is no longer what was planned.
    pub fn rows(
        &self,
        source: &dyn Source,
        fingerprint: &FingerprintFn<'_>,
        visit: &mut dyn FnMut(Planned) -> ControlFlow<()>,
    ) -> Result<(), PlanError> {
        let places = self.places(source)?;
        let mut second = SecondPass::new(&self.options, fingerprint);
        self.walk(source, &mut |row, chosen| {
            let planned = match chosen {
                Some(chosen) => second
                    .redemption(row, chosen)
                    .map(|redemption| Planned::Redemption(Box::new(redemption))),
                None => second.left_out(row, &places),
            };
            Ok(visit(planned.ok_or(Misfit)?))
        })
    }

    /// Where the chosen rows are that have copies.
    fn places(&self, source: &dyn Source) -> Result<HashMap<Fingerprint, Place>, PlanError> {
        let mut places = HashMap::new();
        self.walk(source, &mut |row, chosen| {
            if let Some(chosen) = chosen.filter(|chosen| chosen.duplicates > 0) {
                places.insert(chosen.fingerprint, row.locator().place());
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(places)
    }

    /// Reads the source beside the plan, until a step breaks or finds a [`Misfit`].
    fn walk(&self, source: &dyn Source, step: &mut RowStep<'_>) -> Result<(), PlanError> {
        let mut expected = self.chosen.iter().peekable();
        let mut number = 0;
        let mut last = Ok(ControlFlow::Continue(()));
        source.read(&mut |row| {
            // Both are in the order of the source, so the next one is all that can match.
            let chosen = expected.next_if(|chosen| chosen.row == number);
            number += 1;
            last = step(row, chosen);
            match last {
                Ok(flow) => flow,
                Err(Misfit) => ControlFlow::Break(()),
            }
        })?;
        // A visitor that breaks has left rows unread, which are then not missing.
        match (last, expected.peek()) {
            (Ok(ControlFlow::Break(())), _) | (Ok(_), None) => Ok(()),
            (Ok(_), Some(_missing)) => Err(PlanError::Changed { row: number + 1 }),
            (Err(Misfit), _) => Err(PlanError::Changed { row: number }),
        }
    }
}

#[cfg(test)]
mod tests;
