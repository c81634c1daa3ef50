//! Whether somebody has a journal open, without keeping anybody away from it.

use std::path::Path;

use private_file::Lock;

use super::claims::Claims;
use super::error::JournalError;
use super::header;
use super::reader::existing;

/// A run that has its journal open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Running {
    /// The process. It is not known where the journal is shared.
    pub pid: Option<u32>,
}

/// The run that has the journal at `path` open, if one has. Ask before the journal is read, so that a run which ends meanwhile
/// is not taken for one that was stopped.
///
/// A run is not disturbed. Its lock is asked for together with others, for a moment, and whoever opens the journal at that
/// moment tries again.
///
/// # Errors
///
/// [`JournalError::Io`] when there is no journal, or the system cannot tell.
pub fn running(path: &Path) -> Result<Option<Running>, JournalError> {
    let mut file = existing(path)?;
    let failed = JournalError::io("ask for the lock of", path);
    let is_held = Lock::is_held(&file).map_err(failed)?;
    let pid = header::holder(&mut file);
    let claims = Claims::new(path);
    let is_running = match claims.are_wanted() {
        // Who shares it locks it for a moment each. A run that is about to share it has said that it has it.
        true => claims.has_batch()? || is_held && pid.is_some(),
        false => is_held,
    };
    Ok(is_running.then_some(Running {
        pid: pid.filter(|_| is_held),
    }))
}
