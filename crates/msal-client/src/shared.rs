//! What all applications of one runtime know together.

use std::sync::Arc;

use crate::met_claims::MetClaims;
use crate::metadata::MetadataCache;
use crate::sign_outs::SignOuts;
use crate::throttling::Throttling;

/// What was learned of the world behind a runtime's ports. None of it is a secret.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) metadata: MetadataCache,
    pub(crate) sign_outs: Arc<SignOuts>,
    pub(crate) throttling: Throttling,
    pub(crate) met_claims: MetClaims,
}
