//! The audit log: what was asked and what was answered, without secrets.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// The client, from the request or from the sign-in that the request goes on with.
    pub client_id: Option<String>,
    /// The person that the answer is about; if it is about nobody, the sign-in name in the request, in its refresh
    /// token or in its authorization code.
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

/// The last requests, oldest first, and those that nobody has taken.
#[derive(Debug)]
pub(crate) struct AuditLog {
    capacity: usize,
    /// Whether somebody takes the records to keep them elsewhere.
    is_taken: AtomicBool,
    records: Mutex<Records>,
}

#[derive(Debug, Default)]
struct Records {
    kept: VecDeque<Arc<AuditRecord>>,
    /// Apart from those that are kept, so that who empties one does not empty the other.
    to_take: VecDeque<Arc<AuditRecord>>,
}

impl AuditLog {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            is_taken: AtomicBool::new(false),
            records: Mutex::default(),
        }
    }

    pub(crate) fn push(&self, record: AuditRecord) {
        let record = Arc::new(record);
        let mut records = self.lock();
        if self.is_taken.load(Ordering::Relaxed) {
            if records.to_take.len() >= MAX_TO_TAKE {
                records.to_take.pop_front();
            }
            records.to_take.push_back(Arc::clone(&record));
        }
        if records.kept.len() >= self.capacity {
            records.kept.pop_front();
        }
        if self.capacity > 0 {
            records.kept.push_back(record);
        }
    }

    pub(crate) fn snapshot(&self) -> Vec<AuditRecord> {
        let records = self.lock();
        records
            .kept
            .iter()
            .map(|record| (**record).clone())
            .collect()
    }

    /// The records since the last call; at the first call, those that are kept.
    pub(crate) fn take(&self) -> Vec<AuditRecord> {
        let mut records = self.lock();
        let first = !self.is_taken.swap(true, Ordering::Relaxed);
        let taken = if first {
            records.kept.clone()
        } else {
            std::mem::take(&mut records.to_take)
        };
        drop(records);
        taken.into_iter().map(Arc::unwrap_or_clone).collect()
    }

    pub(crate) fn clear(&self) {
        self.lock().kept.clear();
    }

    /// Whether records are wanted. If not, none needs to be made.
    pub(crate) fn is_on(&self) -> bool {
        self.capacity > 0 || self.is_taken.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many records wait to be taken. The oldest are dropped, so that a reader that stopped does not fill the memory.
const MAX_TO_TAKE: usize = 1 << 20;
