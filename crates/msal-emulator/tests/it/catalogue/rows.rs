//! What each envelope must hold, written down a second time.

use serde_json::{Value, json};

use crate::support::{Answer, BASE, Protocol};

/// An envelope. `{}` stands for what differs from request to request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) code: u32,
    pub(super) status: u16,
    v1: &'static str,
    v2: &'static str,
    suberror: Option<&'static str>,
    page: bool,
    /// It says in `claims` what the user has to do.
    claims: bool,
    text: &'static str,
}

const fn row(code: u32, error: &'static str, text: &'static str) -> Row {
    Row {
        code,
        status: 400,
        v1: error,
        v2: error,
        suberror: None,
        page: false,
        claims: false,
        text,
    }
}

/// What needs the user is called `interaction_required` at v1 and `invalid_grant` at v2.0.
const fn interaction(code: u32, suberror: &'static str, text: &'static str) -> Row {
    Row {
        v1: "interaction_required",
        v2: "invalid_grant",
        suberror: Some(suberror),
        claims: true,
        ..row(code, "", text)
    }
}

impl Row {
    const fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    const fn suberror(self, suberror: &'static str) -> Self {
        Self {
            suberror: Some(suberror),
            ..self
        }
    }

    const fn at_v1(self, v1: &'static str) -> Self {
        Self { v1, ..self }
    }

    const fn page(self) -> Self {
        Self { page: true, ..self }
    }

    /// Whether v1 and v2.0 call it differently.
    pub(super) fn differs(&self) -> bool {
        self.v1 != self.v2
    }

    /// Compares a whole JSON envelope.
    pub(super) fn check(&self, answer: &Answer, protocol: Protocol) {
        let code = self.code;
        let mut json = answer.json();
        let envelope = json.as_object_mut().unwrap();
        let mut take = |name: &str| envelope.remove(name);
        let description = text(take("error_description"));
        let (trace_id, correlation_id) = (text(take("trace_id")), text(take("correlation_id")));
        let timestamp = text(take("timestamp"));
        let claims = take("claims").map(|claims| text(Some(claims)));
        let tail = format!(
            " Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}"
        );
        self.check_description(&description, &tail);
        assert_eq!(trace_id, answer.header("x-ms-request-id"), "{code}");
        assert!(is_guid(&trace_id) && is_guid(&correlation_id), "{code}");
        assert!(is_timestamp(&timestamp), "{code}: {timestamp}");
        assert_eq!(claims.is_some(), self.claims, "{code}");
        if let Some(claims) = claims {
            let claims: Value = serde_json::from_str(&claims).unwrap();
            let policies = claims["access_token"]["capolids"]["values"].as_array();
            assert!(is_guid(policies.unwrap()[0].as_str().unwrap()), "{code}");
        }
        let error = if protocol == Protocol::V1 {
            self.v1
        } else {
            self.v2
        };
        let mut rest = json!({"error": error, "error_codes": [code]});
        if let Some(suberror) = self.suberror {
            rest["suberror"] = json!(suberror);
        }
        if self.page {
            rest["error_uri"] = json!(self.error_uri());
        }
        assert_eq!(json, rest, "{code}");
        assert_eq!(answer.status, self.status, "{code}");
        let telemetry = format!("1,{code},0,");
        assert!(
            answer.header("x-ms-clitelem").starts_with(&telemetry),
            "{code}"
        );
    }

    /// Compares the parameters of a redirect to the client, which has its own names for some.
    pub(super) fn check_redirect(&self, parameters: &[(String, String)], trace_id: &str) {
        let code = self.code;
        let mut parameters = parameters.to_vec();
        let mut take = |name: &str| {
            let place = parameters.iter().position(|(known, _)| known == name)?;
            Some(parameters.remove(place).1)
        };
        let description = take("error_description").unwrap();
        let (_, tail) = description.split_once(" Trace ID: ").unwrap();
        let tail = format!(" Trace ID: {tail}");
        assert!(
            tail.starts_with(&format!(" Trace ID: {trace_id} Correlation ID: ")),
            "{code}"
        );
        self.check_description(&description, &tail);
        assert_eq!(take("error").unwrap(), self.v1, "{code}");
        assert_eq!(
            take("error_uri"),
            self.page.then(|| self.error_uri()),
            "{code}"
        );
        let suberror = if code == 65004 {
            Some("cancel")
        } else {
            self.suberror
        };
        assert_eq!(take("error_subcode").as_deref(), suberror, "{code}");
        assert_eq!(take("state").as_deref(), Some("s"), "{code}");
        assert!(parameters.is_empty(), "{code}: {parameters:?}");
    }

    fn check_description(&self, description: &str, tail: &str) {
        let code = self.code;
        let text = description
            .strip_prefix(&format!("AADSTS{code}: "))
            .and_then(|text| text.strip_suffix(tail));
        let text = text.unwrap_or_else(|| panic!("{code}: {description}"));
        assert!(matches(self.text, text), "{code}: {text}");
    }

    fn error_uri(&self) -> String {
        format!("{BASE}/error?code={}", self.code)
    }
}

fn text(value: Option<Value>) -> String {
    value.unwrap().as_str().unwrap().to_owned()
}

/// Whether a text is the template with something in each of its places.
fn matches(template: &str, text: &str) -> bool {
    let mut parts = template.split("{}");
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let found = if parts.peek().is_none() {
            rest.strip_suffix(part).map(|value| (value, ""))
        } else {
            rest.split_once(part)
        };
        match found {
            Some((value, after)) if !value.is_empty() => rest = after,
            _ => return false,
        }
    }
    rest.is_empty()
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// As in `2026-08-13 21:24:29Z`.
fn is_timestamp(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    shape == "0000-00-00 00:00:00Z"
}

#[test]
fn a_template_wants_its_words_and_something_in_its_places() {
    for (template, text, expected) in [
        ("Tenant '{}' not found.", "Tenant 'a' not found.", true),
        ("Tenant '{}' not found.", "Tenant '' not found.", false),
        (
            "Tenant '{}' not found.",
            "Tenant 'a' not found. Sorry.",
            false,
        ),
        ("{} of {}", "a of b", true),
        ("{} of {}", "a of ", false),
        ("plain", "plain", true),
        ("plain", "plainly", false),
    ] {
        assert_eq!(matches(template, text), expected, "{text}");
    }
}

/// In the order of the codes.
#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    row(16000, "interaction_required",
        "Either multiple user identities are available for the current request or selected account is not supported for the scenario."),
    row(28002, "invalid_scope",
        "Provided value for the input parameter scope '{}' is not valid when requesting an access token. Please specify a valid scope."),
    row(28003, "invalid_request",
        "Provided value for the input parameter scope cannot be empty when requesting an access token using the provided authorization code. Please specify a valid scope."),
    row(50008, "invalid_grant",
        "SAML token is invalid."),
    row(50011, "invalid_request",
        "The redirect URI '{}' specified in the request does not match the redirect URIs configured for the application '{}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to fix this."),
    row(50013, "invalid_grant",
        "Assertion failed signature validation. [Reason - The key was not found.]"),
    row(50020, "invalid_grant",
        "User account '{EUII Hidden}' from identity provider '{}' does not exist in tenant '{}' and cannot access the application '{}'({}) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account."),
    row(50027, "invalid_request",
        "JWT token is invalid or malformed.").page(),
    row(50033, "temporarily_unavailable",
        "A transient error has occurred. Please try again.").status(503),
    row(50034, "invalid_grant",
        "The user account {EUII Hidden} does not exist in the {} directory. To sign into this application, the account must be added to the directory.").suberror("bad_token").page(),
    row(50049, "invalid_instance",
        "Unknown or invalid instance."),
    row(50053, "invalid_grant",
        "The account is locked, you've tried to sign in too many times with an incorrect user ID or password."),
    row(50055, "invalid_grant",
        "The password is expired.").suberror("user_password_expired"),
    row(50057, "invalid_grant",
        "The user account is disabled."),
    row(50058, "login_required",
        "A silent sign-in request was sent but no user is signed in."),
    row(50059, "invalid_request",
        "No tenant-identifying information found in either the request or implied by any provided credentials."),
    interaction(50074, "basic_action",
        "Strong Authentication is required."),
    interaction(50076, "basic_action",
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '{}'.").page(),
    interaction(50078, "basic_action",
        "Presented multi-factor authentication has expired due to policies configured by your administrator, you must refresh your multi-factor authentication to access '{}'."),
    interaction(50079, "basic_action",
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '{}'."),
    row(50126, "invalid_grant",
        "Error validating credentials due to invalid username or password."),
    row(50149, "invalid_request",
        "Invalid Code_Challenge_method parameter."),
    row(50173, "invalid_grant",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '{}' and the TokensValidFrom date (before which tokens are not valid) for this user is '{}'.").suberror("bad_token").page(),
    row(50194, "invalid_request",
        "Application '{}'({}) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant."),
    row(50196, "invalid_grant",
        "The server terminated an operation because it encountered a loop while processing a request."),
    interaction(53000, "additional_action",
        "Device is not in required device state: compliant. Conditional Access policy requires a compliant device, and the device is not compliant. The user must enroll their device with an approved MDM provider like Intune."),
    interaction(53001, "additional_action",
        "Device is not in required device state: domain_joined. Conditional Access policy requires a domain joined device, and the device is not domain joined."),
    interaction(53003, "message_only",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.").page(),
    row(53005, "unauthorized_client",
        "Application needs to enforce Intune protection policies.").suberror("protection_policy_required"),
    interaction(53011, "message_only",
        "User blocked due to risk on home tenant."),
    row(54005, "invalid_grant",
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token."),
    row(65001, "invalid_grant",
        "The user or administrator has not consented to use the application with ID '{}' named '{}'. Send an interactive authorization request for this user and resource.").suberror("consent_required"),
    row(65004, "access_denied",
        "User declined to consent to access the app.").page(),
    row(70000, "invalid_grant",
        "Provided grant is invalid or malformed."),
    row(70002, "invalid_client",
        "Error validating credentials."),
    row(70003, "unsupported_grant_type",
        "The app requested an unsupported grant type '{}'."),
    row(70005, "unsupported_response_type",
        "response_type '{}' {}"),
    row(70007, "invalid_request",
        "'{}' is not a supported value of 'response_mode' when requesting a token."),
    row(70008, "invalid_grant",
        "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource."),
    row(70011, "invalid_scope",
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {} is not valid.").page(),
    row(70016, "authorization_pending",
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling.").page(),
    row(70018, "bad_verification_code",
        "Invalid verification code due to User typing in wrong user code for device code flow. Authorization is not approved."),
    row(70019, "expired_token",
        "Verification code expired."),
    row(70020, "expired_token",
        "The provided value for the input parameter 'device_code' is not valid. This device code has expired.").at_v1("code_expired"),
    row(70043, "invalid_grant",
        "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access. The token was issued on {} and the maximum allowed lifetime for this request is {}.").suberror("token_expired"),
    row(90002, "invalid_request",
        "Tenant '{}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.").page(),
    row(90006, "temporarily_unavailable",
        "The service is temporarily unavailable.").status(503),
    row(90014, "invalid_request",
        "The required field '{}' is missing from the credential. Ensure that you have all the necessary parameters for the login request."),
    row(90019, "invalid_request",
        "No tenant-identifying information found in either the request or implied by any provided credentials."),
    row(90023, "invalid_request",
        "Unsupported '{}' value."),
    row(90024, "temporarily_unavailable",
        "A transient error has occurred. Please try again.").status(503),
    row(90033, "temporarily_unavailable",
        "A transient error has occurred. Please try again.").status(503),
    row(90055, "temporarily_unavailable",
        "There are too many incoming requests.").status(503),
    row(90072, "invalid_grant",
        "User account '{EUII Hidden}' from identity provider '{}' does not exist in tenant '{}' and cannot access the application '{}'({}) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account."),
    row(165_000, "invalid_request",
        "Invalid Request: The request tokens do not match the user context. Do not copy the user context values (cookies; form fields; headers) between different requests or user sessions; always maintain the ALL of the supplied values across a complete single user flow. Failure Reasons:[Token values do not match;]"),
    row(500_011, "invalid_resource",
        "The resource principal named {} was not found in the tenant named {}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.").page(),
    row(500_131, "invalid_grant",
        "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was '{}' and the expected audience is '{}' or one of the Application Uris of this application with App ID '{}'({}). The downstream client must request a token for the expected audience (the application that made the OBO request) and this application should use that token as the assertion."),
    row(500_133, "invalid_grant",
        "Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token. Current time: {}, expiry time of assertion {}."),
    row(501_481, "invalid_grant",
        "The Code_Verifier does not match the code_challenge supplied in the authorization request."),
    row(501_491, "invalid_request",
        "Invalid size of Code_Challenge parameter."),
    interaction(530_032, "message_only",
        "A security policy of the tenant blocks this request."),
    row(650_053, "invalid_request",
        "The application '{}' asked for scope '{}' that doesn't exist on the resource '{}'. Contact the app vendor."),
    row(650_057, "invalid_resource",
        "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration. Client app ID: {}({}). Resource value from request: {}. Resource app ID: {}. List of valid resources from app registration: {}."),
    row(700_003, "invalid_grant",
        "Device object was not found in the tenant '{}' directory.").suberror("device_authentication_failed"),
    row(700_005, "invalid_grant",
        "Provided Authorization Code is intended to use against other tenant, thus rejected. OAuth2 Authorization Code must be redeemed against same tenant it was acquired for (/common or /{} as appropriate)"),
    row(700_016, "unauthorized_client",
        "Application with identifier '{}' was not found in the directory '{}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.").page(),
    row(700_021, "invalid_client",
        "Client assertion application identifier doesn't match 'client_id' parameter. Review the documentation at https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .").status(401),
    row(700_022, "invalid_request",
        "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {} is not valid."),
    row(700_023, "invalid_client",
        "Client assertion audience claim does not match Realm issuer. Review the documentation at https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .").status(401),
    row(700_024, "invalid_client",
        "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion {}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .").status(401),
    row(700_025, "invalid_client",
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.").status(401),
    row(700_027, "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - {}]").status(401),
    row(700_038, "unauthorized_client",
        "{} is not a valid application identifier."),
    row(700_051, "unsupported_response_type",
        "response_type 'token' is not enabled for the application."),
    row(700_054, "unsupported_response_type",
        "response_type 'id_token' is not enabled for the application."),
    row(700_082, "invalid_grant",
        "The refresh token has expired due to inactivity. The token was issued on {} and was inactive for 90.00:00:00.").suberror("bad_token").page(),
    row(700_084, "invalid_grant",
        "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which can't be extended. It is now expired and a new sign in request must be sent by the SPA to the sign in page. The token was issued on {}."),
    row(700_213, "invalid_client",
        "No matching federated identity record found for presented assertion subject '{}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation").status(401),
    row(900_144, "invalid_request",
        "The request body must contain the following parameter: '{}'."),
    row(900_561, "invalid_request",
        "The endpoint only accepts {} requests. Received a {} request."),
    row(901_002, "invalid_request",
        "The 'resource' request parameter is not supported."),
    row(1_002_012, "invalid_scope",
        "The provided value for scope {} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."),
    row(7_000_114, "invalid_grant",
        "Application '{}' is not allowed to make application on-behalf-of calls."),
    row(7_000_215, "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{}'.").status(401).page(),
    row(7_000_218, "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.").status(401).page(),
    row(7_000_222, "invalid_client",
        "The provided client secret keys for app '{}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.").status(401),
    row(9_000_411, "invalid_request",
        "The request is not properly formatted. The parameter '{}' is duplicated."),
    row(9_001_023, "invalid_request",
        "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint."),
    row(9_002_313, "invalid_grant",
        "Invalid request. Request is malformed or invalid.").page(),
    row(9_002_325, "invalid_request",
        "Proof Key for Code Exchange is required for cross-origin authorization code redemption."),
    row(9_002_326, "invalid_request",
        "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Request origin: '{}'.").page(),
    row(9_002_327, "invalid_request",
        "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests."),
];
