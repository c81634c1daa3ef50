//! The errors that Azure AD B2C reports under numbers and texts of its own.

use super::Refusal;
use crate::protocol::{Call, Shape};

/// An error of Azure AD B2C. Its envelope has neither `error_codes` nor the other members of Entra's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum B2cError {
    Cancelled,
    ForgottenPassword,
    GrantExpired,
    SecretMissing,
    SecretWrong,
}

impl B2cError {
    /// What B2C reports for a refusal, at the URLs of B2C.
    pub(crate) fn of(call: &Call<'_>, refusal: &Refusal) -> Option<Self> {
        let Shape::B2c { .. } = call.target.shape else {
            return None;
        };
        match refusal.code {
            50173 | 70000 | 70008 | 700_082 | 700_084 | 9_002_313 => Some(Self::GrantExpired),
            65004 => Some(Self::Cancelled),
            7_000_215 => Some(Self::SecretWrong),
            7_000_218 => Some(Self::SecretMissing),
            _ => None,
        }
    }

    /// The value of `error`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cancelled | Self::ForgottenPassword => "access_denied",
            Self::GrantExpired => "invalid_grant",
            Self::SecretMissing | Self::SecretWrong => "invalid_client",
        }
    }

    /// The value of `error_description`.
    pub(crate) fn description(self, call: &Call<'_>) -> String {
        let (code, text) = match self {
            Self::Cancelled => (
                90091,
                "The user has cancelled entering self-asserted information.",
            ),
            Self::ForgottenPassword => (90118, "The user has forgotten their password."),
            Self::GrantExpired => (
                90080,
                "The provided grant has expired. Please re-authenticate and try again.",
            ),
            Self::SecretMissing => (
                90079,
                "Clients must send a client_secret when redeeming a confidential grant.",
            ),
            Self::SecretWrong => (
                90081,
                "The specified client_secret does not match the expected value for this client. Please correct the client_secret and try again.",
            ),
        };
        let (id, now) = (call.correlation_id, call.now);
        format!("AADB2C{code}: {text}\r\nCorrelation ID: {id}\r\nTimestamp: {now}\r\n")
    }
}
