//! Listing accounts and signing them out.

use serde_json::json;

use super::*;

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
