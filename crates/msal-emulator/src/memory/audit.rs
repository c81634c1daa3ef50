//! The audit log: what was asked and what was answered, without secrets.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::protocol::{Endpoint, RefreshTokenId};

/// One request and its outcome.
///
/// Refresh tokens appear under their [`RefreshTokenId`]; passwords, secrets, codes and assertions not at all.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuditRecord {
    /// When the request came.
    pub at: SystemTime,
    /// Its method.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// Which endpoint it reached.
    pub endpoint: Endpoint,
    /// The value of `grant_type`.
    pub grant_type: Option<String>,
    /// The value of `client_id`.
    pub client_id: Option<String>,
    /// The sign-in name, from the request or from its refresh token.
    pub user: Option<String>,
    /// The refresh token presented.
    pub refresh_token: Option<RefreshTokenId>,
    /// The value of `scope` (v2.0) or `resource` (v1).
    pub asked_for: Option<String>,
    /// The names of all parameters, in the order sent.
    pub parameters: Vec<String>,
    /// The value of `x-client-SKU`: the library at the other end.
    pub client_sku: Option<String>,
    /// The correlation id, sent by the client or made here.
    pub correlation_id: String,
    /// The HTTP status answered.
    pub status: u16,
    /// The AADSTS code answered.
    pub aadsts: Option<u32>,
    /// Whether a fault plan decided or changed the answer.
    pub faulted: bool,
}

/// The last requests, oldest first.
#[derive(Debug)]
pub(crate) struct AuditLog {
    capacity: usize,
    records: Mutex<VecDeque<AuditRecord>>,
}

impl AuditLog {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            records: Mutex::new(VecDeque::new()),
        }
    }

    pub(crate) fn push(&self, record: AuditRecord) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() >= self.capacity {
            records.pop_front();
        }
        if self.capacity > 0 {
            records.push_back(record);
        }
    }

    pub(crate) fn snapshot(&self) -> Vec<AuditRecord> {
        self.records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    pub(crate) fn take(&self) -> Vec<AuditRecord> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.drain(..).collect()
    }

    pub(crate) fn clear(&self) {
        self.records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Whether records are kept. If not, none needs to be made.
    pub(crate) fn is_on(&self) -> bool {
        self.capacity > 0
    }
}
