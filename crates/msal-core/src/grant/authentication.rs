//! How a client says who it is (RFC 6749 §2.3).

use crate::{ClientAssertion, ClientSecret};

/// What one token request carries to prove who the client is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// A signed statement, made for this request or a little before (RFC 7523 §2.2).
    Assertion(ClientAssertion),
    /// A public client proves nothing (RFC 6749 §2.1): it cannot keep a secret.
    None,
    /// A shared secret.
    ///
    /// RFC 6749 §2.3.1 lets a client send it in the body, as Microsoft's documentation does, and never in the URI.
    Secret(ClientSecret),
}
