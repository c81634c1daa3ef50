//! Writing down which rows of a source a run leaves out, so that a report can name each of them.
//!
//! The source is read once more for it, and only where its rows are not in the journal yet: a run that is repeated writes
//! nothing. No more rows than go into one record of the journal are in memory.

use std::ops::ControlFlow;

use msal_core::UnixTime;
use tokio::runtime::Handle;

use crate::error::MigrationError;
use crate::fingerprint::Fingerprint;
use crate::journal::{Appending, Entry, Journal, Known, LeftOut, Step};
use crate::plan::{LeftOutRow, Plan, PlanError};
use crate::record::{Locator, Place};
use crate::source::Source;

/// Writes down the rows that `plan` leaves out. Blocks until they are on the disk.
///
/// # Errors
/// [`MigrationError`] when the source cannot be read again, and when the journal cannot be written.
pub(crate) fn record(
    journal: &Journal,
    plan: &Plan,
    source: &dyn Source,
    now: UnixTime,
) -> Result<(), MigrationError> {
    let Some(file) = plan.file() else {
        return Ok(());
    };
    // No client has such an identifier.
    let name = journal.fingerprint(LEFT_OUT, file.as_bytes());
    let known = journal.states().left_out_digest(&name);
    let digest = match (plan.left_out_digest(), known) {
        (None, None) => return Ok(()),
        (digest, known) if digest.unwrap_or(NONE) == known.unwrap_or(NONE) => return Ok(()),
        (digest, _) => digest.unwrap_or(NONE),
    };
    let mut listing = Listing {
        journal,
        name,
        locator: Locator::new(&file.into(), Place::Element(0)),
        now,
        before: 0,
        rows: Vec::with_capacity(ROWS),
    };
    let mut written = Ok(());
    let read = plan.rows_left_out(source, &mut |row| {
        listing.rows.push(row);
        if listing.rows.len() < ROWS {
            return ControlFlow::Continue(());
        }
        // Waited for, so that no more are on their way than one record has.
        written = Handle::current()
            .block_on(listing.write(None))
            .map(drop)
            .map_err(MigrationError::from);
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    });
    written?;
    match read {
        Ok(()) => {}
        // The run notices it as well, after it has published what is sealed. A listing without an end counts for nothing.
        Err(PlanError::Changed { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    Handle::current().block_on(listing.write(Some(digest)))?;
    Ok(())
}

/// A listing that is being written.
struct Listing<'a> {
    journal: &'a Journal,
    name: Fingerprint,
    locator: Locator,
    now: UnixTime,
    before: u64,
    rows: Vec<LeftOutRow>,
}

impl Listing<'_> {
    /// Writes the rows that have come together; with the digest, they are the last.
    fn write(&mut self, digest: Option<[u8; 32]>) -> Appending {
        let rows = std::mem::take(&mut self.rows);
        let known = rows.iter().map(|row| Known {
            locator: &row.locator,
            user: &row.user,
            client_id: row.client_id.as_deref(),
            tenant: row.tenant.as_deref(),
            reason: row.reason.code(),
            explanation: row.reason.own_words(),
        });
        let step = Step::LeftOut(LeftOut {
            before: self.before,
            digest,
            rows: known.map(Into::into).collect(),
        });
        self.before += rows.len() as u64;
        let entry = Entry {
            fingerprint: self.name,
            origin: (&self.locator).into(),
            at: self.now,
            step,
        };
        self.journal.append(&entry, None)
    }
}

/// What stands for the client in the name of a listing.
const LEFT_OUT: &str = "rows that are left out";

/// The digest of a listing without rows.
const NONE: [u8; 32] = [0; 32];

/// How many rows are in one record: far fewer than are too long for one, whatever a source calls them.
const ROWS: usize = 512;
