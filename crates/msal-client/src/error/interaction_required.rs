//! Why the user must take part.

use std::fmt;

use msal_core::ServiceError;

/// Why the user must take part.
#[derive(Clone, Debug, Default)]
pub struct InteractionRequired {
    why: Why,
}

#[derive(Clone, Debug, Default)]
enum Why {
    #[default]
    NothingCached,
    Refused(ServiceError),
    /// A policy blocks a way of signing in.
    Blocked(ServiceError, BlockedWay),
    DeviceCodeExpired,
    /// What goes on for a user without them has ended, or was never begun.
    NoSession,
    /// Somebody else than Entra checks the password.
    Federated,
}

/// A way of signing in that tenants block.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BlockedWay {
    DeviceCode,
    Password,
}

impl InteractionRequired {
    /// What the server said; `None` when it was not asked: nothing is cached for the account, a code has
    /// expired, or the password is not the server's to check.
    pub fn service_error(&self) -> Option<&ServiceError> {
        match &self.why {
            Why::Refused(error) | Why::Blocked(error, _) => Some(error),
            Why::NothingCached | Why::DeviceCodeExpired | Why::Federated | Why::NoSession => None,
        }
    }

    pub(super) fn refused(error: ServiceError) -> Self {
        Self {
            why: Why::Refused(error),
        }
    }

    pub(super) fn blocked(error: ServiceError, way: BlockedWay) -> Self {
        Self {
            why: Why::Blocked(error, way),
        }
    }

    pub(crate) fn federated() -> Self {
        Self {
            why: Why::Federated,
        }
    }

    pub(crate) fn no_session() -> Self {
        Self {
            why: Why::NoSession,
        }
    }

    pub(crate) fn device_code_expired() -> Self {
        Self {
            why: Why::DeviceCodeExpired,
        }
    }
}

impl fmt::Display for BlockedWay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::DeviceCode => "the device code flow",
            Self::Password => "sign-in with a user name and a password",
        })
    }
}

impl fmt::Display for InteractionRequired {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the user must sign in: ")?;
        match &self.why {
            Why::NothingCached => formatter.write_str("nothing is cached for the account"),
            Why::Refused(error) => error.fmt(formatter),
            Why::Blocked(error, way) => write!(
                formatter,
                "{error}: a policy of the tenant blocks this sign-in, as many block {way}; sign in with a browser on this \
                 machine or by the authorization code flow, or ask an administrator to allow it"
            ),
            Why::Federated => formatter.write_str(
                "the user's domain is federated, so that its own server checks passwords, which is not supported here; use \
                 a browser or a device code",
            ),
            Why::NoSession => formatter
                .write_str("the session has ended or was never begun; begin one when the user calls again"),
            Why::DeviceCodeExpired => formatter
                .write_str("the code has expired before it was entered; begin again for a new one"),
        }
    }
}
