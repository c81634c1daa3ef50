//! What to do about an error.

use std::fmt;
use std::time::Duration;

/// What to do about an error: the one thing that its variant does not leave open.
///
/// `Display` says it in words, to go behind a message: `try again in 30 s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// Change the program, its settings, its store or the application's registration. The same call fails again until
    /// then, and no user can help.
    Correct,
    /// Tell whoever runs the server, with the [correlation id](crate::Error::correlation_id): it broke a rule.
    Report,
    /// Let the user sign in, with the [claims](crate::Error::claims) that the server asks for.
    SignIn,
    /// Make the same call again, not before so much time has passed; without a time, after a pause that grows.
    Wait(Option<Duration>),
}

impl fmt::Display for Remedy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Correct => {
                formatter.write_str("correct the application's settings or its registration")
            }
            Self::Report => formatter.write_str("report it to whoever runs the server"),
            Self::SignIn => formatter.write_str("let the user sign in"),
            Self::Wait(Some(wait)) => write!(formatter, "try again in {} s", wait.as_secs()),
            Self::Wait(None) => formatter.write_str("try again later"),
        }
    }
}
