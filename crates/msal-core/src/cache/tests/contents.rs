//! What is in a cache, told without a secret in it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

fn kinds(contents: &CacheContents) -> BTreeMap<(String, &'static str), usize> {
    let named = contents.oddities.iter().map(|oddity| {
        let place = (format!("{:?}", oddity.kind), oddity.section.unwrap_or("-"));
        (place, oddity.count)
    });
    named.collect()
}

fn contents_of(document: &Value) -> CacheContents {
    parse(&document.to_string()).contents(T0)
}

fn refresh_token(home: &str, environment: &str) -> Value {
    json!({
        "credential_type": "RefreshToken", "secret": "never-shown", "home_account_id": home,
        "environment": environment, "client_id": APP, "target": "", "last_modification_time": "1600000000",
    })
}

fn account(home: &str, environment: &str) -> Value {
    json!({
        "home_account_id": home, "environment": environment, "realm": TENANT, "username": "hidden@contoso.com",
        "local_account_id": "l", "authority_type": "MSSTS",
    })
}

fn refresh_key(home: &str, environment: &str) -> String {
    format!("{home}-{environment}-refreshtoken-{APP}--")
}

fn account_key(home: &str, environment: &str) -> String {
    format!("{home}-{environment}-{TENANT}")
}

const HOST: &str = "login.microsoftonline.com";

#[test]
fn caches_of_the_real_libraries_have_nothing_odd() {
    for (name, text) in [
        ("worked sample", WORKED_SAMPLE),
        ("python", PYTHON),
        ("node", NODE),
        ("node, family", NODE_FAMILY),
    ] {
        let contents = parse(text).contents(T0);
        let odd = contents.oddities.iter().filter(|oddity| {
            !matches!(
                oddity.kind,
                // Samples were made at hosts of tests.
                OddityKind::OtherHost | OddityKind::YetToCome
            )
        });
        assert_eq!(
            odd.collect::<Vec<_>>(),
            [].iter().collect::<Vec<_>>(),
            "{name}"
        );
        let entries: usize = contents
            .sections
            .iter()
            .map(|section| section.entries)
            .sum();
        assert!(entries >= 4, "{name}");
    }
}

#[test]
fn a_cache_of_ours_is_counted() {
    let cache = cache_with(Dialect::Python, json!({"foci": "1"}));
    let contents = cache.contents(T0);
    let sections: Vec<_> = contents
        .sections
        .iter()
        .map(|section| (section.name, section.entries))
        .collect();
    let expected = [
        "AccessToken",
        "Account",
        "IdToken",
        "RefreshToken",
        "AppMetadata",
    ]
    .map(|name| (name, 1));
    assert_eq!(sections, expected);
    assert_eq!(
        (contents.valid_access_tokens, contents.valid_until),
        (1, Some(T0 + Duration::from_secs(3599)))
    );
    assert_eq!(
        (contents.oldest_refresh_token, contents.newest_refresh_token),
        (Some(T0), Some(T0))
    );
    assert_eq!(
        (
            contents.family_refresh_tokens,
            contents.undated_refresh_tokens
        ),
        (1, 0)
    );
    let [tenant] = &contents.tenants[..] else {
        panic!("{:?}", contents.tenants)
    };
    assert_eq!(
        (
            tenant.environment.as_str(),
            tenant.realm.as_str(),
            tenant.users
        ),
        (HOST, TENANT, 1)
    );
    assert_eq!(contents.oddities, []);
    // The moment that it expires it is valid no more.
    assert_eq!(
        cache
            .contents(T0 + Duration::from_secs(3599))
            .valid_access_tokens,
        0
    );
    let shown = format!("{contents:?}");
    assert!(
        !shown.contains("alice") && !shown.contains("\"AT\""),
        "{shown}"
    );
}

#[test]
fn each_oddity_is_found_and_counted() {
    let known = "login.windows.net";
    let plain = json!({
        "Account": { account_key("u.t", HOST): account("u.t", HOST) },
        "RefreshToken": { refresh_key("u.t", HOST): refresh_token("u.t", HOST) },
    });
    assert_eq!(kinds(&contents_of(&plain)), BTreeMap::new());
    for (kind, section, count, change) in [
        (
            "Unreadable",
            "RefreshToken",
            2,
            json!({"RefreshToken": {"a": "text", "b": {"secret": ""}}}),
        ),
        (
            "OtherKey",
            "RefreshToken",
            1,
            json!({"RefreshToken": {"my key": refresh_token("u.t", HOST)}}),
        ),
        // Both of them are.
        (
            "Duplicate",
            "RefreshToken",
            2,
            json!({"RefreshToken": {"my key": refresh_token("u.t", HOST)}}),
        ),
        (
            "MixedSpelling",
            "RefreshToken",
            3,
            json!({"RefreshToken": {
                format!("{}-", refresh_key("u.t", known)): refresh_token("u.t", known),
                format!("v.t-{HOST}-refreshtoken-{APP}--"): refresh_token("v.t", HOST),
            }, "Account": { account_key("v.t", HOST): account("v.t", HOST) }}),
        ),
        (
            "MixedHosts",
            "Account",
            2,
            json!({"Account": { account_key("u.t", known): account("u.t", known) }}),
        ),
        (
            "OtherHost",
            "Account",
            1,
            json!({"Account": { account_key("u.t", "fs.example"): account("u.t", "fs.example") }}),
        ),
        (
            "NoRefreshToken",
            "Account",
            1,
            json!({"Account": { account_key("v.t", HOST): account("v.t", HOST) }}),
        ),
        (
            "Ownerless",
            "RefreshToken",
            1,
            json!({"RefreshToken": { refresh_key("v.t", HOST): refresh_token("v.t", HOST) }}),
        ),
        (
            "Userless",
            "RefreshToken",
            1,
            json!({"RefreshToken": { refresh_key("", HOST): refresh_token("", HOST) }}),
        ),
        (
            "NoExpiry",
            "AccessToken",
            1,
            json!({"AccessToken": {"k": {"secret": "s", "environment": HOST, "client_id": APP, "expires_on": "soon"}}}),
        ),
        (
            "YetToCome",
            "RefreshToken",
            1,
            json!({"RefreshToken": { refresh_key("u.t", HOST): {
                "secret": "s", "home_account_id": "u.t", "environment": HOST, "client_id": APP,
                "last_modification_time": "1800000000",
            } }}),
        ),
    ] {
        let mut document = plain.clone();
        for (name, entries) in change.as_object().unwrap() {
            for (key, entry) in entries.as_object().unwrap() {
                document[name][key] = entry.clone();
            }
        }
        let found = kinds(&contents_of(&document));
        assert_eq!(
            found.get(&(kind.to_owned(), section)),
            Some(&count),
            "{kind}: {found:?}"
        );
    }
}

#[test]
fn what_is_beside_the_sections_is_named() {
    let contents = contents_of(&json!({"AccessToken": {}, "Extra": {"x": 1}, "version": 2}));
    assert_eq!(contents.other_members, ["Extra", "version"]);
    assert_eq!(contents.oddities, []);
}

#[test]
fn tokens_without_a_user_and_for_one_purpose_are_counted_apart() {
    let token = |more: Value| {
        let mut token = json!({
            "secret": "s", "environment": HOST, "client_id": APP, "realm": TENANT, "target": "x",
            "expires_on": "1700000100",
        });
        for (name, value) in more.as_object().unwrap() {
            token[name] = value.clone();
        }
        token
    };
    let contents = contents_of(&json!({"AccessToken": {
        "application": token(json!({})),
        "bound": token(json!({"home_account_id": "u.t", "token_type": "pop", "key_id": "k"})),
        "on behalf": token(json!({"home_account_id": "u.t", "user_assertion_hash": "h"})),
        "spent": token(json!({"expires_on": "1600000000"})),
    }}));
    assert_eq!(contents.application_access_tokens, 2);
    assert_eq!(contents.on_behalf_tokens, 1);
    assert_eq!(contents.bound_access_tokens, 1);
    assert_eq!(contents.valid_access_tokens, 3);
    assert_eq!(contents.undated_refresh_tokens, 0);
}
