//! `authorization_code`: the tokens of a sign-in in the browser (RFC 6749 §4.1.3).

use std::time::Duration;

use super::{
    Client, Conditions, Descent, Evidence, Granted, Person, Platform, Realm, Refusal, TokenRequest,
    Version, origin,
};
use crate::authorization_code::Code;
use crate::directory::{AppEntry, Directory};
use crate::scope::Asked;

pub(crate) fn judge<'d>(
    platform: Platform<'d>,
    request: &'d TokenRequest<'d>,
    realm: Realm,
    client: &Client<'d>,
) -> Result<Granted<'d>, Refusal> {
    let (directory, now) = (platform.directory(), request.call.now);
    let text = request.required("code")?;
    let code = Code::open(platform.sealer(), text).ok_or_else(|| Refusal::new(9_002_313))?;
    if code.client_id != client.app.client_id {
        return Err(Refusal::new(70000));
    }
    origin::check(request, code.spa)?;
    // RFC 6749 §4.1.3: "the redirect_uri parameter … their values MUST be identical".
    if request.required("redirect_uri")? != code.redirect_uri {
        return Err(Refusal::new(50011));
    }
    if now > code.issued.plus(CODE_LIFE) {
        return Err(Refusal::new(70008));
    }
    if !code.is_verified_by(request.call.parameter("code_verifier")) {
        return Err(Refusal::new(501_481));
    }
    let account = directory
        .account(&code.upn)
        .ok_or_else(|| Refusal::new(50034))?;
    let elsewhere = |_| Refusal::new(700_005).with("tenant_id", &code.tenant);
    let (tenant, object_id) = realm.of_account(&account, directory).map_err(elsewhere)?;
    // One for /common is good wherever its person is at home.
    if directory.tenant(tenant).id.to_string() != code.tenant {
        return Err(Refusal::new(700_005).with("tenant_id", &code.tenant));
    }
    let parameter = if request.version == Version::V1 {
        "resource"
    } else {
        "scope"
    };
    if request.version == Version::V2 && request.call.parameters.is_empty("scope") {
        return Err(Refusal::new(28003));
    }
    let text = request.call.parameter(parameter).unwrap_or(&code.asked);
    let asked = asked(request.version, text, client.app, directory)?;
    let conditions = Conditions {
        account: &account,
        tenant,
        asked: &asked,
        app: client.app,
        evidence: Evidence {
            now,
            signed_in: code.signed_in,
            mfa: code.mfa,
        },
    };
    conditions.check(platform)?;
    if !platform.ledger().redeem_code(code.serial) {
        return Err(Refusal::new(54005));
    }
    let person = Person {
        account,
        object_id,
        descent: Descent {
            lineage: None,
            confidential: client.proven,
            mfa: code.mfa,
            signed_in: code.signed_in,
            spa_until: code.spa.then(|| now.plus(SPA_LIFE)),
        },
        nonce: Some(code.nonce).filter(|nonce| !nonce.is_empty()),
        auth_time: code.auth_time.then_some(code.signed_in),
        session: Some(code.session).filter(|session| !session.is_empty()),
    };
    Ok(Granted {
        app: client.app,
        proven: client.proven,
        tenant,
        asked,
        person: Some(person),
    })
}

/// Reads what a sign-in asks for: a resource at v1, scopes at v2.0.
pub(crate) fn asked<'d>(
    version: Version,
    text: &str,
    app: &AppEntry,
    directory: &'d Directory,
) -> Result<Asked<'d>, Refusal> {
    match version {
        Version::V1 => Asked::at_v1(Some(text).filter(|text| !text.is_empty()), app, directory),
        Version::V2 => Asked::at_v2(text, app, directory),
    }
}

/// RFC 6749 §4.1.2: "A maximum authorization code lifetime of 10 minutes is RECOMMENDED."
const CODE_LIFE: Duration = Duration::from_secs(600);

/// Refresh tokens of single-page applications end a day after the sign-in, however often they are renewed.
const SPA_LIFE: Duration = Duration::from_secs(24 * 3600);
