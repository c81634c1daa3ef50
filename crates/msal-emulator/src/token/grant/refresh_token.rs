//! `refresh_token`: a new access token of an earlier sign-in (RFC 6749 §6).

use super::candidate::Candidate;
use super::origin;
use crate::access::Realm;
use crate::directory::AppEntry;
use crate::memory::{Platform, Spent};
use crate::protocol::Moment;
use crate::refusal::Refusal;
use crate::token::client::Client;
use crate::token::granted::Granted;
use crate::token::refresh_token::RefreshToken;
use crate::token::request::{Presented, TokenRequest};

pub(crate) fn judge<'d>(
    platform: Platform<'d>,
    request: &'d TokenRequest<'d>,
    realm: Realm,
    client: &Client<'d>,
) -> Result<Granted<'d>, Refusal> {
    let (directory, now) = (platform.directory(), request.call.now);
    let token = match &request.refresh_token {
        Presented::Token(token) => token,
        Presented::Unreadable => return Err(Refusal::new(9_002_313)),
        Presented::Nothing => return Err(Refusal::missing("refresh_token")),
    };
    check_client(token, client.app)?;
    if let Some(limit) = platform.settings().loop_limit
        && platform.ledger().in_this_minute(token.id(), now) > limit
    {
        return Err(Refusal::new(50196));
    }
    origin::check(request, token.spa_until.is_some())?;
    let account = directory
        .account(&token.upn)
        .ok_or_else(|| Refusal::new(50034))?;
    check_age(platform, token, now)?;
    let asked = request.asked_or(&token.original, client.app, directory);
    let descent = token.descent(client.proven);
    let granted =
        Candidate::new(account, asked, descent).admit(platform, realm, client, request)?;
    // This comes last, so that a request that is refused for another reason does not spend a single-use token.
    let rotation = platform.settings().rotation;
    let redeemed =
        platform
            .ledger()
            .redeem(token.id(), token.lineage, client.app.index, rotation, now);
    redeemed.map(|()| granted).map_err(|spent| match spent {
        Spent::Redeemed => Refusal::new(70000),
        Spent::Revoked => revoked(token, now),
    })
}

/// RFC 6749 §6: "the refresh token is bound to the client to which it was issued". The exception is the family of
/// client ids: a token of one member serves all.
fn check_client(token: &RefreshToken, app: &AppEntry) -> Result<(), Refusal> {
    if token.client_id == app.client_id || (token.family && app.family) {
        return Ok(());
    }
    let refusal = Refusal::new(70000);
    Err(if token.family {
        refusal.suberror("client_mismatch")
    } else {
        refusal
    })
}

fn check_age(platform: Platform<'_>, token: &RefreshToken, now: Moment) -> Result<(), Refusal> {
    if let Some(since) =
        platform
            .people()
            .refresh_token_ended(&token.upn, token.issue_point(), token.confidential)
    {
        return Err(revoked(token, since));
    }
    // The end of a single-page application's token is fixed at the sign-in; other tokens end when they were not used.
    if token.spa_until.is_some_and(|until| now > until) {
        return Err(Refusal::new(700_084).with("issued", token.signed_in.precise()));
    }
    if now > token.issued.plus(platform.settings().refresh_token_life) {
        return Err(Refusal::new(700_082).with("issued", token.issued.precise()));
    }
    Ok(())
}

fn revoked(token: &RefreshToken, since: Moment) -> Refusal {
    Refusal::new(50173)
        .with("issued", token.issued.precise())
        .with("valid_from", since.precise())
}
