//! How a client says who it is (RFC 6749 §2.3).

use crate::ClientSecret;

/// How a client proves to the token endpoint who it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientCredential {
    /// A public client proves nothing.
    None,
    /// A shared secret, sent in the body as Microsoft's documentation does (RFC 6749 §2.3.1).
    Secret(ClientSecret),
}
