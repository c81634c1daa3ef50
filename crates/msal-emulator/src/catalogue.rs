//! The catalogue of AADSTS errors: one row per code.
//!
//! A row says what the envelope holds apart from the identifiers and the time. Its text may have
//! places such as `{client}`, filled from the request at hand.

use std::fmt;

/// One AADSTS error.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) code: u32,
    pub(crate) error: ErrorName,
    pub(crate) status: u16,
    pub(crate) suberror: Option<&'static str>,
    /// Whether the envelope carries `error_uri`: only codes with a page of their own do.
    pub(crate) page: bool,
    pub(crate) source: Source,
    pub(crate) text: &'static str,
}

/// The OAuth error a code is reported under.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ErrorName {
    Same(&'static str),
    /// What needs the user has its own name at v1 only.
    Interaction,
}

/// How certain a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// Microsoft's documentation.
    Documented,
    /// A fixture in the tests of one of Microsoft's libraries.
    Fixture,
    /// Not confirmed.
    Guessed,
    /// A verbatim answer in a public issue.
    Reported,
    /// A published recording of a real exchange.
    Recorded,
}

/// One AADSTS error as the emulator knows it, for listings.
#[derive(Clone, Copy, Debug)]
pub struct CatalogueRow(&'static Row);

/// Every AADSTS error that the emulator can answer with, in the order of the codes.
pub fn catalogue() -> impl Iterator<Item = CatalogueRow> {
    ROWS.iter().map(CatalogueRow)
}

impl CatalogueRow {
    /// The number after `AADSTS`.
    #[must_use]
    pub fn code(&self) -> u32 {
        self.0.code
    }

    /// The value of `error` at the v1 endpoint.
    #[must_use]
    pub fn error_v1(&self) -> &'static str {
        self.0.error.at_v1()
    }

    /// The value of `error` at the v2.0 endpoint.
    #[must_use]
    pub fn error_v2(&self) -> &'static str {
        self.0.error.at_v2()
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The value of `suberror`, when there is one.
    #[must_use]
    pub fn suberror(&self) -> Option<&'static str> {
        self.0.suberror
    }

    /// Whether the envelope has an `error_uri`.
    #[must_use]
    pub fn has_error_uri(&self) -> bool {
        self.0.page
    }

    /// How certain the row is.
    #[must_use]
    pub fn source(&self) -> Source {
        self.0.source
    }

    /// The text, with its places unfilled.
    #[must_use]
    pub fn text(&self) -> &'static str {
        self.0.text
    }
}

impl ErrorName {
    pub(crate) const fn at_v1(self) -> &'static str {
        match self {
            Self::Same(name) => name,
            Self::Interaction => "interaction_required",
        }
    }

    pub(crate) const fn at_v2(self) -> &'static str {
        match self {
            Self::Same(name) => name,
            Self::Interaction => "invalid_grant",
        }
    }
}

/// The row of `code`.
pub(crate) fn row(code: u32) -> Option<&'static Row> {
    let index = ROWS.binary_search_by_key(&code, |row| row.code).ok()?;
    ROWS.get(index)
}

/// Fills the places of a row's text; places without a value show as `(unknown)`.
pub(crate) fn fill(
    out: &mut impl fmt::Write,
    text: &str,
    value: impl Fn(&str) -> Option<String>,
) -> fmt::Result {
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let Some(length) = rest[start..].find('}') else {
            break;
        };
        let place = &rest[start + 1..start + length];
        out.write_str(&rest[..start])?;
        // Entra's own texts have braces too: "{EUII Hidden}".
        if place.contains(' ') {
            write!(out, "{{{place}}}")?;
        } else {
            out.write_str(value(place).as_deref().unwrap_or("(unknown)"))?;
        }
        rest = &rest[start + length + 1..];
    }
    out.write_str(rest)
}

/// A row with status 400 and no suberror.
const fn plain(
    code: u32,
    error: &'static str,
    page: Page,
    source: Source,
    text: &'static str,
) -> Row {
    let page = matches!(page, Yes);
    Row {
        code,
        error: ErrorName::Same(error),
        status: 400,
        suberror: None,
        page,
        source,
        text,
    }
}

/// A row that needs the user: its error has another name at v1.
const fn interaction(
    code: u32,
    suberror: &'static str,
    page: Page,
    source: Source,
    text: &'static str,
) -> Row {
    let suberror = Some(suberror);
    Row {
        error: ErrorName::Interaction,
        suberror,
        ..plain(code, "", page, source, text)
    }
}

impl Row {
    /// Whether the envelope says in `claims` what the user has to do.
    pub(crate) const fn needs_claims(&self) -> bool {
        matches!(self.error, ErrorName::Interaction)
    }

    const fn suberror(self, suberror: &'static str) -> Self {
        Self {
            suberror: Some(suberror),
            ..self
        }
    }

    const fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

#[derive(Clone, Copy)]
enum Page {
    No,
    Yes,
}

use Page::{No, Yes};
use Source::{Documented, Fixture, Guessed, Recorded, Reported};

const INVALID_CLIENT: &str = "invalid_client";
const INVALID_GRANT: &str = "invalid_grant";
const INVALID_REQUEST: &str = "invalid_request";
const INVALID_RESOURCE: &str = "invalid_resource";
const INVALID_SCOPE: &str = "invalid_scope";
const UNAUTHORIZED_CLIENT: &str = "unauthorized_client";
const UNAVAILABLE: &str = "temporarily_unavailable";

/// In the order of the codes.
#[rustfmt::skip]
static ROWS: &[Row] = &[
    plain(16000, "interaction_required", No, Documented,
        "Either multiple user identities are available for the current request or selected account is not supported for the scenario."),
    plain(28002, INVALID_SCOPE, No, Documented,
        "Provided value for the input parameter scope '{scope}' is not valid when requesting an access token. Please specify a valid scope."),
    plain(28003, INVALID_SCOPE, No, Documented,
        "Provided value for the input parameter scope can't be empty when requesting an access token using the provided authorization code. Please specify a valid scope."),
    plain(50008, INVALID_GRANT, No, Documented,
        "SAML assertion is missing or misconfigured in the token."),
    plain(50011, INVALID_REQUEST, No, Documented,
        "The redirect URI '{redirect}' specified in the request does not match the redirect URIs configured for the application '{client}'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal."),
    plain(50013, INVALID_GRANT, No, Reported,
        "Assertion failed signature validation. [Reason - The key was not found.]"),
    plain(50020, INVALID_GRANT, No, Guessed,
        "User account '{EUII Hidden}' from identity provider '{issuer}' does not exist in tenant '{tenant_name}' and cannot access the application '{client}'({app}) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account."),
    plain(50027, INVALID_REQUEST, No, Documented,
        "JWT token is invalid or malformed."),
    plain(50033, UNAVAILABLE, No, Documented,
        "A transient error has occurred. Please try again.").status(503),
    plain(50034, INVALID_GRANT, Yes, Recorded,
        "The user account {EUII Hidden} does not exist in the {tenant} directory. To sign into this application, the account must be added to the directory.").suberror("bad_token"),
    plain(50049, "invalid_instance", No, Documented,
        "Unknown or invalid instance."),
    plain(50053, INVALID_GRANT, No, Guessed,
        "The account is locked, you've tried to sign in too many times with an incorrect user ID or password."),
    plain(50055, INVALID_GRANT, No, Guessed,
        "The password is expired.").suberror("user_password_expired"),
    plain(50057, INVALID_GRANT, No, Guessed,
        "The user account is disabled."),
    plain(50058, "login_required", No, Documented,
        "A silent sign-in request was sent but no user is signed in."),
    plain(50059, INVALID_REQUEST, No, Documented,
        "No tenant-identifying information found in either the request or implied by any provided credentials."),
    interaction(50074, "basic_action", No, Documented,
        "Strong Authentication is required."),
    interaction(50076, "basic_action", Yes, Reported,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '{resource}'."),
    interaction(50078, "basic_action", No, Documented,
        "Presented multi-factor authentication has expired due to policies configured by your administrator, you must refresh your multi-factor authentication to access '{resource}'."),
    interaction(50079, "basic_action", No, Reported,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication to access '{resource}'."),
    plain(50126, INVALID_GRANT, No, Reported,
        "Error validating credentials due to invalid username or password."),
    plain(50173, INVALID_GRANT, Yes, Recorded,
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '{issued}' and the TokensValidFrom date (before which tokens are not valid) for this user is '{valid_from}'.").suberror("bad_token"),
    plain(50194, INVALID_REQUEST, No, Guessed,
        "Application '{client}'({app}) is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps created after '10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant."),
    plain(50196, INVALID_GRANT, No, Guessed,
        "The server terminated an operation because it encountered a client request loop. Please contact your app vendor."),
    interaction(53000, "additional_action", No, Guessed,
        "Device is not in required device state: compliant. Conditional Access policy requires a compliant device, and the device is not compliant. The user must enroll their device with an approved MDM provider like Intune."),
    interaction(53001, "additional_action", No, Guessed,
        "Device is not in required device state: domain_joined. Conditional Access policy requires a domain joined device, and the device is not domain joined."),
    interaction(53003, "message_only", Yes, Reported,
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."),
    plain(53005, UNAUTHORIZED_CLIENT, No, Fixture,
        "Application needs to enforce Intune protection policies.").suberror("protection_policy_required"),
    interaction(53011, "message_only", No, Guessed,
        "User blocked due to risk on home tenant."),
    plain(54005, INVALID_GRANT, No, Reported,
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token."),
    plain(65001, INVALID_GRANT, No, Reported,
        "The user or administrator has not consented to use the application with ID '{client}' named '{app}'. Send an interactive authorization request for this user and resource.").suberror("consent_required"),
    plain(65004, "access_denied", No, Documented,
        "User declined to consent to access the app."),
    plain(70000, INVALID_GRANT, No, Reported,
        "Provided grant is invalid or malformed."),
    plain(70002, INVALID_CLIENT, No, Reported,
        "Error validating credentials."),
    plain(70003, "unsupported_grant_type", No, Recorded,
        "The app requested an unsupported grant type '{grant}'."),
    plain(70005, "unsupported_response_type", No, Documented,
        "The provided value for the input parameter 'response_type' is not allowed for this client. Expected value is 'code'."),
    plain(70007, INVALID_REQUEST, No, Documented,
        "'{response_mode}' is not a supported value of 'response_mode' when requesting a token."),
    plain(70008, INVALID_GRANT, No, Documented,
        "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource."),
    plain(70011, INVALID_SCOPE, No, Documented,
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."),
    plain(70016, "authorization_pending", No, Documented,
        "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    plain(70018, "bad_verification_code", No, Documented,
        "Invalid verification code due to User typing in wrong user code for device code flow. Authorization is not approved."),
    plain(70020, "expired_token", No, Documented,
        "The provided value for the input parameter 'device_code' is not valid. This device code has expired."),
    plain(70043, INVALID_GRANT, No, Reported,
        "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access. The token was issued on {issued} and the maximum allowed lifetime for this request is 3600.").suberror("token_expired"),
    plain(90002, INVALID_REQUEST, Yes, Recorded,
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."),
    plain(90006, UNAVAILABLE, No, Documented,
        "The service is temporarily unavailable. Please retry later.").status(503),
    plain(90019, INVALID_REQUEST, No, Documented,
        "No tenant-identifying information found in either the request or implied by any provided credentials."),
    plain(90023, INVALID_REQUEST, No, Documented,
        "Invalid STS request. The value of the parameter '{parameter}' is not valid."),
    plain(90024, UNAVAILABLE, No, Documented,
        "RequestBudgetExceededError - A transient error has occurred. Please try again.").status(503),
    plain(90033, UNAVAILABLE, No, Documented,
        "A transient error has occurred. Please try again.").status(503),
    plain(90055, UNAVAILABLE, No, Documented,
        "The request has been throttled because the tenant has exceeded its limits.").status(503),
    plain(90072, INVALID_GRANT, No, Documented,
        "User account '{EUII Hidden}' from identity provider '{issuer}' does not exist in tenant '{tenant_name}' and cannot access the application '{client}'({app}) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account."),
    plain(165_000, INVALID_REQUEST, No, Documented,
        "Invalid Request: The request tokens do not match the user context. Do not copy the user context values (cookies; form fields; headers) between different requests or user sessions; always maintain the ALL of the supplied values across a complete single user flow. Failure Reasons:[Token is invalid;]"),
    plain(500011, INVALID_RESOURCE, Yes, Recorded,
        "The resource principal named {resource} was not found in the tenant named {tenant_name}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."),
    plain(500_131, INVALID_GRANT, No, Reported,
        "Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was '{audience}' and the expected audience is '{client}' or one of the Application Uris of this application with App ID '{client}'({app}). The downstream client must request a token for the expected audience (the application that made the OBO request) and this application should use that token as the assertion."),
    plain(500_133, INVALID_GRANT, No, Guessed,
        "Assertion is not within its valid time range. Ensure that the access token is not expired before using it for user assertion, or request a new token. Current time: {now}, expiry time of assertion {until}."),
    plain(501_481, INVALID_GRANT, No, Documented,
        "The Code_Verifier does not match the code_challenge supplied in the authorization request."),
    plain(501_491, INVALID_REQUEST, No, Documented,
        "Invalid size of Code_Challenge parameter."),
    interaction(530032, "message_only", No, Guessed,
        "User blocked due to risk policy configured by your administrator."),
    plain(650053, INVALID_REQUEST, No, Documented,
        "The application '{app}' asked for scope '{scope}' that doesn't exist on the resource '{resource}'. Contact the app vendor."),
    plain(650057, INVALID_RESOURCE, No, Documented,
        "Invalid resource. The client has requested access to a resource which is not listed in the requested permissions in the client's application registration. Client app ID: {client}({app}). Resource value from request: {resource}."),
    plain(700003, INVALID_GRANT, No, Reported,
        "Device object was not found in the tenant '{tenant_name}' directory.").suberror("device_authentication_failed"),
    plain(700005, INVALID_GRANT, No, Documented,
        "The provided authorization code is intended to use against other tenant, thus rejected. OAuth2 Authorization Code must be redeemed against same tenant it was acquired for (/common or /{tenant} as appropriate)."),
    plain(700016, UNAUTHORIZED_CLIENT, Yes, Reported,
        "Application with identifier '{client}' was not found in the directory '{tenant_name}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."),
    plain(700_021, INVALID_CLIENT, No, Guessed,
        "Client assertion application identifier doesn't match 'client_id' parameter. Review the documentation at https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .").status(401),
    plain(700022, INVALID_REQUEST, No, Guessed,
        "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope {scope} is not valid."),
    plain(700_023, INVALID_CLIENT, No, Reported,
        "Client assertion audience claim does not match Realm issuer. Review the documentation at https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials .").status(401),
    plain(700_024, INVALID_CLIENT, No, Reported,
        "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {from}, expiry time of assertion {until}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .").status(401),
    plain(700025, INVALID_CLIENT, No, Documented,
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.").status(401),
    plain(700027, INVALID_CLIENT, No, Documented,
        "The certificate with identifier used to sign the client assertion is not registered on application.").status(401),
    plain(700038, UNAUTHORIZED_CLIENT, No, Recorded,
        "{client} is not a valid application identifier."),
    plain(700082, INVALID_GRANT, Yes, Reported,
        "The refresh token has expired due to inactivity. The token was issued on {issued} and was inactive for 90.00:00:00.").suberror("bad_token"),
    plain(700084, INVALID_GRANT, No, Documented,
        "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which can't be extended. It is now expired and a new sign in request must be sent by the SPA to the sign in page. The token was issued on {issued}."),
    plain(700_213, INVALID_CLIENT, No, Reported,
        "No matching federated identity record found for presented assertion subject '{subject}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation").status(401),
    plain(900144, INVALID_REQUEST, No, Documented,
        "The request body must contain the following parameter: '{parameter}'."),
    plain(900561, INVALID_REQUEST, No, Documented,
        "The endpoint only accepts {method} requests. Received a {received} request."),
    plain(901002, INVALID_REQUEST, No, Documented,
        "The 'resource' request parameter is not supported."),
    plain(1002012, INVALID_SCOPE, No, Documented,
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."),
    plain(7000215, INVALID_CLIENT, Yes, Recorded,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'.").status(401),
    plain(7000218, INVALID_CLIENT, Yes, Reported,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.").status(401),
    plain(7000222, INVALID_CLIENT, No, Documented,
        "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys for your app, or consider using certificate credentials for added security.").status(401),
    plain(9000411, INVALID_REQUEST, No, Documented,
        "The request is not properly formatted. The parameter '{parameter}' is duplicated."),
    plain(9001023, INVALID_REQUEST, No, Guessed,
        "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint."),
    plain(9002313, INVALID_GRANT, Yes, Reported,
        "Invalid request. Request is malformed or invalid."),
    plain(9_002_325, INVALID_REQUEST, No, Documented,
        "Proof Key for Code Exchange is required for cross-origin authorization code redemption."),
    plain(9_002_326, INVALID_REQUEST, No, Documented,
        "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Request origin: '{origin}'."),
    plain(9002327, INVALID_REQUEST, No, Reported,
        "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_the_order_of_their_codes() {
        assert!(ROWS.is_sorted_by(|a, b| a.code < b.code));
        assert!(ROWS.iter().all(|known| row(known.code).is_some()));
        assert!(row(1).is_none());
    }

    #[test]
    fn only_codes_with_a_page_have_an_error_uri() {
        let seen = [
            50034, 50076, 50173, 53003, 500_011, 700_016, 700_082, 7_000_215, 7_000_218, 90002,
            9_002_313,
        ];
        for row in ROWS {
            assert_eq!(row.page, seen.contains(&row.code), "{}", row.code);
        }
    }

    #[test]
    fn what_needs_the_user_has_its_own_name_at_v1() {
        for code in [50076, 53003] {
            let error = row(code).unwrap().error;
            assert_eq!(
                (error.at_v1(), error.at_v2()),
                ("interaction_required", "invalid_grant")
            );
        }
        assert_eq!(row(65001).unwrap().error.at_v1(), "invalid_grant");
    }

    #[test]
    fn places_are_filled_and_foreign_braces_kept() {
        let mut out = String::new();
        fill(&mut out, "{EUII Hidden} of {tenant}, {nobody} {", |place| {
            (place == "tenant").then(|| "t".to_owned())
        })
        .unwrap();
        assert_eq!(out, "{EUII Hidden} of t, (unknown) {");
    }
}
