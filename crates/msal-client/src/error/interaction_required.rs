//! Why the user must take part.

use std::fmt;

use msal_core::ServiceError;

/// Why the user must take part.
#[derive(Clone, Debug, Default)]
pub struct InteractionRequired {
    service_error: Option<ServiceError>,
}

impl InteractionRequired {
    /// What the server said; `None` when nothing is cached for the account and the server was not asked.
    pub fn service_error(&self) -> Option<&ServiceError> {
        self.service_error.as_ref()
    }

    pub(super) fn refused(error: ServiceError) -> Self {
        Self {
            service_error: Some(error),
        }
    }
}

impl fmt::Display for InteractionRequired {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.service_error {
            Some(error) => write!(formatter, "the user must sign in: {error}"),
            None => formatter.write_str("the user must sign in: nothing is cached for the account"),
        }
    }
}
