//! Clients that authenticate by signed assertions, and APIs that act on behalf of their callers.

use msal_emulator::sample::{
    ALICE, CONTOSO, CONTOSO_ID, DESKTOP, FABRIKAM, PASSWORD, WEB, WEB_SECRET,
};
use msal_emulator::{
    App, Certificate, Directory, Emulator, Policy, Requirement, Resource, Tenant, User,
};
use serde_json::{Value, json};

use crate::browser::{Browser, redirected};
use crate::holder::Holder;
use crate::support::{Answer, BASE, Protocol, START, at, emulator, token, token_at};

const DAEMON: &str = "00c0ffee-0000-4000-8000-0000000000da";
const SCOPE: &str = "https://graph.microsoft.com/.default";

fn claims() -> Value {
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of this century are exact"
    )]
    let now = START as f64 + 0.5;
    json!({
        "aud": format!("{BASE}/{CONTOSO}/oauth2/v2.0/token"),
        "iss": DAEMON,
        "sub": DAEMON,
        "iat": now,
        "exp": now + 600.0,
        "jti": "1",
    })
}

fn world(holder: &Holder) -> Emulator {
    let certificate = Certificate::from_der(&holder.der).unwrap();
    let directory = Directory::builder()
        .tenant(
            Tenant::new(CONTOSO)
                .id(CONTOSO_ID)
                .user(User::new(ALICE, "pw")),
        )
        .tenant(Tenant::new(FABRIKAM))
        .app(App::with_certificate(DAEMON, certificate));
    Emulator::new(directory.build().unwrap())
}

fn present(emulator: &Emulator, assertion: &str) -> Answer {
    let form = [
        ("client_id", DAEMON),
        ("grant_type", "client_credentials"),
        ("client_assertion", assertion),
        (
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ),
        ("scope", SCOPE),
    ];
    token(emulator, Protocol::V2, CONTOSO, &form)
}

#[test]
fn a_certificate_proves_a_client() {
    let holder = Holder::new();
    let emulator = world(&holder);
    for header in [
        holder.rs256(),
        holder.ps256(),
        json!({"alg": "RS256", "x5c": holder.ps256()["x5c"]}),
    ] {
        let answer = present(&emulator, &holder.sign(&header, &claims()));
        assert_eq!(answer.status, 200, "{header} {answer:?}");
        assert_eq!(answer.claims("access_token")["appidacr"], "1");
    }
    let audiences = [
        format!("{BASE}/{CONTOSO_ID}/v2.0"),
        format!("{BASE}/{CONTOSO_ID}/oauth2/token"),
        format!(
            "https://login.microsoftonline.com/{CONTOSO}/oauth2/v2.0/token?client-request-id=1"
        ),
    ];
    for audience in audiences {
        let mut claims = claims();
        claims["aud"] = json!(audience);
        assert_eq!(
            present(&emulator, &holder.sign(&holder.rs256(), &claims)).status,
            200,
            "{audience}"
        );
    }
}

#[test]
fn assertions_that_prove_nothing() {
    let (holder, other) = (Holder::new(), Holder::new());
    let emulator = world(&holder);
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        holder.sign(&holder.rs256(), &claims)
    };
    let foreign_url = json!(format!("https://evil.example/{CONTOSO}/oauth2/v2.0/token"));
    let mut mixed = holder.rs256();
    mixed["x5t#S256"] = other.ps256()["x5t#S256"].clone();
    assert_eq!(present(&emulator, "a.b.c").code(), 50027);
    for (assertion, code) in [
        (other.sign(&holder.rs256(), &claims()), 700_027),
        (other.sign(&other.rs256(), &claims()), 700_027),
        (holder.sign(&json!({"alg": "RS256"}), &claims()), 700_027),
        (
            holder.sign(
                &json!({"alg": "none", "x5t": holder.rs256()["x5t"]}),
                &claims(),
            ),
            700_027,
        ),
        (holder.sign(&mixed, &claims()), 700_027),
        (with("iss", json!("somebody")), 700_021),
        (with("sub", json!("somebody")), 700_021),
        (with("aud", json!("somewhere")), 700_023),
        (with("aud", foreign_url), 700_023),
        (
            with("aud", json!(format!("{BASE}/{FABRIKAM}/oauth2/v2.0/token"))),
            700_023,
        ),
        (with("exp", json!(START - 301)), 700_024),
        (with("nbf", json!(START + 301)), 700_024),
    ] {
        let answer = present(&emulator, &assertion);
        assert_eq!((answer.code(), answer.status), (code, 401), "{answer:?}");
        assert_eq!(answer.text("error"), "invalid_client");
    }
}

fn middle_tier(emulator: &Emulator, assertion: &str, seconds: u64) -> Answer {
    let form = [
        ("client_id", WEB),
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("client_secret", WEB_SECRET),
        ("requested_token_use", "on_behalf_of"),
        (
            "scope",
            "https://graph.microsoft.com/.default offline_access openid profile",
        ),
        ("assertion", assertion),
        ("client_info", "1"),
    ];
    token_at(emulator, Protocol::V2, CONTOSO, &form, at(seconds))
}

fn access_token(emulator: &Emulator, scope: &str) -> String {
    let rt = emulator.issue_refresh_token(ALICE, DESKTOP, at(0)).unwrap();
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "refresh_token"),
        ("refresh_token", &rt),
        ("scope", scope),
    ];
    token(emulator, Protocol::V2, CONTOSO, &form).text("access_token")
}

#[test]
fn an_api_acts_on_behalf_of_its_caller() {
    let emulator = emulator();
    let assertion = access_token(&emulator, &format!("api://{WEB}/.default"));
    let answer = middle_tier(&emulator, &assertion, 1);
    assert_eq!(answer.claims("access_token")["upn"], ALICE);
    assert_eq!(answer.claims("access_token")["appid"], WEB);
    assert!(answer.json()["refresh_token"].is_string() && answer.json()["client_info"].is_string());
    let foreign = access_token(&emulator, SCOPE);
    assert_eq!(middle_tier(&emulator, &foreign, 1).code(), 500_131);
    assert_eq!(middle_tier(&emulator, &assertion, 3601).code(), 500_133);
    let (signed, _) = assertion.rsplit_once('.').unwrap();
    assert_eq!(
        middle_tier(&emulator, &format!("{signed}.AAAA"), 1).code(),
        50013
    );
    assert_eq!(middle_tier(&emulator, "opaque", 1).code(), 50027);
}

#[test]
fn a_second_factor_counts_for_the_next_api_too() {
    for is_v2 in [false, true] {
        second_factor_counts(is_v2);
    }
}

fn second_factor_counts(is_v2: bool) {
    let emulator = emulator();
    let rule = Policy::new(Requirement::Mfa)
        .user(ALICE)
        .resource(SCOPE.trim_end_matches("/.default"));
    let tenant = Tenant::new(CONTOSO).policy(rule.resource(format!("api://{WEB}")));
    let mut more = Directory::builder().tenant(tenant);
    if is_v2 {
        more = more.resource(Resource::new(format!("api://{WEB}")).id(WEB).v2_tokens());
    }
    emulator.declare(more).unwrap();
    let scope = format!("api://{WEB}/.default");
    let query = [
        ("client_id", DESKTOP),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost"),
        ("scope", &scope),
        ("login_hint", ALICE),
    ];
    let mut browser = Browser::new(&emulator);
    browser.open("/common/oauth2/v2.0/authorize", &query);
    browser.submit(&[("do", "password"), ("password", PASSWORD)]);
    let done = browser.submit(&[("do", "code"), ("code", "123456")]);
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "authorization_code"),
        ("code", &redirected(&done, "code").unwrap()),
        ("redirect_uri", "http://localhost"),
    ];
    let answer = token(&emulator, Protocol::V2, CONTOSO, &form);
    let version = if is_v2 { "2.0" } else { "1.0" };
    assert_eq!(answer.claims("access_token")["ver"], version);
    let assertion = answer.text("access_token");
    assert_eq!(middle_tier(&emulator, &assertion, 1).status, 200);
}

#[test]
fn an_api_hears_which_factor_is_missing() {
    let emulator = emulator();
    let assertion = access_token(&emulator, &format!("api://{WEB}/.default"));
    let rule = Policy::new(Requirement::Mfa).user(ALICE);
    let more = Directory::builder().tenant(Tenant::new(CONTOSO).policy(rule));
    emulator.declare(more).unwrap();
    let refused = middle_tier(&emulator, &assertion, 1);
    assert_eq!(refused.code(), 50076);
    assert!(refused.json()["claims"].is_string());
}

#[test]
fn an_agent_gets_the_tokens_of_its_user() {
    const BLUEPRINT: &str = "00c0ffee-0000-4000-8000-0000000000b1";
    const AGENT: &str = "00c0ffee-0000-4000-8000-0000000000a1";
    let directory = Directory::builder()
        .tenant(Tenant::new(CONTOSO).user(User::new(ALICE, "pw").object_id(CONTOSO_ID)))
        .app(App::confidential(BLUEPRINT, "secret"))
        .app(App::public(AGENT).trusts("unused"));
    let emulator = Emulator::new(directory.build().unwrap());
    let exchange = "api://AzureADTokenExchange/.default";
    let first = [
        ("client_id", BLUEPRINT),
        ("grant_type", "client_credentials"),
        ("client_secret", "secret"),
        ("fmi_path", AGENT),
        ("scope", exchange),
    ];
    let first = token(&emulator, Protocol::V2, CONTOSO, &first).text("access_token");
    assert!(
        crate::support::claims(&first)["sub"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/{AGENT}"))
    );
    let as_agent = |grant: &'static str, more: &[(&str, &str)]| {
        let mut form = vec![
            ("client_id", AGENT),
            ("grant_type", grant),
            ("client_assertion", first.as_str()),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
        ];
        form.extend_from_slice(more);
        token(&emulator, Protocol::V2, CONTOSO, &form)
    };
    let second = as_agent("client_credentials", &[("scope", exchange)]).text("access_token");
    for whom in [("username", ALICE), ("user_id", CONTOSO_ID)] {
        let more = [
            ("user_federated_identity_credential", second.as_str()),
            ("scope", SCOPE),
            whom,
        ];
        let answer = as_agent("user_fic", &more);
        assert_eq!(answer.claims("access_token")["upn"], ALICE, "{answer:?}");
    }
    let wrong = as_agent(
        "user_fic",
        &[
            ("user_federated_identity_credential", "x"),
            ("scope", SCOPE),
            ("username", ALICE),
        ],
    );
    assert_eq!(wrong.code(), 50027);
}
