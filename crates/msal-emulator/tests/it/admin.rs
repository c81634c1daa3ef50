//! The admin API.

use bytes::Bytes;
use http::{Method, Request};
use msal_emulator::Emulator;
use msal_emulator::sample::{ALICE, CONTOSO, DESKTOP, PASSWORD};
use serde_json::{Value, json};

use crate::support::{Protocol, SCOPE, at, emulator, password_form, refresh_form, token, token_at};

fn ask(emulator: &Emulator, method: Method, path: &str, body: &str) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost:8444")
        .body(Bytes::from(body.to_owned()))
        .unwrap();
    let response = emulator.administer(&request, at(0));
    let status = response.status().as_u16();
    (status, serde_json::from_slice(response.body()).unwrap())
}

fn get(emulator: &Emulator, path: &str) -> Value {
    let (status, body) = ask(emulator, Method::GET, path, "");
    assert_eq!(status, 200, "{body}");
    body
}

fn post(emulator: &Emulator, path: &str, body: &Value) -> (u16, Value) {
    ask(emulator, Method::POST, path, &body.to_string())
}

#[test]
fn a_directory_grows_while_it_is_used() {
    let emulator = emulator();
    let eve = "eve@contoso.example";
    let declared = json!({
        "tenant": [
            {"domain": CONTOSO, "user": [{"upn": eve, "password": "first"}]},
            {"domain": "new.example", "user": [{"upn": "nina@new.example", "password": PASSWORD}]},
        ],
        "app": [{"client_id": "new-app"}],
    });
    assert_eq!(post(&emulator, "/directory", &declared).0, 200);
    let directory = get(&emulator, "/directory");
    assert_eq!(directory["tenants"].as_array().unwrap().len(), 3);
    let sign_in = |client: &str, user: &str, password: &str| {
        let form = [
            ("client_id", client),
            ("grant_type", "password"),
            ("username", user),
            ("password", password),
            ("scope", SCOPE),
        ];
        token(&emulator, Protocol::V2, "organizations", &form).status
    };
    assert_eq!(sign_in("new-app", eve, "first"), 200);
    assert_eq!(sign_in(DESKTOP, "nina@new.example", PASSWORD), 200);
    assert_eq!(sign_in(DESKTOP, ALICE, PASSWORD), 200);
    let again =
        json!({"tenant": [{"domain": CONTOSO, "user": [{"upn": eve, "password": "second"}]}]});
    assert_eq!(post(&emulator, "/directory", &again).0, 200);
    assert_eq!(
        (
            sign_in(DESKTOP, eve, "first"),
            sign_in(DESKTOP, eve, "second")
        ),
        (400, 200)
    );
    let broken = json!({"app": [{"client_id": "x", "single_tenant": "nowhere.example"}]});
    let (status, body) = post(&emulator, "/directory", &broken);
    assert!(
        status == 400 && body["error"].as_str().unwrap().contains("nowhere.example"),
        "{body}"
    );
    assert_eq!(post(&emulator, "/directory", &json!({"fault": []})).0, 400);
}

#[test]
fn people_faults_and_the_clock_are_steered() {
    let emulator = emulator();
    let (_, issued) = post(
        &emulator,
        "/refresh-tokens",
        &json!({"upn": ALICE, "client_id": DESKTOP}),
    );
    let rt = issued["refresh_token"].as_str().unwrap();
    let redeem = || token(&emulator, Protocol::V2, CONTOSO, &refresh_form(DESKTOP, rt));
    assert_eq!(redeem().status, 200);
    post(
        &emulator,
        "/faults",
        &json!({"throttle": {"date_in": 60}, "first": 1}),
    );
    let throttled = redeem();
    assert_eq!(
        (throttled.status, throttled.header("retry-after")),
        (429, "Thu, 13 Aug 2026 21:25:29 GMT")
    );
    post(&emulator, "/faults", &json!({"aadsts": 50076}));
    assert_eq!(redeem().code(), 50076);
    assert_eq!(ask(&emulator, Method::DELETE, "/faults", "").0, 200);
    assert_eq!(redeem().status, 200);
    let enabled = format!("/users/{ALICE}/enabled");
    post(&emulator, &enabled, &json!({"enabled": false}));
    assert_eq!(redeem().code(), 50057);
    post(&emulator, &enabled, &json!({"enabled": true}));
    let ninety_one_days = json!({"advance": 91 * 86_400});
    post(&emulator, "/clock", &ninety_one_days);
    assert_eq!(redeem().code(), 700_082);
    post(&emulator, "/clock", &json!({"reset": true}));
    assert_eq!(redeem().status, 200);
    post(&emulator, "/clock", &json!({"set": 1_800_000_000}));
    assert_eq!(get(&emulator, "/clock")["time"], 1_800_000_000);
    post(&emulator, "/clock", &json!({"reset": true}));
    post(
        &emulator,
        &format!("/users/{ALICE}/password"),
        &json!({"password": "new"}),
    );
    assert_eq!(redeem().code(), 50173);
    let old = token_at(
        &emulator,
        Protocol::V2,
        CONTOSO,
        &password_form(DESKTOP, ALICE),
        at(1),
    );
    assert_eq!(old.code(), 50126);
    assert_eq!(get(&emulator, "/redemptions")["succeeded"], 3);
    let audit = get(&emulator, "/audit");
    let last = audit.as_array().unwrap().last().unwrap();
    assert_eq!(
        (last["user"].as_str(), last["aadsts"].as_u64()),
        (Some(ALICE), Some(50126))
    );
    assert!(!audit.to_string().contains(PASSWORD) && !audit.to_string().contains(rt));
    let catalogue = get(&emulator, "/catalogue");
    let rows = catalogue.as_array().unwrap();
    let declined = rows.iter().find(|row| row["code"] == 65004).unwrap();
    assert_eq!(
        declined["evidence"],
        "MicrosoftDocs/azure-docs, issue 114009 (2023)"
    );
    assert_eq!(
        (&declined["source"], &declined["verbatim"]),
        (&"Reported".into(), &true.into())
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let emulator = emulator();
    for (path, body, status) in [
        ("/nothing", "{}", 404),
        (
            "/users/nobody@contoso.example/enabled",
            "{\"enabled\":true}",
            404,
        ),
        ("/users/alice@contoso.example/enabled", "{}", 400),
        ("/users/alice@contoso.example/unknown", "{}", 404),
        ("/clock", "{}", 400),
        ("/clock", "{\"set\":1,\"advance\":1}", 400),
        ("/faults", "{\"aadsts\":50076,\"throttle\":1}", 400),
        ("/faults", "{\"aadsts\":null}", 400),
        ("/faults", "nonsense", 400),
        (
            "/refresh-tokens",
            "{\"upn\":\"x\",\"client_id\":\"y\"}",
            404,
        ),
        ("/devices/ABC", "{}", 404),
    ] {
        let (found, answer) = ask(&emulator, Method::POST, path, body);
        assert_eq!(found, status, "{path} {answer}");
        assert!(answer["error"].is_string());
    }
}

#[test]
fn only_this_machine_gets_in() {
    let emulator = emulator();
    for (host, origin) in [
        ("emulator.example", None),
        ("localhost.evil.example", None),
        ("127.0.0.1.evil.example:80", None),
        ("localhost", Some("https://evil.example")),
        ("localhost", Some("null")),
    ] {
        let mut request = Request::get("/directory").header("host", host);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let response = emulator.administer(&request.body(Bytes::new()).unwrap(), at(0));
        assert_eq!(response.status(), 403, "{host} {origin:?}");
    }
    for host in ["localhost", "127.0.0.1:1", "[::1]:8444"] {
        let request = Request::get("/clock")
            .header("host", host)
            .body(Bytes::new())
            .unwrap();
        assert_eq!(emulator.administer(&request, at(0)).status(), 200, "{host}");
    }
}

#[test]
fn mistakes_in_json_are_told_by_their_names_and_not_by_lines() {
    let emulator = emulator();
    for (path, body, names) in [
        (
            "/faults",
            json!({"throttle": 30, "grnat": "password"}),
            "grnat",
        ),
        ("/faults", json!({"nth": 1}), "needs exactly one of"),
        ("/faults", json!({"throttle": 30, "nth": "x"}), "nth"),
        (
            "/directory",
            json!({"app": [{"client_id": "a", "nmae": "x"}]}),
            "nmae",
        ),
        (
            "/directory",
            json!({"tenant": [{"domain": "a.example", "user": [{"upn": "x"}]}]}),
            "password",
        ),
        (
            "/directory",
            json!({"app": [{"client_id": "a"}, {"client_id": "A"}]}),
            "is there twice",
        ),
        (
            "/directory",
            json!({"app": [{"client_id": "a", "secrets": [null]}]}),
            "",
        ),
    ] {
        let (status, answer) = post(&emulator, path, &body);
        let reason = answer["error"].as_str().unwrap();
        assert_eq!(status, 400, "{body}");
        assert!(reason.contains(names), "{body}: {reason}");
        for foreign in ["line", "TOML", "toml", "table", "[["] {
            assert!(!reason.contains(foreign), "{body}: {reason}");
        }
    }
}
