//! What was found wrong with a file or folder, as the store reports it.

use private_file::Error;

use crate::store::StoreError;

/// A failed `action` on `place`. The caller names both, because it knows what the file is for.
pub(super) fn failure(action: &'static str, place: String, error: Error) -> StoreError {
    match error {
        Error::Io { source, .. } => StoreError::io(action, place, source),
        Error::Refused { reason, .. } => StoreError::not_ours(place, reason),
    }
}
