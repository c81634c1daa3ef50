//! Errors, one variant for each thing the caller can do about them.

use std::sync::Arc;
use std::time::Duration;

use msal_core::{
    AuthorityError, DiscoveryError, IdTokenError, MalformedResponse, RefreshToken, Refusal,
    ScopeError, ServiceError,
};
use thiserror::Error;

use crate::http::HttpError;
use crate::ports::RandomError;
use crate::result::AuthenticationResult;
use crate::store::StoreError;

/// Why there is no token. No message holds a body or a secret.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Fix the program or its settings; the server's answers have nothing to do with it.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There was no usable answer: try again later.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The user must take part: show a sign-in.
    #[error("the user must sign in{}", .0.because())]
    InteractionRequired(Box<InteractionRequired>),
    /// There was an answer, and it may not be trusted.
    #[error(transparent)]
    Protocol(Box<ProtocolError>),
    /// The server said no, and no user can change that.
    #[error("the token endpoint refused: {0}")]
    Service(Box<ServiceError>),
    /// The token cache could not be loaded or saved. The tokens may be in here.
    #[error(transparent)]
    Store(Box<StoreFailure>),
}

impl Error {
    /// Whether the same call may succeed later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Http(error) => error.is_transient(),
            Self::Protocol(error) => error.is_transient(),
            Self::Service(error) => error.refusal() == Refusal::Transient,
            Self::Config(_) | Self::InteractionRequired(_) | Self::Store(_) => false,
        }
    }

    /// How long the server asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Protocol(error) => error.retry_after(),
            _ => self.service_error()?.retry_after,
        }
    }

    /// The correlation id to give to Microsoft's support.
    pub fn correlation_id(&self) -> Option<&str> {
        self.service_error()?.correlation_id.as_deref()
    }

    /// The claims that the next interactive request must pass on.
    pub fn claims(&self) -> Option<&str> {
        self.service_error()?.claims.as_deref()
    }

    /// What the server said, if it was the server who refused.
    pub fn service_error(&self) -> Option<&ServiceError> {
        match self {
            Self::Service(error) => Some(error),
            Self::InteractionRequired(required) => required.service_error.as_ref(),
            _ => None,
        }
    }
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        match error.refusal() {
            Refusal::InteractionRequired => {
                Self::InteractionRequired(Box::new(InteractionRequired {
                    service_error: Some(error),
                }))
            }
            _ => Self::Service(Box::new(error)),
        }
    }
}

impl From<MalformedResponse> for Error {
    fn from(error: MalformedResponse) -> Self {
        Self::from(ProtocolError::Response(error))
    }
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(Box::new(error))
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(Box::new(StoreFailure::new(error)))
    }
}

impl From<RandomError> for Error {
    fn from(error: RandomError) -> Self {
        Self::Config(ConfigError::Random(error))
    }
}

/// Why the user must take part.
#[derive(Clone, Debug, Default)]
pub struct InteractionRequired {
    service_error: Option<ServiceError>,
}

impl InteractionRequired {
    /// What the server said; `None` when nothing is cached for the account and the server was not asked.
    pub fn service_error(&self) -> Option<&ServiceError> {
        self.service_error.as_ref()
    }

    fn because(&self) -> String {
        match &self.service_error {
            Some(error) => format!(": {error}"),
            None => ": nothing is cached for the account".to_owned(),
        }
    }
}

/// What is wrong with an answer.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The authority's metadata may not be used.
    #[error(transparent)]
    Discovery(DiscoveryError),
    /// The tokens belong to another user than the one that was asked for. They were not cached.
    #[error("the answer is for another account than the one that was asked for")]
    #[non_exhaustive]
    Identity {
        /// The refresh token in the answer: it works, and it is that other user's.
        refresh_token: Option<RefreshToken>,
    },
    /// The ID token was issued by somebody else.
    #[error("the answer cannot be used: {source}")]
    #[non_exhaustive]
    IdToken {
        /// What is wrong with it.
        source: IdTokenError,
        /// The refresh token in the answer.
        refresh_token: Option<RefreshToken>,
    },
    /// The token response cannot be read or contradicts itself.
    #[error(transparent)]
    Response(#[from] MalformedResponse),
}

impl ProtocolError {
    /// An authority's metadata may be out of reach for a while; a wrong answer stays wrong.
    fn is_transient(&self) -> bool {
        matches!(self, Self::Discovery(error) if error.is_transient())
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Discovery(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Refresh tokens that came with an answer that cannot be used. A server that rotates has revoked the one that
    /// was redeemed, so these may be the only ones that work.
    pub fn refresh_tokens(&self) -> Vec<RefreshToken> {
        match self {
            Self::Discovery(_) => Vec::new(),
            Self::Identity { refresh_token } | Self::IdToken { refresh_token, .. } => {
                refresh_token.iter().cloned().collect()
            }
            Self::Response(response) => response.refresh_tokens.clone(),
        }
    }
}

/// The store failed.
#[derive(Clone, Debug, Error)]
#[error("the token cache: {source}")]
pub struct StoreFailure {
    source: Arc<StoreError>,
    result: Option<Box<AuthenticationResult>>,
}

impl StoreFailure {
    pub(crate) fn new(error: StoreError) -> Self {
        Self {
            source: Arc::new(error),
            result: None,
        }
    }

    pub(crate) fn with_result(error: Arc<StoreError>, result: AuthenticationResult) -> Self {
        Self {
            source: error,
            result: Some(Box::new(result)),
        }
    }

    /// What the store said.
    pub fn store_error(&self) -> &StoreError {
        &self.source
    }

    /// The tokens that were issued and could not be saved. They are valid, and they stay in the application's memory
    /// until it ends; the next successful save writes them as well.
    pub fn result(&self) -> Option<&AuthenticationResult> {
        self.result.as_deref()
    }
}

/// What is wrong with the program or its settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The authority is not one.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// There is no certificate in the PEM bundle.
    #[error("there is no certificate in the PEM bundle")]
    Certificate,
    /// The client id is empty.
    #[error("the client id is empty")]
    ClientId,
    /// The client secret is empty: a setting that is not there, most of the time.
    #[error("the client secret is empty")]
    ClientSecret,
    /// Two settings of an [`ApplicationBuilder`](crate::ApplicationBuilder) cannot both hold.
    #[error("`{}` and `{}` contradict each other: {reason}", .settings[0], .settings[1])]
    #[non_exhaustive]
    Contradiction {
        /// The names of the settings.
        settings: [&'static str; 2],
        /// Why.
        reason: &'static str,
    },
    /// There is no HTTP client: the feature `https-client` is off, and the application was given no runtime.
    #[error("there is no http client: enable the feature `https-client` or pass a runtime")]
    NoHttpClient,
    /// The operating system gave no random bytes.
    #[error(transparent)]
    Random(RandomError),
    /// The scopes may not be asked for.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The authority's host is neither Microsoft's nor named as known.
    #[error(
        "`{host}` is not a host of Microsoft's: name it with `known_authority` if you trust it with tokens"
    )]
    #[non_exhaustive]
    UnknownAuthority {
        /// The host.
        host: String,
    },
}

impl ConfigError {
    /// The error for a host that neither is Microsoft's nor was named: for programs that decide themselves whom the
    /// authorities in a file may be.
    pub fn unknown_authority(host: impl Into<String>) -> Self {
        Self::UnknownAuthority { host: host.into() }
    }
}

impl From<ScopeError> for Error {
    fn from(error: ScopeError) -> Self {
        Self::Config(error.into())
    }
}
