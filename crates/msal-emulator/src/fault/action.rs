//! What a fault answers.

use bytes::Bytes;

use super::retry_after::RetryAfter;
use super::tampering::Tampering;

/// What a fault answers.
#[derive(Clone, Debug)]
pub(crate) enum FaultAction {
    Aadsts {
        code: u32,
        suberror: Option<String>,
        claims: Option<String>,
    },
    /// As if there were no fault, but for how the answer is delivered.
    Pass,
    /// As it should be, and this many bytes longer.
    Oversize(usize),
    Respond {
        status: u16,
        headers: Vec<(String, String)>,
        retry_after: Option<RetryAfter>,
        body: Bytes,
    },
    Tamper(Vec<Tampering>),
}
