//! Errors, one variant for each thing the caller can do about them.

mod advice;
mod certificate;
mod config;
mod credential;
mod failure;
mod from;
mod interaction_required;
mod protocol;
mod remedy;
mod sign_in;
mod store_failure;

use std::error;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use msal_core::{Refusal, ServiceError};

pub use certificate::CertificateError;
pub use config::ConfigError;
pub use credential::CredentialError;
pub(crate) use failure::CallDetails;
pub use failure::Failure;
pub(crate) use interaction_required::BlockedWay;
pub use interaction_required::InteractionRequired;
pub use protocol::ProtocolError;
pub use remedy::Remedy;
pub use sign_in::SignInError;
pub use store_failure::StoreFailure;

use crate::transport::HttpError;

/// Why there is no token.
///
/// The variant says what failed, and [`remedy`](Self::remedy) what to do about it. The message names what happened, what to
/// do, and the application and authority whose call it was; it holds no body, no secret and no user's name. What lies
/// beneath is the [`source`](error::Error::source), and is not said twice. Whatever a builder or a parser of this library
/// refuses becomes one by `?`.
#[cfg_attr(
    doc,
    doc = "\nWhat each variant holds, and when it comes, stands in the guide: [`guide::errors`](crate::guide::errors)."
)]
///
/// # Examples
/// ```
/// use msal::{Error, Remedy};
///
/// fn status(error: &Error) -> u16 {
///     match error.remedy() {
///         Remedy::SignIn => 401,
///         Remedy::Wait(_seconds) => 503,
///         _ => {
///             eprintln!("{error}");
///             500
///         }
///     }
/// }
/// # assert_eq!(status(&msal::HttpError::unreachable().into()), 503);
/// # assert_eq!(status(&msal::ConfigError::ClientId.into()), 500);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The program or its settings are wrong; the server's answers have nothing to do with it.
    Config(ConfigError),
    /// The client could not prove who it is, and nothing was sent.
    Credential(Failure<CredentialError>),
    /// There was no usable answer: to be tried again later, unless the server's certificate is not one to trust.
    Http(Failure<HttpError>),
    /// The user must sign in, with the [claims](Self::claims) that the server asks for.
    InteractionRequired(Failure<InteractionRequired>),
    /// There was an answer, and it may not be trusted. Refresh tokens that came with it are
    /// [in here](ProtocolError::refresh_tokens).
    Protocol(Failure<ProtocolError>),
    /// The server said no, and no user can change that: it is busy, or something has to be corrected.
    Service(Failure<ServiceError>),
    /// A sign-in at a browser came to nothing: most of the time, begin another one.
    SignIn(Failure<SignInError>),
    /// The token cache could not be loaded or saved. Tokens that were issued before that are
    /// [in here](StoreFailure::result).
    Store(Failure<StoreFailure>),
}

impl Error {
    /// What to do about it.
    pub fn remedy(&self) -> Remedy {
        let correct_unless = |is_transient: bool| match is_transient {
            true => Remedy::Wait(self.retry_after()),
            false => Remedy::Correct,
        };
        match self {
            Self::Config(_) => Remedy::Correct,
            Self::Credential(error) => correct_unless(error.is_transient()),
            Self::Http(error) => correct_unless(error.is_transient()),
            Self::InteractionRequired(_) => Remedy::SignIn,
            Self::Protocol(error) if error.is_transient() => Remedy::Wait(self.retry_after()),
            Self::Protocol(error) if error.is_correctable() => Remedy::Correct,
            Self::Protocol(_) => Remedy::Report,
            Self::Service(error) => correct_unless(error.refusal() == Refusal::Transient),
            Self::SignIn(error) => error.remedy(),
            Self::Store(failure) => correct_unless(failure.store_error().is_transient()),
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self.remedy(), Remedy::Wait(_))
    }

    /// How long the server asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Protocol(error) => error.retry_after(),
            _ => self.service_error()?.retry_after,
        }
    }

    /// The correlation id to give to Microsoft's support: the one that the server names, or else the one that the request
    /// was sent with. `None` when nothing was sent.
    pub fn correlation_id(&self) -> Option<&str> {
        let named = || self.service_error()?.correlation_id.as_deref();
        named().or_else(|| self.sent_correlation_id())
    }

    /// The claims that the next interactive request must pass on.
    pub fn claims(&self) -> Option<&str> {
        self.service_error()?.claims.as_deref()
    }

    /// What the server said, if it was the server who refused.
    pub fn service_error(&self) -> Option<&ServiceError> {
        match self {
            Self::Service(error) => Some(error),
            Self::InteractionRequired(required) => required.service_error(),
            Self::SignIn(error) => error.service_error(),
            _ => None,
        }
    }

    /// The same error, saying what to do where a policy blocks this way of signing in: AADSTS53003 alone sounds as if the
    /// same could be tried again.
    pub(crate) fn explained(self, way: BlockedWay) -> Self {
        match self.service_error() {
            Some(refusal) if refusal.codes.contains(&BLOCKED_BY_POLICY) => {
                InteractionRequired::blocked(refusal.clone(), way).into()
            }
            _ => self,
        }
    }

    /// The same error, with what is known of the call that it ended. What was known before stays.
    pub(crate) fn of(mut self, call: CallDetails) -> Self {
        match &mut self {
            Self::Config(_) => {}
            Self::Credential(failure) => failure.fill_in(call),
            Self::Http(failure) => failure.fill_in(call),
            Self::InteractionRequired(failure) => failure.fill_in(call),
            Self::Protocol(failure) => failure.fill_in(call),
            Self::Service(failure) => failure.fill_in(call),
            Self::SignIn(failure) => failure.fill_in(call),
            Self::Store(failure) => failure.fill_in(call),
        }
        self
    }

    /// The correlation id that the request was sent with: unlike the one that a server names, it is ours.
    pub(crate) fn sent_correlation_id(&self) -> Option<&str> {
        self.call()?.correlation_id.as_deref()
    }

    fn call(&self) -> Option<&CallDetails> {
        match self {
            Self::Config(_) => None,
            Self::Credential(failure) => Some(failure.call()),
            Self::Http(failure) => Some(failure.call()),
            Self::InteractionRequired(failure) => Some(failure.call()),
            Self::Protocol(failure) => Some(failure.call()),
            Self::Service(failure) => Some(failure.call()),
            Self::SignIn(failure) => Some(failure.call()),
            Self::Store(failure) => Some(failure.call()),
        }
    }

    /// The redirect URI that was sent, where the server says that the application has none like it (AADSTS50011, 500113).
    fn unregistered_redirect_uri(&self) -> Option<&str> {
        let codes = &self.service_error()?.codes;
        let is_unregistered = codes.iter().any(|code| matches!(code, 50011 | 500_113));
        let sent = self.call()?.redirect_uri.as_deref();
        sent.filter(|_| is_unregistered)
    }

    /// What to do, where the message does not say so itself.
    fn advice(&self) -> Option<String> {
        if let Some(uri) = self.unregistered_redirect_uri() {
            return Some(format!(
                "register `{uri}` as a redirect URI of the application"
            ));
        }
        let said = match self {
            Self::Config(_) | Self::InteractionRequired(_) => return None,
            Self::Credential(failure) if failure.says_what_to_do() => return None,
            Self::Http(failure) => Some(failure.kind().hint()),
            Self::Protocol(problem) => advice::of_answer(problem),
            // The cause says it.
            Self::Service(refused) if refused.assertion_fault().is_some() => return None,
            Self::Service(refused) => advice::of_refusal(refused),
            // It says itself what there is to do.
            Self::SignIn(failure)
                if matches!(
                    **failure,
                    SignInError::Browser(_) | SignInError::Port { .. }
                ) =>
            {
                return None;
            }
            Self::Store(failure) => {
                let hint = failure.store_error().hint();
                return hint.or_else(|| Some(self.remedy().to_string()));
            }
            _ => None,
        };
        Some(said.map_or_else(|| self.remedy().to_string(), str::to_owned))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(formatter),
            Self::Credential(error) => error.fmt(formatter),
            Self::Http(error) => error.fmt(formatter),
            Self::InteractionRequired(required) => required.fmt(formatter),
            Self::Protocol(error) => error.fmt(formatter),
            Self::Service(error) => write!(formatter, "{}: {}", what_came(error), **error),
            Self::SignIn(error) => error.fmt(formatter),
            Self::Store(failure) => failure.fmt(formatter),
        }?;
        let assertion_fault = self.service_error().and_then(ServiceError::assertion_fault);
        if let Some(fault) = assertion_fault {
            write!(formatter, "; {fault}")?;
        }
        if let Some(advice) = self.advice() {
            write!(formatter, "; {advice}")?;
        }
        self.call().map_or(Ok(()), |call| call.fmt(formatter))
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Config(error) => error.source(),
            Self::Credential(error) => error.source(),
            Self::Http(error) => error.source(),
            Self::InteractionRequired(_) => None,
            Self::Protocol(error) => error.source(),
            Self::Service(error) => error.source(),
            Self::SignIn(error) => error.source(),
            Self::Store(failure) => failure.source(),
        }
    }
}

/// What a refusal comes to, before its code.
fn what_came(error: &ServiceError) -> &'static str {
    match error.refusal() {
        // RFC 6585 §4
        Refusal::Transient if error.status == StatusCode::TOO_MANY_REQUESTS => {
            "the token endpoint was asked too often"
        }
        Refusal::Transient => "the token endpoint is busy or broken",
        _ => "the token endpoint refused",
    }
}

/// AADSTS53003: Conditional Access does not issue the token.
const BLOCKED_BY_POLICY: i64 = 53003;

#[cfg(test)]
mod tests;
