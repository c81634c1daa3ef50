//! The port for keys that do not leave their vault.

use std::fmt;
use std::sync::Arc;

use msal_core::SignatureAlgorithm;

use crate::error::CredentialError;
use crate::ports::BoxFuture;

/// Signs with the key of a certificate: a key vault, a hardware security module, an agent.
///
/// # Duties of an implementer
/// * The signature is over the SHA-256 digest of `message`, in the form that `algorithm` describes.
/// * What may succeed later is [`CredentialError::Unavailable`]; everything else [`CredentialError::Other`].
/// * Neither the message nor the signature is logged or put into errors: together they are an assertion.
/// * Time is bounded. A dropped future may or may not have signed.
pub trait AssertionSigner: fmt::Debug + Send + Sync {
    /// The signature of `message`.
    fn sign<'a>(
        &'a self,
        algorithm: SignatureAlgorithm,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, CredentialError>>;
}

/// A signer that is shared is a signer.
impl<T: AssertionSigner + ?Sized> AssertionSigner for Arc<T> {
    fn sign<'a>(
        &'a self,
        algorithm: SignatureAlgorithm,
        message: &'a [u8],
    ) -> BoxFuture<'a, Result<Vec<u8>, CredentialError>> {
        T::sign(self, algorithm, message)
    }
}
