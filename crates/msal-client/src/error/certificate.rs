//! Why a certificate and its key cannot be used.

use std::io;

use thiserror::Error;

/// Why a certificate and its key cannot be used. Never holds a byte of the key or the passphrase.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The key is encrypted in the way of OpenSSL before 1.0, with a digest that can be guessed quickly.
    #[error(
        "the private key is encrypted in an old way: convert it with `openssl pkcs8 -topk8 -in OLD -out NEW`"
    )]
    LegacyEncryption,
    /// The bytes are not what they are taken for.
    #[error("{what} cannot be read: it is damaged, or no {what} at all")]
    #[non_exhaustive]
    Malformed {
        /// What they are taken for.
        what: &'static str,
    },
    /// None of the certificates belongs to the private key.
    #[error(
        "the private key belongs to none of the certificates: give those that were made with it"
    )]
    Mismatch,
    /// There is a key and no certificate.
    #[error(
        "there is no certificate beside the private key: the server knows the key by its certificate, so give both"
    )]
    NoCertificate,
    /// There is a certificate and no key.
    #[error(
        "there is no private key beside the certificate: export both together, or give a signer that has the key"
    )]
    NoKey,
    /// The private key is encrypted, and no passphrase was given.
    #[error("the private key is encrypted: give its passphrase")]
    PassphraseMissing,
    /// There are several private keys.
    #[error("there are {count} private keys: give the one of the application alone")]
    #[non_exhaustive]
    SeveralKeys {
        /// How many.
        count: usize,
    },
    /// The RSA key is too short to be safe; Entra takes none below 2048 bits.
    #[error("the RSA key has {bits} bits, which is too short: make one of 2048 bits or more")]
    #[non_exhaustive]
    ShortKey {
        /// How long it is.
        bits: usize,
    },
    /// The file cannot be read.
    #[error("cannot read `{place}`: {kind}")]
    #[non_exhaustive]
    Unreadable {
        /// The file.
        place: String,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// The key is encrypted in a way that is not known here, or with so many rounds that it would take minutes.
    #[error(
        "the encryption is not supported: export it anew with AES-256 and PBKDF2, as `openssl pkcs12 -export` does"
    )]
    UnsupportedEncryption,
    /// The key is of another kind than RSA or elliptic curve P-256.
    #[error("the key is neither RSA nor on the elliptic curve P-256: make one that is")]
    UnsupportedKey,
    /// The passphrase is not the one that the key was encrypted with.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
}
