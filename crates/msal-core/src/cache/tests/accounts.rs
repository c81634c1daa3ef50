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
fn a_user_of_two_tenants_is_described_alike_however_they_are_found() {
    let entry = |realm: &str, username: &str| {
        json!({
            "home_account_id": "u.home", "environment": "login.microsoftonline.com", "realm": realm,
            "local_account_id": format!("object in {realm}"), "username": username, "authority_type": "MSSTS",
        })
    };
    let environments = ["login.microsoftonline.com".to_owned()];
    let (home, guest, other) = (
        entry("HOME", "carol@fabrikam.example"),
        entry("guest", "carol_fabrikam.example#EXT#@contoso.example"),
        entry("other", "carol@fabrikam.example"),
    );
    for (entries, realm) in [
        ([&home, &guest, &other], "HOME"),
        ([&guest, &home, &other], "HOME"),
        ([&guest, &other, &home], "HOME"),
        // Nobody knows the home tenant: the last one that was stored.
        ([&other, &guest, &guest], "guest"),
        ([&guest, &guest, &other], "other"),
    ] {
        let accounts: serde_json::Map<_, _> = entries
            .iter()
            .enumerate()
            .map(|(number, entry)| (format!("{number}"), (*entry).clone()))
            .collect();
        let cache = parse(&json!({ "Account": accounts }).to_string());
        let listed = cache.accounts();
        assert_eq!((listed.len(), listed[0].realm.as_str()), (1, realm));
        assert_eq!(listed[0].local_account_id, format!("object in {realm}"));
        for name in [
            "carol@fabrikam.example",
            "CAROL_fabrikam.example#EXT#@contoso.example",
        ] {
            assert_eq!(cache.accounts_named(name), listed, "{name}");
        }
        assert_eq!(cache.accounts_in(&environments), listed);
        let id = &listed[0].home_account_id;
        assert_eq!(cache.account(id, &environments).as_ref(), Some(&listed[0]));
    }
}

#[test]
fn a_client_has_an_accounts_tokens_of_several_tenants() {
    let token = |kind: &str, environment: &str, client: &str, realm: &str, more: &str| {
        let mut entry = json!({
            "credential_type": kind, "home_account_id": "u.home", "environment": environment, "client_id": client,
            "realm": realm, "secret": "S", "target": "User.Read openid", "expires_on": "1",
        });
        if !more.is_empty() {
            entry[more] = "x".into();
        }
        entry
    };
    let (access, id) = ("AccessToken", "IdToken");
    let (online, windows) = ("login.microsoftonline.com", "login.windows.net");
    let mut guest = token(access, windows, APP, "guest", "");
    guest["target"] = "Mail.Read".into();
    let cache = parse(
        &json!({
            "Account": { "a": {
                "home_account_id": "u.home", "environment": online, "realm": "home",
                "local_account_id": "u", "username": "u", "authority_type": "MSSTS",
            }},
            "AccessToken": {
                "1": token(access, online, &APP.to_ascii_uppercase(), "HOME", ""),
                "2": guest,
                "3": token(access, online, APP, "Guest", "key_id"),
                "4": token(access, online, APP, "bound", "ext_cache_key"),
                "5": token(access, online, "another-app", "another", ""),
                "6": token(access, "login.microsoftonline.us", APP, "government", ""),
            },
            "IdToken": {
                "1": token(id, online, APP, "home", ""),
                "2": token(id, windows, APP, "seen", ""),
                "3": token(id, windows, APP, "", ""),
            },
            "RefreshToken": { "1": {
                "credential_type": "RefreshToken", "home_account_id": "u.home", "environment": online, "client_id": APP,
                "secret": "RT", "target": "Files.Read",
            }},
        })
        .to_string(),
    );
    let account = &cache.accounts()[0];
    assert_eq!(cache.realms_of(APP, account), ["HOME", "guest", "seen"]);
    assert_eq!(cache.realms_of("nobody", account), [""; 0]);
    for (realm, granted) in [
        ("home", "User.Read"),
        ("GUEST", "Mail.Read"),
        ("bound", "Files.Read"),
        ("seen", "Files.Read"),
    ] {
        let scopes = cache.granted_scopes(APP, account, realm);
        assert_eq!(scopes.as_str(), granted, "{realm}");
    }
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

/// MSAL Node has one account for all tenants of a user, under the home tenant, with a profile for each. Where it finds two,
/// it begins a new one, and forgets the profiles of the others.
#[test]
fn in_nodes_spelling_a_user_of_two_tenants_is_one_account_with_two_profiles() {
    const ELSEWHERE: &str = "c0ffee00-0002-4000-8000-000000000000";
    let seen_in = |tenant: &str, object: &str, username: &str| {
        let claims = json!({
            "iss": format!("https://login.microsoftonline.com/{tenant}/v2.0"), "aud": APP, "sub": "s",
            "oid": object, "tid": tenant, "preferred_username": username, "name": "Alice",
        });
        let encoded = URL_SAFE_NO_PAD.encode(claims.to_string());
        response(json!({"id_token": format!("e30.{encoded}.c2ln")}))
    };
    let object = ALICE.split('.').next().unwrap();
    let at_home = seen_in(TENANT, object, "alice@contoso.com");
    let as_guest = seen_in(ELSEWHERE, "guest", "alice_contoso.com#EXT#@other.example");
    let profile = |value: &Value| serde_json::from_str::<Value>(value.as_str().unwrap()).unwrap();
    for dialect in [Dialect::Node, Dialect::Node3] {
        for answers in [
            vec![&at_home, &as_guest],
            vec![&as_guest, &at_home],
            vec![&as_guest, &at_home, &as_guest],
            vec![&at_home, &as_guest, &at_home],
        ] {
            let mut cache = TokenCache::new(dialect);
            for (number, answer) in answers.iter().enumerate() {
                cache.add(&TokenEvent {
                    realm: answer.claims().unwrap().tenant_id.as_deref().unwrap(),
                    ..event(answer, &ScopeSet::default())
                });
                if number == 0 {
                    let (account, claims) = (cache.accounts().remove(0), answer.claims().unwrap());
                    assert_eq!(Some(&account.realm), claims.tenant_id.as_ref());
                    assert_eq!(Some(&account.local_account_id), claims.object_id.as_ref());
                }
                // As they are read again, and as they stand in memory.
                if number == 1 {
                    let text = Bytes::from(written(&cache));
                    cache = TokenCache::parse(text, dialect).unwrap();
                }
            }
            let value = value(&cache);
            let accounts = value["Account"].as_object().unwrap();
            let key = format!("{ALICE}-login.windows.net-{TENANT}");
            assert_eq!(accounts.keys().collect::<Vec<_>>(), [&key]);
            let account = &accounts[&key];
            assert_eq!(
                (&account["realm"], &account["local_account_id"]),
                (&json!(TENANT), &json!(object))
            );
            assert_eq!(account["username"], "alice@contoso.com");
            let profiles = account["tenantProfiles"].as_array().unwrap();
            let mut tenants: Vec<_> = profiles
                .iter()
                .map(|text| {
                    let profile = profile(text);
                    (
                        profile["tenantId"].clone(),
                        profile["localAccountId"].clone(),
                        profile["isHomeTenant"].clone(),
                    )
                })
                .collect();
            tenants.sort_by_key(|(tenant, ..)| tenant.to_string());
            assert_eq!(
                tenants,
                [
                    (json!(TENANT), json!(object), json!(true)),
                    (json!(ELSEWHERE), json!("guest"), json!(false)),
                ]
            );
            let listed = cache.accounts();
            assert_eq!((listed.len(), listed[0].realm.as_str()), (1, TENANT));
        }
    }
}
