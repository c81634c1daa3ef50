//! `password`: Resource Owner Password Credentials (RFC 6749 §4.3).

use super::{
    Client, Emulator, Granted, Person, Realm, Refusal, TokenRequest, Version, asked,
    check_policies, missing,
};

pub(crate) fn judge<'d>(
    emulator: &'d Emulator,
    request: &'d TokenRequest<'d>,
    realm: Realm,
    client: &Client<'d>,
) -> Result<Granted<'d>, Refusal> {
    let directory = emulator.directory();
    let (username, password) = (request.required("username")?, request.required("password")?);
    if request.version == Version::V2 && matches!(realm, Realm::Common | Realm::Consumers(_)) {
        return Err(Refusal::new(9_001_023));
    }
    if request.version == Version::V2 && request.call.parameter("scope").is_none() {
        return Err(missing("scope"));
    }
    let unknown = || Refusal::new(50034);
    let account = directory.account(username).ok_or_else(unknown)?;
    // A guest has no password in the tenant that invited them.
    if realm.tenant().is_some_and(|tenant| tenant != account.home) {
        return Err(unknown());
    }
    if !emulator.people().is_password(&account, password) {
        return Err(Refusal::new(50126));
    }
    if !emulator.people().is_enabled(&account) {
        return Err(Refusal::new(50057));
    }
    let asked = asked(request, client.app, directory)?;
    let (tenant, object_id) = realm.of_account(&account, directory)?;
    check_policies(
        &account,
        tenant,
        &asked,
        client.app,
        directory,
        request.call.now,
    )?;
    let person = Person {
        account,
        object_id,
        lineage: None,
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
