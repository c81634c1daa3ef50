//! An access token in the cache.

use std::time::Duration;

use super::fields::Fields;
use super::key::{joined, or_empty, suffix};
use super::{ASSERTIONS, Entry, Value, optional, place_of};
use crate::cache::dialect::Dialect;
use crate::cache::issuance::Issuance;
use crate::cache::term::{Host, Term};
use crate::scope::{is_reserved, words};
use crate::{AccessToken, ScopeSet, Text, UnixTime, case, same_cloud};

/// An access token and what it is good for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccessTokenEntry {
    pub(crate) secret: AccessToken,
    /// `None` for tokens of the application itself.
    pub(crate) home_account_id: Option<Text>,
    pub(crate) environment: Text,
    pub(crate) client_id: Text,
    pub(crate) target: Text,
    pub(crate) realm: Text,
    pub(crate) token_type: Text,
    pub(crate) cached_at: Option<UnixTime>,
    /// An entry whose expiry cannot be read counts as expired.
    pub(crate) expires_on: UnixTime,
    pub(crate) extended_expires_on: Option<UnixTime>,
    pub(crate) refresh_on: Option<UnixTime>,
    pub(crate) key_id: Option<Text>,
    /// What else than its scopes the token was asked for with.
    pub(crate) ext_cache_key: Option<Text>,
    /// The assertion or the session that it was got for, on behalf of a user.
    pub(crate) assertion: Option<Text>,
    /// The scopes that were asked for, where the server named others: who asks for all of them again is answered from the
    /// cache. A member of ours, which other MSALs leave alone or drop; `target` says what the server said.
    pub(crate) requested: Option<Text>,
}

impl AccessTokenEntry {
    /// The access token of a response.
    pub(crate) fn issued(issuance: &Issuance<'_>) -> Self {
        let response = issuance.event.response;
        let cached_at = issuance.event.now;
        let after = |lifetime: Duration| cached_at + lifetime;
        let extended_lifetime = response.ext_expires_in.unwrap_or(response.expires_in);
        Self {
            secret: AccessToken::clone(&response.access_token),
            home_account_id: issuance.home_account_id.clone(),
            environment: issuance.environment.clone(),
            client_id: issuance.client_id.clone(),
            target: issuance.target.clone(),
            realm: issuance.realm.clone(),
            token_type: issuance.token_type.clone(),
            // The cache has points in time where the answer has lifetimes.
            cached_at: Some(cached_at),
            expires_on: after(response.expires_in),
            extended_expires_on: Some(after(extended_lifetime)),
            refresh_on: response.refresh_in.map(after),
            key_id: None,
            ext_cache_key: issuance.ext_cache_key.clone(),
            assertion: issuance.assertion.clone(),
            requested: issuance.renamed.clone(),
        }
    }

    /// Whether the token is one of a user who has signed in, for this purpose: neither bound to a key, nor got for an
    /// assertion, nor asked for with other fields.
    pub(crate) fn is_for_user(&self, purpose: Option<&Text>) -> bool {
        self.ext_cache_key.as_ref() == purpose && self.assertion.is_none() && !self.is_bound()
    }

    /// Whether the token is of no use to whoever has no key for it.
    pub(crate) fn is_bound(&self) -> bool {
        let token_type = self.token_type.as_str();
        let is_of = |bound: &&str| token_type.eq_ignore_ascii_case(bound);
        self.key_id.is_some() || BOUND_TYPES.iter().any(is_of)
    }

    /// Whether the token is the application's own. A user's token whose answer named nobody has no owner either, and is
    /// told by the scopes of OpenID Connect, which are for users only.
    pub(crate) fn is_of_application(&self) -> bool {
        !self.is_of_user() && !self.scopes().any(is_reserved)
    }

    /// Whether somebody is named whose token it is, or it was got for an assertion.
    fn is_of_user(&self) -> bool {
        self.home_account_id.is_some() || self.assertion.is_some()
    }

    /// Whether the token is good for all of `scopes`, by their names or because they are what was asked for.
    pub(crate) fn grants_all(&self, scopes: &ScopeSet) -> bool {
        self.target == scopes.as_str()
            || scopes.iter().all(|scope| self.grants(scope))
            || self.was_asked_for(scopes)
    }

    /// Whether the token is the answer to just these scopes. Of several that were asked for, the server may have left some
    /// out, and nothing says which: a part of them is no question that it answers.
    fn was_asked_for(&self, scopes: &ScopeSet) -> bool {
        let requested = self.requested();
        requested.clone().next().is_some()
            && requested.clone().count() == scopes.len()
            && scopes
                .iter()
                .all(|scope| requested.clone().any(|asked| case::is_same(asked, scope)))
    }

    fn requested(&self) -> impl Iterator<Item = &str> + Clone {
        words(self.requested.as_ref().map_or("", Text::as_str))
    }

    /// Whether the token is good for `scope`.
    pub(crate) fn grants(&self, scope: &str) -> bool {
        self.scopes().any(|granted| case::is_same(granted, scope))
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.requested == other.requested && self.covers(other) && other.covers(self)
    }

    /// Whether nobody misses `other`, which is good for some of the same scopes, once this one is there. In MSAL Node's
    /// spelling nobody does, as it does not keep two itself.
    fn makes_up_for(&self, other: &Self, dialect: Dialect) -> bool {
        self.shares_a_scope(other)
            && (dialect != Dialect::Python
                || self.outlives(other)
                || other.requested.is_none()
                    && other.api_scopes().all(|scope| self.grants(scope))
                    && self.expires_on >= other.expires_on)
    }

    /// Whether `other` was spent when this one was issued.
    fn outlives(&self, other: &Self) -> bool {
        let is_spent = |now: UnixTime| other.expires_on < now + EXPIRY_MARGIN;
        self.cached_at.is_some_and(is_spent)
    }

    fn covers(&self, other: &Self) -> bool {
        other.scopes().all(|scope| self.grants(scope))
    }

    /// Whether both are good for one scope of an API.
    fn shares_a_scope(&self, other: &Self) -> bool {
        self.api_scopes().any(|scope| other.grants(scope))
    }

    /// The scopes that tell tokens from each other: those of OpenID Connect are granted with every one.
    fn api_scopes(&self) -> impl Iterator<Item = &str> {
        let is_of_api = |scope: &&str| !is_reserved(scope) && !case::is_same(scope, "email");
        self.scopes().filter(is_of_api)
    }

    fn scopes(&self) -> impl Iterator<Item = &str> {
        words(self.target.as_str())
    }
}

/// A token that expires sooner is as good as expired (MSAL's five minutes).
pub(crate) const EXPIRY_MARGIN: Duration = Duration::from_secs(300);

impl Entry for AccessTokenEntry {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        Some(Self {
            secret: fields.secret("secret", AccessToken::slice_of)?,
            home_account_id: fields.present("home_account_id"),
            environment: fields.present("environment")?,
            client_id: fields.or_empty("client_id"),
            target: fields.or_empty("target"),
            realm: fields.or_empty("realm"),
            token_type: fields.or_empty("token_type"),
            cached_at: fields.time("cached_at"),
            expires_on: fields.time("expires_on").unwrap_or_default(),
            extended_expires_on: fields.time("extended_expires_on"),
            refresh_on: fields.time("refresh_on"),
            key_id: fields.present("key_id").or_else(|| fields.present("kid")),
            ext_cache_key: fields.any_of(PURPOSES),
            assertion: fields.any_of(ASSERTIONS),
            requested: fields.present(REQUESTED),
        })
    }

    fn members<'a>(&'a self, each: &mut dyn FnMut(&'static str, Value<'a>)) {
        each("credential_type", "AccessToken".into());
        each("secret", Value::Text(self.secret.expose_secret()));
        each("home_account_id", (&self.home_account_id).into());
        each("environment", (&self.environment).into());
        each("client_id", (&self.client_id).into());
        each("target", (&self.target).into());
        each("realm", (&self.realm).into());
        each("token_type", (&self.token_type).into());
        optional(each, "cached_at", &self.cached_at);
        each("expires_on", (&self.expires_on).into());
        optional(each, "extended_expires_on", &self.extended_expires_on);
        optional(each, "key_id", &self.key_id);
        optional(each, "ext_cache_key", &self.ext_cache_key);
        optional(each, "refresh_on", &self.refresh_on);
        // MSAL Node looks at the one, all others at the other.
        for name in ASSERTIONS {
            optional(each, name, &self.assertion);
        }
        optional(each, REQUESTED, &self.requested);
    }

    fn storage_key(&self, dialect: Dialect) -> String {
        let kind = match self.ext_cache_key {
            Some(_) => "atext",
            None => "accesstoken",
        };
        let (home, environment) = (or_empty(&self.home_account_id), self.environment.as_str());
        let (client, realm) = (self.client_id.as_str(), self.realm.as_str());
        let mut target = self.target.to_string();
        if let Some(requested) = &self.requested {
            // A server that leaves out which API a scope is of names two scopes alike.
            target = format!("{target} {requested}");
        }
        let mut parts = vec![home, environment, kind, client, realm, &target];
        match (dialect, &self.ext_cache_key) {
            (_, Some(key)) => parts.push(key.as_str()),
            (_, None) => parts.extend(suffix(dialect)),
        }
        joined(&parts)
    }

    /// Of several tokens for one scope MSAL Node uses none, and throws all of them away.
    fn is_same_entry(&self, other: &Self, dialect: Dialect) -> bool {
        let is_for_the_same = self.home_account_id == other.home_account_id
            && same_cloud(self.environment.as_str(), other.environment.as_str())
            && case::is_same_client(self.client_id.as_str(), other.client_id.as_str())
            && case::is_same(self.realm.as_str(), other.realm.as_str())
            && case::is_same(self.token_type.as_str(), other.token_type.as_str())
            && self.key_id == other.key_id;
        // Assertions come and go, so that what was got for them would pile up.
        if is_for_the_same
            && self.assertion.is_some()
            && other.assertion.is_some()
            && self.outlives(other)
        {
            return true;
        }
        let is_for_the_same = is_for_the_same
            && self.ext_cache_key == other.ext_cache_key
            && self.assertion == other.assertion;
        is_for_the_same && (self.says_the_same(other) || self.makes_up_for(other, dialect))
    }

    fn place(&self) -> Option<Term<'_>> {
        self.owner_term()
            .or_else(|| self.application_terms().next())
    }

    /// A token of the application itself has no account to be found by, and one that was got on behalf of a user is found for
    /// what it was got for; its account tells only whose it is.
    fn terms(&self) -> impl Iterator<Item = Term<'_>> {
        let of_whom = self.on_behalf_term().into_iter().chain(self.owner_term());
        of_whom
            .chain(self.granted_terms())
            .chain(self.application_terms())
    }

    /// Of its terms, those of other kinds are not made.
    fn has(&self, term: &Term<'_>) -> bool {
        match term {
            // What differs most often comes first.
            Term::Application {
                scope,
                client_id,
                realm,
                environment,
                purpose,
            } => {
                case::is_same(self.realm.as_str(), realm)
                    && self.is_of_application_for(scope)
                    && self.ext_cache_key.as_ref().map(Text::as_str) == *purpose
                    && case::is_same_client(self.client_id.as_str(), client_id)
                    && Host(self.environment.as_str()) == *environment
            }
            Term::Granted { .. } => self.granted_terms().any(|own| own == *term),
            Term::OnBehalf { .. } => self.on_behalf_term().is_some_and(|own| own == *term),
            Term::Owner { .. } => self.owner_term().is_some_and(|own| own == *term),
            Term::Client { .. } | Term::Named(_) => false,
        }
    }
}

impl AccessTokenEntry {
    fn on_behalf_term(&self) -> Option<Term<'_>> {
        let assertion = self.assertion.as_ref()?;
        Some(Term::OnBehalf {
            key: assertion.as_str(),
            client_id: self.client_id.as_str(),
            environment: Host(self.environment.as_str()),
        })
    }

    fn owner_term(&self) -> Option<Term<'_>> {
        place_of(self.home_account_id.as_ref(), &self.environment)
    }

    fn granted_terms(&self) -> impl Iterator<Item = Term<'_>> {
        let owner = self.home_account_id.iter().map(Text::as_str);
        let owner = owner.filter(|_| self.assertion.is_none());
        owner.flat_map(move |home_account_id| {
            self.findable_scopes().map(move |scope| Term::Granted {
                home_account_id,
                environment: Host(self.environment.as_str()),
                client_id: self.client_id.as_str(),
                scope,
            })
        })
    }

    fn application_terms(&self) -> impl Iterator<Item = Term<'_>> {
        let is_own = self.is_of_application();
        self.findable_scopes()
            .filter(move |_| is_own)
            .map(|scope| self.application_term(scope))
    }

    fn application_term<'a>(&'a self, scope: &'a str) -> Term<'a> {
        Term::Application {
            scope,
            client_id: self.client_id.as_str(),
            realm: self.realm.as_str(),
            environment: Host(self.environment.as_str()),
            purpose: self.ext_cache_key.as_ref().map(Text::as_str),
        }
    }

    /// What the token is good for, and what it was asked for by.
    fn findable_scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes().chain(self.requested())
    }

    /// Whether the token is the application's own and is found by this scope.
    fn is_of_application_for(&self, scope: &str) -> bool {
        // Mostly it is the only one.
        match self.target == *scope {
            true => !self.is_of_user() && !is_reserved(scope),
            false => {
                self.findable_scopes().any(|own| case::is_same(own, scope))
                    && self.is_of_application()
            }
        }
    }
}

/// Where MSALs write that a token is for one purpose: MSAL Python what it was asked for with, and MSAL Node the claims.
const PURPOSES: &[&str] = &[
    "ext_cache_key",
    "requestedClaimsHash",
    "additionalCacheKeyComponents",
];

/// The types of tokens that are of no use to whoever has no key for them.
const BOUND_TYPES: [&str; 4] = ["pop", "dpop", "ssh-cert", "mtls_pop"];

/// Where the scopes stand that were asked for.
const REQUESTED: &str = "requested_scopes";

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(members: &str) -> AccessTokenEntry {
        let text = format!(r#"{{"secret": "s", "environment": "e", {members}}}"#);
        let document = Text::from(text);
        let fields = Fields::parse(document.as_str(), &document).unwrap();
        AccessTokenEntry::read(&fields).unwrap()
    }

    #[test]
    fn an_entry_has_its_terms_and_those_of_no_other() {
        let users =
            r#""home_account_id": "u.t", "client_id": "app", "target": "a b", "realm": "t""#;
        let own = r#""client_id": "app", "target": "a", "realm": "t", "requested_scopes": "x y""#;
        let entries = [
            entry(users),
            entry(&users.replace("u.t", "v.t")),
            entry(&users.replace("a b", "b\\tC")),
            entry(&format!(r#"{users}, "user_assertion_hash": "h""#)),
            entry(&format!(r#"{users}, "user_assertion_hash": "i""#)),
            entry(own),
            entry(&own.replace("x y", "openid")),
            entry(&own.replace("\"a\"", "\"a openid\"")),
            entry(&own.replace("\"t\"", "\"u\"")),
            entry(&format!(r#"{own}, "ext_cache_key": "k""#)),
            entry(&format!(r#"{own}, "user_assertion_hash": "h""#)),
        ];
        for of in &entries {
            assert!(of.terms().all(|term| of.has(&term)), "{of:?}");
            for term in entries.iter().flat_map(Entry::terms) {
                let is_own = of.terms().any(|own| own == term);
                assert_eq!(of.has(&term), is_own, "{of:?} {term:?}");
            }
        }
    }

    #[test]
    fn a_target_grants_each_of_its_scopes_in_any_case() {
        let entry = entry(r#""target": "User.Read email openid profile""#);
        for scope in ["openid", "User.Read", "user.read", "USER.READ"] {
            assert!(entry.grants(scope), "{scope}");
        }
        for scope in [
            "User",
            "User.Read.All",
            "https://graph.microsoft.com/User.Read",
        ] {
            assert!(!entry.grants(scope), "{scope}");
        }
    }
}
