//! `urn:ietf:params:oauth:grant-type:saml1_1-bearer` and `…:saml2-bearer`: the tokens of a sign-in at AD FS
//! (RFC 7522 §2.1).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::{
    Client, Conditions, Descent, Evidence, Granted, Person, Platform, Realm, Refusal, TokenRequest,
    asked,
};
use crate::federation::Assertion;

pub(crate) fn judge<'d>(
    platform: Platform<'d>,
    request: &'d TokenRequest<'d>,
    realm: Realm,
    client: &Client<'d>,
) -> Result<Granted<'d>, Refusal> {
    let (directory, now) = (platform.directory(), request.call.now);
    let text = request.required("assertion")?;
    // ADAL encodes with padding and the other alphabet, MSAL without.
    let xml = URL_SAFE_NO_PAD
        .decode(text)
        .or_else(|_| STANDARD.decode(text))
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let assertion = xml.and_then(|xml| Assertion::read(platform.sealer(), &xml));
    let assertion = assertion.ok_or_else(|| Refusal::new(50008))?;
    if now > assertion.until {
        return Err(Refusal::new(50008));
    }
    let account = directory
        .account(&assertion.upn)
        .ok_or_else(|| Refusal::new(50034))?;
    if !platform.people().is_enabled(&account) {
        return Err(Refusal::new(50057));
    }
    let (tenant, object_id) = realm.of_account(&account, directory)?;
    let asked = asked(request, client.app, directory)?;
    let conditions = Conditions {
        account: &account,
        tenant,
        asked: &asked,
        app: client.app,
        evidence: Evidence::password(now),
    };
    conditions.check(platform)?;
    let person = Person {
        account,
        object_id,
        descent: Descent::sign_in(client.proven, now),
        nonce: None,
        auth_time: None,
        session: None,
    };
    Ok(Granted {
        app: client.app,
        proven: client.proven,
        tenant,
        asked,
        person: Some(person),
    })
}
