//! `refresh_token`: a new access token for an old sign-in (RFC 6749 §6).

use super::{
    AppEntry, Client, Emulator, Granted, Person, Realm, Refusal, TokenRequest, asked,
    check_policies, missing,
};
use crate::endpoint::token::Presented;
use crate::moment::Moment;
use crate::redemptions::Spent;
use crate::refresh_token::Grant;

pub(crate) fn judge<'d>(
    emulator: &'d Emulator,
    request: &'d TokenRequest<'d>,
    realm: Realm,
    client: &Client<'d>,
) -> Result<Granted<'d>, Refusal> {
    let (directory, now) = (emulator.directory(), request.call.now);
    let grant = match &request.refresh_token {
        Presented::Token(grant) => grant,
        Presented::Unreadable => return Err(Refusal::new(9_002_313)),
        Presented::Nothing => return Err(missing("refresh_token")),
    };
    check_client(grant, client.app)?;
    let account = directory
        .account(&grant.upn)
        .ok_or_else(|| Refusal::new(50034))?;
    check_age(emulator, grant, now)?;
    if !emulator.people().is_enabled(&account) {
        return Err(Refusal::new(50057));
    }
    let (tenant, object_id) = realm.of_account(&account, directory)?;
    let asked = asked(request, client.app, directory)?;
    check_policies(
        &account,
        tenant,
        &asked,
        client.app,
        directory,
        grant.issued,
    )?;
    // Last, because it spends a token that may be used once.
    let redeemed =
        emulator
            .ledger()
            .redeem(grant, client.app.index, emulator.settings().rotation, now);
    redeemed.map_err(|spent| match spent {
        Spent::Redeemed => Refusal::new(70000),
        Spent::Revoked => revoked(grant, now),
    })?;
    let person = Person {
        account,
        object_id,
        lineage: Some(grant.lineage),
        nonce: None,
    };
    Ok(Granted {
        app: client.app,
        proven: client.proven,
        tenant,
        asked,
        person: Some(person),
    })
}

/// RFC 6749 §6: "The refresh token is bound to the client to which it was issued."
/// The exception is the family: a member's token serves every other member.
fn check_client(grant: &Grant, app: &AppEntry) -> Result<(), Refusal> {
    if grant.client_id == app.client_id || (grant.family && app.family) {
        return Ok(());
    }
    let refusal = Refusal::new(70000);
    Err(if grant.family {
        refusal.suberror("client_mismatch")
    } else {
        refusal
    })
}

fn check_age(emulator: &Emulator, grant: &Grant, now: Moment) -> Result<(), Refusal> {
    if let Some(since) = emulator.people().revoked_since(grant) {
        return Err(revoked(grant, since));
    }
    if now > grant.issued.plus(emulator.settings().refresh_token_life) {
        return Err(Refusal::new(700_082).with("issued", grant.issued.precise()));
    }
    Ok(())
}

fn revoked(grant: &Grant, since: Moment) -> Refusal {
    Refusal::new(50173)
        .with("issued", grant.issued.precise())
        .with("valid_from", since.precise())
}
