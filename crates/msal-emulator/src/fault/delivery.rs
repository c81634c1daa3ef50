//! How an answer is delivered, apart from what it says.

use std::time::Duration;

/// How a response is to be delivered, among its extensions when a fault plan says so.
///
/// [`Server`](crate::Server) obeys it, and other transports may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    pub(super) delay: Duration,
    pub(super) cut_after: Option<usize>,
}

impl Delivery {
    /// How long the response is to be held back.
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// After how many bytes of the body the connection is to end.
    pub fn cut_after(&self) -> Option<usize> {
        self.cut_after
    }
}
