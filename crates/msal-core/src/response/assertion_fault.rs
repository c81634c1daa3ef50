//! What was wrong with an assertion (RFC 7523 §3.1), by the numbers of Entra, whose `error` is `invalid_grant` for all of them.

use thiserror::Error;

/// What was wrong with the token that an application was called with, and that it showed to act on behalf of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum AssertionFault {
    /// It has expired (RFC 7523 §3, rule 4): the caller must get a new one.
    #[error("the assertion has expired: the caller must get a new token")]
    Expired,
    /// It was issued for another application (RFC 7523 §3, rule 3).
    #[error(
        "the assertion is a token for another application: the caller must ask for a scope of this one"
    )]
    OtherAudience,
    /// It is the token of an application, and there is no user to act on behalf of.
    #[error(
        "the assertion is the token of an application, which nobody can act on behalf of: use `acquire_token_for_client`"
    )]
    OfApplication,
    /// Its signature is not one that the authority knows (RFC 7523 §3, rule 9). Tokens for Microsoft Graph are signed in a
    /// way that only Graph can check.
    #[error(
        "the signature of the assertion cannot be checked: it is of another authority, or a token for another API such as Microsoft Graph"
    )]
    Signature,
}

impl AssertionFault {
    /// What AADSTS numbers say.
    pub(super) fn of(codes: &[i64]) -> Option<Self> {
        codes.iter().find_map(|code| match code {
            50_013 => Some(Self::Signature),
            500_131 => Some(Self::OtherAudience),
            500_133 => Some(Self::Expired),
            7_000_114 => Some(Self::OfApplication),
            _ => None,
        })
    }

    /// Whether no other sign-in of the user helps: the program shows the wrong token.
    pub(super) fn is_of_program(self) -> bool {
        matches!(self, Self::OfApplication | Self::OtherAudience)
    }
}
