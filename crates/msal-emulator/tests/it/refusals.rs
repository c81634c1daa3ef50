//! Refusals, compared as whole envelopes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use msal_emulator::sample::{
    ALICE, BOB, CAROL, CONTOSO, CONTOSO_ID, DAN, DESKTOP, FABRIKAM, FAMILY_MAIL, MIA, PASSWORD,
    REPORTS, WEB, WEB_SECRET,
};
use msal_emulator::{App, Directory, Emulator, Tenant, User};
use serde_json::{Value, json};

use crate::support::{
    ARM, Answer, BASE, CORRELATION_ID, Form, GRAPH, Protocol, SCOPE, at, emulator, password_form,
    refresh_form, refresh_form_v1, send, sign_in, token, token_at,
};

/// What an envelope must hold apart from the identifiers.
struct Expected {
    status: u16,
    error: &'static str,
    code: u32,
    text: &'static str,
    suberror: Option<&'static str>,
    page: bool,
    claims: bool,
}

const fn expect(status: u16, error: &'static str, code: u32, text: &'static str) -> Expected {
    Expected {
        status,
        error,
        code,
        text,
        suberror: None,
        page: false,
        claims: false,
    }
}

impl Expected {
    const fn suberror(self, suberror: &'static str) -> Self {
        Self {
            suberror: Some(suberror),
            ..self
        }
    }

    const fn page(self) -> Self {
        Self { page: true, ..self }
    }

    const fn claims(self) -> Self {
        Self {
            claims: true,
            ..self
        }
    }

    fn check(&self, answer: &Answer) {
        let mut json = answer.json();
        let trace_id = answer.header("x-ms-request-id").to_owned();
        let timestamp = answer.text("timestamp");
        let code = self.code;
        let mut expected = json!({
            "error": self.error,
            "error_description": format!(
                "AADSTS{code}: {} Trace ID: {trace_id} Correlation ID: {CORRELATION_ID} Timestamp: {timestamp}",
                self.text
            ),
            "error_codes": [code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": CORRELATION_ID,
        });
        if let Some(suberror) = self.suberror {
            expected["suberror"] = json!(suberror);
        }
        if self.page {
            expected["error_uri"] = json!(format!("{BASE}/error?code={code}"));
        }
        if self.claims {
            let claims: Value =
                serde_json::from_str(json["claims"].take().as_str().unwrap()).unwrap();
            assert_eq!(
                claims["access_token"]["capolids"]["values"]
                    .as_array()
                    .unwrap()
                    .len(),
                1
            );
            expected["claims"] = Value::Null;
        }
        assert_eq!(json, expected);
        assert_eq!(answer.status, self.status);
        assert!(
            answer
                .header("x-ms-clitelem")
                .starts_with(&format!("1,{code},0,")),
            "{code}"
        );
    }
}

fn v2(form: Form<'_>) -> Answer {
    token(&emulator(), Protocol::V2, CONTOSO, form)
}

const MALFORMED: &str = "Invalid request. Request is malformed or invalid.";

#[test]
fn malformed_refresh_tokens() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    let expected = expect(400, "invalid_grant", 9_002_313, MALFORMED).page();
    for broken in [
        &rt[..rt.len() - 10],
        &rt.to_lowercase(),
        "0.AXoA",
        "garbage",
    ] {
        expected.check(&token(
            &emulator,
            Protocol::V2,
            CONTOSO,
            &refresh_form(DESKTOP, broken),
        ));
        expected.check(&token(
            &emulator,
            Protocol::V1,
            CONTOSO,
            &refresh_form_v1(DESKTOP, broken, GRAPH),
        ));
    }
}

#[test]
fn refresh_tokens_unused_for_ninety_days() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    let days = |days: u64| at(days * 86_400);
    let redeem = |now| {
        token_at(
            &emulator,
            Protocol::V2,
            CONTOSO,
            &refresh_form(DESKTOP, &rt),
            now,
        )
    };
    let newer = redeem(days(90)).refresh_token();
    expect(
        400,
        "invalid_grant",
        700_082,
        "The refresh token has expired due to inactivity. The token was issued on 2026-08-13T21:24:29.0000000Z and \
         was inactive for 90.00:00:00.",
    )
    .suberror("bad_token")
    .page()
    .check(&redeem(days(91)));
    let sliding = token_at(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &refresh_form(DESKTOP, &newer),
        days(180),
    );
    assert_eq!(sliding.status, 200);
}

#[test]
fn revoked_sessions() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    emulator.revoke_sessions(ALICE, at(60));
    let answer = token_at(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &refresh_form(DESKTOP, &rt),
        at(120),
    );
    expect(
        400,
        "invalid_grant",
        50173,
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have \
         changed or reset their password. The grant was issued on '2026-08-13T21:24:29.0000000Z' and the \
         TokensValidFrom date (before which tokens are not valid) for this user is '2026-08-13T21:25:29.0000000Z'.",
    )
    .suberror("bad_token")
    .page()
    .check(&answer);
    assert_eq!(answer.header("x-ms-clitelem"), "1,50173,0,120000.0000,");
}

#[test]
fn foreign_refresh_tokens() {
    let emulator = emulator();
    let text = "Provided grant is invalid or malformed.";
    let rt = sign_in(&emulator).refresh_token();
    let form = [
        &refresh_form(WEB, &rt)[..],
        &[("client_secret", WEB_SECRET)],
    ]
    .concat();
    expect(400, "invalid_grant", 70000, text).check(&token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &form,
    ));
    let family = token(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &password_form(FAMILY_MAIL, ALICE),
    )
    .refresh_token();
    expect(400, "invalid_grant", 70000, text)
        .suberror("client_mismatch")
        .check(&token(
            &emulator,
            Protocol::V2,
            CONTOSO,
            &refresh_form(DESKTOP, &family),
        ));
}

#[test]
fn clients_that_do_not_prove_themselves() {
    let emulator = emulator();
    let rt = emulator.issue_refresh_token(ALICE, WEB, at(0)).unwrap();
    let assertion = unknown_certificate();
    let with = |proof| with_proof(&rt, proof);
    let send = |form: Form<'_>| token(&emulator, Protocol::V2, CONTOSO, form);
    expect(
        401,
        "invalid_client",
        7_000_218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )
    .page()
    .check(&send(&with(&[])));
    expect(
        401,
        "invalid_client",
        7_000_215,
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
         not the client secret ID, for a secret added to app '00c0ffee-0000-4000-8000-000000000002'.",
    )
    .page()
    .check(&send(&with(&[("client_secret", "wrong")])));
    assert_eq!(send(&with(&[("client_secret", WEB_SECRET)])).status, 200);
    let public = sign_in(&emulator).refresh_token();
    let form = [
        &refresh_form(DESKTOP, &public)[..],
        &[("client_secret", "any")],
    ]
    .concat();
    expect(
        401,
        "invalid_client",
        700_025,
        "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
    )
    .check(&send(&form));
    expect(
        401,
        "invalid_client",
        700_027,
        "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - \
         The key was not found.]",
    )
    .check(&send(&with(&[
        ("client_assertion", &assertion),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
    ])));
}

fn with_proof<'a>(rt: &'a str, proof: Form<'a>) -> Vec<(&'a str, &'a str)> {
    [&refresh_form(WEB, rt)[..], proof].concat()
}

/// A well-formed assertion, signed with a key that nobody has registered.
fn unknown_certificate() -> String {
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let header = part(json!({"alg": "RS256", "x5t": "AAAA"}));
    let claims = part(json!({"iss": WEB, "sub": WEB}));
    format!("{header}.{claims}.AAAA")
}

#[test]
fn missing_consent() {
    let emulator = emulator();
    let rt = emulator.issue_refresh_token(CAROL, DESKTOP, at(0)).unwrap();
    for answer in [
        token(
            &emulator,
            Protocol::V1,
            FABRIKAM,
            &refresh_form_v1(DESKTOP, &rt, REPORTS),
        ),
        token(
            &emulator,
            Protocol::V2,
            FABRIKAM,
            &scoped(&rt, &format!("{REPORTS}/.default")),
        ),
    ] {
        expect(
            400,
            "invalid_grant",
            65001,
            "The user or administrator has not consented to use the application with ID \
             '00c0ffee-0000-4000-8000-000000000001' named 'Sample desktop'. Send an interactive authorization request \
             for this user and resource.",
        )
        .suberror("consent_required")
        .check(&answer);
    }
}

fn scoped<'a>(refresh_token: &'a str, scope: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("client_id", DESKTOP),
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token),
        ("scope", scope),
    ]
}

#[test]
fn second_factor_and_conditional_access_have_other_names_at_v1() {
    let emulator = emulator();
    let vault = "https://vault.azure.net";
    for (user, resource, expected) in [
        (
            MIA,
            ARM,
            expect(
                400,
                "",
                50076,
                "Due to a configuration change made by your administrator, or because you moved to a new location, \
                 you must use multi-factor authentication to access '797f4846-ba00-4fd7-ba43-dac1f8f63013'.",
            )
            .suberror("basic_action"),
        ),
        (
            BOB,
            vault,
            expect(
                400,
                "",
                53003,
                "Access has been blocked by Conditional Access policies. The access policy does not allow token \
                 issuance.",
            )
            .suberror("message_only"),
        ),
    ] {
        let rt = emulator.issue_refresh_token(user, DESKTOP, at(0)).unwrap();
        let v1 = token(&emulator, Protocol::V1, CONTOSO, &refresh_form_v1(DESKTOP, &rt, resource));
        let v2 = token(&emulator, Protocol::V2, CONTOSO, &scoped(&rt, &format!("{resource}/.default")));
        let expected = expected.claims().page();
        Expected { error: "interaction_required", ..expected }.check(&v1);
        Expected { error: "invalid_grant", ..expected }.check(&v2);
        assert_eq!(token(&emulator, Protocol::V2, CONTOSO, &refresh_form(DESKTOP, &rt)).status, 200);
    }
}

#[test]
fn unknown_tenants_and_clients() {
    let form = refresh_form(DESKTOP, "x");
    expect(
        400,
        "invalid_request",
        90002,
        "Tenant 'nowhere.example' not found. Check to make sure you have the correct tenant ID and are signing into \
         the correct cloud. Check with your subscription administrator, this may happen if there are no active \
         subscriptions for the tenant.",
    )
    .page()
    .check(&token(&emulator(), Protocol::V2, "nowhere.example", &form));
    let text = "Application with identifier '99999999-0000-4000-8000-000000000000' was not found in the directory \
                'Contoso'. This can happen if the application has not been installed by the administrator of the \
                tenant or consented to by any user in the tenant. You may have sent your authentication request to \
                the wrong tenant.";
    expect(400, "unauthorized_client", 700_016, text)
        .page()
        .check(&v2(&refresh_form(
            "99999999-0000-4000-8000-000000000000",
            "x",
        )));
    expect(
        400,
        "unauthorized_client",
        700_038,
        "00000000-0000-0000-0000-000000000000 is not a valid application identifier.",
    )
    .check(&v2(&refresh_form(
        "00000000-0000-0000-0000-000000000000",
        "x",
    )));
}

#[test]
fn wrong_names_and_passwords() {
    let wrong = |user: &'static str, password: &'static str| {
        let form = [
            ("client_id", DESKTOP),
            ("grant_type", "password"),
            ("username", user),
            ("password", password),
            ("scope", SCOPE),
        ];
        v2(&form)
    };
    expect(
        400,
        "invalid_grant",
        50126,
        "Error validating credentials due to invalid username or password.",
    )
    .check(&wrong(ALICE, "wrong"));
    let text = "The user account {EUII Hidden} does not exist in the contoso.example directory. To sign into this \
                application, the account must be added to the directory.";
    let unknown = expect(400, "invalid_grant", 50034, text)
        .suberror("bad_token")
        .page();
    unknown.check(&wrong("nobody@contoso.example", PASSWORD));
    // A guest has no password here.
    unknown.check(&wrong(CAROL, PASSWORD));
    expect(400, "invalid_grant", 50057, "The user account is disabled.")
        .check(&wrong(DAN, PASSWORD));
}

#[test]
fn requests_that_are_not_whole() {
    let missing = |parameter: &'static str| match parameter {
        "grant_type" => "The request body must contain the following parameter: 'grant_type'.",
        "client_id" => "The request body must contain the following parameter: 'client_id'.",
        "refresh_token" => {
            "The request body must contain the following parameter: 'refresh_token'."
        }
        _ => "The request body must contain the following parameter: 'password'.",
    };
    for (parameter, form) in [
        ("grant_type", &[("client_id", DESKTOP)][..]),
        ("grant_type", &[("client_id", DESKTOP), ("grant_type", "")]),
        ("client_id", &[("grant_type", "refresh_token")]),
        (
            "refresh_token",
            &[("grant_type", "refresh_token"), ("client_id", DESKTOP)],
        ),
        (
            "password",
            &[
                ("grant_type", "password"),
                ("client_id", DESKTOP),
                ("username", ALICE),
            ],
        ),
    ] {
        expect(400, "invalid_request", 900_144, missing(parameter)).check(&v2(form));
    }
    expect(
        400,
        "unsupported_grant_type",
        70003,
        "The app requested an unsupported grant type 'magic'.",
    )
    .check(&v2(&[("grant_type", "magic"), ("client_id", DESKTOP)]));
    expect(
        400,
        "invalid_request",
        9_000_411,
        "The request is not properly formatted. The parameter 'client_id' is duplicated.",
    )
    .check(&v2(&[("client_id", DESKTOP), ("client_id", WEB)]));
    let get = http::Request::get("https://localhost/common/oauth2/v2.0/token")
        .header("client-request-id", CORRELATION_ID);
    expect(
        400,
        "invalid_request",
        900_561,
        "The endpoint only accepts POST requests. Received a GET request.",
    )
    .check(&send(&emulator(), get, "".into(), at(0)));
}

#[test]
fn a_v1_parameter_sent_to_v2() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    let form = [&refresh_form(DESKTOP, &rt)[..], &[("resource", GRAPH)]].concat();
    expect(
        400,
        "invalid_request",
        901_002,
        "The 'resource' request parameter is not supported.",
    )
    .check(&token(&emulator, Protocol::V2, CONTOSO, &form));
}

#[test]
fn scopes_and_resources_that_do_not_exist() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    let send = |scope: &str| token(&emulator, Protocol::V2, CONTOSO, &scoped(&rt, scope));
    expect(
        400,
        "invalid_scope",
        70011,
        "The provided request must include a 'scope' input parameter. The provided value for the input parameter \
         'scope' is not valid. The scope offline_access openid profile s is not valid.",
    )
    .page()
    .check(&send("offline_access openid profile s"));
    let text = "The resource principal named https://nowhere.example was not found in the tenant named Contoso. This \
                can happen if the application has not been installed by the administrator of the tenant or consented \
                to by any user in the tenant. You might have sent your authentication request to the wrong tenant.";
    let unknown = expect(400, "invalid_resource", 500_011, text).page();
    unknown.check(&send("https://nowhere.example/.default"));
    unknown.check(&token(
        &emulator,
        Protocol::V1,
        CONTOSO,
        &refresh_form_v1(DESKTOP, &rt, "https://nowhere.example"),
    ));
}

#[test]
fn users_of_other_tenants() {
    let emulator = emulator();
    let rt = sign_in(&emulator).refresh_token();
    expect(
        400,
        "invalid_grant",
        90072,
        "User account '{EUII Hidden}' from identity provider 'https://localhost:8443' does not exist in tenant \
         'Fabrikam' and cannot access the application '00c0ffee-0000-4000-8000-000000000001'(Sample desktop) in that \
         tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again \
         with a different Azure Active Directory user account.",
    )
    .check(&token(&emulator, Protocol::V2, FABRIKAM, &refresh_form(DESKTOP, &rt)));
}

#[test]
fn applications_of_one_tenant() {
    let directory = Directory::builder()
        .tenant(Tenant::new("a.example").user(User::new("a@a.example", "pw")))
        .tenant(Tenant::new("b.example"))
        .app(App::public("app").single_tenant("a.example"))
        .build()
        .unwrap();
    let emulator = Emulator::new(directory);
    let rt = emulator
        .issue_refresh_token("a@a.example", "app", at(0))
        .unwrap();
    let send = |tenant: &str| token(&emulator, Protocol::V2, tenant, &refresh_form("app", &rt));
    assert_eq!(send("a.example").status, 200);
    assert_eq!(send("common").code(), 50194);
    assert_eq!(send("b.example").code(), 700_016);
}

#[test]
fn grants_that_need_a_tenant() {
    let form = password_form(DESKTOP, ALICE);
    let send = |tenant: &str| token(&emulator(), Protocol::V2, tenant, &form);
    assert_eq!(send("common").code(), 9_001_023);
    assert_eq!(send("consumers").code(), 9_001_023);
    assert_eq!(send("organizations").status, 200);
    assert_eq!(send(CONTOSO_ID).status, 200);
    let app_only = [
        ("client_id", WEB),
        ("grant_type", "client_credentials"),
        ("client_secret", WEB_SECRET),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    assert_eq!(
        token(&emulator(), Protocol::V2, "common", &app_only).code(),
        50059
    );
    let narrow = [
        ("client_id", WEB),
        ("grant_type", "client_credentials"),
        ("client_secret", WEB_SECRET),
        ("scope", "https://graph.microsoft.com/User.Read"),
    ];
    assert_eq!(
        token(&emulator(), Protocol::V2, CONTOSO, &narrow).code(),
        1_002_012
    );
}

fn with_basic(credentials: &str, form: Form<'_>) -> Answer {
    let request = http::Request::post(format!("{BASE}/{CONTOSO}/oauth2/v2.0/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", credentials);
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    send(&emulator(), request, body.into(), at(0))
}

#[test]
fn basic_credentials_that_cannot_be_read_are_a_failed_authentication() {
    let scope = ("scope", "https://graph.microsoft.com/.default");
    let form = [("grant_type", "client_credentials"), scope];
    let basic = |pair: &str| {
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        format!("Basic {pair}")
    };
    assert_eq!(
        with_basic(&basic(&format!("{WEB}:{WEB_SECRET}")), &form).status,
        200
    );
    assert_eq!(
        with_basic(
            &basic(&format!("{}:{WEB_SECRET}", WEB.replace('-', "%2D"))),
            &form
        )
        .status,
        200
    );
    // RFC 6749 §5.2: "If the client attempted to authenticate via the "Authorization" request header field, the
    // authorization server MUST respond with an HTTP 401".
    for credentials in [
        basic(&format!("{WEB}%zz:{WEB_SECRET}")),
        basic(&format!("{WEB}:{WEB_SECRET}%")),
        basic(&format!("{WEB}:{WEB_SECRET}%4")),
        basic(&format!("{WEB}:%zz{WEB_SECRET}")),
        basic(&format!("%x{WEB}:{WEB_SECRET}")),
        basic(&format!("{WEB}:%ff%fe")),
        basic("%"),
        basic("no colon"),
        basic(""),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic %zz".to_owned(),
        "basic !!!".to_owned(),
        format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode([0xff, b':', 0xff])
        ),
    ] {
        let answer = with_basic(&credentials, &form);
        assert_eq!(
            (answer.status, answer.text("error"), answer.code()),
            (401, "invalid_client".to_owned(), 7_000_215),
            "{credentials}"
        );
        // A client id in the form does not make up for it (RFC 6749 §2.3: one method for each request).
        let named = [&form[..], &[("client_id", WEB)]].concat();
        assert_eq!(
            with_basic(&credentials, &named).status,
            401,
            "{credentials}"
        );
        let text = answer.text("error_description");
        assert!(!text.contains(WEB_SECRET), "{text}");
    }
    // Another scheme is no attempt to authenticate as a client.
    let answer = with_basic("Bearer %zz", &form);
    assert_eq!(answer.code(), 900_144);
}
