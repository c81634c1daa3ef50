//! What a sign-in was granted, for requests that do not say what they want.

use crate::protocol::Version;

/// The text that asks again for what a sign-in was granted: a `resource` (v1) or a `scope` (v2.0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OriginalGrant {
    pub(crate) version: Version,
    pub(crate) text: String,
}

impl OriginalGrant {
    /// What most libraries ask for when their caller names no API.
    pub(crate) fn plain() -> Self {
        Self {
            version: Version::V2,
            text: "openid profile offline_access".to_owned(),
        }
    }
}
