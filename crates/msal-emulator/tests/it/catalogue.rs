//! Every AADSTS error that is not a guess, provoked by a fault plan at v1 and v2.0: the whole envelope.
//!
//! What provokes them by itself is tested where it belongs; here each text stands in full, so that none
//! changes unnoticed.

use msal_emulator::sample::{ALICE, CONTOSO, DESKTOP};
use msal_emulator::{Fault, Source, catalogue};
use serde_json::{Value, json};

use crate::support::{
    Answer, CORRELATION_ID, GRAPH, Protocol, at, emulator, refresh_form, refresh_form_v1, token,
};

/// Code, status, `error` at v1 and v2.0, `suberror`, whether there is an `error_uri`, text.
type Row = (
    u64,
    u16,
    &'static str,
    &'static str,
    Option<&'static str>,
    bool,
    &'static str,
);

fn check(answer: &Answer, row: &Row, error: &str) {
    let (code, status, _, _, suberror, page, text) = *row;
    let mut json = answer.json();
    let trace_id = answer.header("x-ms-request-id");
    // Only what needs the user has claims; which, is tested with the policies.
    let claims = json.as_object_mut().unwrap().remove("claims");
    assert_eq!(claims.is_some(), row.2 != row.3, "{code}");
    let mut expected = json!({
        "error": error,
        "error_description": format!(
            "AADSTS{code}: {text} Trace ID: {trace_id} Correlation ID: {CORRELATION_ID} Timestamp: 2026-08-13 21:24:29Z"
        ),
        "error_codes": [code],
        "timestamp": "2026-08-13 21:24:29Z",
        "trace_id": trace_id,
        "correlation_id": CORRELATION_ID,
    });
    if let Some(suberror) = suberror {
        expected["suberror"] = json!(suberror);
    }
    if page {
        expected["error_uri"] = json!(format!(
            "https://login.microsoftonline.com/error?code={code}"
        ));
    }
    assert_eq!((answer.status, json), (status, expected));
}

#[test]
fn every_error_that_is_not_a_guess_is_here_in_full() {
    let sure: Vec<u64> = catalogue()
        .filter(|row| row.source() != Source::Guessed)
        .map(|row| row.code().into())
        .collect();
    assert_eq!(sure, ROWS.iter().map(|row| row.0).collect::<Vec<_>>());
    let emulator = emulator();
    let rt = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
    for row in ROWS {
        emulator.clear_faults();
        emulator.add_fault(Fault::aadsts(u32::try_from(row.0).unwrap()));
        let v2 = token(
            &emulator,
            Protocol::V2,
            CONTOSO,
            &refresh_form(DESKTOP, &rt),
        );
        check(&v2, row, row.3);
        let v1 = token(
            &emulator,
            Protocol::V1,
            CONTOSO,
            &refresh_form_v1(DESKTOP, &rt, GRAPH),
        );
        let json: Value = v1.json();
        assert_eq!(
            (json["error"].as_str(), v1.status),
            (Some(row.2), row.1),
            "{}",
            row.0
        );
    }
    assert_eq!(emulator.redemptions().succeeded(), 0);
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (16000, 400, "interaction_required", "interaction_required", None, false,
        "Either multiple user identities are available for the current request or selected account is not supported for the scenario."),
    (28002, 400, "invalid_scope", "invalid_scope", None, false,
        "Provided value for the input parameter scope 'https://graph.microsoft.com/.default offline_access openid profile' is not valid when requesting an access token. Please specify a valid scope."),
    (28003, 400, "invalid_scope", "invalid_scope", None, false,
        "Provided value for the input parameter scope can't be empty when requesting an access token using the provided authorization code. Please specify a valid scope."),
    (50008, 400, "invalid_grant", "invalid_grant", None, false,
        "SAML assertion is missing or misconfigured in the token."),
    (50011, 400, "invalid_request", "invalid_request", None, false,
        "The redirect URI '(unknown)' specified in the request does not match the redirect URIs configured for the application '00c0ffee-0000-4000-8000-000000000001'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal."),
    (50013, 400, "invalid_grant", "invalid_grant", None, false,
        "Assertion failed signature validation. [Reason - The key was not found.]"),
    (50027, 400, "invalid_request", "invalid_request", None, false,
        "JWT token is invalid or malformed."),
    (50033, 503, "temporarily_unavailable", "temporarily_unavailable", None, false,
        "A transient error has occurred. Please try again."),
    (50034, 400, "invalid_grant", "invalid_grant", Some("bad_token"), true,
        "The user account {EUII Hidden} does not exist in the contoso.example directory. To sign into this application, the account must be added to the directory."),
    (50049, 400, "invalid_instance", "invalid_instance", None, false,
        "Unknown or invalid instance."),
    (50058, 400, "login_required", "login_required", None, false,
        "A silent sign-in request was sent but no user is signed in."),
    (50059, 400, "invalid_request", "invalid_request", None, false,
        "No tenant-identifying information found in either the request or implied by any provided credentials."),
    (50074, 400, "interaction_required", "invalid_grant", Some("basic_action"), false,
        "Strong Authentication is required."),
    (50076, 400, "interaction_required", "invalid_grant", Some("basic_action"), true,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access 'https://graph.microsoft.com/.default offline_access openid profile'."),
    (50078, 400, "interaction_required", "invalid_grant", Some("basic_action"), false,
        "Presented multi-factor authentication has expired due to policies configured by your administrator, you must refresh your multi-factor authentication to access 'https://graph.microsoft.com/.default offline_access openid profile'."),
    (50079, 400, "interaction_required", "invalid_grant", Some("basic_action"), false,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access 'https://graph.microsoft.com/.default offline_access openid profile'."),
    (50126, 400, "invalid_grant", "invalid_grant", None, false,
        "Error validating credentials due to invalid username or password."),
    (50173, 400, "invalid_grant", "invalid_grant", Some("bad_token"), true,
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '2026-08-13T21:24:29.0000000Z' and the TokensValidFrom date (before which tokens are not valid) for this user is '2026-08-13T21:24:29.0000000Z'."),
    (53003, 400, "interaction_required", "invalid_grant", Some("message_only"), true,
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."),
    (53005, 400, "unauthorized_client", "unauthorized_client", Some("protection_policy_required"), false,
        "Application needs to enforce Intune protection policies."),
    (54005, 400, "invalid_grant", "invalid_grant", None, false,
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token."),
    (65001, 400, "invalid_grant", "invalid_grant", Some("consent_required"), false,
        "The user or administrator has not consented to use the application with ID '00c0ffee-0000-4000-8000-000000000001' named 'Sample desktop'. Send an interactive authorization request for this user and resource."),
    (65004, 400, "access_denied", "access_denied", None, false,
        "User declined to consent to access the app."),
    (70000, 400, "invalid_grant", "invalid_grant", None, false,
        "Provided grant is invalid or malformed."),
    (70002, 400, "invalid_client", "invalid_client", None, false,
        "Error validating credentials."),
    (70003, 400, "unsupported_grant_type", "unsupported_grant_type", None, false,
        "The app requested an unsupported grant type 'refresh_token'."),
    (70005, 400, "unsupported_response_type", "unsupported_response_type", None, false,
        "The provided value for the input parameter 'response_type' is not allowed for this client. Expected value is 'code'."),
    (70007, 400, "invalid_request", "invalid_request", None, false,
        "'(unknown)' is not a supported value of 'response_mode' when requesting a token."),
    (70008, 400, "invalid_grant", "invalid_grant", None, false,
        "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource."),
    (70011, 400, "invalid_scope", "invalid_scope", None, false,
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope https://graph.microsoft.com/.default offline_access openid profile is not valid."),
    (70016, 400, "authorization_pending", "authorization_pending", None, false,
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    (70018, 400, "bad_verification_code", "bad_verification_code", None, false,
        "Invalid verification code due to User typing in wrong user code for device code flow. Authorization is not approved."),
    (70020, 400, "expired_token", "expired_token", None, false,
        "The provided value for the input parameter 'device_code' is not valid. This device code has expired."),
    (70043, 400, "invalid_grant", "invalid_grant", Some("token_expired"), false,
        "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access. The token was issued on 2026-08-13T21:24:29.0000000Z and the maximum allowed lifetime for this request is 3600."),
    (90002, 400, "invalid_request", "invalid_request", None, true,
        "Tenant 'contoso.example' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."),
    (90006, 503, "temporarily_unavailable", "temporarily_unavailable", None, false,
        "The service is temporarily unavailable. Please retry later."),
    (90019, 400, "invalid_request", "invalid_request", None, false,
        "No tenant-identifying information found in either the request or implied by any provided credentials."),
    (90023, 400, "invalid_request", "invalid_request", None, false,
        "Invalid STS request. The value of the parameter '(unknown)' is not valid."),
    (90024, 503, "temporarily_unavailable", "temporarily_unavailable", None, false,
        "RequestBudgetExceededError - A transient error has occurred. Please try again."),
    (90033, 503, "temporarily_unavailable", "temporarily_unavailable", None, false,
        "A transient error has occurred. Please try again."),
    (90055, 503, "temporarily_unavailable", "temporarily_unavailable", None, false,
        "The request has been throttled because the tenant has exceeded its limits."),
    (90072, 400, "invalid_grant", "invalid_grant", None, false,
        "User account '{EUII Hidden}' from identity provider 'https://localhost:8443' does not exist in tenant 'Contoso' and cannot access the application '00c0ffee-0000-4000-8000-000000000001'(Sample desktop) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account."),
    (165_000, 400, "invalid_request", "invalid_request", None, false,
        "Invalid Request: The request tokens do not match the user context. Do not copy the user context values (cookies; form fields; headers) between different requests or user sessions; always maintain the ALL of the supplied values across a complete single user flow. Failure Reasons:[Token is invalid;]"),
    (500_011, 400, "invalid_resource", "invalid_resource", None, true,
        "The resource principal named https://graph.microsoft.com/.default offline_access openid profile was not found in the tenant named Contoso. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."),
    (500_131, 400, "invalid_grant", "invalid_grant", None, false,
        "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was '(unknown)' and the expected audience is '00c0ffee-0000-4000-8000-000000000001' or one of the Application Uris of this application with App ID '00c0ffee-0000-4000-8000-000000000001'(Sample desktop). The downstream client must request a token for the expected audience (the application that made the OBO request) and this application should use that token as the assertion."),
    (501_481, 400, "invalid_grant", "invalid_grant", None, false,
        "The Code_Verifier does not match the code_challenge supplied in the authorization request."),
    (501_491, 400, "invalid_request", "invalid_request", None, false,
        "Invalid size of Code_Challenge parameter."),
    (650_053, 400, "invalid_request", "invalid_request", None, false,
        "The application 'Sample desktop' asked for scope 'https://graph.microsoft.com/.default offline_access openid profile' that doesn't exist on the resource 'https://graph.microsoft.com/.default offline_access openid profile'. Contact the app vendor."),
    (650_057, 400, "invalid_resource", "invalid_resource", None, false,
        "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration. Client app ID: 00c0ffee-0000-4000-8000-000000000001(Sample desktop). Resource value from request: https://graph.microsoft.com/.default offline_access openid profile."),
    (700_003, 400, "invalid_grant", "invalid_grant", Some("device_authentication_failed"), false,
        "Device object was not found in the tenant 'Contoso' directory."),
    (700_005, 400, "invalid_grant", "invalid_grant", None, false,
        "The provided authorization code is intended to use against other tenant, thus rejected. OAuth2 Authorization Code must be redeemed against same tenant it was acquired for (/common or /contoso.example as appropriate)."),
    (700_016, 400, "unauthorized_client", "unauthorized_client", None, true,
        "Application with identifier '00c0ffee-0000-4000-8000-000000000001' was not found in the directory 'Contoso'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."),
    (700_023, 401, "invalid_client", "invalid_client", None, false,
        "Client assertion audience claim does not match Realm issuer. Review the documentation at https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials ."),
    (700_024, 401, "invalid_client", "invalid_client", None, false,
        "Client assertion is not within its valid time range. Current time: (unknown), assertion valid from (unknown), expiry time of assertion (unknown). Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."),
    (700_025, 401, "invalid_client", "invalid_client", None, false,
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."),
    (700_027, 401, "invalid_client", "invalid_client", None, false,
        "The certificate with identifier used to sign the client assertion is not registered on application."),
    (700_038, 400, "unauthorized_client", "unauthorized_client", None, false,
        "00c0ffee-0000-4000-8000-000000000001 is not a valid application identifier."),
    (700_082, 400, "invalid_grant", "invalid_grant", Some("bad_token"), true,
        "The refresh token has expired due to inactivity. The token was issued on 2026-08-13T21:24:29.0000000Z and was inactive for 90.00:00:00."),
    (700_084, 400, "invalid_grant", "invalid_grant", None, false,
        "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which can't be extended. It is now expired and a new sign in request must be sent by the SPA to the sign in page. The token was issued on 2026-08-13T21:24:29.0000000Z."),
    (700_213, 401, "invalid_client", "invalid_client", None, false,
        "No matching federated identity record found for presented assertion subject '(unknown)'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"),
    (900_144, 400, "invalid_request", "invalid_request", None, false,
        "The request body must contain the following parameter: '(unknown)'."),
    (900_561, 400, "invalid_request", "invalid_request", None, false,
        "The endpoint only accepts (unknown) requests. Received a (unknown) request."),
    (901_002, 400, "invalid_request", "invalid_request", None, false,
        "The 'resource' request parameter is not supported."),
    (1_002_012, 400, "invalid_scope", "invalid_scope", None, false,
        "The provided value for scope https://graph.microsoft.com/.default offline_access openid profile is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."),
    (7_000_215, 401, "invalid_client", "invalid_client", None, true,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '00c0ffee-0000-4000-8000-000000000001'."),
    (7_000_218, 401, "invalid_client", "invalid_client", None, true,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."),
    (7_000_222, 401, "invalid_client", "invalid_client", None, false,
        "The provided client secret keys for app '00c0ffee-0000-4000-8000-000000000001' are expired. Visit the Azure portal to create new keys for your app, or consider using certificate credentials for added security."),
    (9_000_411, 400, "invalid_request", "invalid_request", None, false,
        "The request is not properly formatted. The parameter '(unknown)' is duplicated."),
    (9_002_313, 400, "invalid_grant", "invalid_grant", None, true,
        "Invalid request. Request is malformed or invalid."),
    (9_002_325, 400, "invalid_request", "invalid_request", None, false,
        "Proof Key for Code Exchange is required for cross-origin authorization code redemption."),
    (9_002_326, 400, "invalid_request", "invalid_request", None, false,
        "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Request origin: '(unknown)'."),
    (9_002_327, 400, "invalid_request", "invalid_request", None, false,
        "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests."),
];
