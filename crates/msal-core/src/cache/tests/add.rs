//! Responses that are taken in.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;

#[test]
fn a_redeemed_token_becomes_the_entries_of_msal_python() {
    let cache = cache_with(Dialect::Python, json!({"foci": "1"}));
    let home_env = format!("{ALICE}-login.microsoftonline.com");
    let expected = json!({
        "AccessToken": {format!("{home_env}-accesstoken-{APP}-{TENANT}-user.read openid profile"): {
            "credential_type": "AccessToken", "secret": "AT", "home_account_id": ALICE,
            "environment": "login.microsoftonline.com", "client_id": APP, "target": "User.Read openid profile",
            "realm": TENANT, "token_type": "Bearer", "cached_at": "1700000000", "expires_on": "1700003599",
            "extended_expires_on": "1700003599",
        }},
        "Account": {format!("{home_env}-{TENANT}"): {
            "home_account_id": ALICE, "environment": "login.microsoftonline.com", "realm": TENANT,
            "local_account_id": "aa905949-a2b8-4e0a-8aea-b32e53ccdb41", "username": "alice@contoso.com",
            "authority_type": "MSSTS",
        }},
        "RefreshToken": {format!("{home_env}-refreshtoken-{APP}--user.read openid profile"): {
            "credential_type": "RefreshToken", "secret": "RT", "home_account_id": ALICE,
            "environment": "login.microsoftonline.com", "client_id": APP, "target": "User.Read openid profile",
            "last_modification_time": "1700000000", "family_id": "1",
        }},
        "AppMetadata": {format!("appmetadata-login.microsoftonline.com-{APP}"): {
            "client_id": APP, "environment": "login.microsoftonline.com", "family_id": "1",
        }},
    });
    let mut actual = value(&cache);
    let id_token = actual.as_object_mut().unwrap().remove("IdToken").unwrap();
    assert_eq!(actual, expected);
    assert!(
        id_token
            .get(format!("{home_env}-idtoken-{APP}-{TENANT}-"))
            .is_some()
    );
}

#[test]
fn the_node_dialect_writes_what_node_looks_for() {
    let cache = value(&cache_with(Dialect::Node, json!({})));
    let home_env = format!("{ALICE}-login.windows.net");
    let refresh_token = &cache["RefreshToken"][format!("{home_env}-refreshtoken-{APP}---")];
    assert_eq!(refresh_token["secret"], "RT");
    assert!(refresh_token.get("target").is_none());
    let account = &cache["Account"][format!("{home_env}-{TENANT}")];
    let profile: Value =
        serde_json::from_str(account["tenantProfiles"][0].as_str().unwrap()).unwrap();
    assert_eq!(
        profile,
        json!({
            "tenantId": TENANT, "localAccountId": "aa905949-a2b8-4e0a-8aea-b32e53ccdb41", "name": "Alice Ådams",
            "username": "alice@contoso.com", "isHomeTenant": true,
        })
    );
}

#[test]
fn the_redeemed_token_is_kept_when_none_comes_back() {
    let response = response(json!({"refresh_token": null}));
    let (scopes, old) = (ScopeSet::from_wire("User.Read"), RefreshToken::from("OLD"));
    let mut cache = TokenCache::default();
    cache.add(&TokenEvent {
        redeemed: Some(&old),
        ..event(&response, &scopes)
    });
    let account = &cache.accounts()[0];
    let holds = |secret: &str, at| {
        let successor = (&secret.into(), at);
        let (id, environment) = (&account.home_account_id, &account.environment);
        cache.holds_successor(APP, id, environment, successor, &|_| false)
    };
    assert!(holds("OLD", T0 + Duration::from_secs(1)));
    assert!(!holds("ANOTHER", T0 + Duration::from_secs(1)));
    assert!(holds("ANOTHER", T0), "stored since");
}

#[test]
fn what_came_of_a_redemption_is_there_or_was_renewed_since() {
    let later = |seconds: u64| T0 + Duration::from_secs(seconds);
    let time = |time: UnixTime| time.as_secs().to_string();
    // What stands there, its time, that of the access token; and whether `NEW` is there after a redemption at T0 + 10.
    for (secret, written, cached_at, expected) in [
        ("NEW", None, None, true),
        ("NEW", Some(later(1)), None, true),
        ("OTHER", Some(later(9)), Some(later(99)), false),
        ("OTHER", Some(later(10)), None, true),
        ("OTHER", None, None, false),
        ("OTHER", None, Some(later(9)), false),
        ("OTHER", None, Some(later(10)), true),
        ("SPENT", None, Some(later(99)), false),
        ("SPENT", Some(later(99)), Some(later(99)), false),
    ] {
        let mut json = value(&cache_with(Dialect::Python, json!({})));
        for token in json["RefreshToken"].as_object_mut().unwrap().values_mut() {
            token["secret"] = json!(secret);
            token["last_modification_time"] = written.map(time).into();
        }
        let tokens = json["AccessToken"].as_object_mut().unwrap();
        tokens.retain(|_, _| cached_at.is_some());
        for token in tokens.values_mut() {
            token["cached_at"] = cached_at.map(time).into();
        }
        let cache = parse(&json.to_string());
        let successor = (&RefreshToken::from("NEW"), later(10));
        let (id, host) = (HomeAccountId::new(ALICE), "login.microsoftonline.com");
        let is_spent = |token: &RefreshToken| token.expose_secret() == "SPENT";
        assert_eq!(
            cache.holds_successor(APP, &id, host, successor, &is_spent),
            expected,
            "{secret} {written:?} {cached_at:?}"
        );
    }
}

#[test]
fn an_answer_without_foci_does_not_forget_the_family() {
    let mut cache = cache_with(Dialect::Python, json!({"foci": "1"}));
    cache.add(&event(&response(json!({})), &ScopeSet::default()));
    let entry =
        &value(&cache)["AppMetadata"][format!("appmetadata-login.microsoftonline.com-{APP}")];
    assert_eq!(entry["family_id"], "1");
}

#[test]
fn a_renewal_updates_the_entry_it_came_from() {
    let mut cache = parse(WORKED_SAMPLE);
    let response = response(json!({"refresh_token": "RT-NEXT", "scope": "Mail.Read"}));
    let (scopes, old) = (
        ScopeSet::from_wire("Mail.Read"),
        RefreshToken::from("RT-FAMILY"),
    );
    let is_kept = cache.renew(&TokenEvent {
        redeemed: Some(&old),
        now: T0 + Duration::from_secs(60),
        ..event(&response, &scopes)
    });
    assert!(is_kept);
    let tokens = &value(&cache)["RefreshToken"];
    let key = format!(
        "{ALICE}-login.microsoftonline.com-refreshtoken-{APP}--user.read email https://graph.microsoft.com/mail.read openid profile"
    );
    assert_eq!(tokens[&key]["secret"], "RT-NEXT");
    assert_eq!(tokens[&key]["last_modification_time"], "1700000060");
    assert_eq!(tokens[&key]["family_id"], "1", "the family stays");
    assert_eq!(tokens.as_object().unwrap().len(), 3, "no entry is added");
}

#[test]
fn a_renewal_adds_nothing_for_a_user_who_signed_out_meanwhile() {
    let mut cache = parse(WORKED_SAMPLE);
    cache.remove_account(APP, &alice());
    let before = written(&cache);
    assert!(
        !renew(&mut cache, "RT-NEXT", "RT-FAMILY"),
        "nor may anybody have it"
    );
    assert_eq!(written(&cache), before);
}

#[test]
fn a_renewal_in_nodes_spelling_finds_what_python_wrote() {
    let mut cache = parse(WORKED_SAMPLE);
    cache.dialect = Dialect::Node;
    assert!(renew(&mut cache, "RT-NEXT", "RT-FAMILY"));
    assert_eq!(cache.refresh_tokens.len(), 3);
    assert!(written(&cache).contains("RT-NEXT") && !written(&cache).contains("RT-FAMILY"));
}

#[test]
fn adding_the_same_again_changes_no_byte() {
    let mut cache = cache_with(Dialect::Python, json!({}));
    let before = written(&cache);
    cache.add(&event(&response(json!({})), &ScopeSet::default()));
    assert_eq!(written(&cache), before);
}

/// Alice's cache as MSAL Node 3 or 5 spells it, with the refresh token that it holds.
fn of_node(dialect: Dialect, refresh_token: &str) -> String {
    written(&cache_with(
        dialect,
        json!({"refresh_token": refresh_token, "foci": null}),
    ))
}

#[test]
fn a_new_entry_replaces_the_one_that_another_sdk_stored_under_another_key() {
    let dialects = [Dialect::Python, Dialect::Node, Dialect::Node3];
    let host = |dialect: Dialect| dialect.environment("login.microsoftonline.com");
    for (old, new) in dialects
        .into_iter()
        .flat_map(|old| dialects.map(|new| (old, new)))
    {
        let text = of_node(old, "RT-OLD");
        let mut cache = TokenCache::parse(Bytes::from(text), new).unwrap();
        cache.add(&event(
            &response(json!({"refresh_token": "RT-NEW"})),
            &ScopeSet::default(),
        ));
        let fresh = cache_with(new, json!({"refresh_token": "RT-NEW"}));
        for section in ["AccessToken", "IdToken", "RefreshToken"] {
            let keys = |cache: &TokenCache| {
                let value = value(cache);
                let keys = value[section].as_object().unwrap().keys();
                keys.cloned().collect::<Vec<_>>()
            };
            let (mut left, mut expected) = (keys(&cache), keys(&fresh));
            if new == Dialect::Python {
                // It goes where the account is.
                expected = expected
                    .iter()
                    .map(|key| key.replace(&host(new), &host(old)))
                    .collect();
            } else if section == "RefreshToken" && host(old) != host(new) {
                // Under another name of the cloud it stays, as the new one.
                left.retain(|key| key.contains(&host(new)));
                assert_eq!(left.len() + 1, keys(&cache).len(), "{old:?} {new:?}");
            }
            assert_eq!(left, expected, "{section} {old:?} {new:?}");
        }
        assert!(!written(&cache).contains("RT-OLD"), "{old:?} {new:?}");
    }
}

#[test]
fn an_entry_that_is_replaced_under_another_key_leaves_its_unknown_members() {
    let text = of_node(Dialect::Node3, "RT-OLD").replace(
        "\"secret\": \"RT-OLD\"",
        "\"secret\": \"RT-OLD\", \"theirs\": 7",
    );
    let mut cache = TokenCache::parse(Bytes::from(text), Dialect::Node).unwrap();
    cache.add(&event(&response(json!({})), &ScopeSet::default()));
    let tokens = &value(&cache)["RefreshToken"];
    let tokens: Vec<_> = tokens.as_object().unwrap().values().collect();
    assert_eq!((tokens.len(), &tokens[0]["theirs"]), (1, &json!(7)));
}

#[test]
fn a_new_entry_stands_beside_those_of_other_users_clients_tenants_and_families() {
    let text = of_node(Dialect::Node3, "RT-OLD");
    for (field, other) in [
        (ALICE, "another.user"),
        (APP, "another-client"),
        ("login.windows.net", "login.microsoftonline.us"),
    ] {
        let text = text.replace(&format!("\"{field}\""), &format!("\"{other}\""));
        let mut cache = TokenCache::parse(Bytes::from(text), Dialect::Node).unwrap();
        cache.add(&event(&response(json!({})), &ScopeSet::default()));
        assert_eq!(cache.refresh_tokens.len(), 2, "{other}");
        assert_eq!(cache.access_tokens.len(), 2, "{other}");
        assert_eq!(cache.id_tokens.len(), 2, "{other}");
    }
    let mut cache = TokenCache::parse(Bytes::from(text), Dialect::Node).unwrap();
    cache.add(&event(
        &response(json!({"foci": "1"})),
        &ScopeSet::default(),
    ));
    assert_eq!(cache.refresh_tokens.len(), 2, "a family's token is another");
}

#[test]
fn a_family_has_one_token_in_nodes_spelling_whichever_client_got_it() {
    let old = written(&cache_with(Dialect::Node3, json!({"foci": "1"})));
    let old = old.replace(APP, "11112222-bbbb-3333-cccc-000000000000");
    let mut cache = TokenCache::parse(Bytes::from(old), Dialect::Node).unwrap();
    cache.add(&event(
        &response(json!({"foci": "1"})),
        &ScopeSet::default(),
    ));
    assert_eq!(cache.refresh_tokens.len(), 1);
}

#[test]
fn a_renewal_leaves_one_of_two_entries_that_are_the_same() {
    let node3 = value(&cache_with(
        Dialect::Node3,
        json!({"refresh_token": "RT-A"}),
    ));
    let mut both = value(&cache_with(Dialect::Node, json!({"refresh_token": "RT-B"})));
    for (key, entry) in node3["RefreshToken"].as_object().unwrap() {
        both["RefreshToken"][key] = entry.clone();
    }
    for redeemed in ["RT-A", "RT-B"] {
        let text = Bytes::from(both.to_string());
        let mut cache = TokenCache::parse(text, Dialect::Node).unwrap();
        renew(&mut cache, "RT-NEXT", redeemed);
        assert_eq!(cache.refresh_tokens.len(), 1, "{redeemed}");
        assert!(written(&cache).contains("RT-NEXT"));
    }
}

/// MSAL Node throws away all that it finds for a scope, if that is more than one.
#[test]
fn an_access_token_leaves_none_beside_it_that_is_good_for_nothing_more() {
    let hour = Duration::from_secs(3600);
    for (old, new, is_left, is_left_in_node) in [
        (
            "User.Read openid",
            "Mail.Read User.Read openid",
            false,
            false,
        ),
        (
            "User.Read email",
            "Mail.Read User.Read openid",
            false,
            false,
        ),
        ("User.Read", "user.read openid", false, false),
        // Each is good for something that the other is not.
        ("Mail.Read User.Read", "User.Read", true, false),
        ("Files.Read User.Read", "Mail.Read User.Read", true, false),
        // What everybody is granted makes no two of them alike.
        (
            "Files.Read email openid",
            "Mail.Read email openid",
            true,
            true,
        ),
    ] {
        for dialect in [Dialect::Python, Dialect::Node, Dialect::Node3] {
            for (later, is_left) in [
                (Duration::from_secs(1), is_left),
                // Nobody is handed out what has expired, or will soon.
                (hour - Duration::from_secs(200), is_left_in_node),
                (hour * 2, is_left_in_node),
            ] {
                let mut cache = cache_with(dialect, json!({"scope": old}));
                let response = response(json!({"scope": new, "access_token": "NEW"}));
                cache.add(&TokenEvent {
                    now: T0 + later,
                    ..event(&response, &ScopeSet::default())
                });
                let is_left = if dialect == Dialect::Python {
                    is_left
                } else {
                    is_left_in_node
                };
                assert_eq!(
                    cache.access_tokens.len(),
                    1 + usize::from(is_left),
                    "{old} {new} {dialect:?} {later:?}"
                );
                assert!(written(&cache).contains("NEW"));
            }
        }
    }
}

#[test]
fn an_access_token_leaves_those_of_others_and_one_that_is_good_for_longer() {
    let old = written(&cache_with(Dialect::Python, json!({"scope": "User.Read"})));
    for (field, other) in [
        (
            format!("\"home_account_id\": \"{ALICE}\""),
            "\"home_account_id\": \"bob.contoso\"".to_owned(),
        ),
        (
            format!("\"client_id\": \"{APP}\""),
            "\"client_id\": \"another\"".to_owned(),
        ),
        (
            format!("\"realm\": \"{TENANT}\""),
            "\"realm\": \"another\"".to_owned(),
        ),
        (
            "\"token_type\": \"Bearer\"".to_owned(),
            "\"token_type\": \"pop\", \"key_id\": \"k\"".to_owned(),
        ),
        (
            "\"token_type\": \"Bearer\"".to_owned(),
            "\"token_type\": \"Bearer\", \"ext_cache_key\": \"k\"".to_owned(),
        ),
        (
            "\"environment\": \"login.microsoftonline.com\"".to_owned(),
            "\"environment\": \"login.microsoftonline.us\"".to_owned(),
        ),
        (
            "\"expires_on\": \"1700003599\"".to_owned(),
            "\"expires_on\": \"1700009999\"".to_owned(),
        ),
    ] {
        assert!(old.contains(&field), "{field}");
        // Under a key of its own.
        let text = old
            .replace(&field, &other)
            .replacen("-accesstoken-", "-theirs-", 1);
        let mut cache = parse(&text);
        let response = response(json!({"scope": "Mail.Read User.Read"}));
        cache.add(&event(&response, &ScopeSet::default()));
        assert_eq!(cache.access_tokens.len(), 2, "{other}");
    }
}

#[test]
fn a_sign_in_says_how_and_a_renewal_leaves_that_as_it_is() {
    let (named, nameless) = (response(json!({})), response(json!({"id_token": null})));
    let scopes = ScopeSet::from_wire("User.Read openid");
    for (dialect, source) in [
        (Dialect::Python, json!("password")),
        (Dialect::Node, Value::Null),
    ] {
        for (response, username) in [
            (&named, "alice@contoso.com"),
            (&nameless, "typed@contoso.com"),
        ] {
            let mut cache = TokenCache::new(dialect);
            cache.add(&TokenEvent {
                account_source: Some("password"),
                username: Some("typed@contoso.com"),
                ..event(response, &scopes)
            });
            cache.add(&event(&named, &scopes));
            let mut once = TokenCache::new(dialect);
            once.add(&TokenEvent {
                account_source: Some("password"),
                username: Some("typed@contoso.com"),
                ..event(response, &scopes)
            });
            assert_eq!(once.accounts()[0].username, username);
            for cache in [&cache, &once] {
                let accounts = value(cache)["Account"].take();
                let account = accounts.as_object().unwrap().values().next().unwrap();
                assert_eq!(account["account_source"], source, "{dialect:?}");
            }
        }
    }
}
