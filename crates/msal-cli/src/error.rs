//! Errors as the command line shows them: one line, its causes, and what to type next.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;

use msal::{Misplaced, ProtocolError, Remedy, StoreError};
use msal_migrate::{MigrationError, PlanError, Reason, SourceError};

use crate::advice::advice;
use crate::exit::Exit;
use crate::trouble;

/// A failed command.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) causes: Vec<String>,
    pub(crate) hint: Option<String>,
    pub(crate) exit: Exit,
}

impl Failure {
    /// What was typed cannot be done.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            causes: Vec::new(),
            hint: Some(hint.into()),
            exit: Exit::Usage,
        }
    }

    /// `error` with what caused it.
    pub(crate) fn new(error: &(dyn Error + 'static)) -> Self {
        let message = error.to_string();
        let mut causes: Vec<String> = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = match cause.downcast_ref::<io::Error>() {
                // Its own words are no words of people who look for a file.
                Some(error)
                    if error.kind() == ErrorKind::NotFound && error.raw_os_error().is_none() =>
                {
                    "there is no such file".to_owned()
                }
                _ => cause.to_string(),
            };
            // Transparent wrappers repeat what they wrap.
            if text != message && causes.last() != Some(&text) {
                causes.push(text);
            }
            source = cause.source();
        }
        Self {
            message,
            causes,
            hint: None,
            exit: Exit::Failed,
        }
    }

    /// A call for a token that brought none: what is to be done decides the exit status.
    pub(crate) fn of_call(error: msal::Error) -> Self {
        let exit = match error.remedy() {
            Remedy::SignIn => Exit::UsersNeeded,
            Remedy::Wait(_) => Exit::RetryLeft,
            _ => Exit::Failed,
        };
        Self {
            exit,
            ..Self::from(error)
        }
    }

    /// The user has asked the command to stop, which has come to no more than this.
    pub(crate) fn stopped(outcome: &str) -> Self {
        Self {
            exit: Exit::RetryLeft,
            ..Self::usage(format!("stopped: {outcome}"), "run the same command again")
        }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says which file it is about.
    pub(crate) fn about(mut self, path: &Path) -> Self {
        self.message = format!("{}: {}", path.display(), self.message);
        self
    }

    fn with_hint_if(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self::new(&error).with_hint_if(error.hint())
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        Self::from(MigrationError::from(error))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let is_limited = matches!(&error, StoreError::Io { source, .. } if source.kind() == ErrorKind::FileTooLarge);
        let limit = is_limited.then(|| {
            "allow larger files (ulimit -f) or take another disk, and run the same command again".to_owned()
        });
        Self::new(&error).with_hint_if(error.hint().or(limit))
    }
}

impl From<MigrationError> for Failure {
    fn from(error: MigrationError) -> Self {
        match error {
            MigrationError::Msal(error) => Self::from(error),
            MigrationError::Http { ref source, .. } => {
                Self::new(&error).with_hint(trouble::hint(source.kind()))
            }
            MigrationError::Ambiguous { .. } => Self {
                exit: Exit::Usage,
                ..Self::new(&error).with_hint_if(error.hint())
            },
            MigrationError::NotThere { .. } => Self {
                exit: Exit::Usage,
                ..Self::new(&error).with_hint(
                    "`msal migrate report JOURNAL` shows how rows are named, `msal migrate plan INPUT --list` which clients and tenants there are",
                )
            },
            MigrationError::Store(error) => error.into(),
            MigrationError::UserCaches { .. } => {
                let exit = match error.is_transient() {
                    true => Exit::RetryLeft,
                    false => Exit::Failed,
                };
                let hint = error.hint();
                Self {
                    exit,
                    ..Self::new(&error).with_hint_if(hint)
                }
            }
            error => {
                let hint = error.hint();
                Self::new(&error).with_hint_if(hint)
            }
        }
    }
}

impl From<private_file::Error> for Failure {
    fn from(error: private_file::Error) -> Self {
        let hint = match &error {
            private_file::Error::Io { source, .. }
                if source.kind() == ErrorKind::PermissionDenied =>
            {
                Some("check who may read and write the file and its folder: ls -ld")
            }
            private_file::Error::Io { .. } => None,
            private_file::Error::Refused { .. } => Some(
                "name a file in a folder of your own that nobody else can write to: chmod go-w FOLDER",
            ),
        };
        Self::new(&error).with_hint_if(hint)
    }
}

impl From<msal::Error> for Failure {
    fn from(error: msal::Error) -> Self {
        let hint = match &error {
            msal::Error::InteractionRequired(_) => {
                Some("the user must sign in to the application again: msal login".to_owned())
            }
            msal::Error::Http(error) if error.kind().is_about_certificate() => {
                Some(trouble::hint(error.kind()))
            }
            msal::Error::Store(failure) => failure.store_error().hint(),
            msal::Error::Protocol(problem)
                if matches!(**problem, ProtocolError::Discovery(_)) && !error.is_transient() =>
            {
                Some(of_authority(problem).to_owned())
            }
            msal::Error::Service(error) if error.error == "invalid_client" => Some(
                "name the client's secret with --client-secret-env or --client-secret-file, or its --certificate"
                    .to_owned(),
            ),
            msal::Error::Service(error) if error.misplaced().is_some() => {
                Some(advice(&Reason::from(&**error)).to_owned())
            }
            _ => None,
        };
        Self::new(&error).with_hint_if(hint)
    }
}

/// What to type where an authority cannot be used.
fn of_authority(problem: &ProtocolError) -> &'static str {
    match problem {
        ProtocolError::Discovery(error) if error.misplaced() == Some(Misplaced::NoTenant) => {
            "correct --authority (https://HOST/TENANT) or --tenant"
        }
        _ => {
            "the authority does not say where to send tokens; correct --authority: https://HOST/TENANT"
        }
    }
}

impl From<msal::ConfigError> for Failure {
    fn from(error: msal::ConfigError) -> Self {
        Self::new(&error)
    }
}
