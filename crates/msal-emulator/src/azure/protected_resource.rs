//! APIs that take the tokens: a little of Microsoft Graph and of Azure Resource Manager.
//!
//! Microsoft Graph evaluates access continuously: the token of a client that understands claims challenges (`cp1`)
//! stops working when the sessions of its user are revoked, and the answer says what the client has to ask for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::access::Apis;
use crate::directory::{AZURE_AD_GRAPH, GRAPH, RESOURCE_MANAGER};
use crate::issuer::{VerifiedClaims, pairwise_subject};
use crate::memory::Platform;
use crate::protocol::{ApiHosts, Call, Jwt, Moment, Reply, bearer, sign_in_base};

/// Answers `/v1.0/me`, `/subscriptions` and `/tenants`.
pub(crate) fn protected_resource(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    let path = call.request.uri().path().to_ascii_lowercase();
    if path.contains("me") {
        return match admit(platform, call, &[GRAPH]) {
            // An application is nobody: /me is about the person who signed in.
            Ok(claims) if claims.upn().is_none() => without_a_person(call),
            Ok(claims) => me(platform, &claims, call),
            Err(refusal) => *refusal,
        };
    }
    match admit(platform, call, &[RESOURCE_MANAGER]) {
        Ok(claims) if path.contains("tenants") => {
            let tenant = claims.text("tid").unwrap_or_default();
            let tenant = json!({"id": format!("/tenants/{tenant}"), "tenantId": tenant});
            Reply::json(call, 200, &json!({"value": [tenant]}))
        }
        Ok(_) => Reply::json(call, 200, &json!({"value": []})),
        Err(refusal) => *refusal,
    }
}

/// The userinfo endpoints (OpenID Connect Core §5.3): of Microsoft Graph, which v2.0 names, and of a tenant, which v1
/// names.
///
/// The tenant's is for the tokens that v1 gives when a request names no resource, which are for Azure AD Graph:
/// passport-azure-ad asks there unless it was told of a resource. Those of Microsoft Graph are taken there as well, which
/// is a guess.
pub(crate) fn user_info(platform: Platform<'_>, call: &Call<'_>) -> Reply {
    let at_graph = call.target.tenant.is_empty();
    let apis: &[&str] = if at_graph {
        &[GRAPH]
    } else {
        &[AZURE_AD_GRAPH, GRAPH]
    };
    let claims = match admit(platform, call, apis) {
        Ok(claims) => claims,
        Err(refusal) => return *refusal,
    };
    let Some(upn) = claims.upn() else {
        let message = "This token was not issued for the UserInfo endpoint.";
        return unauthorized(call, "invalid_token", message, None);
    };
    let text = |name: &str| claims.text(name).map(str::to_owned);
    let graph = ApiHosts::of(call).graph;
    let mut body = json!({
        "sub": subject(&claims),
        "name": text("name"),
        "given_name": text("given_name"),
        "family_name": text("family_name"),
        "email": upn,
        "picture": format!("https://{graph}/v1.0/me/photo/$value"),
    });
    if !at_graph {
        // passport-azure-ad takes these two from here, the second is read by many others too.
        body["oid"] = json!(text("oid"));
        body["upn"] = json!(upn);
    }
    // OpenID Connect Core §5.3.2: a claim that is not returned "SHOULD be omitted"; it "SHOULD NOT be present with a null".
    if let Some(members) = body.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    Reply::json(call, 200, &body)
}

/// OpenID Connect Core §5.3.2: the `sub` must be exactly that of the client's id_token. The access token has another,
/// which is about the API.
fn subject(claims: &VerifiedClaims) -> Option<String> {
    let object_id = claims.text("oid")?.parse().ok()?;
    Some(pairwise_subject(object_id, claims.client_id()?))
}

/// Checks the bearer token of a request (RFC 6750 §3), which must be for an API of these application ids.
fn admit(
    platform: Platform<'_>,
    call: &Call<'_>,
    apis: &[&str],
) -> Result<VerifiedClaims, Box<Reply>> {
    let refuse = |message: &str| Box::new(unauthorized(call, "invalid_token", message, None));
    let token = bearer(call.request.headers()).ok_or_else(|| refuse("Access token is empty."))?;
    let jwt = Jwt::read(token).ok_or_else(|| refuse("IDX14100: JWT is not well formed."))?;
    let claims = platform
        .issuer()
        .verify(&jwt)
        .ok_or_else(|| refuse("Signature is invalid."))?;
    if !is_for(apis, &claims, Apis::new(platform.directory(), call)) {
        return Err(refuse("Access token validation failure. Invalid audience."));
    }
    // RFC 6750 §3.1: "invalid_token" covers expired and revoked tokens alike; the texts differ.
    if claims.is_expired(call.now) {
        return Err(refuse("Lifetime validation failed, the token is expired."));
    }
    match revoked(platform, &claims) {
        // Other clients could not answer a challenge. Their tokens stay valid until they expire.
        Some(since) if claims.has_cp1() => Err(Box::new(challenge(call, since))),
        _ => Ok(claims),
    }
}

/// Whether a token is for one of these APIs, by any of the names that its client can use.
fn is_for(wanted: &[&str], claims: &VerifiedClaims, apis: Apis<'_>) -> bool {
    let audience = claims.text("aud").unwrap_or_default();
    let audience = audience.strip_prefix("spn:").unwrap_or(audience);
    apis.known(audience)
        .is_some_and(|known| wanted.iter().any(|id| id.parse() == Ok(known.id)))
}

/// Since when tokens of the user are valid, if this one is older.
fn revoked(platform: Platform<'_>, claims: &VerifiedClaims) -> Option<Moment> {
    let serial = platform.identifiers().serial_of(claims.text("uti")?)?;
    let (upn, iat) = (claims.upn()?, claims.number("iat"));
    platform.people().access_token_ended(upn, iat, serial)
}

fn challenge(call: &Call<'_>, since: Moment) -> Reply {
    let claims =
        json!({"access_token": {"nbf": {"essential": true, "value": since.secs().to_string()}}});
    // In a header the claims are base64, because JSON has quotation marks.
    let claims = STANDARD.encode(claims.to_string());
    unauthorized(
        call,
        "insufficient_claims",
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
        Some(&claims),
    )
}

fn unauthorized(call: &Call<'_>, error: &str, message: &str, claims: Option<&str>) -> Reply {
    let body = json!({"error": {
        "code": "InvalidAuthenticationToken",
        "message": message,
        "innerError": {
            "date": call.now.to_string(),
            "request-id": call.trace_id.to_string(),
            "client-request-id": call.correlation_id.to_string(),
        },
    }});
    let claims = claims
        .map(|claims| format!(", claims=\"{claims}\""))
        .unwrap_or_default();
    let header = format!(
        "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", client_id=\"{GRAPH}\", error=\"{error}\"{claims}",
        sign_in_base(call)
    );
    Reply::json(call, 401, &body).with_header("www-authenticate", &header)
}

fn without_a_person(call: &Call<'_>) -> Reply {
    let body = json!({"error": {
        "code": "BadRequest",
        "message": "/me request is only valid with delegated authentication flow.",
        "innerError": {
            "date": call.now.to_string(),
            "request-id": call.trace_id.to_string(),
            "client-request-id": call.correlation_id.to_string(),
        },
    }});
    Reply::json(call, 400, &body)
}

fn me(platform: Platform<'_>, claims: &VerifiedClaims, call: &Call<'_>) -> Reply {
    let directory = platform.directory();
    // A guest has a name in the tenant that invited them, which tokens do not say.
    let name = || {
        let account = directory.account(claims.upn()?)?;
        let tenant = directory.find_tenant(claims.text("tid")?)?;
        Some(directory.principal_name(&account, tenant))
    };
    let graph = ApiHosts::of(call).graph;
    let text = |name: &str| claims.text(name).map(str::to_owned);
    let body = json!({
        "@odata.context": format!("https://{graph}/v1.0/$metadata#users/$entity"),
        "id": text("oid"),
        "displayName": text("name"),
        "givenName": text("given_name"),
        "surname": text("family_name"),
        "userPrincipalName": name(),
    });
    Reply::json(call, 200, &body)
}
