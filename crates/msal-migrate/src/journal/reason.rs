//! Why a token ended as it did: a stable name and the server's numbers, never a secret or a user's name.

use std::borrow::Cow;

use http::StatusCode;
use msal::HttpError;
use msal_core::ServiceError;
use serde::{Deserialize, Serialize};

/// Why a token ended as it did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reason {
    /// The server's `error` (RFC 6749 §5.2), `http_503` and the like where the server gave none, the
    /// [name](msal::HttpErrorKind::name) of what kept an answer from arriving, or a name of the migration's own such as
    /// `user_mismatch`. Empty for what was migrated.
    pub error: Cow<'static, str>,
    /// Entra's `suberror`.
    pub suberror: Option<String>,
    /// Entra's AADSTS numbers.
    pub aadsts: Vec<u32>,
}

impl Reason {
    /// A reason of the migration's own.
    pub(crate) fn named(error: &'static str) -> Self {
        Self {
            error: Cow::Borrowed(error),
            ..Self::default()
        }
    }

    /// The server said no more than a status.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        Self {
            error: format!("http_{}", status.as_u16()).into(),
            ..Self::default()
        }
    }
}

impl From<&HttpError> for Reason {
    fn from(error: &HttpError) -> Self {
        Self::named(error.kind().name())
    }
}

impl From<&ServiceError> for Reason {
    fn from(error: &ServiceError) -> Self {
        Self {
            error: match error.error.as_str() {
                "" => Self::of_status(error.status).error,
                code => code.to_owned().into(),
            },
            suberror: error.suberror.clone(),
            aadsts: error
                .codes
                .iter()
                .filter_map(|code| u32::try_from(*code).ok())
                .collect(),
        }
    }
}
