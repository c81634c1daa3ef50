//! Users who move from one cache of an application to another.

use serde_json::json;

use super::*;

/// Takes all over.
fn all(_client: &str, _token: &RefreshToken, environment: &str) -> Option<String> {
    Some(environment.to_owned())
}

/// Takes over what is of this client.
fn of_app(client: &str, token: &RefreshToken, environment: &str) -> Option<String> {
    all(client, token, environment).filter(|_| client == APP)
}

fn empty(dialect: Dialect) -> TokenCache {
    TokenCache::new(dialect)
}

fn keys(cache: &TokenCache, section: &str) -> Vec<String> {
    let cache = value(cache);
    let section = cache[section].as_object();
    section
        .map(|section| section.keys().cloned().collect())
        .unwrap_or_default()
}

/// A cache with one refresh token of alice, and something in it that nobody knows.
fn alices(environment: &str, token: &str, time: Option<&str>) -> TokenCache {
    let mut entry = json!({
        "home_account_id": ALICE, "environment": environment, "client_id": APP, "credential_type": "RefreshToken",
        "secret": token, "x-own": { "kept": [1, "ü"] },
    });
    if let Some(time) = time {
        entry["last_modification_time"] = time.into();
    }
    parse(&json!({ "RefreshToken": { "whatever": entry } }).to_string())
}

fn tokens(cache: &TokenCache) -> Vec<String> {
    let entries = cache.refresh_tokens.entries();
    entries
        .map(|entry| entry.secret.expose_secret().to_owned())
        .collect()
}

#[test]
fn what_users_need_is_taken_over_and_nothing_of_others() {
    let source = parse(WORKED_SAMPLE);
    let mut target = empty(Dialect::Python);
    let counts = target.take_over(&source, &of_app);
    assert!(counts.refresh_tokens > 0 && counts.known == 0, "{counts:?}");
    assert!(target.is_changed());
    let taken = value(&target);
    assert!(taken.get("AccessToken").is_none());
    for section in ["RefreshToken", "IdToken"] {
        let entries = taken[section].as_object().unwrap();
        assert!(
            entries.values().all(|entry| entry["client_id"] == APP),
            "{section}"
        );
    }
    let users: Vec<_> = target
        .refresh_tokens
        .entries()
        .map(|entry| &entry.home_account_id)
        .collect();
    let accounts = target.accounts.entries();
    assert!(
        accounts
            .into_iter()
            .all(|account| users.contains(&&Some(account.home_account_id.clone())))
    );
    assert!(matches!(ask(&target, "User.Read", T0), Silent::Renew(_)));
    // Once more, and into what was saved.
    target.mark_saved();
    let before = written(&target);
    let again = target.take_over(&source, &of_app);
    assert_eq!(
        (again.refresh_tokens, again.known),
        (0, counts.refresh_tokens)
    );
    assert!(!target.is_changed());
    assert_eq!(written(&target), before);
}

#[test]
fn nothing_is_taken_over_that_is_not_wanted() {
    let mut target = empty(Dialect::Python);
    let counts = target.take_over(&parse(WORKED_SAMPLE), &|_, _, _| None);
    assert_eq!(counts, TakenOver::default());
    assert!(!target.is_changed());
    assert_eq!(written(&target), written(&empty(Dialect::Python)));
}

#[test]
fn entries_keep_their_members_and_are_named_as_the_targets_sdk_would() {
    for (dialect, key) in [
        (
            Dialect::Python,
            format!("{ALICE}-login.windows.net-refreshtoken-{APP}--"),
        ),
        (
            Dialect::Node,
            format!("{ALICE}-login.windows.net-refreshtoken-{APP}---"),
        ),
        (
            Dialect::Node3,
            format!("{ALICE}-login.windows.net-refreshtoken-{APP}----"),
        ),
    ] {
        let mut target = empty(dialect);
        target.take_over(&alices("login.windows.net", "RT", None), &all);
        assert_eq!(keys(&target, "RefreshToken"), [key.as_str()], "{dialect:?}");
        assert_eq!(
            value(&target)["RefreshToken"][&key]["x-own"],
            json!({ "kept": [1, "ü"] })
        );
    }
}

#[test]
fn caches_of_every_sdk_move_into_every_other() {
    for source in [
        WORKED_SAMPLE,
        PYTHON,
        PYTHON_CONFIDENTIAL,
        NODE,
        NODE_FAMILY,
    ] {
        for dialect in [Dialect::Python, Dialect::Node, Dialect::Node3] {
            let source = parse(source);
            let mut target = empty(dialect);
            let counts = target.take_over(&source, &all);
            let sources = source.refresh_tokens.entries().count() as u64;
            assert_eq!(counts.refresh_tokens + counts.known, sources);
            for entry in source.refresh_tokens.entries() {
                let (client, environment) = (entry.client_id.as_str(), entry.environment.as_str());
                let user = entry.home_account_id.as_ref().unwrap().as_str();
                assert!(target.can_renew(client, user, environment));
                let of_user = |account: &Account| account.home_account_id.as_str() == user;
                let accounts =
                    |cache: &TokenCache| cache.accounts().into_iter().filter(of_user).count();
                assert_eq!(accounts(&source), accounts(&target), "{user}");
                let knows_client = |cache: &TokenCache| {
                    let mut known = cache.app_metadata.entries();
                    known.any(|known| known.client_id == entry.client_id)
                };
                assert_eq!(knows_client(&source), knows_client(&target));
            }
        }
    }
}

#[test]
fn a_user_who_can_be_renewed_keeps_the_token_unless_the_other_is_newer() {
    let (one, other) = ("login.microsoftonline.com", "login.windows.net");
    for (known, taken, expected) in [
        ((one, None), (one, None), "KNOWN"),
        ((one, None), (one, Some("200")), "KNOWN"),
        ((one, Some("100")), (one, None), "KNOWN"),
        ((one, Some("100")), (one, Some("100")), "KNOWN"),
        ((one, Some("200")), (one, Some("100")), "KNOWN"),
        ((one, Some("100")), (one, Some("200")), "TAKEN"),
        // Under another name of the cloud, where it would be a second one.
        ((one, Some("100")), (other, Some("200")), "KNOWN"),
    ] {
        let mut target = alices(known.0, "KNOWN", known.1);
        let counts = target.take_over(&alices(taken.0, "TAKEN", taken.1), &all);
        assert_eq!(tokens(&target), [expected], "{known:?} {taken:?}");
        assert_eq!(counts.refresh_tokens == 1, expected == "TAKEN");
    }
    // Another cloud is another place.
    let mut target = alices(one, "KNOWN", None);
    target.take_over(&alices("login.microsoftonline.us", "TAKEN", None), &all);
    assert_eq!(tokens(&target), ["KNOWN", "TAKEN"]);
}

#[test]
fn what_was_got_on_behalf_of_a_user_is_neither_taken_nor_replaced() {
    let of_service = json!({ "RefreshToken": { "k": {
        "home_account_id": ALICE, "environment": "login.windows.net", "client_id": APP, "secret": "OBO",
        "user_assertion_hash": "hash",
    }}});
    let mut target = empty(Dialect::Python);
    assert_eq!(
        target.take_over(&parse(&of_service.to_string()), &all),
        TakenOver::default()
    );

    let key = format!("{ALICE}-login.windows.net-refreshtoken-{APP}--");
    let text = of_service
        .to_string()
        .replace("\"k\"", &format!("\"{key}\""));
    let mut target = parse(&text);
    let counts = target.take_over(&alices("login.windows.net", "RT", None), &all);
    assert_eq!((counts.refresh_tokens, counts.known), (0, 1));
    assert_eq!(value(&target), value(&parse(&text)));
    assert!(!target.is_changed());
}

#[test]
fn what_was_taken_over_is_saved_beside_what_others_saved_meanwhile() {
    let mut ours = empty(Dialect::Python);
    ours.mark_saved();
    ours.take_over(&alices("login.windows.net", "RT", None), &all);
    let merged = ours.rebase_onto(parse(PYTHON));
    assert_eq!(
        merged.refresh_tokens.len(),
        parse(PYTHON).refresh_tokens.len() + 1
    );
    assert!(merged.is_changed());
}

#[test]
fn the_environment_is_spelled_as_the_targets_sdk_would_at_the_applications_host() {
    let asks_at =
        |host: &'static str| move |_: &str, _: &RefreshToken, _: &str| Some(host.to_owned());
    for (source, dialect, host, expected) in [
        (
            PYTHON,
            Dialect::Node,
            "login.microsoftonline.com",
            "login.windows.net",
        ),
        (
            PYTHON,
            Dialect::Python,
            "login.microsoftonline.com",
            "login.microsoftonline.com",
        ),
        (
            NODE,
            Dialect::Python,
            "login.microsoftonline.com",
            "login.microsoftonline.com",
        ),
        (
            NODE_FAMILY,
            Dialect::Python,
            "login.microsoftonline.com",
            "login.microsoftonline.com",
        ),
        (
            NODE,
            Dialect::Node3,
            "login.microsoftonline.com",
            "login.windows.net",
        ),
        (PYTHON, Dialect::Node, "localhost:8443", "localhost:8443"),
        (NODE, Dialect::Python, "localhost:8443", "localhost"),
    ] {
        let mut target = empty(dialect);
        target.take_over(&parse(source), &asks_at(host));
        let cache = value(&target);
        for (section, entries) in cache.as_object().unwrap() {
            for (key, entry) in entries.as_object().unwrap() {
                assert_eq!(entry["environment"], expected, "{section} {key}");
                assert!(key.contains(expected), "{section} {key}");
            }
        }
        // Read back, it is as good, and doing it again changes nothing.
        let mut again = TokenCache::parse(target.serialize(), dialect).unwrap();
        again.take_over(&parse(source), &asks_at(host));
        assert!(!again.is_changed(), "{dialect:?} {host}");
    }
}
