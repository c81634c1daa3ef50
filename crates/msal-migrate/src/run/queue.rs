//! A lane with what waits for it and what its requests have in common.

use std::collections::VecDeque;
use std::sync::Arc;

use http::Uri;
use msal_core::{Authority, ClientCredential, ProviderMetadata};

use super::lane::Lane;
use super::reason::Reason;
use crate::plan::Redemption;

/// A job on its way, and how often it was sent.
pub(super) struct Attempt {
    /// Boxed, as it goes through several queues and futures.
    pub(super) job: Box<Redemption>,
    pub(super) tries: u32,
}

/// A lane with its jobs and, once they are known, its endpoints.
pub(super) struct Track {
    pub(super) authority: Authority,
    /// In lower case.
    pub(super) client_id: String,
    pub(super) lane: Lane,
    pub(super) jobs: VecDeque<Attempt>,
    pub(super) provider: Option<Arc<Provider>>,
    /// Whether the track stands in the queue of those that may send.
    pub(super) is_ready: bool,
    /// Why the lane was halted.
    pub(super) reason: Reason,
}

/// What all requests of a lane have in common.
pub(super) struct Provider {
    /// The authority as text.
    pub(super) authority: String,
    pub(super) credential: ClientCredential,
    pub(super) metadata: ProviderMetadata,
    /// The token endpoint, parsed once for all requests. `None` when it cannot be: sending to it says what is wrong.
    pub(super) token_endpoint: Option<Uri>,
}

impl Track {
    /// Whether the job is to be redeemed here.
    pub(super) fn takes(&self, job: &Redemption) -> bool {
        self.authority == job.authority && self.client_id.eq_ignore_ascii_case(&job.client_id)
    }
}
