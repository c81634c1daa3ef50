//! Exit statuses. They are part of the interface: scripts branch on them.

use std::process::ExitCode;

use msal_migrate::Completion;

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is done.
    Success,
    /// It failed; the message says why.
    Failed,
    /// It went to its end, and there is something to correct: rows, tokens, accounts.
    ToCorrect,
    /// What was typed cannot be done.
    Usage,
    /// What is left needs its users.
    UsersNeeded,
    /// The same command will get further (`EX_TEMPFAIL` of sysexits.h).
    RetryLeft,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::UsersNeeded => 3,
            Exit::ToCorrect => 4,
            Exit::RetryLeft => 75,
        })
    }
}

impl From<Completion> for Exit {
    fn from(completion: Completion) -> Self {
        match completion {
            Completion::Complete => Self::Success,
            Completion::RetryLeft => Self::RetryLeft,
            Completion::UsersNeeded => Self::UsersNeeded,
            _ => Self::ToCorrect,
        }
    }
}
