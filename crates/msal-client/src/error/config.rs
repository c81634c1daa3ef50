//! What is wrong with the program or its settings.

use msal_core::{
    AuthorityError, AuthorizationRequestError, CacheFormatError, ExtraParameterError,
    InvalidClaims, ScopeError,
};
use thiserror::Error;

use super::certificate::CertificateError;
use crate::ports::RandomError;
use crate::store::InvalidPartition;

/// What is wrong with the program or its settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Several accounts of the cache have the user name that was asked for: ask by home account id.
    #[error("several accounts have this user name: name one by its home account id")]
    AmbiguousUsername,
    /// The authority is not one.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// A sign-in may not begin like this.
    #[error(transparent)]
    AuthorizationRequest(#[from] AuthorizationRequestError),
    /// Bytes that a program has are no token cache.
    #[error(transparent)]
    Cache(#[from] CacheFormatError),
    /// There is no certificate in the PEM bundle.
    #[error("there is no certificate in the PEM bundle")]
    Certificate,
    /// A claims challenge, or claims that the program forwards, cannot be passed on.
    #[error(transparent)]
    Claims(#[from] InvalidClaims),
    /// The certificate that the client proves itself with, or its key, cannot be used.
    #[error(transparent)]
    ClientCertificate(#[from] CertificateError),
    /// A confidential client was given [`ClientCredential::none`](crate::ClientCredential::none).
    #[error("a confidential client needs a secret, a certificate or an assertion")]
    ClientCredential,
    /// The client id is empty.
    #[error("the client id is empty")]
    ClientId,
    /// A call was waited for on a thread of a tokio runtime, which does nothing else meanwhile: await the call instead.
    #[error("this thread belongs to a tokio runtime: await the call instead of waiting for it")]
    InsideRuntime,
    /// There is no HTTP client: the feature `https-client` is off, and the application was given no runtime.
    #[error("there is no http client: enable the feature `https-client` or pass a runtime")]
    NoHttpClient,
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
    /// A program adds to a token request what it may not.
    #[error(transparent)]
    ExtraParameter(#[from] ExtraParameterError),
    /// The authority's metadata names no device authorization endpoint (RFC 8628 §4): ADFS before Windows Server 2022, for
    /// example.
    #[error("the authority has no device code flow: sign the user in in another way")]
    NoDeviceFlow,
    /// A call names a tenant, and the authority has none to choose from: only Entra ID and External ID have.
    #[error("the authority has no tenants to choose from: only Entra ID and External ID have")]
    NoTenants,
    /// There is no tokio runtime, which the HTTP client and the file store need: await the call inside one, or use the
    /// feature `blocking`.
    #[error(
        "there is no tokio runtime here: await the call inside one, or use the feature `blocking`"
    )]
    NoRuntime,
    /// The name of a partition breaks the rules.
    #[error(transparent)]
    Partition(#[from] InvalidPartition),
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
