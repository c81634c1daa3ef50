//! Secrets as types: redacted in `Debug`, without `Display` or `Serialize`, overwritten when dropped.
//!
//! RFC 6750 §5.3: "Client implementations MUST ensure that bearer tokens are not leaked to unintended parties". So
//! nothing above these types has to remember not to log them. The value comes out in one way only, `expose_secret`,
//! which the wire and the cache schema call.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::secret_buffer::SecretBuffer;
use crate::text::Text;

/// What all secret types share. Equality takes the same time wherever two values of one length differ.
#[derive(Clone, Default)]
struct Secret(Text);

impl Secret {
    fn new(value: String) -> Self {
        let bytes = SecretBuffer::from(value.into_bytes()).into_shared();
        Self(Text::try_from(bytes).unwrap_or_default())
    }

    fn slice_of(document: &Text, part: Cow<'_, str>) -> Self {
        match part {
            Cow::Borrowed(_) => Self(document.slice_of(part)),
            Cow::Owned(part) => Self::new(part),
        }
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let (left, right) = (self.0.as_bytes(), other.0.as_bytes());
        left.len() == right.len()
            && left
                .iter()
                .zip(right)
                .fold(0, |difference, (a, b)| difference | (a ^ b))
                == 0
    }
}

impl Eq for Secret {}

macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// Cloning counts a reference. The memory is overwritten when the last clone is dropped.
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Secret);

        impl $name {
            /// Takes ownership of `value`, so that no copy of it stays behind.
            pub fn new(value: String) -> Self {
                Self(Secret::new(value))
            }

            /// The secret itself, for the wire, the cache file, or the API it is meant for.
            ///
            /// # Security
            /// Never log it, never put it into an error, a URL (RFC 6750 §5.3) or a command line.
            pub fn expose_secret(&self) -> &str {
                self.0.0.as_str()
            }

            /// Whether there is nothing in it.
            pub fn is_empty(&self) -> bool {
                self.0.0.is_empty()
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self::new(value)
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self::new(value.to_owned())
            }
        }

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.0.hash(state);
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }
    )*};
}

secrets! {
    /// An access token (RFC 6749 §1.4).
    AccessToken;
    /// An authorization code (RFC 6749 §4.1.2).
    AuthorizationCode;
    /// A client assertion (RFC 7521 §4.2): whoever holds it is the client until it expires.
    ClientAssertion;
    /// A client secret (RFC 6749 §2.3.1).
    ClientSecret;
    /// A code verifier (RFC 7636 §4.1): it proves that a code is redeemed by the program that asked for it.
    CodeVerifier;
    /// A device code (RFC 8628 §3.2): whoever holds it gets the tokens of the user who enters the other code.
    DeviceCode;
    /// What a private key, or a file, is encrypted with.
    Passphrase;
    /// A user's password (RFC 6749 §4.3.2).
    Password;
    /// A raw ID token (OpenID Connect Core §2): it identifies a person, so it is kept like the other tokens.
    RawIdToken;
    /// A refresh token (RFC 6749 §1.5). Whoever holds it holds the user's account.
    RefreshToken;
    /// A flow in the form in which a web session keeps it. It holds the code verifier: keep it where the user's browser
    /// cannot change or read it, on the server or sealed.
    SessionSecret;
    /// An access token that an application was called with, and that it shows to act on behalf of the user (RFC 7523 §2.1).
    UserAssertion;
}

/// Tokens can share the memory of the document that they stand in.
macro_rules! slices {
    ($($name:ident)*) => {$(
        impl $name {
            pub(crate) fn slice_of(document: &Text, part: Cow<'_, str>) -> Self {
                Self(Secret::slice_of(document, part))
            }
        }
    )*};
}

slices! { AccessToken RawIdToken RefreshToken }

#[cfg(test)]
mod tests {
    use static_assertions::assert_not_impl_any;

    use super::*;

    assert_not_impl_any!(AccessToken: fmt::Display, serde::Serialize);
    assert_not_impl_any!(AuthorizationCode: fmt::Display, serde::Serialize);
    assert_not_impl_any!(CodeVerifier: fmt::Display, serde::Serialize);
    assert_not_impl_any!(SessionSecret: fmt::Display, serde::Serialize);
    assert_not_impl_any!(ClientAssertion: fmt::Display, serde::Serialize);
    assert_not_impl_any!(Passphrase: fmt::Display, serde::Serialize);
    assert_not_impl_any!(ClientSecret: fmt::Display, serde::Serialize);
    assert_not_impl_any!(DeviceCode: fmt::Display, serde::Serialize);
    assert_not_impl_any!(Password: fmt::Display, serde::Serialize);
    assert_not_impl_any!(RawIdToken: fmt::Display, serde::Serialize);
    assert_not_impl_any!(RefreshToken: fmt::Display, serde::Serialize);
    assert_not_impl_any!(UserAssertion: fmt::Display, serde::Serialize);

    #[test]
    fn debug_shows_the_type_and_nothing_else() {
        let token = RefreshToken::from("0.AXYA-secret");
        assert_eq!(format!("{token:?}"), "RefreshToken([redacted])");
    }

    #[test]
    fn equality_compares_values() {
        assert_eq!(AccessToken::from("a"), AccessToken::from("a"));
        assert_ne!(AccessToken::from("a"), AccessToken::from("b"));
        assert_ne!(AccessToken::from("a"), AccessToken::from("aa"));
    }
}
