//! The cache against caches that the real libraries wrote.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::entry::Entry as _;
use super::*;
use crate::{
    Account, HomeAccountId, RefreshToken, ScopeSet, TokenOutcome, TokenResponse, UnixTime,
};

const WORKED_SAMPLE: &str = include_str!("../../tests/data/cache/msal_python_worked_sample.json");
const PYTHON: &str = include_str!("../../tests/data/cache/token_cache.json");
const PYTHON_CONFIDENTIAL: &str =
    include_str!("../../tests/data/cache/token_cache_confidential.json");
const NODE: &str = include_str!("../../tests/data/cache/msal_node_cache.json");
const NODE_FAMILY: &str = include_str!("../../tests/data/cache/msal_node_cache_foci.json");

const T0: UnixTime = UnixTime::from_secs(1_700_000_000);
const TENANT: &str = "0e8a3f2c-1111-4222-8333-abcdefabcdef";
const ALICE: &str = "aa905949-a2b8-4e0a-8aea-b32e53ccdb41.0e8a3f2c-1111-4222-8333-abcdefabcdef";
const APP: &str = "11112222-bbbb-3333-cccc-4444dddd5555";

fn parse(text: &str) -> TokenCache {
    TokenCache::parse(Bytes::copy_from_slice(text.as_bytes()), Dialect::Python).unwrap()
}

fn written(cache: &TokenCache) -> String {
    String::from_utf8(cache.serialize().to_vec()).unwrap()
}

fn value(cache: &TokenCache) -> Value {
    serde_json::from_slice(&cache.serialize()).unwrap()
}

/// A response for alice, made of JSON so that it goes through every check.
fn response(extra: Value) -> TokenResponse {
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({
        "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"), "aud": APP, "sub": "subject-alice",
        "oid": "aa905949-a2b8-4e0a-8aea-b32e53ccdb41", "tid": TENANT, "preferred_username": "alice@contoso.com",
        "name": "Alice Ådams",
    });
    let mut body = json!({
        "access_token": "AT", "refresh_token": "RT", "expires_in": 3599, "token_type": "Bearer",
        "scope": "openid User.Read profile",
        "id_token": format!("{}.{}.c2ln", encode(json!({"alg": "RS256"})), encode(claims)),
        "client_info": encode(json!({"uid": "aa905949-a2b8-4e0a-8aea-b32e53ccdb41", "utid": TENANT})),
    });
    for (name, value) in extra.as_object().unwrap() {
        body[name] = value.clone();
    }
    match TokenOutcome::read(&Response::new(Bytes::from(body.to_string())), APP) {
        TokenOutcome::Tokens(tokens) => *tokens,
        other => panic!("{other:?}"),
    }
}

fn event<'a>(response: &'a TokenResponse, requested: &'a ScopeSet) -> TokenEvent<'a> {
    TokenEvent {
        client_id: APP,
        host: "login.microsoftonline.com",
        realm: TENANT,
        authority_type: "MSSTS",
        requested,
        response,
        now: T0,
        redeemed: None,
        account: None,
    }
}

fn cache_with(dialect: Dialect, extra: Value) -> TokenCache {
    let mut cache = TokenCache::new(dialect);
    cache.add(&event(
        &response(extra),
        &ScopeSet::from_wire("User.Read openid"),
    ));
    cache
}

fn ask(cache: &TokenCache, scopes: &str, now: UnixTime) -> Silent {
    let environments = crate::Cloud::of("login.windows.net")
        .unwrap()
        .aliases
        .iter()
        .map(|alias| (*alias).to_owned())
        .collect::<Vec<_>>();
    cache.silent(&SilentRequest::new(
        APP,
        &HomeAccountId::new(ALICE),
        &environments,
        &[TENANT],
        &ScopeSet::from_wire(scopes),
        now,
    ))
}

#[test]
fn a_cache_that_msal_python_wrote_is_written_back_byte_for_byte() {
    for text in [WORKED_SAMPLE, PYTHON, PYTHON_CONFIDENTIAL] {
        assert_eq!(written(&parse(text)), text.trim_end());
    }
}

#[test]
fn a_cache_that_msal_node_wrote_keeps_all_it_says() {
    for text in [NODE, NODE_FAMILY] {
        assert_eq!(
            value(&parse(text)),
            serde_json::from_str::<Value>(text).unwrap()
        );
    }
}

#[test]
fn every_entry_msal_python_wrote_is_understood_and_keyed_alike() {
    let cache = parse(WORKED_SAMPLE);
    fn check<E: entry::Entry + PartialEq>(table: &Table<E>) -> usize {
        for record in table.records() {
            let entity = record.entry().unwrap();
            assert_eq!(record.key, entity.storage_key(Dialect::Python).as_str());
            let mut made = Vec::new();
            entry::write_entry(&mut made, entity, None);
            let mut read = Vec::new();
            record.write(&mut read);
            assert_eq!(made, read);
            assert!(crate::json::LONGEST_ESCAPE * entry::entry_size(entity, None) >= made.len());
        }
        table.len()
    }
    assert_eq!(check(&cache.access_tokens), 6);
    assert_eq!(check(&cache.accounts), 3);
    assert_eq!(check(&cache.id_tokens), 3);
    assert_eq!(check(&cache.refresh_tokens), 3);
    assert_eq!(check(&cache.app_metadata), 4);
}

#[test]
fn every_entry_msal_node_3_wrote_is_keyed_as_ours_would_be() {
    for text in [NODE, NODE_FAMILY] {
        let cache = parse(text);
        for record in cache.refresh_tokens.records() {
            assert_eq!(
                record.key,
                record.entry().unwrap().storage_key(Dialect::Node3).as_str()
            );
        }
        for record in cache.id_tokens.records() {
            assert_eq!(
                record.key,
                record.entry().unwrap().storage_key(Dialect::Node3).as_str()
            );
        }
        for record in cache.access_tokens.records() {
            assert_eq!(
                record.key,
                record.entry().unwrap().storage_key(Dialect::Node3).as_str()
            );
        }
    }
}

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
        cache.holds_refresh_token(
            APP,
            &account.home_account_id,
            &account.environment,
            &secret.into(),
            at,
        )
    };
    assert!(holds("OLD", T0 + Duration::from_secs(1)));
    assert!(!holds("ANOTHER", T0 + Duration::from_secs(1)));
    assert!(holds("ANOTHER", T0), "stored since");
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
fn a_fresh_token_is_a_hit_for_any_part_of_its_scopes() {
    let cache = cache_with(Dialect::Python, json!({}));
    for scopes in ["User.Read", "profile User.Read", "openid", ""] {
        assert!(
            matches!(ask(&cache, scopes, T0), Silent::Hit(_)),
            "{scopes}"
        );
    }
    for scopes in ["user.read", "User.Read Mail.Read", "User"] {
        assert!(
            matches!(ask(&cache, scopes, T0), Silent::Renew(renewal) if renewal.reason == RefreshReason::NoAccessToken),
            "{scopes}"
        );
    }
}

#[test]
fn an_entry_under_an_alias_of_the_cloud_is_found() {
    let cache = cache_with(Dialect::Node, json!({}));
    assert!(matches!(ask(&cache, "User.Read", T0), Silent::Hit(_)));
}

#[test]
fn a_token_is_renewed_five_minutes_before_it_expires() {
    let cache = cache_with(Dialect::Python, json!({"expires_in": 3600}));
    let at = |seconds| ask(&cache, "User.Read", T0 + Duration::from_secs(seconds));
    assert!(matches!(at(3300), Silent::Hit(_)));
    assert!(matches!(at(3301), Silent::Renew(renewal)
        if renewal.reason == RefreshReason::Expired && renewal.fallback.is_none() && renewal.candidates.len() == 1));
}

#[test]
fn an_aging_token_is_renewed_and_kept_as_fallback() {
    let cache = cache_with(Dialect::Python, json!({"refresh_in": 1800}));
    let at = |seconds| ask(&cache, "User.Read", T0 + Duration::from_secs(seconds));
    assert!(matches!(at(1800), Silent::Hit(_)));
    assert!(matches!(at(1801), Silent::Renew(renewal)
        if renewal.reason == RefreshReason::Aging && renewal.fallback.is_some()));
}

#[test]
fn a_clock_that_was_set_back_does_not_make_a_token_immortal() {
    let cache = cache_with(Dialect::Python, json!({}));
    assert!(matches!(
        ask(&cache, "User.Read", T0 - Duration::from_secs(400)),
        Silent::Renew(_)
    ));
}

#[test]
fn an_expiry_in_the_far_future_is_not_believed() {
    let text = WORKED_SAMPLE.replace(
        "\"expires_on\": \"1700003599\"",
        "\"expires_on\": \"3000000000000\"",
    );
    assert!(matches!(
        ask(&parse(&text), "User.Read", T0),
        Silent::Renew(_)
    ));
}

#[test]
fn tokens_for_one_purpose_are_not_given_to_another() {
    // The worked sample holds an SSH certificate and an application's own token under the same client.
    let cache = parse(WORKED_SAMPLE);
    let ssh = "https://pas.windows.net/CheckMyAccess/Linux/.default";
    assert!(matches!(ask(&cache, ssh, T0), Silent::Renew(_)));
    assert!(matches!(ask(&cache, "User.Read", T0), Silent::Hit(_)));
}

#[test]
fn a_family_shares_its_token_and_a_stranger_tries_its_own_first() {
    let cache = parse(NODE_FAMILY);
    let home = HomeAccountId::new(
        "aaaa1111-0000-4000-8000-00000000a11c.11111111-aaaa-4bbb-8ccc-222222222222",
    );
    let environments = ["login.windows.net".to_owned()];
    let scopes = ScopeSet::from_wire("X");
    let request = SilentRequest::new("another-app", &home, &environments, &["t"], &scopes, T0);
    let Silent::Renew(renewal) = cache.silent(&request) else {
        panic!("the family's token should be tried");
    };
    assert!(
        renewal
            .candidates
            .iter()
            .all(|candidate| candidate.is_family)
    );
    assert_eq!(renewal.candidates.len(), 1);
}

#[test]
fn nothing_cached_asks_for_the_user() {
    assert!(matches!(
        ask(&TokenCache::default(), "User.Read", T0),
        Silent::InteractionRequired
    ));
}

#[test]
fn a_renewal_updates_the_entry_it_came_from() {
    let mut cache = parse(WORKED_SAMPLE);
    let response = response(json!({"refresh_token": "RT-NEXT", "scope": "Mail.Read"}));
    let (scopes, old) = (
        ScopeSet::from_wire("Mail.Read"),
        RefreshToken::from("RT-FAMILY"),
    );
    cache.renew(&TokenEvent {
        redeemed: Some(&old),
        now: T0 + Duration::from_secs(60),
        ..event(&response, &scopes)
    });
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
fn accounts_are_listed_once_and_found_by_name() {
    let cache = parse(WORKED_SAMPLE);
    let names: Vec<_> = cache
        .accounts()
        .into_iter()
        .map(|account| account.username)
        .collect();
    assert_eq!(
        names,
        ["alice@contoso.com", "bob@contoso.com", "alice@contoso.com"]
    );
    assert_eq!(cache.accounts_named("BOB@contoso.com").len(), 1);
    assert_eq!(
        cache.accounts_named("alice@contoso.com").len(),
        2,
        "Entra and ADFS are two accounts"
    );
    assert!(cache.accounts_named("carol@contoso.com").is_empty());
}

#[test]
fn signing_out_removes_entries_under_other_sdks_keys() {
    let text = NODE.replace(
        "-refreshtoken-0a1b2c3d-0000-4000-8000-5e6f70819200----",
        "-any-key",
    );
    let mut cache = parse(&text);
    let account = cache.accounts().remove(0);
    // The application uses another alias of the same cloud than the SDK that wrote the cache.
    let account = Account {
        environment: "login.microsoftonline.com".to_owned(),
        ..account
    };
    cache.remove_account("0a1b2c3d-0000-4000-8000-5e6f70819200", &account);
    for section in ["AccessToken", "Account", "IdToken", "RefreshToken"] {
        assert_eq!(value(&cache)[section], json!({}), "{section}");
    }
}

#[test]
fn signing_out_leaves_other_users_and_other_clients_tokens() {
    let mut cache = parse(WORKED_SAMPLE);
    let alice = Account::new(HomeAccountId::new(ALICE), "login.microsoftonline.com");
    cache.remove_account("another-app", &alice);
    assert_eq!(cache.refresh_tokens.len(), 3, "not this client's token");
    assert_eq!(cache.accounts().len(), 2);
    cache.remove_account(APP, &alice);
    assert_eq!(cache.refresh_tokens.len(), 2);
}

#[test]
fn unknown_members_entries_and_sections_survive_a_change() {
    let text = r#"{"Zukunft": {"a" : [1,2]}, "RefreshToken": {"odd": 5, "k": null},
        "AppMetadata": {"appmetadata-login.microsoftonline.com-11112222-bbbb-3333-cccc-4444dddd5555":
        {"client_id":"11112222-bbbb-3333-cccc-4444dddd5555","environment":"login.microsoftonline.com","new": {"x":1}}}}"#;
    let mut cache = parse(text);
    cache.add(&event(
        &response(json!({"foci": "1"})),
        &ScopeSet::default(),
    ));
    let value = value(&cache);
    assert_eq!(value["Zukunft"], json!({"a": [1, 2]}));
    assert_eq!(value["RefreshToken"]["odd"], 5);
    let metadata = &value["AppMetadata"][format!("appmetadata-login.microsoftonline.com-{APP}")];
    assert_eq!(
        (&metadata["new"], &metadata["family_id"]),
        (&json!({"x": 1}), &json!("1"))
    );
}

#[test]
fn one_broken_entry_spoils_nobody_elses() {
    let broken = [
        "\"a string\"",
        "null",
        "[]",
        "{}",
        "{\"secret\":{}}",
        "{\"secret\":\"x\",\"expires_on\":\"junk\"}",
    ];
    for section in [
        "AccessToken",
        "Account",
        "IdToken",
        "RefreshToken",
        "AppMetadata",
    ] {
        for entry in broken {
            let text = WORKED_SAMPLE.replacen(
                &format!("\"{section}\": {{"),
                &format!("\"{section}\": {{\"broken\": {entry},"),
                1,
            );
            let cache = parse(&text);
            assert!(
                matches!(ask(&cache, "User.Read", T0), Silent::Hit(_)),
                "{section} {entry}"
            );
            assert_eq!(cache.accounts().len(), 3);
        }
    }
}

#[test]
fn numbers_may_be_numbers_or_strings() {
    let text = WORKED_SAMPLE.replace(
        "\"expires_on\": \"1700003599\"",
        "\"expires_on\": 1700003599.9",
    );
    assert!(
        matches!(ask(&parse(&text), "User.Read", T0), Silent::Hit(token)
        if token.expires_on == UnixTime::from_secs(1_700_003_599))
    );
}

#[test]
fn what_is_no_cache_is_an_error_with_a_place() {
    let error = |text: &str| {
        TokenCache::parse(Bytes::copy_from_slice(text.as_bytes()), Dialect::Python).unwrap_err()
    };
    assert_eq!(error(""), CacheFormatError::Empty);
    assert_eq!(error("\0\0\0"), CacheFormatError::Empty);
    assert_eq!(
        error("{\"Account\": []}"),
        CacheFormatError::Section { name: "Account" }
    );
    for text in [
        "null",
        "42",
        "[]",
        "\"x\"",
        "{} {}",
        "{\"a\":",
        "\u{feff}{}",
    ] {
        assert!(
            matches!(error(text), CacheFormatError::NotJson { .. }),
            "{text}"
        );
    }
    for end in 0..WORKED_SAMPLE.trim_end().len() {
        if let Some(cut) = WORKED_SAMPLE.get(..end) {
            assert!(
                TokenCache::parse(Bytes::copy_from_slice(cut.as_bytes()), Dialect::Python).is_err()
            );
        }
    }
}

#[test]
fn a_byte_that_is_no_utf8_is_named_by_its_place() {
    let document = Bytes::from_static(b"{\n  \"a\": \xff}");
    let error = TokenCache::parse(document, Dialect::Python).unwrap_err();
    assert_eq!(error, CacheFormatError::NotJson { line: 2, column: 8 });
}

#[test]
fn deep_nesting_is_kept_as_text_and_breaks_nothing() {
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = WORKED_SAMPLE.replacen(
        "\"RefreshToken\": {",
        &format!("\"RefreshToken\": {{\n        \"x\": {nested},"),
        1,
    );
    let cache = parse(&text);
    assert_eq!(written(&cache), text.trim_end());
    assert!(matches!(ask(&cache, "User.Read", T0), Silent::Hit(_)));
}

#[test]
fn a_cache_of_sections_repeated_keeps_the_entries_of_both() {
    let cache = parse(
        r#"{"RefreshToken":{"a":{"secret":"1","environment":"e"}},"RefreshToken":{"b":{"secret":"2","environment":"e"}}}"#,
    );
    assert_eq!(cache.refresh_tokens.len(), 2);
}

#[test]
fn rebasing_keeps_both_writers_entries() {
    let ours = cache_with(Dialect::Python, json!({}));
    let theirs = parse(WORKED_SAMPLE);
    let merged = ours.rebase_onto(theirs);
    assert_eq!(merged.accounts().len(), 3);
    assert!(merged.is_changed());
    assert_eq!(
        merged.refresh_tokens.len(),
        4,
        "another target is another entry"
    );
}

#[test]
fn rebasing_lets_the_newer_refresh_token_win() {
    let older = cache_with(Dialect::Python, json!({"refresh_token": "OLDER"}));
    let mut newer = TokenCache::default();
    let response = response(json!({"refresh_token": "NEWER"}));
    newer.add(&TokenEvent {
        now: T0 + Duration::from_secs(1),
        ..event(&response, &ScopeSet::default())
    });
    newer.mark_saved();
    let merged = value(&older.rebase_onto(newer));
    let token = merged["RefreshToken"]
        .as_object()
        .unwrap()
        .values()
        .next()
        .unwrap();
    assert_eq!(token["secret"], "NEWER");
}

fn alice() -> Account {
    Account::new(HomeAccountId::new(ALICE), "login.microsoftonline.com")
}

/// Redeems alice's refresh token of `cache`, whatever it is, for another scope.
fn renew(cache: &mut TokenCache, refresh_token: &str, redeemed: &str) {
    let response = response(json!({"refresh_token": refresh_token, "scope": "Mail.Read"}));
    cache.renew(&TokenEvent {
        redeemed: Some(&RefreshToken::from(redeemed)),
        now: T0 + Duration::from_secs(10),
        ..event(&response, &ScopeSet::default())
    });
}

#[test]
fn rebasing_honours_removals() {
    let mut ours = parse(WORKED_SAMPLE);
    assert!(ours.remove_account(APP, &alice()));
    assert!(!ours.remove_account(APP, &alice()), "there is nothing left");
    let merged = ours.rebase_onto(parse(WORKED_SAMPLE));
    assert_eq!(merged.accounts().len(), 2);
    assert!(matches!(
        ask(&merged, "User.Read", T0),
        Silent::InteractionRequired
    ));
}

#[test]
fn rebasing_removes_what_was_renewed_for_a_user_who_signed_out_here() {
    let (mut ours, mut theirs) = (parse(WORKED_SAMPLE), parse(WORKED_SAMPLE));
    ours.remove_account(APP, &alice());
    renew(&mut theirs, "RT-NEXT", "RT-FAMILY");
    let merged = value(&ours.rebase_onto(theirs)).to_string();
    assert!(!merged.contains(ALICE));
}

#[test]
fn rebasing_does_not_bring_back_who_signed_out_there() {
    let (mut ours, mut theirs) = (parse(WORKED_SAMPLE), parse(WORKED_SAMPLE));
    renew(&mut ours, "RT-NEXT", "RT-FAMILY");
    theirs.remove_account(APP, &alice());
    theirs.mark_saved();
    let before = written(&theirs);
    let merged = ours.rebase_onto(theirs);
    assert!(!written(&merged).contains(ALICE));
    assert_eq!(value(&merged)["Account"], value(&parse(&before))["Account"]);
}

#[test]
fn rebasing_knows_who_signed_out_there_whatever_the_case_of_the_host() {
    let (before, after) = WORKED_SAMPLE.split_once("RT-FAMILY").unwrap();
    let host = "\"login.microsoftonline.com\"";
    let after = after.replacen(host, &host.to_uppercase(), 1);
    let text = format!("{before}RT-FAMILY{after}");
    let (mut ours, mut theirs) = (parse(&text), parse(&text));
    renew(&mut ours, "RT-NEXT", "RT-FAMILY");
    theirs.remove_account(APP, &alice());
    theirs.mark_saved();
    let merged = written(&ours.rebase_onto(theirs));
    assert!(!merged.contains("RT-NEXT") && !merged.contains(ALICE));
}

#[test]
fn rebasing_keeps_a_sign_in_that_overlaps_a_sign_out() {
    let (mut ours, mut theirs) = (parse(WORKED_SAMPLE), parse(WORKED_SAMPLE));
    // It goes into entries that are there, then it is renewed, and it is a sign-in all the same.
    let response = response(json!({
        "refresh_token": "RT-SIGNED-IN", "scope": "User.Read email https://graph.microsoft.com/Mail.Read openid profile",
    }));
    ours.add(&event(&response, &ScopeSet::default()));
    renew(&mut ours, "RT-NEXT", "RT-SIGNED-IN");
    theirs.remove_account(APP, &alice());
    theirs.mark_saved();
    let merged = ours.rebase_onto(theirs);
    assert!(written(&merged).contains("RT-NEXT"));
    assert!(
        merged
            .account(&alice().home_account_id, &[alice().environment])
            .is_some()
    );
}

#[test]
fn rebasing_forgets_a_sign_out_that_they_made_as_well() {
    let (mut ours, mut theirs) = (parse(WORKED_SAMPLE), parse(WORKED_SAMPLE));
    ours.remove_account(APP, &alice());
    theirs.remove_account(APP, &alice());
    theirs.mark_saved();
    let merged = ours.rebase_onto(theirs);
    assert!(!merged.is_changed(), "there is nothing to save");
    // Whoever signs in again later is not signed out by it.
    let later = merged.rebase_onto(parse(WORKED_SAMPLE));
    assert_eq!(later.accounts().len(), 3);
}

#[test]
fn a_renewal_adds_nothing_for_a_user_who_signed_out_meanwhile() {
    let mut cache = parse(WORKED_SAMPLE);
    cache.remove_account(APP, &alice());
    let before = written(&cache);
    renew(&mut cache, "RT-NEXT", "RT-FAMILY");
    assert_eq!(written(&cache), before);
}

#[test]
fn a_renewal_in_nodes_spelling_finds_what_python_wrote() {
    let mut cache = parse(WORKED_SAMPLE);
    cache.dialect = Dialect::Node;
    renew(&mut cache, "RT-NEXT", "RT-FAMILY");
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

#[test]
fn debug_output_holds_no_secret() {
    let text = format!("{:?}", parse(WORKED_SAMPLE));
    for secret in ["RT-FAMILY", "AT-USER", "eyJ0"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn a_lookup_among_many_finds_its_own() {
    let mut cache = TokenCache::default();
    let response = response(json!({}));
    for user in 0..500 {
        let mut response = response.clone();
        response.client_info.as_mut().unwrap().uid = format!("user{user}");
        cache.add(&event(&response, &ScopeSet::default()));
    }
    let environments = ["login.microsoftonline.com".to_owned()];
    for user in 0..500 {
        let home = HomeAccountId::new(&format!("user{user}.{TENANT}"));
        let scopes = ScopeSet::from_wire("User.Read");
        let request = SilentRequest::new(APP, &home, &environments, &[TENANT], &scopes, T0);
        assert!(matches!(cache.silent(&request), Silent::Hit(_)));
    }
    cache.remove_account(
        APP,
        &Account::new(
            HomeAccountId::new(&format!("user250.{TENANT}")),
            environments[0].clone(),
        ),
    );
    assert_eq!(cache.accounts().len(), 499);
}

#[test]
fn a_document_in_pieces_is_the_document() {
    let mut cache = parse(PYTHON);
    for number in 0..2_000 {
        let response =
            response(json!({"access_token": format!("A\"\u{e5}{number}{}", "t".repeat(900))}));
        let scopes = ScopeSet::from_wire(&format!("scope{number}"));
        let event = event(&response, &scopes);
        cache.add(&TokenEvent {
            realm: &format!("tenant{number}"),
            ..event
        });
    }
    let (mut pieces, mut whole) = (0, Vec::new());
    let each = &mut |piece: &[u8]| {
        pieces += 1;
        whole.extend_from_slice(piece);
        Ok::<(), ()>(())
    };
    cache.serialize_in_pieces(each).unwrap();
    assert_eq!(whole, cache.serialize());
    assert!(pieces > 4, "{pieces}");
    assert_eq!(parse(str::from_utf8(&whole).unwrap()).serialize(), whole);
    assert_eq!(cache.serialize_in_pieces(&mut |_| Err(7)), Err(7));
}

#[test]
fn what_any_library_wrote_and_we_added_to_reads_back_as_it_was_written() {
    let odd = r#"{"x\"\u00e5": [1], "AppMetadata": null, "AccessToken": {"k\"": 5, "a": {"secret": "S", "environment": "e",
        "\u0061dd": {"b": []}}}, "AccessToken": {"c": {}}}"#;
    for document in [
        WORKED_SAMPLE,
        PYTHON,
        PYTHON_CONFIDENTIAL,
        NODE,
        NODE_FAMILY,
        "{}",
        odd,
    ] {
        for dialect in [Dialect::Python, Dialect::Node, Dialect::Node3] {
            let cache = TokenCache::parse(Bytes::from_static(document.as_bytes()), dialect);
            let mut cache = cache.unwrap();
            let (response, scopes) = (response(json!({})), ScopeSet::default());
            for now in [None, Some(T0), Some(T0 + Duration::from_secs(9))] {
                if let Some(now) = now {
                    let event = event(&response, &scopes);
                    cache.add(&TokenEvent { now, ..event });
                }
                let text = written(&cache);
                cache = parse(&text);
                assert_eq!(written(&cache), text, "{now:?} {dialect:?} {document}");
            }
        }
    }
}
