//! Nobody is given a token of another account, client, tenant, assertion or purpose, whatever is in the cache.

use proptest::prelude::*;

use super::service::check_hit;
use super::*;
use crate::{ForClientRequest, OnBehalfKey, OnBehalfRequest, UserAssertion, same_cloud};

const USERS: [&str; 2] = ["alice.home", "bob.home"];
const CLIENTS: [&str; 2] = [APP, "22222222-bbbb-3333-cccc-4444dddd5555"];
const TENANTS: [&str; 2] = ["contoso", "fabrikam"];
const HOSTS: [&str; 3] = [
    "login.microsoftonline.com",
    "login.windows.net",
    "login.microsoftonline.us",
];
const SCOPES: [&str; 3] = ["a/.default", "b/.default", "a/.default b/.default"];
const FIELDS: [&[(&str, &str)]; 3] = [
    &[],
    &[("fmi_path", "one")],
    &[("fmi_path", "two"), ("client_claims", "{}")],
];

/// For whom a token is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum For {
    User,
    Application,
    Assertion(u8),
    Session(u8),
}

/// All that a token was got with, and that a call asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ask {
    whose: For,
    user: usize,
    client: usize,
    tenant: usize,
    host: usize,
    scopes: usize,
    fields: usize,
}

#[derive(Clone, Debug)]
enum Step {
    Add(Ask),
    SignOut(Ask),
    /// The cache is written, and read by another program.
    Store,
    /// Somebody else saves, and what changed here is put on top of that.
    Merge,
}

impl Ask {
    fn key(&self) -> Option<OnBehalfKey> {
        match self.whose {
            For::User | For::Application => None,
            For::Assertion(n) => Some(OnBehalfKey::of_assertion(&UserAssertion::from(
                &*n.to_string(),
            ))),
            For::Session(n) => Some(OnBehalfKey::of_session(&n.to_string())),
        }
    }

    /// What the tokens are called that are got with this: everything that must agree.
    fn secret(&self) -> String {
        let Self {
            whose,
            user,
            client,
            tenant,
            host,
            fields,
            ..
        } = self;
        // The application's own tokens are no user's, and one of an assertion is the user's whom the assertion names.
        let user = match whose {
            For::User => user.to_string(),
            _ => String::new(),
        };
        let cloud = usize::from(*host == 2);
        format!("{whose:?}|{user}|{client}|{tenant}|{cloud}|{fields}")
    }

    /// Whether the answer says nothing of the user.
    fn is_anonymous(&self) -> bool {
        self.whose == For::User && self.fields == 2
    }

    fn scopes(&self) -> ScopeSet {
        ScopeSet::from_wire(SCOPES[self.scopes])
    }

    fn fields(&self) -> &'static [(&'static str, &'static str)] {
        FIELDS[self.fields]
    }

    fn add_to(&self, cache: &mut TokenCache) {
        let (uid, utid) = USERS[self.user].split_once('.').unwrap();
        let info = URL_SAFE_NO_PAD.encode(json!({"uid": uid, "utid": utid}).to_string());
        let mut body = json!({
            "access_token": format!("{}|{}", self.secret(), self.scopes),
            "refresh_token": format!("RT|{}", self.secret()), "expires_in": 3600, "token_type": "Bearer",
        });
        if self.whose != For::Application && !self.is_anonymous() {
            body["client_info"] = info.into();
        }
        // Not every server repeats the scopes of OpenID Connect.
        if self.whose == For::User && self.fields > 0 {
            body["scope"] = SCOPES[self.scopes].into();
        }
        let client = CLIENTS[self.client];
        let answer = Response::new(Bytes::from(body.to_string()));
        let TokenOutcome::Tokens(response) = TokenOutcome::read(&answer, client) else {
            panic!("{body}");
        };
        let requested = match self.whose {
            For::Application => self.scopes(),
            _ => self.scopes().with_reserved(),
        };
        let key = self.key();
        let party = match (&key, self.whose) {
            (Some(key), _) => Party::OnBehalf(key),
            (None, For::Application) => Party::Application,
            (None, _) => Party::User,
        };
        let event = TokenEvent {
            client_id: client,
            host: HOSTS[self.host],
            realm: TENANTS[self.tenant],
            ..event(&response, &requested)
        };
        match self.whose {
            For::User => cache.add(&event.of_party(party, self.fields())),
            For::Application => cache.add_for_client(&event.of_party(party, self.fields())),
            For::Assertion(_) => cache.add_on_behalf(&event.of_party(party, self.fields()), false),
            For::Session(_) => cache.add_on_behalf(&event.of_party(party, self.fields()), true),
        }
    }

    fn sign_out_of(&self, cache: &mut TokenCache) {
        let (client, host) = (CLIENTS[self.client], HOSTS[self.host]);
        match self.key() {
            Some(key) => drop(cache.remove_on_behalf(client, &key, host)),
            None if self.whose == For::Application => drop(cache.remove_for_client(client, host)),
            None => {
                let account = Account::new(HomeAccountId::new(USERS[self.user]), host);
                cache.remove_account(client, &account);
            }
        }
    }

    /// What the call is given: access tokens and refresh tokens.
    fn given(&self, cache: &TokenCache) -> (Option<CachedAccessToken>, Vec<RefreshCandidate>) {
        let scopes = self.scopes();
        let environments = [HOSTS[self.host].to_owned()];
        let realms = [TENANTS[self.tenant]];
        let client = CLIENTS[self.client];
        let of_cached = |cached| match cached {
            Cached::Hit(token) => Some(token),
            Cached::Ask { fallback, .. } => fallback,
        };
        match self.key() {
            Some(key) => {
                let mut request =
                    OnBehalfRequest::new(client, &key, &environments, &realms, &scopes, T0);
                request.fields = self.fields();
                let found = cache.on_behalf(&request);
                (of_cached(found.access_token), found.candidates)
            }
            None if self.whose == For::Application => {
                let mut request =
                    ForClientRequest::new(client, &environments, &realms, &scopes, T0);
                request.fields = self.fields();
                let cached = cache.for_client(&request);
                check_hit(cache, &request, &cached);
                (of_cached(cached), Vec::new())
            }
            None => {
                let user = HomeAccountId::new(USERS[self.user]);
                let mut request =
                    SilentRequest::new(client, &user, &environments, &realms, &scopes, T0);
                request.fields = self.fields();
                match cache.silent(&request) {
                    Silent::Hit(token) => (Some(token), Vec::new()),
                    Silent::Renew(renewal) => (renewal.fallback, renewal.candidates),
                    Silent::InteractionRequired => (None, Vec::new()),
                }
            }
        }
    }

    /// Fails if the call is given what it did not ask for.
    fn check(&self, cache: &TokenCache) {
        let (token, candidates) = self.given(cache);
        if let Some(token) = token {
            let secret = token.secret.expose_secret();
            let (own, scopes) = secret.rsplit_once('|').unwrap();
            assert_eq!(own, self.secret(), "{self:?}");
            let granted = SCOPES[scopes.parse::<usize>().unwrap()];
            let granted = ScopeSet::from_wire(granted);
            assert!(
                self.scopes()
                    .iter()
                    .all(|scope| granted.iter().any(|own| own == scope))
            );
        }
        for candidate in candidates {
            // A refresh token is good for every tenant and purpose of its owner.
            let of = |ask: &Self| format!("RT|{}", ask.secret());
            let is_own = |tenant| {
                (0..FIELDS.len()).any(|fields| {
                    candidate.secret.expose_secret()
                        == of(&Self {
                            tenant,
                            fields,
                            ..*self
                        })
                })
            };
            assert!(
                (0..TENANTS.len()).any(is_own),
                "{self:?}: {}",
                candidate.secret.expose_secret()
            );
        }
    }
}

fn asks() -> impl Strategy<Value = Ask> {
    let whose = prop_oneof![
        Just(For::User),
        Just(For::Application),
        (0..2_u8).prop_map(For::Assertion),
        (0..2_u8).prop_map(For::Session),
    ];
    let which = (
        0..2_usize,
        0..2_usize,
        0..2_usize,
        0..3_usize,
        0..3_usize,
        0..3_usize,
    );
    (whose, which).prop_map(
        |(whose, (user, client, tenant, host, scopes, fields))| Ask {
            whose,
            user,
            client,
            tenant,
            host,
            scopes,
            fields,
        },
    )
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => asks().prop_map(Step::Add),
        2 => asks().prop_map(Step::SignOut),
        1 => Just(Step::Store),
        1 => Just(Step::Merge),
    ];
    proptest::collection::vec(step, 1..24)
}

fn dialects() -> impl Strategy<Value = Dialect> {
    prop_oneof![
        Just(Dialect::Python),
        Just(Dialect::Node),
        Just(Dialect::Node3)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_call_is_given_a_token_that_it_did_not_ask_for(
        steps in steps(),
        dialect in dialects(),
        calls in proptest::collection::vec(asks(), 24),
    ) {
        let mut cache = TokenCache::new(dialect);
        let mut stored = TokenCache::new(dialect);
        for step in steps {
            match step {
                Step::Add(ask) => {
                    ask.add_to(&mut cache);
                    ask.check(&cache);
                    // What was just got is found again.
                    prop_assert!(ask.is_anonymous() || ask.given(&cache).0.is_some(), "{ask:?}");
                }
                Step::SignOut(ask) => {
                    ask.sign_out_of(&mut cache);
                    let (token, candidates) = ask.given(&cache);
                    // Tokens of users are another client's to renew as well.
                    let is_gone = token.is_none() && candidates.is_empty();
                    prop_assert!(is_gone, "{ask:?}");
                }
                Step::Store => {
                    cache = TokenCache::parse(cache.serialize(), dialect).unwrap();
                    stored = cache.clone();
                }
                Step::Merge => {
                    cache = cache.rebase_onto(stored.clone());
                    cache.mark_saved();
                    stored = cache.clone();
                }
            }
        }
        for call in calls {
            call.check(&cache);
        }
    }
}

#[test]
fn the_hosts_are_of_two_clouds() {
    assert!(same_cloud(HOSTS[0], HOSTS[1]) && !same_cloud(HOSTS[0], HOSTS[2]));
}
