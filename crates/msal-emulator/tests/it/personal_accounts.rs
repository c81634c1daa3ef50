//! Personal accounts: where they may sign in, and what their refresh tokens look like.

use msal_emulator::sample::{ALICE, DESKTOP, PASSWORD};
use msal_emulator::{App, Directory, Emulator, RedirectKind, Tenant, User};

use crate::browser::{Browser, redirected};
use crate::support::{Answer, GRAPH, Protocol, SCOPE, at, emulator, get, refresh_form, token};

const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const PAT: &str = "pat@outlook.example";
const ERIN: &str = "erin@work.example";

/// Pat has a personal account and is a guest at work, where Erin is at home.
fn with_personal_accounts() -> Emulator {
    let directory = Directory::builder()
        .tenant(
            Tenant::new("outlook.example")
                .id(PERSONAL)
                .user(User::new(PAT, PASSWORD)),
        )
        .tenant(
            Tenant::new("work.example")
                .user(User::new(ERIN, PASSWORD))
                .guest(PAT),
        )
        .tenant(Tenant::new("other.example"))
        .app(App::public(DESKTOP).redirect(RedirectKind::Native, "http://localhost"));
    Emulator::new(directory.build().unwrap())
}

fn redeem(emulator: &Emulator, protocol: Protocol, tenant: &str, upn: &str) -> Answer {
    let refresh_token = emulator.issue_refresh_token(upn, DESKTOP, at(0)).unwrap();
    let mut form = refresh_form(DESKTOP, &refresh_token);
    if protocol == Protocol::V1 {
        form[4] = ("resource", GRAPH);
    }
    token(emulator, protocol, tenant, &form)
}

#[test]
fn a_personal_account_is_taken_where_it_may_sign_in() {
    let emulator = with_personal_accounts();
    for (protocol, tenant, status) in [
        (Protocol::V2, "common", 200),
        (Protocol::V2, "consumers", 200),
        (Protocol::V2, PERSONAL, 200),
        (Protocol::V2, "outlook.example", 200),
        (Protocol::V2, "work.example", 200),
        (Protocol::V2, "organizations", 400),
        (Protocol::V2, "ORGANIZATIONS", 400),
        (Protocol::V1, "common", 400),
        (Protocol::V1, "organizations", 400),
        (Protocol::V1, "consumers", 400),
        (Protocol::V1, PERSONAL, 400),
        (Protocol::V1, "outlook.example", 400),
        // A guest is an account of the tenant that invited them, whatever they are at home.
        (Protocol::V1, "work.example", 200),
    ] {
        let answer = redeem(&emulator, protocol, tenant, PAT);
        assert_eq!(answer.status, status, "{protocol:?} {tenant} {answer:?}");
        if status != 200 {
            assert_eq!(answer.code(), 50020, "{protocol:?} {tenant}");
            let text = answer.text("error_description");
            assert!(text.contains("identity provider 'live.com'"), "{text}");
        }
    }
    assert_eq!(
        redeem(&emulator, Protocol::V2, "other.example", PAT).code(),
        90072
    );
    for tenant in ["common", "organizations", "work.example"] {
        for protocol in [Protocol::V1, Protocol::V2] {
            assert_eq!(redeem(&emulator, protocol, tenant, ERIN).status, 200);
        }
    }
}

#[test]
fn a_personal_account_does_not_sign_in_by_page_at_organizations_or_v1() {
    let emulator = with_personal_accounts();
    let query = [
        ("client_id", DESKTOP),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:1"),
        ("scope", "openid offline_access"),
    ];
    for (path, taken) in [
        ("/common/oauth2/v2.0/authorize", true),
        ("/consumers/oauth2/v2.0/authorize", true),
        ("/organizations/oauth2/v2.0/authorize", false),
        ("/common/oauth2/authorize", false),
        ("/consumers/oauth2/authorize", false),
        ("/work.example/oauth2/authorize", true),
    ] {
        let mut browser = Browser::new(&emulator);
        browser.open(path, &query);
        browser.submit(&[("do", "name"), ("username", PAT)]);
        let answer = browser.submit(&[("do", "password"), ("password", PASSWORD)]);
        assert_eq!(answer.status == 302, taken, "{path}");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(text.contains("AADSTS50020: "), !taken, "{path}");
    }
    // Nor without a page.
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .append_pair("login_hint", PAT)
        .finish();
    for (path, taken) in [("common", true), ("organizations", false)] {
        let answer = get(&emulator, &format!("/{path}/oauth2/v2.0/authorize?{query}"));
        assert_eq!(redirected(&answer, "code").is_some(), taken, "{path}");
    }
}

#[test]
fn a_personal_account_has_no_password_grant() {
    let emulator = with_personal_accounts();
    for (protocol, tenant, code) in [
        (Protocol::V2, "organizations", 50020),
        (Protocol::V2, "consumers", 9_001_023),
        (Protocol::V2, PERSONAL, 9_001_023),
        (Protocol::V1, "common", 50020),
    ] {
        let form = [
            ("client_id", DESKTOP),
            ("grant_type", "password"),
            ("username", PAT),
            ("password", PASSWORD),
            ("scope", SCOPE),
        ];
        let form = if protocol == Protocol::V1 {
            &form[..4]
        } else {
            &form
        };
        assert_eq!(token(&emulator, protocol, tenant, form).code(), code);
    }
}

#[test]
fn the_refresh_tokens_of_personal_accounts_look_like_theirs() {
    let emulator = with_personal_accounts();
    let mut refresh_token = emulator.issue_refresh_token(PAT, DESKTOP, at(0)).unwrap();
    for tenant in ["common", "consumers", "outlook.example", "consumers"] {
        assert!(refresh_token.starts_with("M.C"), "{refresh_token}");
        assert!(
            refresh_token.split('.').count() >= 4,
            "{}",
            &refresh_token[..30]
        );
        let form = refresh_form(DESKTOP, &refresh_token);
        refresh_token = token(&emulator, Protocol::V2, tenant, &form).refresh_token();
    }
    // A changed one is malformed, as every other is.
    for changed in [
        refresh_token[..refresh_token.len() - 1].to_owned(),
        refresh_token.to_lowercase(),
        refresh_token.replacen("M.C", "M.B", 1),
        format!("1.A{refresh_token}"),
        format!("{refresh_token}x"),
        "M.C".to_owned(),
        "M.".to_owned(),
    ] {
        let form = refresh_form(DESKTOP, &changed);
        let refused = token(&emulator, Protocol::V2, "common", &form);
        assert_eq!(refused.code(), 9_002_313, "{changed}");
    }
    // To a guest the tenant issues it, and it looks as all of that tenant's.
    for protocol in [Protocol::V1, Protocol::V2] {
        let answer = redeem(&emulator, protocol, "work.example", PAT);
        assert!(answer.refresh_token().starts_with("1.A"), "{protocol:?}");
    }
    for (emulator, upn) in [(&emulator, ERIN), (&self::emulator(), ALICE)] {
        let refresh_token = emulator.issue_refresh_token(upn, DESKTOP, at(0)).unwrap();
        assert!(refresh_token.starts_with("1.A"), "{refresh_token}");
    }
}
