//! Client assertions (RFC 7521 §4.2, RFC 7523 §2.2): an application authenticates by a signed token.

use serde_json::Value;

use super::request::TokenRequest;
use crate::directory::{AppEntry, Certificate, TOKEN_EXCHANGE, TOKEN_EXCHANGE_ID};
use crate::issuer::VerifiedClaims;
use crate::memory::Platform;
use crate::protocol::{Jwt, Moment, cloud_of};
use crate::refusal::Refusal;

/// Checks the assertion of a request.
pub(crate) fn check(
    platform: Platform<'_>,
    app: &AppEntry,
    request: &TokenRequest<'_>,
    assertion: &str,
) -> Result<(), Refusal> {
    let call = request.call;
    let kind = call
        .parameter("client_assertion_type")
        .ok_or_else(|| Refusal::missing("client_assertion_type"))?;
    if kind != JWT_BEARER {
        return Err(Refusal::new(90023).with("parameter", "client_assertion_type"));
    }
    let jwt = Jwt::read(assertion).ok_or_else(|| Refusal::new(50027))?;
    // A token of this emulator is a federated credential, which names the application by its subject only.
    if let Some(claims) = platform.issuer().verify(&jwt) {
        return exchange(app, &claims, call.now);
    }
    // RFC 7523 §3 (2.B): for client authentication, the subject is the client id; the issuer is the client too.
    if jwt.claim("iss") != Some(&app.client_id) || jwt.claim("sub") != Some(&app.client_id) {
        return Err(Refusal::new(700_021));
    }
    let unknown = || Refusal::new(700_027).with("reason", "The key was not found.");
    let certificate = certificate(app, &jwt).ok_or_else(unknown)?;
    if !jwt.is_signed_by(&certificate.public_key) {
        let reason = "The provided signature value did not match the expected signature value.";
        return Err(Refusal::new(700_027).with("reason", reason));
    }
    check_audience(platform, request, &jwt)?;
    check_time(&jwt, call.now)
}

/// The registered certificate that the header names, by a thumbprint or by containing it.
fn certificate<'a>(app: &'a AppEntry, jwt: &Jwt<'_>) -> Option<&'a Certificate> {
    let text = |name: &str| jwt.header.get(name).and_then(Value::as_str);
    // MSAL Python pads its thumbprints.
    let thumbprint = |name: &str| text(name).map(|value| value.trim_end_matches('='));
    let (x5t, x5t_s256) = (thumbprint("x5t"), thumbprint("x5t#S256"));
    let leaf = jwt.header.get("x5c").and_then(|chain| chain.get(0));
    let leaf = leaf
        .and_then(Value::as_str)
        .and_then(Certificate::from_base64);
    let mut registered = app.certificates.iter();
    registered.find(|certificate| {
        let matches = [
            x5t.map(|x5t| x5t == certificate.x5t),
            x5t_s256.map(|x5t| x5t == certificate.x5t_s256),
            leaf.as_ref().map(|leaf| leaf == *certificate),
        ];
        // Everything that the header says must be true, and it must say something.
        matches.iter().flatten().all(|matches| *matches) && matches.iter().any(Option::is_some)
    })
}

/// RFC 7523 §3: "The authorization server MUST reject any JWT that does not contain its own identity as the
/// intended audience." Entra takes the token endpoint and the issuer, of v1 and v2.0, of any name of the tenant.
fn check_audience(
    platform: Platform<'_>,
    request: &TokenRequest<'_>,
    jwt: &Jwt<'_>,
) -> Result<(), Refusal> {
    let audience = jwt.claim("aud").unwrap_or_default();
    let audience = audience.split('?').next().unwrap_or_default();
    let call = request.call;
    let hosts = |url: &str| {
        let rest = url.strip_prefix("https://")?;
        let (authority, path) = rest.split_once('/')?;
        let host = authority.split(':').next().unwrap_or_default();
        // A region's assertion is for the cloud it is in.
        let cloud = cloud_of(call.host());
        let ours = call.base.ends_with(authority) || cloud.has(host);
        ours.then(|| path.to_owned())
    };
    let refused = || Refusal::new(700_023);
    let path = hosts(audience).ok_or_else(refused)?;
    let (segment, rest) = path.split_once('/').unwrap_or((&path, ""));
    let directory = platform.directory();
    let same = segment.eq_ignore_ascii_case(&call.target.tenant)
        || directory
            .find_tenant(segment)
            .is_some_and(|tenant| directory.find_tenant(&call.target.tenant) == Some(tenant));
    // What follows the tenant is empty for a v1 issuer and "v2.0" for the other; the rest are token endpoints.
    let rest = rest.trim_end_matches('/');
    let known = ["", "v2.0", "oauth2/token", "oauth2/v2.0/token"].contains(&rest)
        || rest.ends_with("/oauth2/v2.0/token");
    (same && known).then_some(()).ok_or_else(refused)
}

/// RFC 7523 §3 (4, 5): the assertion must not have expired, and its time must have come, "subject to allowable clock
/// skew".
fn check_time(jwt: &Jwt<'_>, now: Moment) -> Result<(), Refusal> {
    let from = jwt.time("nbf").or_else(|| jwt.time("iat")).unwrap_or(0);
    let until = jwt.time("exp").unwrap_or(0);
    if now.secs() + SKEW >= from && now.secs() <= until.saturating_add(SKEW) {
        return Ok(());
    }
    let precise = |secs| Moment::from_secs(secs).precise();
    Err(Refusal::new(700_024)
        .with("now", now.precise())
        .with("from", precise(from))
        .with("until", precise(until)))
}

/// Accepts a token of this emulator in the place of an assertion: a federated identity credential. Its subject must be
/// one that the application trusts, or one that was made for the application by `fmi_path`.
fn exchange(app: &AppEntry, claims: &VerifiedClaims, now: Moment) -> Result<(), Refusal> {
    let subject = claims.text("sub").unwrap_or_default();
    let for_exchange = claims.is_for(TOKEN_EXCHANGE) || claims.is_for(TOKEN_EXCHANGE_ID);
    let trusted = app.trusted_subjects.iter().any(|known| known == subject)
        || subject
            .rsplit_once('/')
            .is_some_and(|(_, path)| path == app.client_id);
    if !for_exchange || !trusted {
        return Err(Refusal::new(700_213).with("subject", subject));
    }
    if claims.is_expired(now) {
        let precise = |secs| Moment::from_secs(secs).precise();
        return Err(Refusal::new(700_024)
            .with("now", now.precise())
            .with("from", precise(claims.number("nbf")))
            .with("until", precise(claims.number("exp"))));
    }
    Ok(())
}

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far clocks may differ, in seconds.
const SKEW: u64 = 300;
