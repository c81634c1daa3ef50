//! What an answer means for the token that was redeemed. Pure: an answer in, a verdict out.

use msal_core::{
    MalformedResponse, ProviderMetadata, Refusal, ServiceError, TokenOutcome, TokenResponse,
};

use crate::record::UserHints;

/// What becomes of a token.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Its successor can be published.
    Publish(Box<TokenResponse>),
    /// There is a successor, and it must not be published as this user's: it stays sealed in the journal.
    Quarantine(QuarantineReason),
    /// The server refused it.
    Refused(Box<ServiceError>, Refusal),
    /// Not an answer of a token endpoint: a proxy's page, for example.
    Unreadable,
}

/// Why tokens that were issued are held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum QuarantineReason {
    /// The answer contradicts itself or breaks a rule of the standard.
    Malformed,
    /// The answer does not say whose tokens it holds.
    NoIdentity,
    /// The tokens are another user's than the source says.
    UserMismatch,
    /// The ID token comes from an issuer that does not belong to the authority.
    WrongIssuer,
}

impl QuarantineReason {
    /// The stable name.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed_response",
            Self::NoIdentity => "no_identity",
            Self::UserMismatch => "user_mismatch",
            Self::WrongIssuer => "wrong_issuer",
        }
    }
}

/// Who is expected to own the tokens, and who says so.
#[derive(Debug)]
pub(super) struct Expectation<'a> {
    pub(super) client_id: &'a str,
    pub(super) metadata: &'a ProviderMetadata,
    pub(super) user: &'a UserHints,
    /// The operator has looked at the mismatches and accepts them.
    pub(super) allow_user_mismatch: bool,
}

/// Judges an answer.
pub(super) fn interpret(
    response: &http::Response<bytes::Bytes>,
    expected: &Expectation<'_>,
) -> Verdict {
    match TokenOutcome::read(response, expected.client_id) {
        TokenOutcome::Tokens(tokens) => judge_tokens(tokens, expected),
        TokenOutcome::Refused(error) => {
            let refusal = error.refusal();
            Verdict::Refused(error, refusal)
        }
        TokenOutcome::Malformed(malformed) => judge_malformed(&malformed),
        _ => Verdict::Unreadable,
    }
}

/// Without a refresh token in it there is nothing to keep, and asking again costs nothing.
fn judge_malformed(malformed: &MalformedResponse) -> Verdict {
    match malformed.refresh_tokens.is_empty() {
        true => Verdict::Unreadable,
        false => Verdict::Quarantine(QuarantineReason::Malformed),
    }
}

fn judge_tokens(tokens: Box<TokenResponse>, expected: &Expectation<'_>) -> Verdict {
    if let Some(claims) = tokens.claims()
        && expected.metadata.check_id_token_issuer(claims).is_err()
    {
        return Verdict::Quarantine(QuarantineReason::WrongIssuer);
    }
    if tokens.client_info.is_none() && tokens.claims().is_none() {
        return Verdict::Quarantine(QuarantineReason::NoIdentity);
    }
    match expected.allow_user_mismatch || is_expected_user(&tokens, expected.user) {
        true => Verdict::Publish(tokens),
        false => Verdict::Quarantine(QuarantineReason::UserMismatch),
    }
}

/// Compares the strongest hint there is with what the answer says; weaker ones do not count where a stronger one
/// agrees, because user names change and e-mail addresses need not be user names.
fn is_expected_user(tokens: &TokenResponse, hints: &UserHints) -> bool {
    if let (Some(expected), Some(actual)) = (&hints.home_account_id, tokens.home_account_id()) {
        return *expected == actual;
    }
    let Some(claims) = tokens.claims() else {
        return true;
    };
    // An object identifier is the tenant's own: a guest has another one in each.
    let same_tenant = same(hints.tid.as_deref(), claims.tenant_id.as_deref());
    if let (Some(expected), Some(actual), Some(true)) = (&hints.oid, &claims.object_id, same_tenant)
    {
        return expected.eq_ignore_ascii_case(actual);
    }
    let is_name = |name: &&String| name.contains('@');
    match (
        hints.username.as_ref().filter(is_name),
        claims.username.as_ref().filter(is_name),
    ) {
        (Some(expected), Some(actual)) => expected.to_lowercase() == actual.to_lowercase(),
        _ => true,
    }
}

fn same(one: Option<&str>, other: Option<&str>) -> Option<bool> {
    Some(one?.eq_ignore_ascii_case(other?))
}
