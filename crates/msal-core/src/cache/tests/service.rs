//! Tokens of the application itself and on behalf of users, as they stand in a cache.

use super::*;
use crate::{ForClientRequest, OnBehalfKey, OnBehalfRequest, Party, UserAssertion};

const GRAPH: &str = "https://graph.microsoft.com/.default";
const HOST: &str = "login.microsoftonline.com";

fn app_response() -> TokenResponse {
    let body = json!({"access_token": "AT-APP", "expires_in": 3599, "ext_expires_in": 3599, "token_type": "Bearer"});
    match TokenOutcome::read(&Response::new(Bytes::from(body.to_string())), APP) {
        TokenOutcome::Tokens(tokens) => *tokens,
        other => panic!("{other:?}"),
    }
}

fn ask_for_client(cache: &TokenCache, tenant: &str, scope: &str, now: UnixTime) -> Cached {
    let scopes = ScopeSet::from_wire(scope);
    let (environments, realms) = ([HOST.to_owned()], [tenant]);
    let request = ForClientRequest::new(APP, &environments, &realms, &scopes, now);
    let cached = cache.for_client(&request);
    check_hit(cache, &request, &cached);
    cached
}

/// Fails if a hit by itself is another one than that of the whole decision.
pub(super) fn check_hit(cache: &TokenCache, request: &ForClientRequest<'_>, cached: &Cached) {
    let hit = cache.hit_for_client(request);
    let hit = hit.map(|hit| {
        let scopes = hit.scopes.unwrap_or_else(|| request.scopes.clone());
        (
            hit.secret,
            hit.token_type,
            scopes,
            hit.expires_on,
            hit.refresh_on,
        )
    });
    let decided = match cached.clone() {
        Cached::Hit(token) => Some((
            token.secret,
            token.token_type,
            ScopeSet::from_text(token.target),
            token.expires_on,
            token.refresh_on,
        )),
        Cached::Ask { .. } => None,
    };
    assert_eq!(hit, decided);
}

fn is_hit(cached: &Cached) -> bool {
    matches!(cached, Cached::Hit(_))
}

/// Part of the sample of MSAL Python's own cache, with the fields in its order.
#[test]
fn a_token_of_the_application_is_written_as_msal_python_writes_it() {
    let mut cache = TokenCache::new(Dialect::Python);
    let (response, scopes) = (app_response(), ScopeSet::from_wire(GRAPH));
    cache.add_for_client(&event(&response, &scopes));
    let written = written(&cache);
    let key = format!("-{HOST}-accesstoken-{APP}-{TENANT}-{GRAPH}");
    let expected = format!(
        r#"{{
    "AccessToken": {{
        "{key}": {{
            "credential_type": "AccessToken",
            "secret": "AT-APP",
            "home_account_id": null,
            "environment": "{HOST}",
            "client_id": "{APP}",
            "target": "{GRAPH}",
            "realm": "{TENANT}",
            "token_type": "Bearer",
            "cached_at": "1700000000",
            "expires_on": "1700003599",
            "extended_expires_on": "1700003599"
        }}
    }},
    "AppMetadata": {{
        "appmetadata-{HOST}-{APP}": {{
            "client_id": "{APP}",
            "environment": "{HOST}"
        }}
    }}
}}"#
    );
    assert_eq!(written, expected);
}

#[test]
fn a_token_of_the_application_is_found_until_it_expires() {
    let mut cache = TokenCache::new(Dialect::Python);
    let (response, scopes) = (app_response(), ScopeSet::from_wire(GRAPH));
    cache.add_for_client(&event(&response, &scopes));
    let after = |seconds| T0 + Duration::from_secs(seconds);
    for (tenant, scope, now, is_found) in [
        (TENANT, GRAPH, T0, true),
        (
            &*TENANT.to_uppercase(),
            "HTTPS://graph.microsoft.com/.default",
            T0,
            true,
        ),
        (TENANT, GRAPH, after(3299), true),
        (TENANT, GRAPH, after(3300), false),
        ("common", GRAPH, T0, false),
        (TENANT, "https://graph.microsoft.com/User.Read", T0, false),
        (TENANT, "", T0, false),
    ] {
        let cached = ask_for_client(&cache, tenant, scope, now);
        assert_eq!(is_hit(&cached), is_found, "{tenant} {scope}");
    }
}

#[test]
fn what_other_sdks_wrote_of_the_application_is_found_and_nothing_of_users() {
    for (members, is_found) in [
        (r#""home_account_id": """#, true),
        (r#""home_account_id": null"#, true),
        (r#""home_account_id": "", "ext_cache_key": "k""#, false),
        (r#""home_account_id": "", "key_id": "k""#, false),
        (r#""home_account_id": "", "token_type": "pop""#, false),
        (
            r#""home_account_id": "", "user_assertion_hash": "h""#,
            false,
        ),
        (r#""home_account_id": "", "userAssertionHash": "h""#, false),
        (r#""home_account_id": "u.t""#, false),
        (
            r#""home_account_id": "", "target": "https://graph.microsoft.com/.default openid profile""#,
            false,
        ),
    ] {
        let cache = parse(&format!(
            r#"{{"AccessToken": {{"any": {{"secret": "s", "environment": "login.windows.net", "client_id": "{APP}",
                "realm": "{TENANT}", "target": "{GRAPH}", "expires_on": "1700003600", {members}}}}}}}"#
        ));
        assert_eq!(
            is_hit(&ask_for_client(&cache, TENANT, GRAPH, T0)),
            is_found,
            "{members}"
        );
    }
}

#[test]
fn what_other_sdks_got_for_an_assertion_is_found_by_it() {
    let assertion = UserAssertion::from("INCOMING.JWT.TOKEN");
    let key = OnBehalfKey::of_assertion(&assertion);
    let other = OnBehalfKey::of_assertion(&UserAssertion::from("ANOTHER.JWT.TOKEN"));
    for name in ["user_assertion_hash", "userAssertionHash"] {
        let entry = format!(
            r#""secret": "s", "home_account_id": "u.t", "environment": "{HOST}", "client_id": "{APP}", "{name}": "{}""#,
            key.as_str()
        );
        let cache = parse(&format!(
            r#"{{"AccessToken": {{"any": {{{entry}, "realm": "{TENANT}", "target": "User.Read openid",
                "expires_on": "1700003600"}}}}, "RefreshToken": {{"any": {{{entry}}}}}}}"#
        ));
        let scopes = ScopeSet::from_wire("User.Read");
        let (environments, realms) = ([HOST.to_owned()], [TENANT]);
        let found = |key| {
            let request = OnBehalfRequest::new(APP, key, &environments, &realms, &scopes, T0);
            cache.on_behalf(&request)
        };
        assert!(is_hit(&found(&key).access_token), "{name}");
        assert_eq!(found(&key).home_account_id, Some(HomeAccountId::new("u.t")));
        assert_eq!(found(&key).candidates.len(), 1);
        assert!(!is_hit(&found(&other).access_token));
        assert!(found(&other).candidates.is_empty());
        assert_eq!(written(&cache).matches(name).count(), 2, "nothing is lost");
    }
}

#[test]
fn the_users_own_tenant_is_taken_where_the_request_says_so_and_no_third_one() {
    let key = OnBehalfKey::of_assertion(&UserAssertion::from("INCOMING.JWT.TOKEN"));
    let scopes = ScopeSet::from_wire("User.Read");
    let environments = [HOST.to_owned()];
    for (home, takes_home_tenant, is_found) in [
        (format!("u.{TENANT}"), true, true),
        (format!("u.{TENANT}").to_uppercase(), true, true),
        (format!("u.{TENANT}"), false, false),
        ("u.another".to_owned(), true, false),
        (String::new(), true, false),
    ] {
        let cache = parse(&format!(
            r#"{{"AccessToken": {{"any": {{"secret": "s", "home_account_id": "{home}", "environment": "{HOST}",
                "client_id": "{APP}", "user_assertion_hash": "{}", "realm": "{TENANT}", "target": "User.Read",
                "expires_on": "1700003600"}}}}}}"#,
            key.as_str()
        ));
        let realms = ["organizations"];
        let mut request = OnBehalfRequest::new(APP, &key, &environments, &realms, &scopes, T0);
        request.takes_home_tenant = takes_home_tenant;
        let found = cache.on_behalf(&request);
        assert_eq!(is_hit(&found.access_token), is_found, "{home}");
    }
}

#[test]
fn what_is_got_for_an_assertion_says_so_to_every_sdk() {
    let key = OnBehalfKey::of_assertion(&UserAssertion::from("INCOMING.JWT.TOKEN"));
    let (response, scopes) = (response(json!({})), ScopeSet::from_wire("User.Read"));
    let mut cache = TokenCache::new(Dialect::Python);
    let mut event = event(&response, &scopes);
    event.party = Party::OnBehalf(&key);
    cache.add_on_behalf(&event, false);
    let sections = value(&cache);
    let entries: Vec<_> = sections["AccessToken"]
        .as_object()
        .unwrap()
        .values()
        .collect();
    assert_eq!(entries.len(), 1);
    for name in ["user_assertion_hash", "userAssertionHash"] {
        assert_eq!(entries[0][name], key.as_str());
    }
}

#[test]
fn who_removes_the_applications_tokens_removes_those_that_others_save_meanwhile() {
    let (response, scopes) = (app_response(), ScopeSet::from_wire(GRAPH));
    let mut ours = TokenCache::new(Dialect::Python);
    ours.add_for_client(&event(&response, &scopes));
    ours.mark_saved();
    let theirs = ours.clone();
    assert!(
        ours.remove_for_client(APP, "login.windows.net"),
        "under any name of the cloud"
    );
    assert!(!ours.remove_for_client(APP, HOST));
    let merged = ours.rebase_onto(theirs);
    assert!(!is_hit(&ask_for_client(&merged, TENANT, GRAPH, T0)));
}
