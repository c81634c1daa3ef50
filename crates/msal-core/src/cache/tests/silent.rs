//! The silent decision.

use std::time::Duration;

use serde_json::json;

use super::*;

#[test]
fn a_fresh_token_is_a_hit_for_any_part_of_its_scopes() {
    let cache = cache_with(Dialect::Python, json!({}));
    for scopes in [
        "User.Read",
        "profile User.Read",
        "openid",
        "",
        "user.read",
        "PROFILE user.READ",
    ] {
        assert!(
            matches!(ask(&cache, scopes, T0), Silent::Hit(_)),
            "{scopes}"
        );
    }
    for scopes in ["user.reads", "User.Read Mail.Read", "User"] {
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
fn a_token_that_another_sdk_keeps_for_one_purpose_is_not_given_to_another() {
    let text = written(&cache_with(Dialect::Node, json!({})));
    let with = |member: &str| {
        text.replacen(
            "\"secret\": \"AT\"",
            &format!("\"secret\": \"AT\", {member}"),
            1,
        )
    };
    for (member, is_given) in [
        ("\"user_assertion_hash\": \"h\"", false),
        ("\"userAssertionHash\": \"h\"", false),
        ("\"requestedClaimsHash\": \"h\"", false),
        ("\"ext_cache_key\": \"h\"", false),
        (
            "\"additionalCacheKeyComponents\": {\"fmi_path\": \"a\"}",
            false,
        ),
        ("\"key_id\": \"k\"", false),
        ("\"kid\": \"k\"", false),
        ("\"userAssertionHash\": null", true),
        ("\"userAssertionHash\": \"\"", true),
        ("\"additionalCacheKeyComponents\": {}", true),
        ("\"additionalCacheKeyComponents\": null", true),
        ("\"resource\": \"https://graph.microsoft.com\"", true),
    ] {
        let decision = ask(&parse(&with(member)), "User.Read", T0);
        assert_eq!(matches!(decision, Silent::Hit(_)), is_given, "{member}");
    }
    for (token_type, is_given) in [
        ("Bearer", true),
        ("bearer", true),
        ("", true),
        ("JWT", true),
        ("pop", false),
        ("PoP", false),
        ("DPoP", false),
        ("ssh-cert", false),
        ("mtls_pop", false),
    ] {
        let text = text.replace("\"Bearer\"", &format!("\"{token_type}\""));
        let decision = ask(&parse(&text), "User.Read", T0);
        assert_eq!(matches!(decision, Silent::Hit(_)), is_given, "{token_type}");
    }
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
fn capitals_in_a_client_id_a_tenant_or_a_host_are_no_other_client_tenant_or_host() {
    let (client, tenant, host) = (
        APP.to_uppercase(),
        TENANT.to_uppercase(),
        "LOGIN.MicrosoftOnline.com".to_owned(),
    );
    let response = response(json!({}));
    for dialect in [Dialect::Python, Dialect::Node, Dialect::Node3] {
        let mut cache = TokenCache::new(dialect);
        cache.add(&TokenEvent {
            client_id: &client,
            realm: &tenant,
            host: &host,
            ..event(&response, &ScopeSet::default())
        });
        let usual = cache_with(dialect, json!({}));
        assert_eq!(value(&cache), value(&usual), "written as MSALs write them");
        let home = HomeAccountId::new(ALICE);
        let environments = [usual.accounts()[0].environment.to_uppercase()];
        let scopes = ScopeSet::from_wire("user.read");
        let realms = [tenant.as_str()];
        let request = SilentRequest::new(&client, &home, &environments, &realms, &scopes, T0);
        for cache in [&cache, &usual] {
            assert!(
                matches!(cache.silent(&request), Silent::Hit(_)),
                "{dialect:?}"
            );
        }
        cache.remove_account(&client, &usual.accounts()[0]);
        assert!(cache.clients_of(&usual.accounts()[0]).is_empty());
    }
}

#[test]
fn entries_that_were_written_in_capitals_are_found_and_replaced() {
    let shouted = written(&cache_with(
        Dialect::Python,
        json!({"refresh_token": "RT-OLD"}),
    ))
    .replace(
        &format!("\"{APP}\""),
        &format!("\"{}\"", APP.to_uppercase()),
    )
    .replace(
        &format!("\"{TENANT}\""),
        &format!("\"{}\"", TENANT.to_uppercase()),
    )
    .replace(
        "\"User.Read openid profile\"",
        "\"USER.READ openid profile\"",
    );
    let mut cache = parse(&shouted);
    assert!(matches!(ask(&cache, "User.Read", T0), Silent::Hit(_)));
    assert!(cache.holds_refresh_token(
        APP,
        &HomeAccountId::new(ALICE),
        "login.microsoftonline.com",
    ));
    assert_eq!(cache.clients_of(&alice()), [APP]);
    cache.add(&event(&response(json!({})), &ScopeSet::default()));
    assert_eq!(
        value(&cache),
        value(&cache_with(Dialect::Python, json!({})))
    );
}

#[test]
fn the_case_of_a_client_id_that_is_no_guid_is_kept() {
    let response = response(json!({}));
    let mut cache = TokenCache::default();
    cache.add(&TokenEvent {
        client_id: "My-Client",
        realm: "Contoso.Example",
        ..event(&response, &ScopeSet::default())
    });
    let text = written(&cache);
    assert!(text.contains("\"My-Client\"") && text.contains("\"Contoso.Example\""));
}

/// The cache after a renewal for `requested` that the server answered with the scopes `granted`.
fn renamed(requested: &str, granted: &str) -> TokenCache {
    let mut cache = TokenCache::default();
    let response = response(json!({"scope": granted}));
    let requested = ScopeSet::from_wire(requested).with_reserved();
    cache.add(&event(&response, &requested));
    cache
}

#[test]
fn what_was_asked_for_leads_to_what_was_granted_under_other_names() {
    for (requested, granted) in [
        ("499b84ac/user_impersonation", "user_impersonation"),
        ("499b84ac/.default", "openid"),
        ("a.b c.d", "A C"),
        ("a.b c.d", "a.b"),
    ] {
        let cache = renamed(requested, granted);
        // A restart is a document that is read again.
        for cache in [parse(&written(&cache)), cache] {
            for asked in [requested.to_owned(), requested.to_uppercase()] {
                assert!(matches!(ask(&cache, &asked, T0), Silent::Hit(_)), "{asked}");
            }
            assert!(matches!(ask(&cache, granted, T0), Silent::Hit(_)));
            let more = format!("{requested} z.z");
            assert!(matches!(ask(&cache, &more, T0), Silent::Renew(_)));
            let later = T0 + Duration::from_secs(3600);
            assert!(matches!(ask(&cache, requested, later), Silent::Renew(_)));
        }
    }
}

#[test]
fn a_part_of_what_was_asked_for_under_other_names_is_asked_for_anew() {
    let cache = renamed("a.b c.d", "A C");
    for part in ["a.b", "c.d"] {
        assert!(matches!(ask(&cache, part, T0), Silent::Renew(_)), "{part}");
    }
    // What is granted by its name is.
    let cache = renamed("a.b c.d", "a.b");
    assert!(matches!(ask(&cache, "a.b", T0), Silent::Hit(_)));
    assert!(matches!(ask(&cache, "c.d", T0), Silent::Renew(_)));
}

#[test]
fn two_scopes_that_a_server_names_alike_are_two_tokens() {
    let mut cache = renamed("one/read", "read");
    let answer = response(json!({"scope": "read", "access_token": "OTHER"}));
    let requested = ScopeSet::from_wire("other/read").with_reserved();
    cache.add(&event(&answer, &requested));
    for (asked, expected) in [("one/read", "AT"), ("other/read", "OTHER")] {
        let Silent::Hit(token) = ask(&cache, asked, T0) else {
            panic!("{asked}");
        };
        assert_eq!(token.secret.expose_secret(), expected);
    }
}

#[test]
fn scopes_that_keep_their_names_are_written_as_other_msals_write_them() {
    for (requested, granted) in [
        ("User.Read", "User.Read openid"),
        ("user.read", "User.Read"),
        ("", "anything"),
    ] {
        assert!(!written(&renamed(requested, granted)).contains("requested_scopes"));
    }
}
