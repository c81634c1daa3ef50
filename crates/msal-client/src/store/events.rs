//! What stores log of their own. All else that is logged is in `observe.rs`, which knows stores. A path says where to look;
//! what is in a file is never told.

use tracing::{debug, warn};

/// Another writer has saved first, as often as `round` says.
pub(in crate::store) fn round_lost(round: u64) {
    debug!(target: TARGET, round, "another writer was faster: merging and saving again");
}

pub(in crate::store) fn exposed(file: &str) {
    warn!(target: TARGET, file, "other users could read or write the token cache; the new file is private");
}

pub(in crate::store) fn ruined(file: &str, fault: &str) {
    warn!(
        target: TARGET,
        file,
        fault,
        "another program ruined the token cache; what was loaded before is restored",
    );
}

const TARGET: &str = "msal";
