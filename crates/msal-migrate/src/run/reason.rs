//! Why a token ended as it did: a stable name and the server's numbers, never a secret or a user's name.

use msal_core::ServiceError;

use crate::journal::Outcome;

#[derive(Clone, Debug, Default)]
pub(super) struct Reason {
    code: String,
    suberror: Option<String>,
    aadsts: Vec<u32>,
}

impl Reason {
    /// A reason of the migrator's own.
    pub(super) fn named(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn write_to(self, outcome: &mut Outcome) {
        outcome.error = Some(self.code).filter(|code| !code.is_empty());
        outcome.suberror = self.suberror;
        outcome.codes = self.aadsts;
    }
}

impl From<&ServiceError> for Reason {
    fn from(error: &ServiceError) -> Self {
        Self {
            code: match error.error.as_str() {
                "" => format!("http_{}", error.status.as_u16()),
                code => code.to_owned(),
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
