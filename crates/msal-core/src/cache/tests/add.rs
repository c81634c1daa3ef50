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
