//! Sign-ins from beginning to code, good and hostile.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Response;
use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::*;
use crate::{
    AuthResponseError, Authority, IdTokenError, InvalidSession, Prompt, ResponseMode, TokenOutcome,
    TokenResponse, TrustedAuthority,
};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const REDIRECT: &str = "http://localhost:5000/getAToken";

fn metadata() -> ProviderMetadata {
    ProviderMetadata::built_in(&Authority::common()).unwrap()
}

fn random() -> [u8; AuthCodeFlow::RANDOM_BYTES] {
    std::array::from_fn(|place| place as u8)
}

fn begin_at(metadata: &ProviderMetadata, request: AuthorizationRequest) -> AuthCodeFlow {
    let scopes = ScopeSet::requested(["User.Read"]).unwrap();
    let redirect_uri = RedirectUri::parse(REDIRECT).unwrap();
    AuthCodeFlow::begin(
        "app",
        metadata,
        scopes,
        redirect_uri,
        request,
        random(),
        NOW,
    )
    .unwrap()
}

fn begin(request: AuthorizationRequest) -> AuthCodeFlow {
    begin_at(&metadata(), request)
}

fn parameters(flow: &AuthCodeFlow) -> Vec<(String, String)> {
    let url = Url::parse(flow.auth_uri()).unwrap();
    url.query_pairs().into_owned().collect()
}

fn state(flow: &AuthCodeFlow) -> String {
    let parameters: BTreeMap<_, _> = parameters(flow).into_iter().collect();
    parameters["state"].clone()
}

fn answer(flow: &AuthCodeFlow, more: &[(&str, &str)]) -> AuthResponse {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("state", &state(flow))
        .extend_pairs(more)
        .finish();
    AuthResponse::from_query(&query).unwrap()
}

fn accept(flow: AuthCodeFlow, more: &[(&str, &str)]) -> Result<AuthorizedCode, AuthFlowError> {
    let response = answer(&flow, more);
    flow.accept(response, "app", &metadata(), NOW)
}

#[test]
fn the_url_has_the_parameters_of_msal_python_in_its_order() {
    let flow = begin(AuthorizationRequest {
        login_hint: Some("alice@contoso.com".to_owned()),
        domain_hint: Some("contoso.com".to_owned()),
        prompt: Some(Prompt::SelectAccount),
        response_mode: Some(ResponseMode::FormPost),
        max_age: Some(Duration::from_secs(3600)),
        claims: Some(r#"{"id_token": {}}"#.to_owned()),
        ..AuthorizationRequest::default()
    });
    let endpoint = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?";
    assert!(flow.auth_uri().starts_with(endpoint));
    let parameters = parameters(&flow);
    let expected: [(&str, &str); 16] = [
        ("client_id", "app"),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("scope", "User.Read offline_access openid profile"),
        ("state", "ICEiIyQlJicoKSorLC0uLw"),
        ("response_mode", "form_post"),
        (
            "code_challenge",
            "Yw3NKWbEM2aRElRIu7JbT_QSpJxzLbLIq8G4WBvXEN0",
        ),
        ("code_challenge_method", "S256"),
        ("nonce", "(computed below)"),
        ("client_info", "1"),
        ("login_hint", "alice@contoso.com"),
        ("prompt", "select_account"),
        ("domain_hint", "contoso.com"),
        ("claims", r#"{"id_token": {}}"#),
        ("max_age", "3600"),
        ("X-AnchorMailbox", "UPN:alice@contoso.com"),
    ];
    for ((name, value), (expected_name, expected)) in parameters.iter().zip(expected) {
        assert_eq!(name, expected_name);
        match name.as_str() {
            "nonce" => assert_eq!(*value, hex(&Sha256::digest(&random()[48..]))),
            "code_challenge" => assert_eq!(*value, flow.code_verifier.challenge()),
            _ => assert_eq!(value, expected, "{name}"),
        }
    }
    assert_eq!(parameters.len(), 16);
}

#[test]
fn without_options_there_is_nothing_that_was_not_asked_for() {
    let names: Vec<_> = parameters(&begin(AuthorizationRequest::default()))
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        [
            "client_id",
            "response_type",
            "redirect_uri",
            "scope",
            "state",
            "code_challenge",
            "code_challenge_method",
            "nonce",
            "client_info"
        ]
    );
}

#[test]
fn more_scopes_are_consented_to_than_asked_for() {
    let flow = begin(AuthorizationRequest {
        extra_scopes_to_consent: ScopeSet::from_wire("https://management.azure.com/.default"),
        ..AuthorizationRequest::default()
    });
    let parameters: BTreeMap<_, _> = parameters(&flow).into_iter().collect();
    assert_eq!(
        parameters["scope"],
        "User.Read https://management.azure.com/.default offline_access openid profile"
    );
    assert_eq!(
        accept(flow, &[("code", "C")]).unwrap().scopes().as_str(),
        "User.Read"
    );
}

#[test]
fn an_extra_parameter_takes_no_other_ones_place() {
    let begin = |extra: &[(&str, &str)]| {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let request = AuthorizationRequest {
            extra_parameters: extra.iter().map(owned).collect(),
            ..AuthorizationRequest::default()
        };
        let scopes = ScopeSet::default();
        let redirect_uri = RedirectUri::parse(REDIRECT).unwrap();
        AuthCodeFlow::begin(
            "app",
            &metadata(),
            scopes,
            redirect_uri,
            request,
            random(),
            NOW,
        )
    };
    let flow = begin(&[("dc", "ESTS PUB&state=x"), ("slice", "testslice")]).unwrap();
    assert_eq!(
        parameters(&flow)[9..],
        [
            ("dc".to_owned(), "ESTS PUB&state=x".to_owned()),
            ("slice".to_owned(), "testslice".to_owned())
        ]
    );
    for name in [
        "state",
        "STATE",
        " state",
        "redirect_uri",
        "code_challenge",
        "nonce",
        "request",
        "request_uri",
        "client_secret",
        "response_type",
        "",
    ] {
        let refused = AuthorizationRequestError::Parameter {
            name: name.to_owned(),
        };
        assert_eq!(begin(&[(name, "x")]).unwrap_err(), refused);
    }
    assert!(begin(&[("a", "1"), ("b", "1"), ("a", "2")]).is_err());
}

#[test]
fn a_good_answer_gives_the_code() {
    for more in [
        &[("code", "C-1")][..],
        &[
            ("code", " C-1\r\n"),
            ("session_state", "s"),
            ("unknown", "u"),
            ("unknown", "v"),
        ],
        &[("code", "C-1"), ("error", ""), ("client_info", "garbage")],
    ] {
        let code = accept(begin(AuthorizationRequest::default()), more).unwrap();
        assert_eq!(code.code.expose_secret(), "C-1");
        assert_eq!(code.redirect_uri(), REDIRECT);
    }
}

#[test]
fn an_address_is_read_as_people_paste_it() {
    let flow = || begin(AuthorizationRequest::default());
    let state = state(&flow());
    for address in [
        format!("{REDIRECT}?code=C-1&state={state}"),
        format!(" {REDIRECT}?code=C-\r\n   1&sta\nte={state}  "),
        format!("{REDIRECT}#code=C-1&state={state}"),
        format!("{REDIRECT}?code=C-1%20&state={state}#"),
        format!("HTTP://LOCALHOST:5000/getAToken?code=C-1&state={state}"),
    ] {
        let response = AuthResponse::from_url(&address).unwrap();
        let code = flow().accept(response, "app", &metadata(), NOW).unwrap();
        assert_eq!(code.code.expose_secret(), "C-1", "{address}");
    }
    for address in [
        format!("https://evil.example/getAToken?code=C&state={state}"),
        format!("http://localhost:5001/getAToken?code=C&state={state}"),
        format!("http://localhost:5000/other?code=C&state={state}"),
    ] {
        let response = AuthResponse::from_url(&address).unwrap();
        let refused = flow()
            .accept(response, "app", &metadata(), NOW)
            .unwrap_err();
        assert_eq!(refused, AuthFlowError::RedirectUri, "{address}");
    }
    assert_eq!(AuthResponse::from_url("C-1"), Err(AuthResponseError::Url));
}

#[test]
fn what_is_no_answer_is_refused() {
    use AuthResponseError::{Duplicate, Encoding, ErrorBesideCode, Foreign, Missing, TooLong};
    let long = format!("code={}&state=s", "c".repeat(70_000));
    for (query, expected) in [
        ("", Missing { parameter: "code" }),
        ("?", Missing { parameter: "code" }),
        ("state=s", Missing { parameter: "code" }),
        ("code=&state=s", Missing { parameter: "code" }),
        ("code=%20&state=s", Missing { parameter: "code" }),
        ("code=c", Missing { parameter: "state" }),
        ("code=c&state=", Missing { parameter: "state" }),
        ("error=access_denied", Missing { parameter: "state" }),
        ("code=c&code=c&state=s", Duplicate { parameter: "code" }),
        ("code=c&state=s&state=s", Duplicate { parameter: "state" }),
        ("code=c&state=s&c%6Fde=d", Duplicate { parameter: "code" }),
        ("error=a&error=b&state=s", Duplicate { parameter: "error" }),
        ("code=c&state=s&iss=a&iss=b", Duplicate { parameter: "iss" }),
        ("code=c&error=e&state=s", ErrorBesideCode),
        (
            "code=c&state=s&id_token=t",
            Foreign {
                parameter: "id_token",
            },
        ),
        (
            "code=c&state=s&access_token=t",
            Foreign {
                parameter: "access_token",
            },
        ),
        ("code=%FF&state=s", Encoding),
        ("code=c&state=%C3%28", Encoding),
        (&long, TooLong),
    ] {
        assert_eq!(
            AuthResponse::from_query(query),
            Err(expected.clone()),
            "{query:.40}"
        );
        assert_eq!(
            AuthResponse::from_form(query.trim_start_matches('?').as_bytes()),
            Err(expected)
        );
    }
}

#[test]
fn an_answer_to_another_sign_in_is_refused_whatever_it_says() {
    for query in [
        "code=c&state=x",
        "code=c&state=ICEiIyQlJicoKSorLC0uLW",
        "error=access_denied&state=x",
    ] {
        let response = AuthResponse::from_query(query).unwrap();
        let flow = begin(AuthorizationRequest::default());
        assert!(!flow.is_answered_by(&response));
        let refused = flow.accept(response, "app", &metadata(), NOW).unwrap_err();
        assert_eq!(refused, AuthFlowError::State);
    }
}

#[test]
fn a_flow_belongs_to_its_application_and_authority() {
    let other = |url: &str| ProviderMetadata::built_in(&Authority::parse(url).unwrap()).unwrap();
    for (client_id, metadata) in [
        ("other", metadata()),
        (
            "app",
            other("https://login.microsoftonline.com/organizations"),
        ),
        ("app", other("https://login.microsoftonline.us/common")),
        (
            "app",
            other("https://login.microsoftonline.com/c0ffee00-0001-4000-8000-000000000000"),
        ),
    ] {
        let flow = begin(AuthorizationRequest::default());
        let response = answer(&flow, &[("code", "C")]);
        let refused = flow
            .accept(response, client_id, &metadata, NOW)
            .unwrap_err();
        assert_eq!(refused, AuthFlowError::Application);
    }
}

#[test]
fn a_flow_expires() {
    for (time_limit, after, is_good) in [
        (None, 0, true),
        (None, 599, true),
        (None, 600, false),
        (None, -300, true),
        (None, -301, false),
        (Some(60), 59, true),
        (Some(60), 60, false),
    ] {
        let flow = begin(AuthorizationRequest {
            time_limit: time_limit.map(Duration::from_secs),
            ..AuthorizationRequest::default()
        });
        let response = answer(&flow, &[("code", "C")]);
        let now = UnixTime::from_secs(NOW.as_secs() + after);
        let accepted = flow.accept(response, "app", &metadata(), now);
        assert_eq!(accepted.is_ok(), is_good, "{time_limit:?} {after}");
    }
}

/// RFC 9207 §2.4.
#[test]
fn the_issuer_of_the_answer_must_be_the_one_that_was_asked() {
    let tenant = "c0ffee00-0001-4000-8000-000000000000";
    let of_host = |host: &str| format!("https://{host}/{tenant}/v2.0");
    for (issuer, is_good) in [
        (of_host("login.microsoftonline.com"), true),
        (
            "https://login.microsoftonline.com/{tenantid}/v2.0".to_owned(),
            false,
        ),
        (
            "https://login.microsoftonline.com/a/b/v2.0".to_owned(),
            false,
        ),
        (of_host("honest.as.example"), false),
        (format!("{}/", of_host("login.microsoftonline.com")), false),
    ] {
        let accepted = accept(
            begin(AuthorizationRequest::default()),
            &[("code", "C"), ("iss", &issuer)],
        );
        assert_eq!(accepted.is_ok(), is_good, "{issuer}");
    }
}

#[test]
fn an_issuer_that_promised_to_name_itself_must() {
    let authority = Authority::parse("https://honest.as.example/op").unwrap();
    let authority = TrustedAuthority::named_by_operator(authority);
    let document = json!({
        "issuer": "https://honest.as.example/op",
        "authorization_endpoint": "https://honest.as.example/authorize?p=x",
        "token_endpoint": "https://honest.as.example/op/token",
        "authorization_response_iss_parameter_supported": true,
    });
    let document = Response::new(Bytes::from(document.to_string()));
    let metadata = ProviderMetadata::read(&authority, &document).unwrap();
    for (iss, is_good) in [
        (Some("https://honest.as.example/op"), true),
        (Some("https://attacker.example"), false),
        (None, false),
    ] {
        let flow = begin_at(&metadata, AuthorizationRequest::default());
        assert!(
            flow.auth_uri()
                .starts_with("https://honest.as.example/authorize?p=x&client_id=app&")
        );
        let iss: Vec<_> = iss.map(|iss| ("iss", iss)).into_iter().collect();
        let response = answer(&flow, &[&[("code", "C")], &iss[..]].concat());
        let accepted = flow.accept(response, "app", &metadata, NOW);
        match is_good {
            true => assert!(accepted.is_ok()),
            false => assert_eq!(accepted.unwrap_err(), AuthFlowError::Issuer),
        }
    }
}

/// RFC 9207 §2.1 and §2.2, their examples: answers of `https://honest.as.example`.
#[test]
fn the_answers_of_rfc_9207_are_accepted_of_their_issuer_and_of_no_other() {
    let code = "https://client.example/cb?code=x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58\
                &state=ZWVlNDBlYzA1NjdkMDNhYjg3ZjUxZjAyNGQzMTM2NzI&iss=https%3A%2F%2Fhonest.as.example";
    let error = "https://client.example/cb?error=access_denied\
                 &state=N2JjNGJhY2JiZjRhYzA3MGJkMzNmMDE5OWJhZmJhZjA&iss=https%3A%2F%2Fhonest.as.example";
    for host in ["honest.as.example", "attacker.example"] {
        let issuer = format!("https://{host}");
        let authority = TrustedAuthority::named_by_operator(Authority::oidc(&issuer).unwrap());
        let document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "authorization_response_iss_parameter_supported": true,
        });
        let document = Response::new(Bytes::from(document.to_string()));
        let metadata = ProviderMetadata::read(&authority, &document).unwrap();
        let accepted = |address: &str| {
            let (_, state) = address.split_once("&state=").unwrap();
            let mut flow = begin_at(&metadata, AuthorizationRequest::default());
            flow.state = State::new(state.split_once('&').unwrap().0.to_owned());
            flow.redirect_uri = "https://client.example/cb".to_owned();
            let response = AuthResponse::from_url(address).unwrap();
            flow.accept(response, "app", &metadata, NOW)
        };
        let refusal = accepted(error).unwrap_err();
        match (host, accepted(code)) {
            ("honest.as.example", Ok(code)) => {
                let code = code.code.expose_secret();
                assert_eq!(code, "x1848ZT64p4IirMPT0R-X3141MFPTuBX-VFL_cvaplMH58");
                assert!(
                    matches!(refusal, AuthFlowError::Refused(said) if said.error == "access_denied")
                );
            }
            (_, code) => {
                assert_eq!(code.unwrap_err(), AuthFlowError::Issuer);
                assert_eq!(refusal, AuthFlowError::Issuer);
            }
        }
    }
}

#[test]
fn a_refusal_is_typed_and_shows_no_text() {
    let flow = begin(AuthorizationRequest::default());
    let more = [
        ("error", "access_denied"),
        ("error_subcode", "cancel"),
        (
            "error_description",
            "AADSTS65004: User declined to consent.",
        ),
    ];
    let AuthFlowError::Refused(error) = accept(flow, &more).unwrap_err() else {
        panic!("not refused")
    };
    assert_eq!(error.error, "access_denied");
    assert_eq!(error.codes, [65004]);
    assert_eq!(error.suberror.as_deref(), Some("cancel"));
    assert_eq!(error.to_string(), "access_denied (AADSTS65004, cancel)");
    // Who makes the answer chooses its words.
    let flow = begin(AuthorizationRequest::default());
    let error = accept(flow, &[("error", "call 0900-EVIL now")]).unwrap_err();
    assert_eq!(error.to_string(), "the sign-in was refused: HTTP 400");
}

#[test]
fn a_session_keeps_a_flow() {
    let flow = begin(AuthorizationRequest {
        max_age: Some(Duration::from_secs(60)),
        claims: Some("{\"a\": \"\u{e9}\"}".to_owned()),
        account: Some(HomeAccountId::new("u.t")),
        ..AuthorizationRequest::default()
    });
    let session = flow.to_session();
    assert_eq!(format!("{session:?}"), "SessionSecret([redacted])");
    let again = AuthCodeFlow::from_session(session.expose_secret()).unwrap();
    assert_eq!(again.to_session(), session);
    assert_eq!(again.auth_uri(), flow.auth_uri());
    let code = accept(again, &[("code", "C")]).unwrap();
    assert_eq!(code.code_verifier, flow.code_verifier);
    assert_eq!(code.account, flow.account);
}

#[test]
fn what_is_no_flow_is_refused_from_a_session() {
    let whole = begin(AuthorizationRequest::default()).to_session();
    let whole: Value = serde_json::from_str(whole.expose_secret()).unwrap();
    let changed = |name: &str, value: Value| {
        let mut changed = whole.clone();
        changed[name] = value;
        changed.to_string()
    };
    for bad in [
        String::new(),
        "{}".to_owned(),
        "[]".to_owned(),
        changed("version", json!(2)),
        changed("state", json!("")),
        changed("code_verifier", json!("short")),
        changed("nonce", Value::Null),
        changed("redirect_uri", json!("http://evil.example/")),
    ] {
        assert_eq!(AuthCodeFlow::from_session(bad).unwrap_err(), InvalidSession);
    }
}

fn tokens(claims: Value, client_info: Option<Value>) -> TokenResponse {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut body = json!({"access_token": "AT"});
    if !claims.is_null() {
        let mut all = json!({"iss": "https://i.example", "sub": "s", "aud": "app"});
        all.as_object_mut()
            .unwrap()
            .extend(claims.as_object().unwrap().clone());
        body["id_token"] = json!(format!("e30.{}.c2ln", encode(&all)));
    }
    if let Some(client_info) = client_info {
        body["client_info"] = json!(encode(&client_info));
    }
    match TokenOutcome::read(&Response::new(Bytes::from(body.to_string())), "app") {
        TokenOutcome::Tokens(tokens) => *tokens,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_id_token_must_belong_to_the_sign_in() {
    let code = |max_age| {
        let request = AuthorizationRequest {
            max_age,
            ..AuthorizationRequest::default()
        };
        accept(begin(request), &[("code", "C")]).unwrap()
    };
    let nonce = code(None).nonce;
    let hour = Some(Duration::from_secs(3600));
    let ago = |seconds: i64| json!({"nonce": nonce, "auth_time": NOW.as_secs() - seconds});
    for (max_age, claims, expected) in [
        (None, json!({"nonce": nonce}), Ok(())),
        (None, Value::Null, Err(IdTokenError::Missing)),
        (None, json!({}), Err(IdTokenError::Nonce)),
        (None, json!({"nonce": "other"}), Err(IdTokenError::Nonce)),
        (hour, json!({"nonce": nonce}), Err(IdTokenError::AuthTime)),
        (hour, ago(0), Ok(())),
        (hour, ago(3900), Ok(())),
        (hour, ago(3901), Err(IdTokenError::AuthTime)),
        (None, ago(100_000), Ok(())),
    ] {
        assert_eq!(
            code(max_age).check(&tokens(claims.clone(), None), NOW),
            expected,
            "{claims}"
        );
    }
}

#[test]
fn the_tokens_must_be_those_of_the_user_who_signed_in() {
    let info = |uid: &str| json!({"uid": uid, "utid": "t"});
    let encoded = |uid: &str| URL_SAFE_NO_PAD.encode(info(uid).to_string());
    for (asked, answered, issued, is_good) in [
        (None, None, "u", true),
        (Some("u.t"), None, "u", true),
        (Some("u.t"), None, "other", false),
        (None, Some("u"), "u", true),
        (None, Some("u"), "other", false),
        (Some("other.t"), Some("u"), "u", false),
    ] {
        let request = AuthorizationRequest {
            account: asked.map(HomeAccountId::new),
            ..AuthorizationRequest::default()
        };
        let client_info = answered.map(encoded);
        let mut more = vec![("code", "C")];
        more.extend(client_info.as_deref().map(|info| ("client_info", info)));
        let code = accept(begin(request), &more).unwrap();
        let tokens = tokens(json!({}), Some(info(issued)));
        assert_eq!(
            code.is_of_expected_user(&tokens),
            is_good,
            "{asked:?} {answered:?} {issued}"
        );
    }
}

#[test]
fn debug_shows_no_secret_and_no_user() {
    let flow = begin(AuthorizationRequest {
        login_hint: Some("alice@contoso.com".to_owned()),
        ..AuthorizationRequest::default()
    });
    let response = answer(&flow, &[("code", "SECRET-CODE")]);
    let shown = format!("{flow:?} {response:?}");
    for secret in [
        "alice",
        "SECRET",
        &state(&flow),
        flow.code_verifier.expose_secret(),
        &flow.nonce,
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

proptest! {
    #[test]
    fn no_query_panics_and_only_the_right_state_is_accepted(query in "[a-z=&%0-9+#?]{0,60}") {
        if let Ok(response) = AuthResponse::from_query(&query) {
            prop_assert!(!begin(AuthorizationRequest::default()).is_answered_by(&response));
        }
        let _parsed = AuthResponse::from_url(&query);
    }

    #[test]
    fn an_answer_is_accepted_only_if_every_part_of_it_is_right(
        has_code in weighted(0.9),
        has_state in weighted(0.9),
        more in vec(0..PARTS, 0..3),
    ) {
        let flow = begin(AuthorizationRequest::default());
        let state = state(&flow);
        let issuer = "https://login.microsoftonline.com/c0ffee00-0001-4000-8000-000000000000/v2.0";
        let all: [(&str, &str); PARTS] = [
            ("code", "C"),
            ("code", ""),
            ("state", &state),
            ("state", "another"),
            ("iss", issuer),
            ("iss", "https://attacker.example"),
            ("error", "access_denied"),
            ("id_token", "x.y.z"),
            ("access_token", "x"),
            ("unknown", "x"),
        ];
        let [code, _, right_state, ..] = all;
        let usual = [has_code.then_some(code), has_state.then_some(right_state)];
        let more = more.iter().map(|&part| all[part]);
        let pairs: Vec<_> = usual.into_iter().flatten().chain(more).collect();
        let times = |name: &str| pairs.iter().filter(|(known, _)| *known == name).count();
        let is_right = times("code") == 1
            && times("state") == 1
            && times("iss") <= 1
            && pairs.contains(&("code", "C"))
            && pairs.contains(&("state", &*state))
            && pairs.iter().all(|(name, value)| match *name {
                "iss" => *value == issuer,
                name => !["error", "id_token", "access_token"].contains(&name),
            });
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let response = AuthResponse::from_query(&query);
        let accepted = response.is_ok_and(|response| flow.accept(response, "app", &metadata(), NOW).is_ok());
        prop_assert_eq!(accepted, is_right, "{}", query);
    }
}

const PARTS: usize = 10;
