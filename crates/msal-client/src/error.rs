//! Errors, one variant for each thing the caller can do about them.

mod certificate;
mod config;
mod credential;
mod failure;
mod interaction_required;
mod protocol;
mod remedy;
mod store_failure;

use std::error;
use std::fmt;
use std::time::Duration;

use http::header::InvalidHeaderValue;
use msal_core::{
    AuthorityError, CacheFormatError, MalformedResponse, Refusal, ScopeError, ServiceError,
};

pub use certificate::CertificateError;
pub use config::ConfigError;
pub use credential::CredentialError;
pub(crate) use failure::CallDetails;
pub use failure::Failure;
pub use interaction_required::InteractionRequired;
pub use protocol::ProtocolError;
pub use remedy::Remedy;
pub use store_failure::StoreFailure;

use crate::http::{HttpError, HttpErrorKind};
use crate::ports::RandomError;
use crate::store::{InvalidPartition, StoreError};

/// Why there is no token.
///
/// Each variant stands for one thing to do about it, which [`remedy`](Self::remedy) says. The message names what happened,
/// what to do, and the application and authority whose call it was; it holds no body, no secret and no user's name. What
/// lies beneath is the [`source`](error::Error::source), and is not said twice.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// Fix the program or its settings; the server's answers have nothing to do with it.
    Config(ConfigError),
    /// The client could not prove who it is, and nothing was sent.
    Credential(Failure<CredentialError>),
    /// There was no usable answer: try again later, unless the server's certificate is not one to trust.
    Http(Failure<HttpError>),
    /// The user must take part: show a sign-in.
    InteractionRequired(Failure<InteractionRequired>),
    /// There was an answer, and it may not be trusted.
    Protocol(Failure<ProtocolError>),
    /// The server said no, and no user can change that.
    Service(Failure<ServiceError>),
    /// The token cache could not be loaded or saved. The tokens may be in here.
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
        named().or_else(|| self.call()?.correlation_id.as_deref())
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
            _ => None,
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
            Self::Store(failure) => failure.fill_in(call),
        }
        self
    }

    fn call(&self) -> Option<&CallDetails> {
        match self {
            Self::Config(_) => None,
            Self::Credential(failure) => Some(failure.call()),
            Self::Http(failure) => Some(failure.call()),
            Self::InteractionRequired(failure) => Some(failure.call()),
            Self::Protocol(failure) => Some(failure.call()),
            Self::Service(failure) => Some(failure.call()),
            Self::Store(failure) => Some(failure.call()),
        }
    }

    /// What to do, where the message does not say so itself.
    fn advice(&self) -> Option<String> {
        match self {
            Self::Config(_) | Self::InteractionRequired(_) => None,
            Self::Credential(error) if error.says_what_to_do() => None,
            Self::Http(error) if error.kind() == HttpErrorKind::Certificate => {
                Some("see who answers in the server's place, or trust the issuer if the server is your own".to_owned())
            }
            // RFC 6749 §5.2 has `error` in every refusal: whoever sent a page is not the token endpoint.
            Self::Service(error) if error.error.is_empty() && !self.is_transient() => {
                Some("find out who answered in the server's place: a proxy or a firewall, as it seems".to_owned())
            }
            Self::Service(error) if error.misplaced().is_some() => {
                Some("name the authority of the user's tenant, or register the application there".to_owned())
            }
            Self::Store(failure) => {
                let hint = failure.store_error().hint();
                hint.or_else(|| Some(self.remedy().to_string()))
            }
            _ => Some(self.remedy().to_string()),
        }
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
            Self::Service(error) => write!(formatter, "the token endpoint refused: {}", **error),
            Self::Store(failure) => failure.fmt(formatter),
        }?;
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
            Self::Store(failure) => failure.source(),
        }
    }
}

impl From<AuthorityError> for Error {
    fn from(error: AuthorityError) -> Self {
        Self::Config(error.into())
    }
}

impl From<CacheFormatError> for Error {
    fn from(error: CacheFormatError) -> Self {
        Self::Config(error.into())
    }
}

impl From<CertificateError> for Error {
    fn from(error: CertificateError) -> Self {
        Self::Config(error.into())
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<CredentialError> for Error {
    fn from(error: CredentialError) -> Self {
        Self::Credential(error.into())
    }
}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        match error.kind() {
            HttpErrorKind::NoRuntime => Self::Config(ConfigError::NoRuntime),
            _ => Self::Http(error.into()),
        }
    }
}

/// An access token that cannot be sent.
impl From<InteractionRequired> for Error {
    fn from(required: InteractionRequired) -> Self {
        Self::InteractionRequired(required.into())
    }
}

impl From<InvalidHeaderValue> for Error {
    fn from(_says_nothing_more: InvalidHeaderValue) -> Self {
        Self::from(ProtocolError::AccessToken)
    }
}

impl From<InvalidPartition> for Error {
    fn from(error: InvalidPartition) -> Self {
        Self::Config(error.into())
    }
}

impl From<MalformedResponse> for Error {
    fn from(error: MalformedResponse) -> Self {
        Self::from(ProtocolError::Response(error))
    }
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error.into())
    }
}

impl From<RandomError> for Error {
    fn from(error: RandomError) -> Self {
        Self::Config(ConfigError::Random(error))
    }
}

impl From<ScopeError> for Error {
    fn from(error: ScopeError) -> Self {
        Self::Config(error.into())
    }
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        match error.refusal() {
            Refusal::InteractionRequired => InteractionRequired::refused(error).into(),
            _ => Self::Service(error.into()),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoRuntime => Self::Config(ConfigError::NoRuntime),
            error => Self::from(StoreFailure::new(error)),
        }
    }
}

impl From<StoreFailure> for Error {
    fn from(failure: StoreFailure) -> Self {
        Self::Store(failure.into())
    }
}

#[cfg(test)]
mod tests;
