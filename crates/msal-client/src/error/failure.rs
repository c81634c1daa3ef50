//! What a call failed with, and which call it was.

use std::fmt;
use std::ops::Deref;

/// What a call failed with, and which call it was. It reads as what it holds.
#[derive(Clone)]
pub struct Failure<T>(Box<Inner<T>>);

#[derive(Clone)]
struct Inner<T> {
    what: T,
    call: CallDetails,
}

/// Which call it was, as far as it is known. It names no user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CallDetails {
    pub(crate) client_id: Option<String>,
    pub(crate) authority: Option<String>,
    /// What the request was sent with.
    pub(crate) correlation_id: Option<String>,
    /// Where a browser was to bring the answer.
    pub(crate) redirect_uri: Option<String>,
}

impl CallDetails {
    /// What is known where a request is sent.
    pub(crate) fn sent_with(correlation_id: &str) -> Self {
        Self {
            correlation_id: Some(correlation_id.to_owned()),
            ..Self::default()
        }
    }
}

impl<T> Failure<T> {
    /// What the call failed with, without which call it was.
    pub fn into_inner(self) -> T {
        self.0.what
    }

    pub(super) fn call(&self) -> &CallDetails {
        &self.0.call
    }

    /// Fills in what is not known yet.
    pub(super) fn fill_in(&mut self, call: CallDetails) {
        let known = &mut self.0.call;
        known.client_id = known.client_id.take().or(call.client_id);
        known.authority = known.authority.take().or(call.authority);
        known.correlation_id = known.correlation_id.take().or(call.correlation_id);
        known.redirect_uri = known.redirect_uri.take().or(call.redirect_uri);
    }
}

impl<T> From<T> for Failure<T> {
    fn from(what: T) -> Self {
        Self(Box::new(Inner {
            what,
            call: CallDetails::default(),
        }))
    }
}

impl<T> Deref for Failure<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.what
    }
}

impl<T: fmt::Display> fmt::Display for Failure<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.what, formatter)
    }
}

impl<T: fmt::Debug> fmt::Debug for Failure<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Failure")
            .field(&self.0.what)
            .field(&self.0.call)
            .finish()
    }
}

/// ` (application … at …)`, or nothing where it is not known.
impl fmt::Display for CallDetails {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.client_id, &self.authority) {
            (Some(client_id), Some(authority)) => {
                write!(formatter, " (application {client_id} at {authority})")
            }
            _ => Ok(()),
        }
    }
}
