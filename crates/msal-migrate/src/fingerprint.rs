//! Names for refresh tokens that reveal nothing of them.

use std::fmt;

use msal_core::RefreshToken;

/// Identifies a refresh token of a client without revealing it: two keyed hashes, one of the token alone, which tells that
/// two clients have the same, and one of the token and the client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

/// Identifies a refresh token, whatever its client.
pub(crate) type OfToken = [u8; 8];

impl Fingerprint {
    /// Takes the first eight bytes of each keyed hash.
    pub fn new(of_token: [u8; 8], of_token_and_client: [u8; 8]) -> Self {
        let mut bytes = [0; 16];
        let (token, client) = bytes.split_at_mut(of_token.len());
        token.copy_from_slice(&of_token);
        client.copy_from_slice(&of_token_and_client);
        Self(bytes)
    }

    /// Takes the bytes of a fingerprint that was made before.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(crate) fn of_token(&self) -> OfToken {
        let [token @ .., _, _, _, _, _, _, _, _] = self.0;
        token
    }

    /// The bytes it was made of.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// How the fingerprint of a refresh token of a client is made. The client id comes in lower case.
pub type FingerprintFn<'a> = dyn Fn(&str, &RefreshToken) -> Fingerprint + 'a;
