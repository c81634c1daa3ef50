//! The definitions of all errors, in the order of their codes.

use Page::{No, Yes};
use Source::{Documented, Fixture, Guessed, Recorded, Reported};

use super::aadsts_error::{AadstsError, ErrorName, Source};

/// An error with status 400 and no suberror.
const fn plain(
    code: u32,
    error: &'static str,
    page: Page,
    (source, evidence): (Source, &'static str),
    text: &'static str,
) -> AadstsError {
    AadstsError {
        code,
        error: ErrorName::Same(error),
        status: 400,
        suberror: None,
        page: matches!(page, Yes),
        source,
        evidence,
        text,
        verbatim: true,
    }
}

/// An error that needs the user: it has another name at v1.
const fn interaction(
    code: u32,
    suberror: &'static str,
    page: Page,
    source: (Source, &'static str),
    text: &'static str,
) -> AadstsError {
    AadstsError {
        error: ErrorName::Interaction,
        suberror: Some(suberror),
        ..plain(code, "", page, source, text)
    }
}

impl AadstsError {
    const fn suberror(self, suberror: &'static str) -> Self {
        Self {
            suberror: Some(suberror),
            ..self
        }
    }

    const fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    const fn called_at_v1(self, v1: &'static str) -> Self {
        let v2 = self.error.at_v2();
        Self {
            error: ErrorName::ByVersion { v1, v2 },
            ..self
        }
    }

    /// The text is not Entra's word for word.
    const fn in_our_words(self) -> Self {
        Self {
            verbatim: false,
            ..self
        }
    }
}

#[derive(Clone, Copy)]
enum Page {
    No,
    Yes,
}

const INVALID_CLIENT: &str = "invalid_client";
const INVALID_GRANT: &str = "invalid_grant";
const INVALID_REQUEST: &str = "invalid_request";
const INVALID_RESOURCE: &str = "invalid_resource";
const INVALID_SCOPE: &str = "invalid_scope";
const UNAUTHORIZED_CLIENT: &str = "unauthorized_client";
const UNAVAILABLE: &str = "temporarily_unavailable";
const UNSUPPORTED_RESPONSE_TYPE: &str = "unsupported_response_type";

/// Microsoft's list of AADSTS codes.
const REFERENCE: &str = "Microsoft Entra authentication and authorization error codes";
const ISSUES: &str = "public issues, several";
const RECORDING: &str = "published recording";
const MSAL_NET: &str = "test fixtures of MSAL.NET";

/// In the order of the codes.
#[rustfmt::skip]
pub(super) static ERRORS: &[AadstsError] = &[
    plain(16000, "interaction_required", No, (Documented, "guide to silent sign-in of MSAL.js"),
        "Either multiple user identities are available for the current request or selected account is not supported for the scenario."),
    plain(28002, INVALID_SCOPE, No, (Guessed, REFERENCE),
        "Provided value for the input parameter scope '{scope}' is not valid when requesting an access token. Please specify a valid scope."),
    plain(28003, INVALID_REQUEST, No, (Documented, "guide of Spring Cloud Azure"),
        "Provided value for the input parameter scope cannot be empty when requesting an access token using the provided authorization code. Please specify a valid scope."),
    plain(50008, INVALID_GRANT, No, (Guessed, REFERENCE),
        "SAML token is invalid."),
    plain(50011, INVALID_REQUEST, No, (Reported, ISSUES),
        "The redirect URI '{redirect}' specified in the request does not match the redirect URIs configured for the application '{client}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to fix this."),
    plain(50013, INVALID_GRANT, No, (Reported, ISSUES),
        "Assertion failed signature validation. [Reason - The key was not found.]"),
    plain(50020, INVALID_GRANT, No, (Guessed, REFERENCE),
        "User account '{EUII Hidden}' from identity provider '{issuer}' does not exist in tenant '{tenant_name}' and cannot access the application '{client}'({app}) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account."),
    plain(50027, INVALID_REQUEST, Yes, (Reported, "FriedrichWeinmann/MiniGraph, issue 4 (2021)"),
        "JWT token is invalid or malformed."),
    plain(50033, UNAVAILABLE, No, (Documented, REFERENCE),
        "A transient error has occurred. Please try again.").status(503).in_our_words(),
    plain(50034, INVALID_GRANT, Yes, (Recorded, RECORDING),
        "The user account {EUII Hidden} does not exist in the {tenant} directory. To sign into this application, the account must be added to the directory.").suberror("bad_token"),
    plain(50049, "invalid_instance", No, (Documented, REFERENCE),
        "Unknown or invalid instance."),
    plain(50053, INVALID_GRANT, No, (Guessed, REFERENCE),
        "The account is locked, you've tried to sign in too many times with an incorrect user ID or password."),
    plain(50055, INVALID_GRANT, No, (Guessed, REFERENCE),
        "The password is expired.").suberror("user_password_expired"),
    plain(50057, INVALID_GRANT, No, (Guessed, REFERENCE),
        "The user account is disabled."),
    plain(50058, "login_required", No, (Reported, "AzureAD/microsoft-authentication-library-for-js, issue 5148 (2022)"),
        "A silent sign-in request was sent but no user is signed in."),
    plain(50059, INVALID_REQUEST, No, (Documented, "guide to client credentials of MSAL.NET"),
        "No tenant-identifying information found in either the request or implied by any provided credentials."),
    interaction(50074, "basic_action", No, (Reported, ISSUES),
        "Strong Authentication is required."),
    interaction(50076, "basic_action", Yes, (Reported, ISSUES),
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '{resource}'."),
    interaction(50078, "basic_action", No, (Reported, ISSUES),
        "Presented multi-factor authentication has expired due to policies configured by your administrator, you must refresh your multi-factor authentication to access '{resource}'."),
    interaction(50079, "basic_action", No, (Reported, ISSUES),
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '{resource}'."),
    plain(50126, INVALID_GRANT, No, (Reported, ISSUES),
        "Error validating credentials due to invalid username or password."),
    plain(50149, INVALID_REQUEST, No, (Documented, "Entra's page about the code, quoted in MicrosoftDocs/entra-docs, pull request 1538"),
        "Invalid Code_Challenge_method parameter."),
    plain(50173, INVALID_GRANT, Yes, (Recorded, "recordings of azure-sdk-for-js"),
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '{issued}' and the TokensValidFrom date (before which tokens are not valid) for this user is '{valid_from}'.").suberror("bad_token"),
    plain(50194, INVALID_REQUEST, No, (Guessed, REFERENCE),
        "Application '{client}'({app}) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant."),
    plain(50196, INVALID_GRANT, No, (Documented, "breaking changes of the Microsoft identity platform (2019)"),
        "The server terminated an operation because it encountered a loop while processing a request."),
    interaction(53000, "additional_action", No, (Guessed, REFERENCE),
        "Device is not in required device state: compliant. Conditional Access policy requires a compliant device, and the device is not compliant. The user must enroll their device with an approved MDM provider like Intune."),
    interaction(53001, "additional_action", No, (Guessed, REFERENCE),
        "Device is not in required device state: domain_joined. Conditional Access policy requires a domain joined device, and the device is not domain joined."),
    interaction(53003, "message_only", Yes, (Reported, ISSUES),
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."),
    plain(53005, UNAUTHORIZED_CLIENT, No, (Fixture, MSAL_NET),
        "Application needs to enforce Intune protection policies.").suberror("protection_policy_required"),
    interaction(53011, "message_only", No, (Guessed, REFERENCE),
        "User blocked due to risk on home tenant."),
    plain(54005, INVALID_GRANT, No, (Reported, ISSUES),
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token."),
    plain(65001, INVALID_GRANT, No, (Reported, ISSUES),
        "The user or administrator has not consented to use the application with ID '{client}' named '{app}'. Send an interactive authorization request for this user and resource.").suberror("consent_required"),
    plain(65004, "access_denied", Yes, (Reported, "MicrosoftDocs/azure-docs, issue 114009 (2023)"),
        "User declined to consent to access the app."),
    plain(70000, INVALID_GRANT, No, (Reported, ISSUES),
        "Provided grant is invalid or malformed."),
    plain(70002, INVALID_CLIENT, No, (Reported, ISSUES),
        "Error validating credentials."),
    plain(70003, "unsupported_grant_type", No, (Recorded, RECORDING),
        "The app requested an unsupported grant type '{grant}'."),
    plain(70005, UNSUPPORTED_RESPONSE_TYPE, No, (Documented, REFERENCE),
        "response_type '{response_type}' {problem}").in_our_words(),
    plain(70007, INVALID_REQUEST, No, (Guessed, "breaking changes of the Microsoft identity platform (2018)"),
        "'{response_mode}' is not a supported value of 'response_mode' when requesting a token."),
    plain(70008, INVALID_GRANT, No, (Documented, REFERENCE),
        "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource."),
    plain(70011, INVALID_SCOPE, Yes, (Documented, REFERENCE),
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."),
    plain(70016, "authorization_pending", Yes, (Reported, "secureworks/squarephish, issue 3 (2023)"),
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    plain(70018, "bad_verification_code", No, (Documented, REFERENCE),
        "Invalid verification code due to User typing in wrong user code for device code flow. Authorization is not approved."),
    plain(70019, "expired_token", No, (Documented, REFERENCE),
        "Verification code expired."),
    plain(70020, "expired_token", No, (Reported, "Azure/azure-cli, issues 22251 and 22252 (2022)"),
        "The provided value for the input parameter 'device_code' is not valid. This device code has expired.").called_at_v1("code_expired"),
    plain(70043, INVALID_GRANT, No, (Reported, ISSUES),
        "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access. The token was issued on {issued} and the maximum allowed lifetime for this request is {lifetime}.").suberror("token_expired"),
    plain(90002, INVALID_REQUEST, Yes, (Recorded, RECORDING),
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."),
    plain(90006, UNAVAILABLE, No, (Documented, REFERENCE),
        "The service is temporarily unavailable.").status(503),
    plain(90014, INVALID_REQUEST, No, (Fixture, MSAL_NET),
        "The required field '{parameter}' is missing from the credential. Ensure that you have all the necessary parameters for the login request."),
    plain(90019, INVALID_REQUEST, No, (Documented, REFERENCE),
        "No tenant-identifying information found in either the request or implied by any provided credentials.").in_our_words(),
    plain(90023, INVALID_REQUEST, No, (Reported, "public code that quotes it, of the parameter prompt"),
        "Unsupported '{parameter}' value."),
    plain(90024, UNAVAILABLE, No, (Documented, REFERENCE),
        "A transient error has occurred. Please try again.").status(503),
    plain(90033, UNAVAILABLE, No, (Documented, REFERENCE),
        "A transient error has occurred. Please try again.").status(503),
    plain(90055, UNAVAILABLE, No, (Documented, REFERENCE),
        "There are too many incoming requests.").status(503).in_our_words(),
    plain(90072, INVALID_GRANT, No, (Documented, REFERENCE),
        "User account '{EUII Hidden}' from identity provider '{issuer}' does not exist in tenant '{tenant_name}' and cannot access the application '{client}'({app}) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account."),
    plain(165_000, INVALID_REQUEST, No, (Reported, "polyaxon/polyaxon, issue 631 (2019)"),
        "Invalid Request: The request tokens do not match the user context. Do not copy the user context values (cookies; form fields; headers) between different requests or user sessions; always maintain the ALL of the supplied values across a complete single user flow. Failure Reasons:[Token values do not match;]"),
    plain(500_011, INVALID_RESOURCE, Yes, (Recorded, RECORDING),
        "The resource principal named {resource} was not found in the tenant named {tenant_name}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."),
    plain(500_131, INVALID_GRANT, No, (Reported, ISSUES),
        "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was '{audience}' and the expected audience is '{client}' or one of the Application Uris of this application with App ID '{client}'({app}). The downstream client must request a token for the expected audience (the application that made the OBO request) and this application should use that token as the assertion."),
    plain(500_133, INVALID_GRANT, No, (Guessed, REFERENCE),
        "Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token. Current time: {now}, expiry time of assertion {until}."),
    plain(501_481, INVALID_GRANT, No, (Reported, "GillesZunino/insomnia-plugin-azure-ad-authentication, issue 14 (2024)"),
        "The Code_Verifier does not match the code_challenge supplied in the authorization request."),
    plain(501_491, INVALID_REQUEST, No, (Reported, "MicrosoftDocs/azure-docs, issue 42906 (2019)"),
        "Invalid size of Code_Challenge parameter."),
    interaction(530_032, "message_only", No, (Guessed, REFERENCE),
        "A security policy of the tenant blocks this request.").in_our_words(),
    plain(650_053, INVALID_REQUEST, No, (Guessed, ISSUES),
        "The application '{app}' asked for scope '{scope}' that doesn't exist on the resource '{resource}'. Contact the app vendor."),
    plain(650_057, INVALID_RESOURCE, No, (Documented, REFERENCE),
        "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration. Client app ID: {client}({app}). Resource value from request: {resource}. Resource app ID: {resource_id}. List of valid resources from app registration: {registered}."),
    plain(700_003, INVALID_GRANT, No, (Reported, ISSUES),
        "Device object was not found in the tenant '{tenant_name}' directory.").suberror("device_authentication_failed"),
    plain(700_005, INVALID_GRANT, No, (Documented, REFERENCE),
        "Provided Authorization Code is intended to use against other tenant, thus rejected. OAuth2 Authorization Code must be redeemed against same tenant it was acquired for (/common or /{tenant_id} as appropriate)"),
    plain(700_016, UNAUTHORIZED_CLIENT, Yes, (Reported, ISSUES),
        "Application with identifier '{client}' was not found in the directory '{tenant_name}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."),
    plain(700_021, INVALID_CLIENT, No, (Fixture, MSAL_NET),
        "Client assertion application identifier doesn't match 'client_id' parameter. Review the documentation at https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .").status(401),
    plain(700_022, INVALID_REQUEST, No, (Guessed, REFERENCE),
        "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {scope} is not valid."),
    plain(700_023, INVALID_CLIENT, No, (Reported, ISSUES),
        "Client assertion audience claim does not match Realm issuer. Review the documentation at https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .").status(401),
    plain(700_024, INVALID_CLIENT, No, (Fixture, MSAL_NET),
        "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {from}, expiry time of assertion {until}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .").status(401),
    plain(700_025, INVALID_CLIENT, No, (Documented, REFERENCE),
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.").status(401),
    plain(700_027, INVALID_CLIENT, No, (Reported, "log of a certification tool (2026)"),
        "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - {reason}]").status(401),
    plain(700_038, UNAUTHORIZED_CLIENT, No, (Recorded, RECORDING),
        "{client} is not a valid application identifier."),
    plain(700_051, UNSUPPORTED_RESPONSE_TYPE, No, (Reported, "a redirect quoted in public notes (2024)"),
        "response_type 'token' is not enabled for the application."),
    plain(700_054, UNSUPPORTED_RESPONSE_TYPE, No, (Documented, REFERENCE),
        "response_type 'id_token' is not enabled for the application."),
    plain(700_082, INVALID_GRANT, Yes, (Reported, ISSUES),
        "The refresh token has expired due to inactivity. The token was issued on {issued} and was inactive for 90.00:00:00.").suberror("bad_token"),
    plain(700_084, INVALID_GRANT, No, (Documented, REFERENCE),
        "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which can't be extended. It is now expired and a new sign in request must be sent by the SPA to the sign in page. The token was issued on {issued}."),
    plain(700_213, INVALID_CLIENT, No, (Reported, ISSUES),
        "No matching federated identity record found for presented assertion subject '{subject}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation").status(401),
    plain(900_144, INVALID_REQUEST, No, (Documented, REFERENCE),
        "The request body must contain the following parameter: '{parameter}'."),
    plain(900_561, INVALID_REQUEST, No, (Documented, REFERENCE),
        "The endpoint only accepts {method} requests. Received a {received} request."),
    plain(901_002, INVALID_REQUEST, No, (Documented, REFERENCE),
        "The 'resource' request parameter is not supported."),
    plain(1_002_012, INVALID_SCOPE, No, (Fixture, MSAL_NET),
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."),
    plain(7_000_114, INVALID_GRANT, No, (Guessed, REFERENCE),
        "Application '{client}' is not allowed to make application on-behalf-of calls."),
    plain(7_000_215, INVALID_CLIENT, Yes, (Recorded, RECORDING),
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'.").status(401),
    plain(7_000_218, INVALID_CLIENT, Yes, (Reported, ISSUES),
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.").status(401),
    plain(7_000_222, INVALID_CLIENT, No, (Reported, "public logs of builds, several"),
        "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.").status(401),
    plain(9_000_411, INVALID_REQUEST, No, (Documented, "troubleshooting of Microsoft Teams"),
        "The request is not properly formatted. The parameter '{parameter}' is duplicated."),
    plain(9_001_023, INVALID_REQUEST, No, (Guessed, REFERENCE),
        "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint."),
    plain(9_002_313, INVALID_GRANT, Yes, (Reported, ISSUES),
        "Invalid request. Request is malformed or invalid."),
    plain(9_002_325, INVALID_REQUEST, No, (Reported, "microsoftgraph/msgraph-sdk-php, issue 1057 (2022)"),
        "Proof Key for Code Exchange is required for cross-origin authorization code redemption."),
    plain(9_002_326, INVALID_REQUEST, Yes, (Reported, "umijs/umi-request, issue 299, and AzureAD/microsoft-authentication-library-for-js, issue 5196 (2022)"),
        "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Request origin: '{origin}'."),
    plain(9_002_327, INVALID_REQUEST, No, (Reported, ISSUES),
        "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests."),
];
