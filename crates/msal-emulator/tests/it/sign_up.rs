//! People who make accounts of their own.

use msal_emulator::{Directory, Emulator, Tenant};

use crate::browser::{Browser, redirected};
use crate::support::{Form, Protocol, SCOPE, emulator, token};
use msal_emulator::sample::{ALICE, CONTOSO, DESKTOP};

const SHOP: &str = "shop.example";
const PASSWORD: &str = "a long one";

fn world() -> Emulator {
    let emulator = emulator();
    let shop = Tenant::new(SHOP).self_service_sign_up();
    emulator.declare(Directory::builder().tenant(shop)).unwrap();
    emulator
}

fn open(browser: &mut Browser<'_>, tenant: &str, more: Form<'_>) {
    let query = [
        ("client_id", DESKTOP),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:49152"),
        ("scope", SCOPE),
    ];
    let query = [&query[..], more].concat();
    browser.open(&format!("/{tenant}/oauth2/v2.0/authorize"), &query);
}

fn create<'a>(name: &'a str, password: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("do", "sign-up"),
        ("username", name),
        ("given_name", "Nora"),
        ("family_name", "<New>"),
        ("password", password),
    ]
}

#[test]
fn somebody_makes_an_account_and_is_signed_in_with_it() {
    let emulator = world();
    let mut browser = Browser::new(&emulator);
    open(
        &mut browser,
        SHOP,
        &[("prompt", "create"), ("login_hint", "nora@mail.example")],
    );
    assert!(browser.shows("Create account") && browser.shows("value=\"nora@mail.example\""));
    for (name, password, alert) in [
        ("nora", PASSWORD, "Enter an email address."),
        ("nora@mail", PASSWORD, "Enter an email address."),
        ("nora@mail.example", "short", "at least eight characters"),
        (
            ALICE,
            PASSWORD,
            "There is an account with that name already.",
        ),
    ] {
        browser.submit(&create(name, password));
        assert!(browser.shows(alert), "{name}");
        assert!(browser.shows("value=\"&lt;New&gt;\"") && !browser.shows(PASSWORD));
    }
    let done = browser.submit(&create("Nora@mail.example", PASSWORD));
    let form = [
        ("client_id", DESKTOP),
        ("grant_type", "authorization_code"),
        ("code", &redirected(&done, "code").unwrap()),
        ("redirect_uri", "http://localhost:49152"),
    ];
    let tokens = token(&emulator, Protocol::V2, SHOP, &form);
    let claims = tokens.claims("id_token");
    assert_eq!(claims["preferred_username"], "Nora@mail.example");
    assert_eq!(claims["name"], "Nora <New>");
    // From now on it is an account like any other.
    let mut later = Browser::new(&emulator);
    open(&mut later, SHOP, &[]);
    later.submit(&[("do", "name"), ("username", "nora@mail.example")]);
    let done = later.submit(&[("do", "password"), ("password", PASSWORD)]);
    assert!(redirected(&done, "code").is_some());
}

#[test]
fn the_sign_in_page_offers_it_and_leads_back() {
    let emulator = world();
    let mut browser = Browser::new(&emulator);
    open(&mut browser, SHOP, &[]);
    assert!(browser.shows("No account?"));
    browser.submit(&[("do", "create")]);
    assert!(browser.shows("Create account"));
    browser.submit(&[("do", "other")]);
    assert!(browser.shows("No account?"));
}

#[test]
fn tenants_of_employees_do_not_offer_it() {
    let emulator = world();
    let mut browser = Browser::new(&emulator);
    for tenant in [CONTOSO, "common"] {
        open(&mut browser, tenant, &[("prompt", "create")]);
        assert!(browser.shows("<h1>Sign in</h1>") && !browser.shows("No account?"));
        browser.submit(&create("nora@mail.example", PASSWORD));
        assert!(browser.shows("Accounts cannot be made here."));
        assert!(
            emulator
                .issue_refresh_token("nora@mail.example", DESKTOP, crate::support::at(0))
                .is_err()
        );
    }
}

#[test]
fn an_account_is_not_taken_over_by_making_it_again() {
    let emulator = world();
    let mut browser = Browser::new(&emulator);
    open(&mut browser, SHOP, &[("prompt", "create")]);
    browser.submit(&create("nora@mail.example", PASSWORD));
    let mut thief = Browser::new(&emulator);
    open(&mut thief, SHOP, &[("prompt", "create")]);
    thief.submit(&create("nora@mail.example", "another one"));
    assert!(thief.shows("There is an account with that name already."));
    let mut nora = Browser::new(&emulator);
    open(&mut nora, SHOP, &[("login_hint", "nora@mail.example")]);
    let done = nora.submit(&[("do", "password"), ("password", PASSWORD)]);
    assert!(redirected(&done, "code").is_some());
}
