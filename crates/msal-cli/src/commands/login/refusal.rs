//! Why nobody has signed in, and what to do about it.

use msal::{Error, SignInError};

use crate::error::Failure;

/// The time that was given is over.
pub(super) fn too_late() -> Failure {
    explained(SignInError::TimedOut.into())
}

/// An error with what to type next.
pub(super) fn explained(error: Error) -> Failure {
    let hint = hint(&error);
    let failure = Failure::of_call(error);
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

fn hint(error: &Error) -> Option<&'static str> {
    let codes = error.service_error().map(|error| error.codes.as_slice());
    let by_code = codes.unwrap_or_default().iter().find_map(|code| {
        Some(match code {
            7_000_218 => {
                "the application is registered as one with a secret; in its registration, under Authentication, allow \
                 public client flows"
            }
            50_011 | 500_113 => {
                "in the application's registration, under Authentication, add the platform for mobile and desktop \
                 applications with the redirect URI http://localhost"
            }
            50_126 | 50_034 => "check the user's name and password, and --tenant",
            50_055 => "the password has expired: sign in with a browser, and change it there",
            50_057 => "the user is disabled: ask an administrator",
            50_072 | 50_074 | 50_076 | 50_079 | 50_097 | 50_158 => {
                "the server wants more than a password: sign in with a browser, without --username"
            }
            53_003 => "a policy of the tenant blocks this way: sign in with a browser, without --device-code",
            65_001 | 65_004 | 90_094 => {
                "nobody has consented to these scopes: the user or an administrator does so on the page"
            }
            _ => return None,
        })
    });
    by_code.or_else(|| match error {
        Error::SignIn(failure) => match &**failure {
            SignInError::Port { .. } => {
                Some("name a free port with --port, or none to have one found")
            }
            SignInError::TimedOut => {
                Some("run the same command again; --timeout gives more time, in seconds")
            }
            _ => Some("run the same command again"),
        },
        Error::InteractionRequired(_) => Some("run the same command again"),
        _ => None,
    })
}
