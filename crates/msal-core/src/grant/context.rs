//! What identifies one request.

use super::extra_parameters::ExtraParameters;
use crate::HomeAccountId;

/// What identifies one request to Microsoft's support and telemetry, none of which names a user, and what a program adds.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RequestContext {
    /// A fresh UUID for `client-request-id`; the server repeats it as `correlation_id`.
    pub correlation_id: String,
    /// `x-client-current-telemetry`: which call this is and why it went to the network.
    pub current_telemetry: String,
    /// `x-client-last-telemetry`: cache hits and failures since the last success.
    pub last_telemetry: String,
    /// `X-AnchorMailbox`: routes the request to the region that holds the user.
    pub anchor_mailbox: Option<String>,
    /// `x-app-name`: the program's name, where it tells it.
    pub app_name: Option<String>,
    /// `x-app-ver`: the program's version, where it tells it.
    pub app_version: Option<String>,
    /// What the program adds to a token request.
    pub extra: ExtraParameters,
}

impl RequestContext {
    /// Puts the four together, without what the program says of itself and adds.
    pub fn new(
        correlation_id: String,
        current_telemetry: String,
        last_telemetry: String,
        anchor_mailbox: Option<String>,
    ) -> Self {
        Self {
            correlation_id,
            current_telemetry,
            last_telemetry,
            anchor_mailbox,
            app_name: None,
            app_version: None,
            extra: ExtraParameters::default(),
        }
    }
}

impl HomeAccountId {
    /// The `X-AnchorMailbox` value that routes a request to the region holding this user.
    pub fn anchor_mailbox(&self) -> String {
        format!("Oid:{}", self.as_str().replace('.', "@"))
    }
}
