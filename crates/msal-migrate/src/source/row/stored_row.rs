//! A row as its store wrote it, and the rules by which all stores' rows become records.

use std::borrow::Cow;

use msal_core::{ClientInfo, ClientSecret, HomeAccountId, RefreshToken, UnixTime};

use super::id_token::{self, Claims};
use super::issuer;
use super::scopes;
use super::timestamp;
use super::value::StoredValue;
use crate::record::{Locator, Record, RecordFlags, Row, SkipReason, UserHints, token_shape};

/// The fields of a row, each of any type. What a store does not have is absent.
#[derive(Default)]
pub(crate) struct StoredRow<'a> {
    /// Where the token was issued: a URL, or only a tenant.
    pub(crate) authority: StoredValue<'a>,
    pub(crate) client_id: StoredValue<'a>,
    pub(crate) client_info: StoredValue<'a>,
    /// What the row's client proves itself with.
    pub(crate) client_secret: StoredValue<'a>,
    /// When the access token expires.
    pub(crate) expires_at: StoredValue<'a>,
    pub(crate) expires_in: StoredValue<'a>,
    pub(crate) family: StoredValue<'a>,
    pub(crate) home_account_id: StoredValue<'a>,
    pub(crate) id_token: StoredValue<'a>,
    /// The claim `idp` of the ID token.
    pub(crate) identity_provider: StoredValue<'a>,
    pub(crate) issuer: StoredValue<'a>,
    /// Two members are called like the client id, and say different things.
    pub(crate) has_two_clients: bool,
    /// Two members are called like the refresh token, and hold different ones.
    pub(crate) has_two_tokens: bool,
    pub(crate) is_multi_resource: bool,
    pub(crate) is_port_left_out: bool,
    pub(crate) key: StoredValue<'a>,
    pub(crate) last_refreshed: Option<UnixTime>,
    pub(crate) oid: StoredValue<'a>,
    pub(crate) provider: StoredValue<'a>,
    /// What is known of a row without a refresh token.
    pub(crate) reason_without_token: Option<SkipReason>,
    pub(crate) refresh_token: StoredValue<'a>,
    pub(crate) resource: StoredValue<'a>,
    pub(crate) scopes: StoredValue<'a>,
    pub(crate) sub: StoredValue<'a>,
    /// Where the token was issued, if `authority` does not say it.
    pub(crate) tenant: StoredValue<'a>,
    /// The user's tenant.
    pub(crate) tid: StoredValue<'a>,
    pub(crate) token_endpoint: StoredValue<'a>,
    pub(crate) username: StoredValue<'a>,
}

impl StoredRow<'_> {
    /// The record, or the reason why there is none.
    pub(crate) fn into_row(self, mut locator: Locator) -> Row {
        if let Some(key) = self.shown_key() {
            locator = locator.with_key(&key);
        }
        let claims = self
            .id_token
            .text()
            .map_or_else(Claims::default, id_token::claims);
        match self.refusal(&claims) {
            Some(reason) => Row::Skipped {
                locator: self.named(locator, &claims),
                reason,
            },
            None => self.into_record(locator, claims).into(),
        }
    }

    /// Where a row is that is skipped, and whose it is: its report must name somebody.
    fn named(&self, locator: Locator, claims: &Claims) -> Locator {
        match self.username.text().or(claims.username.as_deref()) {
            Some(name) => locator.with_user(name),
            None => locator,
        }
    }

    /// A row of which nothing but its name counts: `reason` leaves it out. Its token is needed to see that it is not the key.
    pub(crate) fn left_out(
        key: StoredValue<'_>,
        refresh_token: StoredValue<'_>,
        reason: SkipReason,
        locator: Locator,
    ) -> Row {
        let row = StoredRow {
            key,
            refresh_token,
            ..StoredRow::default()
        };
        let locator = match row.shown_key() {
            Some(key) => locator.with_key(&key),
            None => locator,
        };
        Row::Skipped { locator, reason }
    }

    fn refusal(&self, claims: &Claims) -> Option<SkipReason> {
        if self.is_other_providers(claims) {
            return Some(SkipReason::OtherProvider);
        }
        if self.provider.text().is_some_and(issuer::is_b2c) {
            return Some(SkipReason::B2c);
        }
        if self.refresh_token.is_other_than_text() {
            return Some(SkipReason::Malformed("the refresh token is not text"));
        }
        let Some(token) = self.refresh_token.text() else {
            return Some(
                self.reason_without_token
                    .unwrap_or(SkipReason::NoRefreshToken),
            );
        };
        if let Some(reason) = token_shape::refusal(token) {
            return Some(reason);
        }
        // One of them may be spent, and another client's token is not to be shown.
        if self.has_two_tokens {
            return Some(SkipReason::Malformed(
                "the row has two different refresh tokens",
            ));
        }
        if self.has_two_clients {
            return Some(SkipReason::Malformed(
                "the row has two different client ids",
            ));
        }
        if self.has_overlong_member() {
            return Some(SkipReason::Malformed(
                "a member is far too long for what it is called",
            ));
        }
        if self.client_id.is_other_than_text() {
            return Some(SkipReason::Malformed("the client id is not text"));
        }
        let endpoints = [&self.authority, &self.token_endpoint, &self.tenant];
        if endpoints
            .iter()
            .any(|endpoint| endpoint.is_other_than_text())
        {
            return Some(SkipReason::Malformed("the authority is not text"));
        }
        None
    }

    /// Whether a member is so long that comparing it with others, or keeping it, would cost more than the row is worth.
    fn has_overlong_member(&self) -> bool {
        let members = [
            &self.authority,
            &self.client_id,
            &self.client_secret,
            &self.resource,
            &self.scopes,
            &self.tenant,
            &self.tid,
            &self.token_endpoint,
        ];
        members
            .iter()
            .any(|member| member.text_length() > LONGEST_MEMBER)
    }

    /// Whether the token is another provider's: by the provider's name, else by any URL, else by how the token begins.
    fn is_other_providers(&self, claims: &Claims) -> bool {
        if let Some(is_microsoft) = self.provider.text().and_then(issuer::is_microsoft) {
            return !is_microsoft;
        }
        let mut names_host = false;
        for host in self.urls(claims).filter_map(issuer::host) {
            if issuer::is_other_host(&host) {
                return true;
            }
            names_host = true;
        }
        !names_host
            && (self.refresh_token.text().is_some_and(is_other_token)
                || self.client_id.text().is_some_and(issuer::is_googles_client)
                || self.scopes.texts().any(issuer::has_googles_scope))
    }

    /// What the row says about where the token was issued, beginning with what tells most. An authority may be a tenant
    /// only, which tells nothing.
    fn urls<'u>(&'u self, claims: &'u Claims) -> impl Iterator<Item = &'u str> {
        let is_url =
            |authority: &&str| authority.contains('/') || issuer::is_microsofts_host(authority);
        [
            self.authority.text().filter(is_url),
            self.token_endpoint.text(),
            self.issuer.text(),
            claims.issuer.as_deref(),
        ]
        .into_iter()
        .flatten()
    }

    /// Where the token was issued. A tenant alone is one of Microsoft's cloud, unless something else names a host.
    fn issued_at(&self, claims: &Claims) -> Option<String> {
        let authority = self.authority.text().or_else(|| self.token_endpoint.text());
        let authority = authority.or_else(|| self.tenant.text());
        let is_tenant = |text: &&str| !text.contains('/') && !issuer::is_microsofts_host(text);
        if authority.is_none_or(|text| is_tenant(&text)) {
            for url in self.urls(claims) {
                let host = issuer::host(url);
                if host.is_some_and(|host| !issuer::is_microsofts_host(&host)) {
                    return Some(with_scheme(url));
                }
            }
        }
        authority
            .or_else(|| self.urls(claims).next())
            .map(str::to_owned)
    }

    /// The fields of the row come before the claims of its ID token, which only fill gaps.
    fn into_record(self, locator: Locator, mut claims: Claims) -> Record {
        let authority = self.issued_at(&claims);
        let mut user = self.user(&mut claims);
        // Where a store names an object and no tenant, the tenant that issued the token is meant.
        let issued_by = || authority.as_deref().and_then(issuer::tenant_id);
        if user.oid.is_some() && user.tid.is_none() {
            user.tid = issued_by().map(str::to_owned);
        }
        let flags = self.flags(&claims, || user.tid.as_deref().or_else(issued_by));
        // Of the client that stands beside it: of any other, it would be a guess.
        let client_secret = match (self.client_id.text(), self.client_secret.text()) {
            (Some(_), Some(secret)) => Some(ClientSecret::from(secret.trim())),
            _ => None,
        };
        Record {
            client_secret,
            client_id: self
                .client_id
                .text()
                .map(|id| id.trim().trim_matches('"').to_owned())
                .or(claims.client_id),
            authority,
            scopes: scopes::parse(&self.scopes),
            resource: self.resource.owned(),
            user,
            last_refreshed: self.last_refreshed.or_else(|| self.refreshed_about()),
            flags,
            refresh_token: match self.refresh_token {
                StoredValue::Text(token) => RefreshToken::new(trimmed(token)),
                // `refusal` lets no other value pass.
                _ => RefreshToken::new(String::new()),
            },
            locator,
        }
    }

    /// `tenant` finds the one that issued the token.
    fn flags<'t>(&self, claims: &Claims, tenant: impl FnOnce() -> Option<&'t str>) -> RecordFlags {
        let stored = self.identity_provider.text();
        let provider = stored.or(claims.identity_provider.as_deref());
        RecordFlags {
            multi_resource: self.is_multi_resource,
            family: self.family.owned(),
            guest: provider.is_some_and(|provider| issuer::is_another(provider, tenant())),
            personal_account: provider.is_some_and(issuer::is_of_personal_accounts),
            port_left_out: self.is_port_left_out,
        }
    }

    fn user(&self, claims: &mut Claims) -> UserHints {
        // Stores keep numbers and names of their own under `user`, `user_id` and the like, which nobody signs in with.
        let username = self.username.text().filter(|name| name.contains('@'));
        let client_info = self.client_info.text().and_then(ClientInfo::decode);
        let stored_id = self.home_account_id.text().map(HomeAccountId::new);
        UserHints {
            username: username
                .map(str::to_owned)
                .or_else(|| claims.username.take()),
            oid: self.oid.owned().or_else(|| claims.oid.take()),
            tid: self.tid.owned().or_else(|| claims.tid.take()),
            sub: self.sub.owned().or_else(|| claims.sub.take()),
            home_account_id: stored_id.or_else(|| Some(client_info?.home_account_id())),
        }
    }

    /// The time when the access token was issued. All times in nearly all stores are the access token's.
    fn refreshed_about(&self) -> Option<UnixTime> {
        let expires_at = match &self.expires_at {
            StoredValue::Number(number) => timestamp::from_number(*number)?,
            StoredValue::Text(text) => timestamp::parse(text)?,
            _ => return None,
        };
        let lifetime = self.expires_in.number().unwrap_or(USUAL_LIFETIME);
        let issued = expires_at.as_secs().saturating_sub(lifetime as i64);
        // golang.org/x/oauth2 writes the year 1 for a time that it does not know.
        (issued > 0).then(|| UnixTime::from_secs(issued))
    }

    /// The row's key, unless a mapping made the token the key.
    fn shown_key(&self) -> Option<Cow<'_, str>> {
        match &self.key {
            StoredValue::Text(key) if Some(key.as_ref()) != self.refresh_token.text() => {
                Some(Cow::Borrowed(key.as_ref()))
            }
            StoredValue::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }
}

/// Whether a refresh token is another provider's, by how it begins or, if it is a JSON web token, by its issuer.
fn is_other_token(token: &str) -> bool {
    if !token.starts_with("eyJ") {
        return issuer::is_marked_as_other(token);
    }
    let issuer = id_token::claims(token).issuer.unwrap_or_default();
    issuer::host(&issuer).is_some_and(|host| !issuer::is_microsofts_host(&host))
}

/// So that a host is not taken for a tenant.
fn with_scheme(url: &str) -> String {
    match url.contains("://") {
        true => url.to_owned(),
        false => format!("https://{url}"),
    }
}

/// A token without the white space and quotation marks that tables have around their values: behind a space, a quotation
/// mark does not begin a field (RFC 4180 §2 rule 5). No token begins or ends with any.
fn trimmed(token: Cow<'_, str>) -> String {
    let is_around = |it: char| it == '"' || it.is_whitespace();
    // In place, so that no copy of a token is left behind.
    let mut token = token.into_owned();
    token.truncate(token.trim_end_matches(is_around).len());
    token.drain(..token.len() - token.trim_start_matches(is_around).len());
    token
}

/// Far more than an authority, a client id, or all scopes of an application take.
const LONGEST_MEMBER: usize = 32 * 1024;

/// The seconds for which most access tokens are valid, where the store does not say.
const USUAL_LIFETIME: f64 = 3600.0;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::record::Place;

    fn locator() -> Locator {
        Locator::new(&Arc::from("test"), Place::Line(1))
    }

    fn token(token: &str) -> StoredRow<'_> {
        StoredRow {
            refresh_token: StoredValue::from_text(token),
            ..StoredRow::default()
        }
    }

    fn reason(stored: StoredRow<'_>) -> Option<&'static str> {
        match stored.into_row(locator()) {
            Row::Record(_) => None,
            Row::Skipped { reason, .. } => Some(reason.code()),
        }
    }

    #[test]
    fn rows_without_a_usable_token_have_a_reason() {
        let hex = "0a".repeat(40);
        let long = "a".repeat(token_shape::LONGEST_TOKEN + 1);
        let table = [
            ("0.AXYA", None),
            ("M.C555_BAY.0.U.-abc!*$", None),
            (" leading space is kept", None),
            ("", Some("no_refresh_token")),
            (" \n", Some("no_refresh_token")),
            ("None", Some("no_refresh_token")),
            ("null", Some("no_refresh_token")),
            ("gAAAAABrAu_5", Some("undecryptable")),
            ("{AES}2VFT", Some("undecryptable")),
            ("\\x302e", Some("undecryptable")),
            ("eyJpdiI6Imw5", Some("undecryptable")),
            ("vault:v1:8SDd3WHDOjf7", Some("undecryptable")),
            ("CfDJ8Nrj0VBmw5", Some("undecryptable")),
            (hex.as_str(), Some("undecryptable")),
            (long.as_str(), Some("malformed")),
        ];
        for (text, code) in table {
            assert_eq!(reason(token(text)), code, "{text:.40}");
        }
        let number = StoredRow {
            refresh_token: StoredValue::Number(1.0),
            ..StoredRow::default()
        };
        assert_eq!(reason(number), Some("malformed"));
    }

    #[test]
    fn an_object_is_of_the_tenant_that_its_authority_names() {
        let guid = "c0ffee00-0001-4000-8000-000000000000";
        let tid = |authority: &str, oid: &'static str, tid: &'static str| {
            let stored = StoredRow {
                authority: StoredValue::from_text(authority.to_owned()),
                oid: StoredValue::from_text(oid),
                tid: StoredValue::from_text(tid),
                ..token("0.a")
            };
            match stored.into_row(locator()) {
                Row::Record(record) => record.user.tid,
                Row::Skipped { reason, .. } => panic!("{reason}"),
            }
        };
        for authority in [
            guid.to_owned(),
            format!("https://login.microsoftonline.com/{guid}"),
            format!("https://sts.windows.net/{guid}/"),
            format!("https://login.microsoftonline.com/{guid}/oauth2/v2.0/token"),
        ] {
            assert_eq!(
                tid(&authority, "o", "").as_deref(),
                Some(guid),
                "{authority}"
            );
            assert_eq!(tid(&authority, "o", "other").as_deref(), Some("other"));
            assert_eq!(tid(&authority, "", ""), None, "{authority}");
        }
        for authority in [
            "contoso.example",
            "https://login.microsoftonline.com/common",
            "",
        ] {
            assert_eq!(tid(authority, "o", ""), None, "{authority}");
        }
    }

    #[test]
    fn a_guest_is_told_by_the_store_or_else_by_the_id_token() {
        let (home, visited) = (
            "c0ffee00-0001-4000-8000-000000000000",
            "c0ffee00-0002-4000-8000-000000000000",
        );
        // The claims are `{"idp": "https://sts.windows.net/` the home tenant `/"}`.
        let id_token = "e30.eyJpZHAiOiJodHRwczovL3N0cy53aW5kb3dzLm5ldC9jMGZmZWUwMC0wMDAxLTQwMDAtODAwMC0wMDAwMDAwMDAwMDAvIn0.c2ln";
        for (identity_provider, id_token, authority, tid, is_guest) in [
            (home, "", visited, "", true),
            (home, "", home, "", false),
            (home, "", "visited.example", home, false),
            (home, "", "home.example", visited, true),
            ("", id_token, visited, "", true),
            ("", id_token, home, "", false),
            (visited, id_token, visited, "", false),
            ("", "", visited, "", false),
        ] {
            let stored = StoredRow {
                identity_provider: StoredValue::from_text(identity_provider),
                id_token: StoredValue::from_text(id_token),
                authority: StoredValue::from_text(authority),
                tid: StoredValue::from_text(tid),
                ..token("0.a")
            };
            let Row::Record(record) = stored.into_row(locator()) else {
                panic!("{identity_provider} {authority} {tid}")
            };
            let case = format!("{identity_provider} {id_token} {authority} {tid}");
            assert_eq!(record.flags.guest, is_guest, "{case}");
            assert!(!record.flags.personal_account, "{case}");
        }
    }

    #[test]
    fn another_providers_token_is_told_by_all_that_the_row_says() {
        let google = "https://accounts.google.com";
        let entra = "https://login.microsoftonline.com/contoso.example/v2.0";
        // Provider, authority, tenant, token endpoint, issuer, token; whether it is left out.
        for (provider, authority, tenant, endpoint, issuer, rt, is_other) in [
            ("google", "", "", "", "", "0.a", true),
            ("", "", "contoso.example", "", google, "0.a", true),
            ("", "", "", "", "accounts.google.com", "0.a", true),
            (
                "",
                "contoso.example",
                "",
                "https://oauth2.googleapis.com/token",
                "",
                "0.a",
                true,
            ),
            ("", entra, "", "", google, "0.a", true),
            ("", "", "", "", "", "1//0a", true),
            ("", "contoso.example", "", "", "", "1//0a", true),
            ("", "", "contoso.example", "", "", "ghr_a", true),
            // A JSON web token of `https://id.example`.
            (
                "",
                "",
                "",
                "",
                "",
                "eyJhIjowfQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUifQ.c2ln",
                true,
            ),
            ("company-sso", "", "", "", "", "1//0a", true),
            // What tells more says that it is Microsoft's.
            ("microsoft", "", "", "", "", "1//0a", false),
            ("microsoft", "", "", "", google, "0.a", false),
            ("", entra, "", "", "", "1//0a", false),
            ("", "login.microsoftonline.com", "", "", "", "1//0a", false),
            ("", "", "contoso.example", "", entra, "1//0a", false),
            ("", "", "", "", "", "0.a", false),
            ("company-sso", "", "contoso.example", "", "", "0.a", false),
        ] {
            let stored = StoredRow {
                provider: StoredValue::from_text(provider),
                authority: StoredValue::from_text(authority),
                tenant: StoredValue::from_text(tenant),
                token_endpoint: StoredValue::from_text(endpoint),
                issuer: StoredValue::from_text(issuer),
                ..token(rt)
            };
            let expected = is_other.then_some("other_provider");
            assert_eq!(
                reason(stored),
                expected,
                "{provider} {authority} {tenant} {endpoint} {issuer} {rt}"
            );
        }
    }

    #[test]
    fn a_tenant_is_one_of_microsofts_only_where_no_other_host_is_named() {
        let at = |authority: &'static str,
                  tenant: &'static str,
                  endpoint: &'static str,
                  issuer: &'static str| {
            let stored = StoredRow {
                authority: StoredValue::from_text(authority),
                tenant: StoredValue::from_text(tenant),
                token_endpoint: StoredValue::from_text(endpoint),
                issuer: StoredValue::from_text(issuer),
                ..token("0.a")
            };
            match stored.into_row(locator()) {
                Row::Record(record) => record.authority,
                Row::Skipped { reason, .. } => panic!("{reason}"),
            }
        };
        let entra = "https://login.microsoftonline.com/common/oauth2/v2.0/token";
        for (authority, tenant, endpoint, issuer, expected) in [
            ("t.example", "", "", "", Some("t.example")),
            ("", "t.example", "", "", Some("t.example")),
            ("", "t.example", entra, "", Some(entra)),
            ("t.example", "", entra, "", Some("t.example")),
            (
                "t.example",
                "",
                "",
                "https://sts.windows.net/x/",
                Some("t.example"),
            ),
            (
                "t.example",
                "",
                "",
                "https://id.corp.example/",
                Some("https://id.corp.example/"),
            ),
            (
                "",
                "t.example",
                "",
                "id.corp.example",
                Some("https://id.corp.example"),
            ),
            (
                "t.example",
                "",
                "https://id.corp.example/token",
                "",
                Some("https://id.corp.example/token"),
            ),
            (
                "https://a.example/t",
                "",
                "https://id.corp.example/token",
                "",
                Some("https://a.example/t"),
            ),
            (
                "",
                "",
                "",
                "id.corp.example",
                Some("https://id.corp.example"),
            ),
            ("", "", "", entra, Some(entra)),
            ("", "", "", "", None),
        ] {
            let found = at(authority, tenant, endpoint, issuer);
            assert_eq!(
                found.as_deref(),
                expected,
                "{authority} {tenant} {endpoint} {issuer}"
            );
        }
    }

    #[test]
    fn a_token_of_azure_ad_b2c_is_told_by_the_name_of_its_provider() {
        for (provider, expected) in [("azure-ad-b2c", Some("b2c")), ("azure-ad", None)] {
            let stored = StoredRow {
                provider: StoredValue::from_text(provider),
                ..token("0.a")
            };
            assert_eq!(reason(stored), expected, "{provider}");
        }
    }

    #[test]
    fn a_token_never_becomes_its_own_key() {
        let stored = StoredRow {
            key: StoredValue::from_text("0.secret"),
            ..token("0.secret")
        };
        assert_eq!(stored.into_row(locator()).locator().key(), None);
    }
}
