//! The cache against caches that the real libraries wrote.

mod accounts;
mod add;
mod again;
mod clouds;
mod contents;
mod document;
mod isolation;
mod merge;
mod service;
mod silent;
mod take_over;

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
        account_source: None,
        username: None,
        party: Party::User,
        fields: &[],
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

fn alice() -> Account {
    Account::new(HomeAccountId::new(ALICE), "login.microsoftonline.com")
}

/// Redeems alice's refresh token of `cache`, whatever it is, for another scope.
fn renew(cache: &mut TokenCache, refresh_token: &str, redeemed: &str) -> bool {
    let response = response(json!({"refresh_token": refresh_token, "scope": "Mail.Read"}));
    cache.renew(&TokenEvent {
        redeemed: Some(&RefreshToken::from(redeemed)),
        now: T0 + Duration::from_secs(10),
        ..event(&response, &ScopeSet::default())
    })
}
