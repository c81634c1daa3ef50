//! What becomes an error, and of which kind.

use http::header::InvalidHeaderValue;
use msal_core::{
    AuthFlowError, AuthResponseError, AuthorityError, AuthorizationRequestError, CacheFormatError,
    InvalidSession, MalformedResponse, Refusal, ScopeError, ServiceError,
};

use super::{
    CertificateError, ConfigError, CredentialError, Error, InteractionRequired, ProtocolError,
    SignInError, StoreFailure,
};
use crate::browser::NoBrowser;
use crate::ports::RandomError;
use crate::store::{InvalidPartition, StoreError};
use crate::transport::{HttpError, HttpErrorKind};

/// What the user must still do is no refusal of the sign-in, but asks for another one.
impl From<AuthFlowError> for Error {
    fn from(error: AuthFlowError) -> Self {
        match error {
            // RFC 6749 §4.1.2.1: of `access_denied` it was the user who said no, or who decides for them.
            AuthFlowError::Refused(error)
                if error.refusal() == Refusal::InteractionRequired
                    && error.error != "access_denied" =>
            {
                InteractionRequired::refused(*error).into()
            }
            error => Self::from(SignInError::from(error)),
        }
    }
}

impl From<AuthResponseError> for Error {
    fn from(error: AuthResponseError) -> Self {
        Self::from(SignInError::Response(error))
    }
}

impl From<AuthorityError> for Error {
    fn from(error: AuthorityError) -> Self {
        Self::Config(error.into())
    }
}

impl From<AuthorizationRequestError> for Error {
    fn from(error: AuthorizationRequestError) -> Self {
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

impl From<InteractionRequired> for Error {
    fn from(required: InteractionRequired) -> Self {
        Self::InteractionRequired(required.into())
    }
}

/// An access token that cannot be sent.
impl From<InvalidHeaderValue> for Error {
    fn from(_says_nothing_more: InvalidHeaderValue) -> Self {
        Self::from(ProtocolError::AccessToken)
    }
}

impl From<InvalidSession> for Error {
    fn from(error: InvalidSession) -> Self {
        Self::from(SignInError::from(error))
    }
}

impl From<InvalidPartition> for Error {
    fn from(error: InvalidPartition) -> Self {
        Self::Config(error.into())
    }
}

impl From<NoBrowser> for Error {
    fn from(none: NoBrowser) -> Self {
        Self::from(SignInError::from(none))
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

impl From<SignInError> for Error {
    fn from(error: SignInError) -> Self {
        Self::SignIn(error.into())
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
