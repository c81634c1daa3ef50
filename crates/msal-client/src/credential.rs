//! What a client proves with who it is, and how that becomes what a request carries.

mod callback;
#[cfg(feature = "certificate")]
mod certificate;
mod file;
mod secret_file;
#[cfg(feature = "certificate")]
mod signed;
#[cfg(feature = "certificate")]
mod signer;
mod source;

use std::path::PathBuf;
use std::sync::Arc;

use msal_core::{ClientAssertion, ClientAuthentication, ClientSecret, ProviderMetadata};

#[cfg(feature = "certificate")]
pub use certificate::{Certificate, CertificateChain};
#[cfg(feature = "certificate")]
pub use signer::AssertionSigner;
pub use source::AssertionContext;
pub(crate) use source::AssertionRequest;

use crate::error::{ConfigError, CredentialError, Error};
use crate::runtime::Runtime;
use callback::Callback;
use file::AssertionFile;
use source::AssertionSource;

/// What a client proves with who it is (RFC 6749 §2.3).
///
/// In the order of safety: an assertion of the platform that the program runs on, which needs no secret at all; a key that
/// does not leave its vault; a certificate; a secret. Cloning shares keys and what is remembered of them.
///
/// # Examples
/// ```no_run
/// use msal::{Certificate, ClientCredential};
///
/// # fn vault() -> String { String::new() }
/// let secret = ClientCredential::secret(vault());
/// let certificate = Certificate::from_file("app.pem", None)?;
/// let certificate = ClientCredential::certificate(certificate);
/// // A pod's own token, which Kubernetes renews:
/// let workload = ClientCredential::assertion_file("/var/run/secrets/azure/tokens/azure-identity-token");
/// # Ok::<(), msal::CertificateError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientCredential(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Assertion(Arc<dyn AssertionSource>),
    None,
    Secret(ClientSecret),
}

impl ClientCredential {
    /// Nothing: a public client cannot keep a secret (RFC 6749 §2.1).
    pub fn none() -> Self {
        Self(Kind::None)
    }

    /// A shared secret. It is sent in the body, never in the URI (RFC 6749 §2.3.1).
    pub fn secret(secret: impl Into<ClientSecret>) -> Self {
        Self(Kind::Secret(secret.into()))
    }

    /// An assertion that `callback` gives (RFC 7523 §2.2), such as the token of a managed identity. It is asked for each
    /// request to a token endpoint, so it should remember what it gave while that is valid.
    ///
    /// # Examples
    /// ```
    /// use msal::{AssertionContext, ClientAssertion, ClientCredential, CredentialError};
    ///
    /// # async fn token_of_this_machine(audience: &str) -> std::io::Result<String> { Ok(audience.to_owned()) }
    /// let credential = ClientCredential::assertion(async |context: AssertionContext| {
    ///     let token = token_of_this_machine("api://AzureADTokenExchange").await;
    ///     token.map(ClientAssertion::from).map_err(CredentialError::unavailable)
    /// });
    /// ```
    pub fn assertion<F, R>(callback: F) -> Self
    where
        F: Fn(AssertionContext) -> R + Send + Sync + 'static,
        R: Future<Output = Result<ClientAssertion, CredentialError>> + Send + 'static,
    {
        Self(Kind::Assertion(Arc::new(Callback(callback))))
    }

    /// An assertion in a file that somebody else keeps fresh. It is read for each request to a token endpoint, which needs a
    /// tokio runtime, and may end in a line break.
    pub fn assertion_file(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Assertion(Arc::new(AssertionFile(path.into()))))
    }

    /// Whether it proves nothing, as the credential of a public client does.
    pub(crate) fn is_none(&self) -> bool {
        matches!(self.0, Kind::None)
    }

    /// An empty secret is a setting that is not there, most of the time.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        match &self.0 {
            Kind::Secret(secret) if secret.is_empty() => Err(ConfigError::ClientSecret),
            _ => Ok(()),
        }
    }

    /// What one request to a token endpoint carries, for programs that make their own requests: made just before that is sent,
    /// because an assertion does not serve for long.
    ///
    /// # Errors
    /// [`Error::Credential`] when the client cannot prove who it is, as with a certificate that has expired.
    pub async fn authentication(
        &self,
        client_id: &str,
        metadata: &ProviderMetadata,
        runtime: &Runtime,
    ) -> Result<ClientAuthentication, Error> {
        let context = || AssertionContext::new(client_id, metadata);
        self.authenticate(|| AssertionRequest::new(context(), metadata, runtime))
            .await
    }

    /// What a request carries. Only who needs an assertion asks what for.
    pub(crate) async fn authenticate<'a>(
        &self,
        request: impl FnOnce() -> AssertionRequest<'a>,
    ) -> Result<ClientAuthentication, Error> {
        match &self.0 {
            Kind::Assertion(source) => {
                let assertion = source.assertion(request()).await?;
                Ok(ClientAuthentication::Assertion(assertion))
            }
            Kind::None => Ok(ClientAuthentication::None),
            Kind::Secret(secret) => Ok(ClientAuthentication::Secret(secret.clone())),
        }
    }
}

#[cfg(feature = "certificate")]
impl ClientCredential {
    /// A certificate whose key signs assertions (RFC 7523 §2.2). At Microsoft's hosts one assertion serves all requests of
    /// nine minutes to one token endpoint.
    pub fn certificate(certificate: Certificate) -> Self {
        Self(Kind::Assertion(Arc::new(certificate.assertions())))
    }

    /// A certificate whose key is elsewhere, with who signs in its place. At Microsoft's hosts one signature serves all
    /// requests of nine minutes to one token endpoint.
    pub fn signer(certificate: &CertificateChain, signer: impl AssertionSigner + 'static) -> Self {
        let assertions = certificate.assertions(Arc::new(signer));
        Self(Kind::Assertion(Arc::new(assertions)))
    }
}

#[cfg(feature = "certificate")]
impl From<Certificate> for ClientCredential {
    fn from(certificate: Certificate) -> Self {
        Self::certificate(certificate)
    }
}

impl From<ClientSecret> for ClientCredential {
    fn from(secret: ClientSecret) -> Self {
        Self::secret(secret)
    }
}

/// A client secret.
impl From<String> for ClientCredential {
    fn from(secret: String) -> Self {
        Self::secret(secret)
    }
}

/// A client secret.
impl From<&str> for ClientCredential {
    fn from(secret: &str) -> Self {
        Self::secret(secret)
    }
}
