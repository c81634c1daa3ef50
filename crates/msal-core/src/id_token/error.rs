//! Why an ID token is refused.

use thiserror::Error;

/// Why an ID token is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdTokenError {
    /// It was issued for another client (OpenID Connect Core §3.1.3.7, rules 3 to 5).
    #[error("the id token is for another client")]
    Audience,
    /// The user signed in longer ago than was asked for, or it does not say when (OpenID Connect Core §3.1.3.7, rule 13).
    #[error("the id token does not say that the user signed in as lately as was asked for")]
    AuthTime,
    /// A claim has a JSON type that the standard does not allow.
    #[error("the claim `{claim}` of the id token has the wrong type")]
    #[non_exhaustive]
    ClaimType {
        /// The claim.
        claim: &'static str,
    },
    /// It comes from an issuer that does not belong to the authority (OpenID Connect Core §3.1.3.7, rule 2).
    #[error("the id token was issued by somebody else")]
    Issuer,
    /// Not three parts of base64url, or not JSON objects inside.
    #[error("the id token is not a JSON web token")]
    Malformed,
    /// There is none, and the answer to a sign-in needs one (OpenID Connect Core §3.1.3.3).
    #[error("the answer to the sign-in has no id token")]
    Missing,
    /// A claim that the standard requires is not there (OpenID Connect Core §2).
    #[error("the id token lacks the claim `{claim}`")]
    #[non_exhaustive]
    MissingClaim {
        /// The claim.
        claim: &'static str,
    },
    /// It was issued for another sign-in (OpenID Connect Core §3.1.3.7, rule 11).
    #[error("the id token belongs to another sign-in")]
    Nonce,
}
