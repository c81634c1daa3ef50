//! `urn:ietf:params:oauth:grant-type:jwt-bearer` with `requested_token_use=on_behalf_of`: an API exchanges the
//! token it was called with for one of the next API (RFC 7523 §2.1).

use super::candidate::Candidate;
use crate::access::Realm;
use crate::directory::{AppEntry, Directory};
use crate::issuer::VerifiedClaims;
use crate::memory::Platform;
use crate::protocol::{Jwt, Moment};
use crate::refusal::Refusal;
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
    let assertion = request.required("assertion")?;
    if request.required("requested_token_use")? != "on_behalf_of" {
        return Err(Refusal::new(90023).with("parameter", "requested_token_use"));
    }
    // Without authentication, whoever finds an access token could exchange it for others.
    if !client.proven {
        return Err(Refusal::new(7_000_218));
    }
    let jwt = Jwt::read(assertion).ok_or_else(|| Refusal::new(50027))?;
    let claims = platform
        .issuer()
        .verify(&jwt)
        .ok_or_else(|| Refusal::new(50013))?;
    check(&claims, client.app, directory, now)?;
    // A token without a name is that of an application, which nobody can act on behalf of.
    let upn = claims
        .upn()
        .ok_or_else(|| Refusal::new(7_000_114).with("client", &client.app.client_id))?;
    let account = directory.account(upn).ok_or_else(|| Refusal::new(50034))?;
    let asked = request.asked(client.app, directory);
    let descent = Descent {
        mfa: claims.has_second_factor(),
        ..Descent::sign_in(true, Moment::from_secs(claims.number("iat")))
    };
    Candidate::new(account, asked, descent).admit(platform, realm, client, request)
}

/// RFC 7523 §3 (3, 4): the assertion must be for the application that presents it, and must not have expired.
fn check(
    claims: &VerifiedClaims,
    app: &AppEntry,
    directory: &Directory,
    now: Moment,
) -> Result<(), Refusal> {
    let own = directory.find_resource(&app.client_id);
    let uris = own
        .map(|resource| resource.uris.as_slice())
        .unwrap_or_default();
    // The audience of a token is written the way its client asked for the API, and there are several ways.
    let for_it = claims.is_for(&app.client_id)
        || claims.is_for(&format!("api://{}", app.client_id))
        || uris.iter().any(|uri| claims.is_for(uri));
    if !for_it {
        let audience = claims.text("aud").unwrap_or_default();
        return Err(Refusal::new(500_131)
            .with("audience", audience)
            .with("client", &app.client_id)
            .with("app", &app.name));
    }
    if claims.is_expired(now) {
        let until = Moment::from_secs(claims.number("exp"));
        return Err(Refusal::new(500_133)
            .with("now", now.precise())
            .with("until", until.precise()));
    }
    Ok(())
}
