//! Names for refresh tokens that reveal nothing of them.

use std::fmt;

use msal_core::RefreshToken;

/// Identifies a refresh token of a client without revealing it: a keyed hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Takes the first 16 bytes of a keyed hash.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
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
