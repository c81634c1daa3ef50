//! Reading the records again, to hand out what was planned.

use hashbrown::HashMap;

use super::first_pass::Chosen;
use super::left_out::LeftOutRow;
use super::options::PlanOptions;
use super::redemption::{Planned, Redemption};
use super::resolve::{Resolver, Way};
use crate::fingerprint::{Fingerprint, FingerprintFn};
use crate::record::{Place, Record, Row};

/// Reading the records again, to hand out what was planned.
pub(super) struct SecondPass<'a> {
    resolver: Resolver<'a>,
    uses_stored_secrets: bool,
    fingerprint: &'a FingerprintFn<'a>,
}

impl<'a> SecondPass<'a> {
    pub(super) fn new(options: &'a PlanOptions, fingerprint: &'a FingerprintFn<'a>) -> Self {
        Self {
            resolver: Resolver::new(options),
            uses_stored_secrets: options.use_stored_client_secret,
            fingerprint,
        }
    }

    /// The redemption of a chosen row; `None` when it is no longer the row that was chosen.
    pub(super) fn redemption(&mut self, row: Row, chosen: &Chosen) -> Option<Redemption> {
        let Row::Record(record) = row else {
            return None;
        };
        let way = self.resolver.resolve(&record).ok()?.way;
        // The plan has kept no token, so the fingerprint says whether this is still the row that was chosen.
        if self.fingerprint(&record, &way) != chosen.fingerprint {
            return None;
        }
        let Record {
            refresh_token,
            client_id,
            client_secret,
            locator,
            user,
            ..
        } = *record;
        Some(Redemption {
            fingerprint: chosen.fingerprint,
            refresh_token,
            client_id: way.client_id.clone(),
            // A secret without a client of its own need not be that of the client that the user named.
            client_secret: client_secret
                .filter(|_| self.uses_stored_secrets && client_id.is_some()),
            authority: way.group.authority.clone(),
            home: way.home.clone(),
            scopes: way.group.scopes.clone(),
            user,
            locator,
            duplicates: chosen.duplicates,
            warnings: chosen.warnings,
        })
    }

    /// What becomes of any other row; `None` when the plan knows nothing of it.
    pub(super) fn left_out(
        &mut self,
        row: Row,
        places: &HashMap<Fingerprint, Place>,
    ) -> Option<Planned> {
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

    /// A row that is left out and listed; `None` for one whose token another row stands for.
    pub(super) fn skipped(&mut self, row: Row) -> Option<LeftOutRow> {
        let row = match row {
            Row::Record(record) => {
                let reason = self.resolver.resolve(&record).err()?;
                LeftOutRow::of(*record, reason)
            }
            Row::Skipped { locator, reason } => LeftOutRow::bare(locator, reason),
        };
        row.is_listed().then_some(row)
    }

    fn fingerprint(&self, record: &Record, way: &Way) -> Fingerprint {
        (self.fingerprint)(&way.group.client_id, &record.refresh_token)
    }
}
