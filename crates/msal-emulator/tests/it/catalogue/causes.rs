//! What makes the emulator answer with each error.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Request;
use msal_emulator::sample::{
    ALICE, BOB, CAROL, CONTOSO, DAN, DESKTOP, FABRIKAM, MIA, PAGE, PAGE_REDIRECT, PASSWORD,
    REPORTS, WEB, WEB_REDIRECT, WEB_SECRET,
};
use msal_emulator::{
    App, Certificate, Directory, Emulator, Policy, RedirectKind, Requirement, Settings, Tenant,
    User,
};
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

use crate::browser::Browser;
use crate::holder::Holder;
use crate::support::{
    ARM, Answer, BASE, CORRELATION_ID, Form, GRAPH, Protocol, SCOPE, START, at, emulator,
    password_form, refresh_form, refresh_form_v1, send, token, token_at,
};

/// Where an error was reported.
#[derive(Debug)]
pub(super) enum Provoked {
    Envelope(Answer),
    /// At the client's redirect URI.
    Redirect {
        parameters: Vec<(String, String)>,
        trace_id: String,
    },
}

/// Whether nothing in a request causes the error: it is trouble of the service itself, or Entra no longer
/// says it, or it is not known what makes Entra say it.
pub(super) fn has_none(code: u32) -> bool {
    [28002, 50033, 70002, 90006, 90024, 90033, 90055].contains(&code)
}

/// Makes the request that is answered with the error.
pub(super) fn provoke(code: u32, protocol: Protocol) -> Option<Provoked> {
    let envelope = |answer| Some(Provoked::Envelope(answer));
    match code {
        16000 => two_people(),
        50011 => envelope(authorize_json(&[("redirect_uri", "https://evil.example")])),
        50058 => redirect(&ask(&[("prompt", "none")])),
        50074 => gave_up(),
        50149 => redirect(&ask(&[("code_challenge_method", "S1")])),
        65004 => declined(),
        70005 => redirect(&ask(&[("response_type", "magic")])),
        70007 => redirect(&ask(&[("response_mode", "pigeon")])),
        90014 => redirect(&ask_web(&[
            ("response_type", "id_token"),
            ("scope", "openid"),
        ])),
        90023 => redirect(&ask(&[("prompt", "login consent")])),
        501_491 => redirect(&ask(&[("code_challenge", "short")])),
        700_051 => redirect(&ask(&[("response_type", "token")])),
        700_054 => redirect(&ask(&[("response_type", "id_token"), ("nonce", "n")])),
        9_002_325 => redirect(&page_without_proof()),
        50049 => envelope(get(&format!(
            "/common/discovery/instance?api-version=1.1&authorization_endpoint={}",
            "https://evil.example/common/oauth2/v2.0/authorize"
        ))),
        165_000 => envelope(post(
            "/common/login",
            &[("flow", "of another browser")],
            &[],
            0,
        )),
        900_561 => envelope(get("/common/oauth2/v2.0/token")),
        70016 | 70018 | 70019 | 70020 => envelope(device(code, protocol)),
        28003 | 54005 | 70008 | 501_481 | 700_005 => envelope(with_a_code(code)),
        50027 | 700_021 | 700_023 | 700_024 | 700_027 | 700_213 => {
            envelope(with_an_assertion(code))
        }
        50013 | 500_131 | 500_133 | 7_000_114 => envelope(on_behalf_of(code)),
        53000 | 53001 | 53003 | 53005 | 53011 | 50076 | 50078 | 50079 | 70043 | 530_032
        | 700_003 => envelope(against_a_rule(code, protocol)),
        _ => at_the_token_endpoint(code).map(Provoked::Envelope),
    }
}

fn at_the_token_endpoint(code: u32) -> Option<Answer> {
    let emulator = world();
    let v2 = |tenant: &str, form: Form<'_>| token(&emulator, Protocol::V2, tenant, form);
    let rt = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
    let refresh = |more: Form<'_>| v2(CONTOSO, &with(&refresh_form(DESKTOP, &rt), more));
    let sign_in = |user: &str, password: &str| {
        v2(
            CONTOSO,
            &with(&password_form(DESKTOP, user), &[("password", password)]),
        )
    };
    let as_web = |more: Form<'_>| v2(CONTOSO, &with(&refresh_form(WEB, &rt), more));
    let app_only = |tenant: &str, scope: &str| {
        let form = [
            ("client_id", WEB),
            ("grant_type", "client_credentials"),
            ("client_secret", WEB_SECRET),
            ("scope", scope),
        ];
        v2(tenant, &form)
    };
    let answer = match code {
        50008 => refresh(&[
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:saml2-bearer",
            ),
            ("assertion", "garbage"),
        ]),
        50020 => v2("consumers", &refresh_form(DESKTOP, &rt)),
        50034 => sign_in("nobody@contoso.example", PASSWORD),
        50053 => {
            for _ in 0..10 {
                assert_eq!(sign_in(ALICE, "wrong").code(), 50126);
            }
            sign_in(ALICE, PASSWORD)
        }
        50055 => sign_in("eve@contoso.example", PASSWORD),
        50057 => sign_in(DAN, PASSWORD),
        50059 => app_only("common", "https://graph.microsoft.com/.default"),
        50126 => sign_in(ALICE, "wrong"),
        50173 => {
            emulator.revoke_sessions(ALICE, at(0));
            refresh(&[])
        }
        50196 => return Some(in_a_loop()),
        50194 => v2("common", &refresh_form(ONE_TENANT, &rt)),
        65001 => {
            let rt = emulator.issue_refresh_token(CAROL, DESKTOP, at(0)).unwrap();
            v2(
                FABRIKAM,
                &with(
                    &refresh_form(DESKTOP, &rt),
                    &[("scope", &format!("{REPORTS}/.default"))],
                ),
            )
        }
        70000 => as_web(&[("client_secret", WEB_SECRET)]),
        70003 => refresh(&[("grant_type", "magic")]),
        70011 => refresh(&[("scope", "s")]),
        90002 => v2("nowhere.example", &refresh_form(DESKTOP, &rt)),
        90019 => post("//oauth2/v2.0/token", &refresh_form(DESKTOP, &rt), &[], 0),
        90072 => v2(FABRIKAM, &refresh_form(DESKTOP, &rt)),
        500_011 => refresh(&[("scope", "https://nowhere.example/.default")]),
        650_053 => refresh(&[("scope", "https://graph.microsoft.com/No.Such")]),
        650_057 => {
            let rt = emulator.issue_refresh_token(ALICE, LISTING, at(0)).unwrap();
            v2(
                CONTOSO,
                &with(
                    &refresh_form(LISTING, &rt),
                    &[("scope", "https://vault.azure.net/.default")],
                ),
            )
        }
        700_016 => v2(
            CONTOSO,
            &refresh_form("99999999-0000-4000-8000-000000000000", &rt),
        ),
        700_022 => refresh(&[("scope", "User.Read https://vault.azure.net/.default")]),
        700_025 => refresh(&[("client_secret", "any")]),
        700_038 => v2(
            CONTOSO,
            &refresh_form("00000000-0000-0000-0000-000000000000", &rt),
        ),
        700_082 => later(&emulator, &refresh_form(DESKTOP, &rt), 91 * DAY),
        700_084 => return Some(page_after_a_day(&emulator)),
        900_144 => v2(CONTOSO, &[("client_id", DESKTOP)]),
        901_002 => refresh(&[("resource", GRAPH)]),
        1_002_012 => app_only(CONTOSO, "https://graph.microsoft.com/User.Read"),
        7_000_215 => as_web(&[("client_secret", "wrong")]),
        7_000_218 => as_web(&[]),
        7_000_222 => as_web(&[("client_secret", "of last year")]),
        9_000_411 => v2(CONTOSO, &[("client_id", DESKTOP), ("client_id", WEB)]),
        9_001_023 => v2("common", &password_form(DESKTOP, ALICE)),
        9_002_313 => refresh(&[("refresh_token", "garbage")]),
        9_002_326 => post(
            TOKEN,
            &refresh_form(DESKTOP, &rt),
            &[("origin", "http://localhost:3000")],
            0,
        ),
        9_002_327 => {
            let code = page_code(&emulator);
            token(&emulator, Protocol::V2, CONTOSO, &page_form(&code))
        }
        _ => return None,
    };
    Some(answer)
}

/// The sample directory and what it lacks.
fn world() -> Emulator {
    let emulator = emulator();
    let rules = RULES
        .iter()
        .fold(Tenant::new(CONTOSO), |tenant, (code, requirement)| {
            let upn = format!("rule{code}@contoso.example");
            let user = User::new(upn.clone(), PASSWORD);
            tenant
                .user(user)
                .policy(Policy::new(*requirement).user(upn))
        });
    let eve = User::new("eve@contoso.example", PASSWORD).password_expired();
    let more = Directory::builder()
        .tenant(rules.user(eve))
        .app(App::public(ONE_TENANT).single_tenant(CONTOSO))
        .app(App::public(LISTING).resource(GRAPH))
        .app(
            App::confidential(WEB, WEB_SECRET)
                .name("Sample web")
                .expired_secret("of last year")
                .id_tokens()
                .redirect(RedirectKind::Web, WEB_REDIRECT),
        );
    emulator.declare(more).unwrap();
    emulator
}

/// A user for each policy, named by the error of not meeting it.
const RULES: &[(u32, Requirement)] = &[
    (50078, Requirement::MfaFrequency(Duration::from_secs(60))),
    (50079, Requirement::MfaEnrolment),
    (53000, Requirement::CompliantDevice),
    (53001, Requirement::DomainJoinedDevice),
    (53005, Requirement::AppProtection),
    (53011, Requirement::LowRisk),
    (70043, Requirement::SignInFrequency(Duration::from_secs(60))),
    (530_032, Requirement::SecurityPolicy),
    (700_003, Requirement::RegisteredDevice),
];

fn against_a_rule(code: u32, protocol: Protocol) -> Answer {
    let emulator = world();
    let (user, resource) = match code {
        50076 => (MIA.to_owned(), ARM),
        53003 => (BOB.to_owned(), "https://vault.azure.net"),
        _ => (format!("rule{code}@contoso.example"), GRAPH),
    };
    let rt = if code == 50078 {
        with_a_second_factor(&emulator, &user)
    } else {
        emulator.issue_refresh_token(&user, DESKTOP, at(0)).unwrap()
    };
    let scope = format!("{resource}/.default");
    let form = match protocol {
        Protocol::V1 => refresh_form_v1(DESKTOP, &rt, resource).to_vec(),
        Protocol::V2 => with(&refresh_form(DESKTOP, &rt), &[("scope", &scope)]),
    };
    token_at(&emulator, protocol, CONTOSO, &form, at(61))
}

/// The refresh token of a sign-in with a second factor.
fn with_a_second_factor(emulator: &Emulator, user: &str) -> String {
    let mut browser = Browser::new(emulator);
    browser.open(AUTHORIZE, &query(&[("login_hint", user)]));
    browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    let done = browser.submit(&[("do", "code"), ("code", "123456")]);
    let code = crate::browser::redirected(&done, "code").unwrap();
    token(emulator, Protocol::V2, CONTOSO, &code_form(&code)).refresh_token()
}

fn two_people() -> Option<Provoked> {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    for user in [ALICE, BOB] {
        browser.open(AUTHORIZE, &query(&[("login_hint", user)]));
        browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    }
    redirect(&browser.open(AUTHORIZE, &query(&[("prompt", "none")])))
}

fn gave_up() -> Option<Provoked> {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    let scope = format!("{ARM}/.default");
    browser.open(AUTHORIZE, &query(&[("login_hint", MIA), ("scope", &scope)]));
    browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    assert!(browser.shows("Enter code"));
    redirect(&browser.submit(&[("do", "give-up")]))
}

fn declined() -> Option<Provoked> {
    let emulator = emulator();
    let mut browser = Browser::new(&emulator);
    browser.open(
        AUTHORIZE,
        &query(&[("login_hint", ALICE), ("prompt", "consent")]),
    );
    browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    assert!(browser.shows("Permissions requested"));
    redirect(&browser.submit(&[("do", "cancel")]))
}

fn device(code: u32, protocol: Protocol) -> Answer {
    let emulator = emulator();
    let (path, asked) = match protocol {
        Protocol::V1 => ("devicecode", ("resource", GRAPH)),
        Protocol::V2 => ("v2.0/devicecode", ("scope", SCOPE)),
    };
    let begin = Request::post(format!("{BASE}/{CONTOSO}/oauth2/{path}"));
    let begun = send(
        &emulator,
        begin,
        encoded(&[("client_id", DESKTOP), asked]).into(),
        at(0),
    );
    if code == 70019 {
        return entered_too_late(&emulator, &begun.text("user_code"));
    }
    let device_code = if code == 70018 {
        "garbage".to_owned()
    } else {
        begun.text("device_code")
    };
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "device_code"),
        ("code", &device_code),
    ];
    let after = if code == 70020 { 901 } else { 0 };
    token_at(&emulator, protocol, CONTOSO, &form, at(after))
}

/// The code of a device expires while its person is at the pages.
fn entered_too_late(emulator: &Emulator, user_code: &str) -> Answer {
    let mut browser = Browser::new(emulator);
    browser.open("/devicelogin", &[]);
    browser.seconds = 900;
    browser.submit(&[("do", "device"), ("user_code", user_code)]);
    browser.seconds = 901;
    browser.accept = "application/json";
    browser.submit(&[("do", "name"), ("username", ALICE)])
}

fn with_a_code(code: u32) -> Answer {
    let emulator = emulator();
    let text = code_of(&ask_of(&emulator, &[("login_hint", ALICE)]));
    let form = code_form(&text);
    let redeem = |tenant, more: Form<'_>, seconds| {
        token_at(
            &emulator,
            Protocol::V2,
            tenant,
            &with(&form, more),
            at(seconds),
        )
    };
    match code {
        28003 => redeem(CONTOSO, &[("scope", "")], 0),
        54005 => {
            assert_eq!(redeem(CONTOSO, &[], 0).status, 200);
            redeem(CONTOSO, &[], 0)
        }
        70008 => redeem(CONTOSO, &[], 601),
        501_481 => redeem(CONTOSO, &[("code_verifier", "wrong")], 0),
        _ => redeem(FABRIKAM, &[], 0),
    }
}

fn with_an_assertion(code: u32) -> Answer {
    let (holder, stranger) = (Holder::new(), Holder::new());
    let emulator = world();
    let certificate = Certificate::from_der(&holder.der).unwrap();
    let daemon = Directory::builder().app(App::with_certificate(DAEMON, certificate));
    emulator.declare(daemon).unwrap();
    let claims = |changed: Value| {
        let mut claims = json!({
            "aud": format!("{BASE}/{CONTOSO}/oauth2/v2.0/token"),
            "iss": DAEMON,
            "sub": DAEMON,
            "iat": START,
            "exp": START + 600,
        });
        for (name, value) in changed.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims
    };
    let assertion = match code {
        50027 => "not.a.token".to_owned(),
        700_021 => holder.sign(&holder.rs256(), &claims(json!({"iss": WEB}))),
        700_023 => holder.sign(
            &holder.rs256(),
            &claims(json!({"aud": "https://evil.example"})),
        ),
        700_024 => holder.sign(&holder.rs256(), &claims(json!({"exp": START - 301}))),
        700_027 => stranger.sign(&stranger.rs256(), &claims(json!({}))),
        _ => for_exchange(&emulator),
    };
    let form = [
        ("client_id", DAEMON),
        ("grant_type", "client_credentials"),
        ("client_assertion", &assertion),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    token(&emulator, Protocol::V2, CONTOSO, &form)
}

/// A token for exchange whose subject nobody trusts.
fn for_exchange(emulator: &Emulator) -> String {
    let form = [
        ("client_id", WEB),
        ("grant_type", "client_credentials"),
        ("client_secret", WEB_SECRET),
        ("scope", "api://AzureADTokenExchange/.default"),
    ];
    token(emulator, Protocol::V2, CONTOSO, &form).text("access_token")
}

fn on_behalf_of(code: u32) -> Answer {
    let emulator = emulator();
    let rt = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
    let resource = if code == 500_131 {
        GRAPH.to_owned()
    } else {
        format!("api://{WEB}")
    };
    let scope = format!("{resource}/.default");
    let called = with(&refresh_form(DESKTOP, &rt), &[("scope", &scope)]);
    let mut assertion = token(&emulator, Protocol::V2, CONTOSO, &called).text("access_token");
    if code == 7_000_114 {
        let own = [
            ("client_id", WEB),
            ("client_secret", WEB_SECRET),
            ("grant_type", "client_credentials"),
            ("scope", &scope),
        ];
        assertion = token(&emulator, Protocol::V2, CONTOSO, &own).text("access_token");
    }
    if code == 50013 {
        let (signed, _) = assertion.rsplit_once('.').unwrap();
        assertion = format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 256]));
    }
    let form = [
        ("client_id", WEB),
        ("client_secret", WEB_SECRET),
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("requested_token_use", "on_behalf_of"),
        ("assertion", &assertion),
        ("scope", SCOPE),
    ];
    later(&emulator, &form, if code == 500_133 { 3601 } else { 0 })
}

fn page_without_proof() -> Answer {
    let query = [
        ("client_id", PAGE),
        ("response_type", "code"),
        ("redirect_uri", PAGE_REDIRECT),
        ("scope", SCOPE),
        ("state", "s"),
    ];
    get(&format!("{AUTHORIZE}?{}", encoded(&query)))
}

fn page_code(emulator: &Emulator) -> String {
    let page = [
        ("client_id", PAGE),
        ("redirect_uri", PAGE_REDIRECT),
        ("login_hint", ALICE),
    ];
    code_of(&ask_of(emulator, &page))
}

fn page_form(code: &str) -> Vec<(&str, &str)> {
    with(
        &code_form(code),
        &[("client_id", PAGE), ("redirect_uri", PAGE_REDIRECT)],
    )
}

fn page_after_a_day(emulator: &Emulator) -> Answer {
    let code = page_code(emulator);
    let from_page = |form: Form<'_>, seconds| {
        let request = Request::post(format!("{BASE}{TOKEN}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "http://localhost:3000");
        send(emulator, request, encoded(form).into(), at(seconds))
    };
    let rt = from_page(&page_form(&code), 0).refresh_token();
    from_page(&refresh_form(PAGE, &rt), DAY + 1)
}

fn ask(more: Form<'_>) -> Answer {
    ask_of(&emulator(), more)
}

fn ask_web(more: Form<'_>) -> Answer {
    let web = with(&[("client_id", WEB), ("redirect_uri", WEB_REDIRECT)], more);
    ask_of(&world(), &web)
}

/// A program asks for a code.
fn ask_of(emulator: &Emulator, more: Form<'_>) -> Answer {
    let request = Request::get(format!("{BASE}{AUTHORIZE}?{}", encoded(&query(more))));
    send(emulator, request, "".into(), at(0))
}

fn authorize_json(more: Form<'_>) -> Answer {
    let answer = ask(more);
    assert!(
        answer
            .header("content-type")
            .starts_with("application/json")
    );
    answer
}

fn query<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("client_id", DESKTOP),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:49152"),
        ("scope", SCOPE),
        ("state", "s"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    with(&usual, more)
}

fn code_form(code: &str) -> [(&str, &str); 5] {
    [
        ("client_id", DESKTOP),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", "http://localhost:49152"),
        ("code_verifier", VERIFIER),
    ]
}

fn code_of(answer: &Answer) -> String {
    crate::browser::redirected(answer, "code").unwrap()
}

/// The parameters that a redirect brings to the client, in the query or the fragment.
fn redirect(answer: &Answer) -> Option<Provoked> {
    assert_eq!(answer.status, 302, "{answer:?}");
    let url = Url::parse(answer.header("location")).unwrap();
    let text = url.fragment().or_else(|| url.query()).unwrap();
    let parameters = url::form_urlencoded::parse(text.as_bytes());
    Some(Provoked::Redirect {
        parameters: parameters.into_owned().collect(),
        trace_id: answer.header("x-ms-request-id").to_owned(),
    })
}

fn get(path: &str) -> Answer {
    let request = Request::get(format!("{BASE}{path}")).header("client-request-id", CORRELATION_ID);
    send(&emulator(), request, "".into(), at(0))
}

fn post(path: &str, form: Form<'_>, headers: Form<'_>, seconds: u64) -> Answer {
    let request = Request::post(format!("{BASE}{path}"))
        .header("content-type", "application/x-www-form-urlencoded");
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    send(&emulator(), request, encoded(form).into(), at(seconds))
}

/// A client redeems its refresh token for every call of an API.
fn in_a_loop() -> Answer {
    let settings = Settings::default().loop_limit(3);
    let emulator = Emulator::with_settings(Directory::sample(), settings);
    let rt = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
    let redeem = |seconds| later(&emulator, &refresh_form(DESKTOP, &rt), seconds);
    // A minute later the count begins anew.
    for seconds in [0, 1, 60, 61, 62, 63] {
        assert_eq!(redeem(seconds).status, 200);
    }
    redeem(64)
}

fn later(emulator: &Emulator, form: Form<'_>, seconds: u64) -> Answer {
    token_at(emulator, Protocol::V2, CONTOSO, form, at(seconds))
}

/// A form with some of its values replaced, or others added.
fn with<'a>(form: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let replaced = |name: &str| more.iter().any(|(known, _)| *known == name);
    let kept = form.iter().filter(|(name, _)| !replaced(name));
    kept.chain(more).copied().collect()
}

fn encoded(form: Form<'_>) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
}

const AUTHORIZE: &str = "/contoso.example/oauth2/v2.0/authorize";
const TOKEN: &str = "/contoso.example/oauth2/v2.0/token";
const DAY: u64 = 86_400;
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const DAEMON: &str = "00c0ffee-0000-4000-8000-0000000000da";
const ONE_TENANT: &str = "00c0ffee-0000-4000-8000-0000000000e1";
const LISTING: &str = "00c0ffee-0000-4000-8000-0000000000e2";
