//! One cloud under several host names, and one host with and without its port.

use serde_json::json;

use super::*;

/// A cache with an account at each host of `accounts`, and at each of `tokens` a refresh token for a client.
fn cache(accounts: &[&str], tokens: &[(&str, &str, &str)]) -> TokenCache {
    let (mut users, mut secrets) = (json!({}), json!({}));
    for (number, environment) in accounts.iter().enumerate() {
        users[number.to_string()] = json!({
            "home_account_id": ALICE, "environment": environment, "realm": TENANT,
            "local_account_id": "l", "username": "alice@contoso.com", "authority_type": "MSSTS",
        });
    }
    for (number, (environment, client, secret)) in tokens.iter().enumerate() {
        secrets[number.to_string()] = json!({
            "home_account_id": ALICE, "environment": environment, "client_id": client,
            "secret": secret, "credential_type": "RefreshToken", "target": "User.Read",
        });
    }
    parse(&json!({"Account": users, "RefreshToken": secrets}).to_string())
}

fn candidates(cache: &TokenCache, environments: &[&str]) -> Vec<(String, String)> {
    let environments: Vec<String> = environments.iter().map(|host| (*host).to_owned()).collect();
    let home = HomeAccountId::new(ALICE);
    let scopes = ScopeSet::from_wire("User.Read");
    let request = SilentRequest::new(APP, &home, &environments, &[TENANT], &scopes, T0);
    let Silent::Renew(renewal) = cache.silent(&request) else {
        return Vec::new();
    };
    let pair = |candidate: RefreshCandidate| {
        let secret = candidate.secret.expose_secret().to_owned();
        (candidate.environment, secret)
    };
    renewal.candidates.into_iter().map(pair).collect()
}

#[test]
fn an_account_under_one_alias_has_the_tokens_under_another() {
    let aliases = crate::Cloud::of("login.windows.net").unwrap().aliases;
    for account in aliases {
        for token in aliases.iter().chain(&["LOGIN.microsoftonline.COM"]) {
            let cache = cache(&[account], &[(token, APP, "RT")]);
            let accounts = cache.accounts();
            assert_eq!(accounts.len(), 1);
            assert_eq!(cache.clients_of(&accounts[0]), [APP], "{account} {token}");
            let granted = cache.granted_scopes(APP, &accounts[0], "t");
            assert_eq!(granted.as_str(), "User.Read", "{account} {token}");
            let home = HomeAccountId::new(ALICE);
            assert!(cache.holds_refresh_token(APP, &home, account));
            let known = cache.account(&home, &[(*token).to_owned()]);
            assert_eq!(known, Some(accounts[0].clone()), "{account} {token}");
            let expected = [((*token).to_owned(), "RT".to_owned())];
            assert_eq!(
                candidates(&cache, &[account]),
                expected,
                "{account} {token}"
            );
        }
    }
}

#[test]
fn clients_under_several_aliases_are_all_listed() {
    let (windows, online) = ("login.windows.net", "login.microsoftonline.com");
    let cache = cache(
        &[windows, online],
        &[(windows, "one", "1"), (online, "two", "2")],
    );
    let accounts = cache.accounts();
    assert_eq!(accounts.len(), 1);
    assert_eq!(cache.clients_of(&accounts[0]), ["one", "two"]);
    assert_eq!(cache.accounts_named("ALICE@contoso.com"), accounts);
}

#[test]
fn tokens_of_another_cloud_are_nobody_elses() {
    let (public, government) = ("login.windows.net", "login.microsoftonline.us");
    let cache = cache(
        &[public, government, "evil.example"],
        &[(government, APP, "GOV"), ("evil.example", "evil", "EVIL")],
    );
    let accounts = cache.accounts();
    let environments: Vec<_> = accounts
        .iter()
        .map(|account| &account.environment)
        .collect();
    assert_eq!(environments, [public, government, "evil.example"]);
    let clients: Vec<_> = accounts
        .iter()
        .map(|account| cache.clients_of(account))
        .collect();
    assert_eq!(clients, [vec![], vec![APP], vec!["evil"]]);
    assert_eq!(candidates(&cache, &[public]), []);
    assert_eq!(cache.accounts_in(&[public.to_owned()]).len(), 1);
    assert_eq!(cache.accounts_named("alice@contoso.com").len(), 3);
}

#[test]
fn the_preferred_host_comes_first_and_the_latest_token_after_it() {
    let cache = cache(
        &[],
        &[
            ("sts.windows.net", APP, "1"),
            ("login.microsoftonline.com", APP, "2"),
            ("login.windows.net", APP, "3"),
            ("login.windows.net", APP, "2"),
        ],
    );
    let found = |environments: &[&str]| -> Vec<String> {
        let candidates = candidates(&cache, environments).into_iter();
        candidates.map(|(_, secret)| secret).collect()
    };
    assert_eq!(found(&["login.windows.net"]), ["3", "2", "1"]);
    assert_eq!(found(&["login.microsoftonline.com"]), ["2", "1", "3"]);
}

/// The secrets of the refresh tokens, by the hosts that they stand under, in order.
fn secrets(cache: &TokenCache) -> Vec<(String, String)> {
    let entries = cache.refresh_tokens.entries();
    let pair = |entry: &RefreshTokenEntry| {
        let secret = entry.secret.expose_secret().to_owned();
        (entry.environment.to_string(), secret)
    };
    entries.map(pair).collect()
}

/// MSAL Python without instance discovery looks under the one host that it was told.
#[test]
fn a_renewal_takes_no_token_away_from_another_alias() {
    let (windows, online) = ("login.windows.net", "login.microsoftonline.com");
    for dialect in [Dialect::Python, Dialect::Node, Dialect::Node3] {
        for (before, after) in [
            (
                [(windows, "OLD"), (online, "OLD")],
                [(windows, "NEW"), (online, "NEW")],
            ),
            // Another token may be good for more: it may have been got with a second factor.
            (
                [(windows, "A"), (online, "OLD")],
                [(windows, "A"), (online, "NEW")],
            ),
            (
                [(windows, "OLD"), (online, "B")],
                [(windows, "NEW"), (online, "B")],
            ),
        ] {
            let text = written(&cache(
                &[windows],
                &before.map(|(host, secret)| (host, APP, secret)),
            ));
            let mut cache = TokenCache::parse(Bytes::from(text), dialect).unwrap();
            assert!(renew(&mut cache, "NEW", "OLD"));
            let mut left = secrets(&cache);
            left.sort();
            let mut expected = after.map(|(host, secret)| (host.to_owned(), secret.to_owned()));
            expected.sort();
            assert_eq!(left, expected, "{dialect:?} {before:?}");
        }
    }
}

#[test]
fn a_sign_in_is_one_under_each_alias_that_knows_the_user() {
    for dialect in [Dialect::Python, Dialect::Node, Dialect::Node3] {
        let own = dialect.environment("login.microsoftonline.com");
        for alias in crate::Cloud::of("login.windows.net").unwrap().aliases {
            let mut before = value(&cache(&[alias], &[(alias, APP, "OLD")]));
            before["Account"]["0"]["username"] = json!("maiden@contoso.com");
            // Somebody else is there under the name that is written.
            before["Account"]["bob"] = json!({
                "home_account_id": "bob.contoso", "environment": own, "username": "alice@contoso.com",
            });
            let text = Bytes::from(before.to_string());
            let mut cache = TokenCache::parse(text, dialect).unwrap();
            cache.add(&event(&response(json!({})), &ScopeSet::default()));
            let message = format!("{dialect:?} {alias}");
            let tokens = secrets(&cache);
            for host in [&own, *alias] {
                assert!(
                    tokens.contains(&(host.to_owned(), "RT".to_owned())),
                    "{message}"
                );
            }
            // MSAL Node takes the first that it finds.
            assert!(
                dialect == Dialect::Python || tokens[0].0 == own,
                "{message}"
            );
            let after = value(&cache);
            let accounts: Vec<_> = after["Account"].as_object().unwrap().values().collect();
            for host in [&own, *alias] {
                let is_there = |account: &&Value| {
                    account["home_account_id"] == ALICE && account["environment"] == *host
                };
                assert!(accounts.iter().any(is_there), "{message}");
            }
            // Whoever was renamed is so under every alias.
            let is_renamed = |account: &&Value| account["username"] == "alice@contoso.com";
            assert!(accounts.iter().all(is_renamed), "{message}");
            assert_eq!(cache.accounts().len(), 2, "{message}");
        }
    }
}

#[test]
fn a_host_has_one_port_and_is_written_with_or_without_it() {
    for (account, token, is_found) in [
        ("localhost:8443", "localhost", true),
        ("localhost:8443", "localhost:8443", true),
        ("localhost:8443", "localhost:9999", false),
        ("localhost", "localhost", true),
        ("localhost", "localhost:9999", false),
    ] {
        let cache = cache(&[account], &[(token, APP, "RT")]);
        let clients = cache.clients_of(&cache.accounts()[0]);
        assert_eq!(clients.len(), usize::from(is_found), "{account} {token}");
    }
    // An account that two MSALs have written is one account, and the port is known.
    for written in [
        ["localhost:8443", "localhost"],
        ["localhost", "localhost:8443"],
    ] {
        let cache = cache(
            &written,
            &[
                ("localhost:8443", "node", "1"),
                ("localhost", "python", "2"),
            ],
        );
        let accounts = cache.accounts();
        assert_eq!(accounts.len(), 1, "{written:?}");
        assert_eq!(accounts[0].environment, "localhost:8443", "{written:?}");
        assert_eq!(cache.clients_of(&accounts[0]), ["node", "python"]);
    }
    let cache = cache(&["localhost:8443", "localhost:9999"], &[]);
    assert_eq!(cache.accounts().len(), 2);
}

#[test]
fn a_sign_out_is_from_the_whole_cloud_and_from_no_other() {
    let hosts = [
        "login.windows.net",
        "login.microsoftonline.us",
        "localhost",
        "localhost:8443",
        "localhost:9999",
        "evil.example",
    ];
    for (environment, left) in [
        ("login.microsoftonline.com", vec![1, 2, 3, 4, 5]),
        ("localhost:8443", vec![0, 1, 4, 5]),
        ("evil.example:8443", vec![0, 1, 2, 3, 4]),
        ("sts.windows.net:8443", vec![0, 1, 2, 3, 4, 5]),
    ] {
        let mut cache = cache(&hosts, &hosts.map(|host| (host, APP, "RT")));
        cache.remove_account(APP, &Account::new(HomeAccountId::new(ALICE), environment));
        let after = value(&cache);
        for section in ["Account", "RefreshToken"] {
            let keys = after[section].as_object().unwrap().keys();
            let left: Vec<_> = left.iter().map(i32::to_string).collect();
            assert_eq!(
                keys.collect::<Vec<_>>(),
                left.iter().collect::<Vec<_>>(),
                "{environment}"
            );
        }
    }
}

#[test]
fn a_member_of_a_family_is_one_under_every_alias() {
    let mut value = value(&cache(&[], &[("login.windows.net", "sibling", "RT")]));
    value["RefreshToken"]["0"]["family_id"] = json!("1");
    for families in [[json!("1"), json!("")], [json!(""), json!("1")]] {
        let metadata = |environment: &str, family: &Value| json!({"client_id": APP, "environment": environment, "family_id": family});
        value["AppMetadata"] = json!({
            "a": metadata("login.windows.net", &families[0]),
            "b": metadata("login.microsoftonline.com", &families[1]),
        });
        let cache = parse(&value.to_string());
        assert_eq!(
            candidates(&cache, &["sts.windows.net"]).len(),
            1,
            "{families:?}"
        );
    }
}

#[test]
fn who_signed_out_elsewhere_stays_signed_out_under_every_alias() {
    let both = |tokens: &[(&str, &str, &str)]| cache(&["login.windows.net"], tokens);
    let mut ours = both(&[("login.windows.net", APP, "OLD")]);
    ours.mark_saved();
    assert!(renew(&mut ours, "NEW", "OLD"));
    // There it stands under another alias: the user is still there.
    let theirs = both(&[("login.microsoftonline.com", APP, "OLD")]);
    let merged = value(&ours.rebase_onto(theirs));
    assert!(!merged["AccessToken"].as_object().unwrap().is_empty());
    // There is none under any alias: the user has left.
    let merged = value(&ours.rebase_onto(both(&[])));
    assert!(
        merged["AccessToken"]
            .as_object()
            .is_none_or(|tokens| tokens.is_empty())
    );
}

/// MSAL Python lists the accounts under its own name of the cloud and, only where there are none, those under another.
#[test]
fn a_sign_in_goes_where_msal_python_lists_all_accounts() {
    let (windows, online, sts) = (
        "login.windows.net",
        "login.microsoftonline.com",
        "sts.windows.net",
    );
    for (others, expected) in [
        (vec![], online),
        (vec![windows], windows),
        (vec![sts], sts),
        (vec![windows, online], online),
        (vec!["login.microsoftonline.us"], online),
        // MSAL Python does not see it there.
        (vec!["LOGIN.windows.net"], online),
        (vec!["LOGIN.microsoftonline.com", windows], windows),
    ] {
        let text = written(&cache(&others, &[])).replace(ALICE, "bob.contoso");
        let mut cache = parse(&text);
        for round in 0..2 {
            cache.add(&event(&response(json!({})), &ScopeSet::default()));
            let value = value(&cache);
            for section in ["AccessToken", "IdToken", "RefreshToken", "AppMetadata"] {
                let entries: Vec<_> = value[section].as_object().unwrap().values().collect();
                assert_eq!(entries.len(), 1, "{section} {others:?} {round}");
                assert_eq!(
                    entries[0]["environment"], expected,
                    "{section} {others:?} {round}"
                );
            }
            assert_eq!(cache.accounts.len(), others.len() + 1, "{others:?} {round}");
        }
        // Once nobody else is there any more, the name does not matter.
        for account in cache.accounts() {
            cache.remove_account(APP, &account);
        }
        cache.add(&event(&response(json!({})), &ScopeSet::default()));
        assert_eq!(secrets(&cache), [(online.to_owned(), "RT".to_owned())]);
    }
    // MSAL Node writes one name only.
    let text = written(&cache(&[sts], &[])).replace(ALICE, "bob.contoso");
    let mut cache = TokenCache::parse(Bytes::from(text), Dialect::Node).unwrap();
    cache.add(&event(&response(json!({})), &ScopeSet::default()));
    assert_eq!(secrets(&cache), [(windows.to_owned(), "RT".to_owned())]);
}
