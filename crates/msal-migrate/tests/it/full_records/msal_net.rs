//! What MSAL.NET 2 wrote: dictionaries of texts, each an entry of the unified cache.

use msal_migrate::{SourceKind, SourceOptions};
use serde_json::{Value, json};

use super::{hash, refusal, rows_of};

const TENANT: &str = "c0ffee00-0001-4000-8000-000000000000";
const CLIENT: &str = "51d2b6ac-6d3c-4d43-9d42-3a8f2ac0a001";

fn dictionary(key: &str, entries: &[Value]) -> Value {
    let texts: Vec<_> = entries.iter().map(Value::to_string).collect();
    json!({ "Key": key, "Value": texts })
}

fn refresh_token(token: &str) -> Value {
    json!({
        "home_account_id": format!("u-1.{TENANT}"), "environment": "login.windows.net", "client_info": "",
        "client_id": CLIENT, "secret": token, "credential_type": "RefreshToken",
    })
}

fn account() -> Value {
    json!({
        "home_account_id": format!("u-1.{TENANT}"), "environment": "login.windows.net", "realm": TENANT,
        "local_account_id": "u-1", "username": "eva@contoso.example", "authority_type": "MSSTS",
    })
}

fn access_token() -> Value {
    json!({
        "home_account_id": format!("u-1.{TENANT}"), "environment": "login.windows.net", "client_id": CLIENT,
        "credential_type": "AccessToken", "realm": TENANT, "secret": "at", "target": "User.Read openid",
        "cached_at": "1795353890", "expires_on": "1795357490",
    })
}

fn rows(cache: &Value) -> Vec<String> {
    rows_of(cache.to_string().as_bytes(), &SourceOptions::default()).unwrap()
}

#[test]
fn dictionaries_are_read_as_the_sections_that_they_are() {
    let cache = json!([
        dictionary("access_tokens", &[access_token()]),
        dictionary("refresh_tokens", &[refresh_token("1.AXeva")]),
        dictionary("id_tokens", &[]),
        dictionary("accounts", &[account()]),
        dictionary("app_metadata", &[]),
    ]);
    let expected = format!(
        "at=#/RefreshToken/0\n    token={}\n    client={CLIENT}\n    authority=https://login.windows.net/{TENANT}\n    \
         scopes=User.Read\n    user=eva@contoso.example\n    oid=u-1\n    tid={TENANT}\n    home=u-1.{TENANT}",
        hash(b"1.AXeva")
    );
    assert_eq!(rows(&cache), [expected]);
    let mut named = SourceOptions::default();
    named.from = Some(SourceKind::MsalCache);
    let text = cache.to_string();
    assert_eq!(rows_of(text.as_bytes(), &named).unwrap().len(), 1);
    named.from = Some(SourceKind::AdalPython);
    assert!(refusal(text.as_bytes(), &named).contains("it is an MSAL cache"));
}

#[test]
fn a_broken_text_costs_its_own_row() {
    let mut of_a_service = refresh_token("1.AXobo");
    of_a_service["user_assertion_hash"] = "hash".into();
    let cache = json!([{ "Key": "refresh_tokens", "Value": [
        "{\"secret\":", "7", 7, null, refresh_token("1.AXeva").to_string(), of_a_service.to_string(),
        format!("\n {}", refresh_token("1.AXadam")),
    ]}]);
    let rows = rows(&cache);
    let malformed = |row: &String| row.ends_with("skip=malformed");
    assert!(rows.iter().take(4).all(malformed), "{rows:?}");
    assert!(rows[4].contains(&hash(b"1.AXeva")), "{rows:?}");
    assert_eq!(rows[5], "at=#/RefreshToken/5 skip=obo");
    assert!(rows[6].contains(&hash(b"1.AXadam")), "{rows:?}");
}

#[test]
fn what_is_no_dictionary_of_tokens_is_not_taken_for_an_empty_one() {
    let odd = ["at=#/RefreshToken/0 skip=not_understood"];
    for cache in [
        json!([{ "Key": "alice", "Value": "1.AXeva" }]),
        json!([{ "Key": "refresh_tokens", "Value": { "a": 1 } }]),
        json!([{ "Key": "refresh_tokens", "Value": "[]" }]),
        json!([{ "Key": 7, "Value": [] }]),
        json!([{ "Key": "accounts", "Value": [] , "X": 1 }, 7]),
        json!([{ "Value": ["{}"], "Key": "refresh_tokens" }]),
    ] {
        assert_eq!(rows(&cache), odd, "{cache}");
    }
    let nobody = json!([
        dictionary("access_tokens", &[]),
        dictionary("refresh_tokens", &[]),
        { "Key": "accounts", "Value": null },
    ]);
    assert!(rows(&nobody).is_empty());
}
