//! A cache that could not be loaded or saved.

use std::error;
use std::fmt;
use std::sync::Arc;

use crate::result::AuthenticationResult;
use crate::store::StoreError;

/// The store failed.
#[derive(Clone, Debug)]
pub struct StoreFailure {
    error: Arc<StoreError>,
    result: Option<Box<AuthenticationResult>>,
}

impl StoreFailure {
    pub(crate) fn new(error: StoreError) -> Self {
        Self {
            error: Arc::new(error),
            result: None,
        }
    }

    pub(crate) fn with_result(error: StoreError, result: AuthenticationResult) -> Self {
        Self {
            error: Arc::new(error),
            result: Some(Box::new(result)),
        }
    }

    /// What lies beneath the store's error, which the message says.
    pub(super) fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        error::Error::source(&*self.error)
    }

    /// What the store said.
    pub fn store_error(&self) -> &StoreError {
        &self.error
    }

    /// The tokens that were issued and could not be saved. They are valid, and they stay in the application's memory
    /// until it ends; the next call that can saves them as well, and so does
    /// [`save`](crate::Application::save).
    pub fn result(&self) -> Option<&AuthenticationResult> {
        self.result.as_deref()
    }
}

impl fmt::Display for StoreFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the token cache: {}", self.error)
    }
}
