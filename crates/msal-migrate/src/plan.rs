//! The plan: what will be redeemed, decided without any network.
//!
//! A refresh token is often stored many times, once per resource. The plan makes one [`Job`] of all copies, decides
//! which client, authority and scopes it is redeemed with, and counts every row it leaves out with the reason.
//!
//! It keeps 32 bytes per distinct token, about 100 while it is being made, and no token. The records themselves are read a second time when the jobs
//! are handed out, and a source that has changed in between is noticed.

mod authority;
mod criteria;
mod first_pass;
mod resolve;
mod scopes;
mod summary;
mod warning;

pub use authority::{AuthorityOverride, AuthorityOverrideError};
pub use summary::{Count, SkipCount, Summary};
pub use warning::{Warning, Warnings};

use std::fmt;
use std::ops::ControlFlow;

use hashbrown::HashMap;
use msal_core::{Authority, RefreshToken, ScopeSet, UnixTime};
use thiserror::Error;

use self::first_pass::PlanDraft;
use self::resolve::{Resolver, Way};
use crate::record::{Locator, Place, Record, Row, SkipReason, UserHints};
use crate::source::{Source, SourceError};

/// Identifies a refresh token of a client without revealing it: a keyed hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Takes the first 16 bytes of a keyed hash.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes it was made of.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// How the fingerprint of a refresh token of a client is made. The client id comes in lower case.
pub type FingerprintFn<'a> = dyn Fn(&str, &RefreshToken) -> Fingerprint + 'a;

/// What the user decides about a migration.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PlanOptions {
    /// The authority to trust besides Microsoft's, and the one for records that name none. None by default.
    pub authority: Option<AuthorityOverride>,
    /// The client of records that name none; records of other clients are skipped. None by default: every client.
    pub client_id: Option<String>,
    /// What to ask for where a record names nothing. Microsoft Graph's `.default` when empty.
    pub default_scopes: ScopeSet,
    /// Resources to replace by others, such as the retired Azure AD Graph by Microsoft Graph.
    pub map_resource: Vec<(String, String)>,
    /// The time of planning, for the warning about tokens that have probably expired. Without it nobody is warned.
    pub now: Option<UnixTime>,
}

/// One redemption.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Job {
    /// Identifies the token and its client in the journal.
    pub fingerprint: Fingerprint,
    /// The token.
    pub refresh_token: RefreshToken,
    /// The client it was issued to.
    pub client_id: String,
    /// Where it is redeemed. The host is Microsoft's, or one that the user named.
    pub authority: Authority,
    /// What is asked for: the scopes of one resource, never empty, without the three that the library adds.
    pub scopes: ScopeSet,
    /// Whose token it is said to be.
    pub user: UserHints,
    /// The row that was chosen among the copies.
    pub locator: Locator,
    /// How many more rows hold the same token.
    pub duplicates: u32,
    /// The family of clients that share the token, if any.
    pub family: Option<String>,
    /// What the user should know about it.
    pub warnings: Warnings,
}

/// What becomes of a row.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Planned {
    /// It is redeemed.
    Job(Box<Job>),
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

/// What will be redeemed.
#[derive(Debug)]
pub struct Plan {
    options: PlanOptions,
    /// In the order of the source.
    chosen: Vec<Chosen>,
    summary: Summary,
}

/// The row that stands for a token, and what is known from all its copies.
#[derive(Clone, Copy, Debug)]
struct Chosen {
    row: u64,
    fingerprint: Fingerprint,
    duplicates: u32,
    warnings: Warnings,
}

/// What to do with a row and the plan's word on it.
type Step<'a> = dyn FnMut(Row, Option<&Chosen>) -> Result<ControlFlow<()>, Misfit> + 'a;

/// The row is not what the plan was made of.
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
        let mut draft = PlanDraft::new(options);
        source.read(&mut |row| {
            draft.add(row, fingerprint);
            ControlFlow::Continue(())
        })?;
        Ok(draft.finish())
    }

    /// Counts: what is redeemed, and what is left out and why.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Reads `source` again and hands out the jobs in its order, until the visitor breaks.
    ///
    /// # Errors
    /// [`PlanError::Changed`] when the source is no longer what was planned. Jobs handed out before that are right:
    /// each was compared with the plan.
    pub fn jobs(
        &self,
        source: &dyn Source,
        fingerprint: &FingerprintFn<'_>,
        visit: &mut dyn FnMut(Job) -> ControlFlow<()>,
    ) -> Result<(), PlanError> {
        let mut second = SecondPass::new(&self.options, fingerprint);
        self.walk(source, &mut |row, chosen| {
            let Some(chosen) = chosen else {
                return Ok(ControlFlow::Continue(()));
            };
            let job = second.job(row, chosen).ok_or(Misfit)?;
            Ok(visit(job))
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
                    .job(row, chosen)
                    .map(|job| Planned::Job(Box::new(job))),
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

    /// Reads the source beside the plan. A step that finds a difference answers with its place.
    fn walk(&self, source: &dyn Source, step: &mut Step<'_>) -> Result<(), PlanError> {
        let mut expected = self.chosen.iter().peekable();
        let mut number = 0;
        let mut last = Ok(ControlFlow::Continue(()));
        source.read(&mut |row| {
            let chosen = expected.next_if(|chosen| chosen.row == number);
            number += 1;
            last = step(row, chosen);
            match last {
                Ok(flow) => flow,
                Err(Misfit) => ControlFlow::Break(()),
            }
        })?;
        match (last, expected.peek()) {
            (Ok(ControlFlow::Break(())), _) | (Ok(_), None) => Ok(()),
            (Ok(_), Some(_missing)) => Err(PlanError::Changed { row: number + 1 }),
            (Err(Misfit), _) => Err(PlanError::Changed { row: number }),
        }
    }
}

/// Reading the records again, to hand out what was planned.
struct SecondPass<'a> {
    resolver: Resolver<'a>,
    fingerprint: &'a FingerprintFn<'a>,
}

impl<'a> SecondPass<'a> {
    fn new(options: &'a PlanOptions, fingerprint: &'a FingerprintFn<'a>) -> Self {
        Self {
            resolver: Resolver::new(options),
            fingerprint,
        }
    }

    /// The job of a chosen row; `None` when it is no longer the row that was chosen.
    fn job(&mut self, row: Row, chosen: &Chosen) -> Option<Job> {
        let Row::Record(record) = row else {
            return None;
        };
        let way = self.resolver.resolve(&record).ok()?.way;
        if self.fingerprint(&record, &way) != chosen.fingerprint {
            return None;
        }
        let Record {
            refresh_token,
            locator,
            user,
            flags,
            ..
        } = *record;
        Some(Job {
            fingerprint: chosen.fingerprint,
            refresh_token,
            client_id: way.client_id.clone(),
            authority: way.group.authority.clone(),
            scopes: way.group.scopes.clone(),
            user,
            locator,
            duplicates: chosen.duplicates,
            family: flags.family,
            warnings: chosen.warnings,
        })
    }

    /// What becomes of any other row; `None` when the plan knows nothing of it.
    fn left_out(&mut self, row: Row, places: &HashMap<Fingerprint, Place>) -> Option<Planned> {
        let record = match row {
            Row::Record(record) => record,
            Row::Skipped { locator, reason } => return Some(Planned::Skipped { locator, reason }),
        };
        match self.resolver.resolve(&record) {
            Ok(resolved) => {
                let of = *places.get(&self.fingerprint(&record, &resolved.way))?;
                let locator = record.locator;
                Some(Planned::Duplicate { locator, of })
            }
            Err(reason) => {
                let locator = record.locator;
                Some(Planned::Skipped { locator, reason })
            }
        }
    }

    fn fingerprint(&self, record: &Record, way: &Way) -> Fingerprint {
        (self.fingerprint)(&way.group.client_id, &record.refresh_token)
    }
}

/// Why there is no plan, or why it can no longer be followed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The source is not what it was when the plan was made: make a new plan.
    #[error("the input has changed since it was planned: row {row} is not what it was")]
    #[non_exhaustive]
    Changed {
        /// The first row that differs or is missing, counted from 1.
        row: u64,
    },
    /// The source cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}

#[cfg(test)]
mod tests;
