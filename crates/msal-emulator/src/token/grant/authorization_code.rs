//! `authorization_code`: the tokens of a sign-in in the browser (RFC 6749 §4.1.3).

use std::time::Duration;

use super::candidate::Candidate;
use super::origin;
use crate::access::{Asked, Realm};
use crate::directory::{Account, AppEntry, Directory};
use crate::memory::Platform;
use crate::protocol::Version;
use crate::refusal::Refusal;
use crate::token::authorization_code::AuthorizationCode;
use crate::token::client::Client;
use crate::token::granted::Granted;
use crate::token::refresh_token::Descent;
use crate::token::request::TokenRequest;

pub(crate) fn judge<'d>(
    platform: Platform<'d>,
    request: &'d TokenRequest<'d>,
    realm: Realm,
    client: &Client<'d>,
) -> Result<Granted<'d>, Refusal> {
    let (directory, now) = (platform.directory(), request.call.now);
    let text = request.required("code")?;
    let code =
        AuthorizationCode::open(platform.sealer(), text).ok_or_else(|| Refusal::new(9_002_313))?;
    check(request, &code, client.app)?;
    let account = directory
        .account(&code.upn)
        .ok_or_else(|| Refusal::new(50034))?;
    check_tenant(&code, &account, realm, request.version, directory)?;
    let candidate = Candidate {
        nonce: Some(code.nonce.clone()).filter(|nonce| !nonce.is_empty()),
        auth_time: code.auth_time.then_some(code.signed_in),
        session: Some(code.session.clone()).filter(|session| !session.is_empty()),
        ..Candidate::new(
            account,
            wanted(request, &code, client.app, directory),
            Descent {
                lineage: None,
                confidential: client.proven,
                mfa: code.mfa,
                signed_in: code.signed_in,
                spa_until: code.spa.then(|| now.plus(SPA_LIFE)),
                original: None,
            },
        )
    };
    let granted = candidate.admit(platform, realm, client, request)?;
    // RFC 6749 §4.1.2: "The client MUST NOT use the authorization code more than once." This comes last, so that a
    // request that is refused for another reason does not use the code up.
    platform
        .ledger()
        .redeem_code(code.serial)
        .then_some(granted)
        .ok_or_else(|| Refusal::new(54005))
}

/// Whether this client may redeem the code by this request.
fn check(
    request: &TokenRequest<'_>,
    code: &AuthorizationCode,
    app: &AppEntry,
) -> Result<(), Refusal> {
    // RFC 6749 §4.1.3: the code must have been issued to the client that presents it.
    if code.client_id != app.client_id {
        return Err(Refusal::new(70000));
    }
    origin::check(request, code.spa)?;
    // RFC 6749 §4.1.3: the redirect URI must be the one of the authorization request, and "their values MUST be
    // identical".
    if request.required("redirect_uri")? != code.redirect_uri {
        return Err(Refusal::new(50011));
    }
    if request.call.now > code.issued.plus(CODE_LIFE) {
        return Err(Refusal::new(70008));
    }
    if !code.is_verified_by(request.call.parameter("code_verifier")) {
        return Err(Refusal::new(501_481));
    }
    Ok(())
}

/// A code is redeemed in the tenant that its person signed in to. At /common that is their home tenant.
fn check_tenant(
    code: &AuthorizationCode,
    account: &Account,
    realm: Realm,
    version: Version,
    directory: &Directory,
) -> Result<(), Refusal> {
    let tenant = realm.of_account(account, version, directory);
    let same =
        tenant.is_ok_and(|(tenant, _)| directory.tenant(tenant).id.to_string() == code.tenant);
    same.then_some(())
        .ok_or_else(|| Refusal::new(700_005).with("tenant_id", &code.tenant))
}

/// What the client asks for now, or else what it asked for in the authorization request.
fn wanted<'d>(
    request: &'d TokenRequest<'_>,
    code: &AuthorizationCode,
    app: &AppEntry,
    directory: &'d Directory,
) -> Result<Asked<'d>, Refusal> {
    let name = request.version.scope_parameter();
    // Entra refuses an empty scope, although RFC 6749 §3.2 treats it like a missing one.
    if request.version == Version::V2 && request.call.parameters.is_empty(name) {
        return Err(Refusal::new(28003));
    }
    request.asked_or(&code.asked, app, directory)
}

/// RFC 6749 §4.1.2: "A maximum authorization code lifetime of 10 minutes is RECOMMENDED."
const CODE_LIFE: Duration = Duration::from_secs(600);

/// Refresh tokens of single-page applications end a day after the sign-in, however often they are renewed.
const SPA_LIFE: Duration = Duration::from_secs(24 * 3600);
