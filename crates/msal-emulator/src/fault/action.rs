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
    /// The real answer, which is only delivered differently.
    Pass,
    /// The real answer, made longer by this many bytes.
    Oversize(usize),
    Respond {
        status: u16,
        headers: Vec<(String, String)>,
        retry_after: Option<RetryAfter>,
        body: Bytes,
    },
    Tamper(Vec<Tampering>),
}
