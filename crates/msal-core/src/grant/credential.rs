//! How a client says who it is (RFC 6749 §2.3).

use crate::ClientSecret;

/// How a client proves to the token endpoint who it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientCredential {
    /// A public client proves nothing (RFC 6749 §2.1): it cannot keep a secret.
    None,
    /// A shared secret.
    ///
    /// RFC 6749 §2.3.1 lets a client send it in the body, as Microsoft's documentation does, and never in the URI.
    Secret(ClientSecret),
}

impl From<ClientSecret> for ClientCredential {
    fn from(secret: ClientSecret) -> Self {
        Self::Secret(secret)
    }
}

/// A client secret.
impl From<String> for ClientCredential {
    fn from(secret: String) -> Self {
        Self::Secret(secret.into())
    }
}

/// A client secret.
impl From<&str> for ClientCredential {
    fn from(secret: &str) -> Self {
        Self::Secret(secret.into())
    }
}
