//! What all applications of one runtime know together.

use crate::metadata::MetadataCache;

/// What was learned of the world behind a runtime's ports. None of it is a secret.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) metadata: MetadataCache,
}
