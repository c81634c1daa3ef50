//! Proof that a target works: every account is asked for a token the way an application would ask.

mod verification;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hashbrown::{Equivalent, HashMap};
use http::{Request, Response};
use msal::{
    AuthenticationResult, BoxFuture, ClientApplication, ConfigError, Error, HttpClient, HttpError,
    Runtime, SharedTokenCache, TokenSource,
};
use msal_core::{
    Account, Authority, AuthorityError, Dialect, ScopeSet, Silent, SilentRequest, TrustedAuthority,
    same_environment,
};

use crate::credentials::Credentials;
use crate::plan::AuthorityOverride;
use verification::Tally;

pub use verification::{Asked, Proof, Verification};

/// Asks the accounts of a target for tokens.
#[derive(Debug)]
pub struct Verifier {
    cache: Arc<SharedTokenCache>,
    runtime: Runtime,
    credentials: Credentials,
    authority: Option<AuthorityOverride>,
    own: Option<HashSet<String>>,
    is_offline: bool,
    renews_all: bool,
    /// How long a busy server may still be waited for.
    patience: Duration,
    applications: HashMap<Asker, ClientApplication>,
}

impl Verifier {
    /// Asks the accounts in `target` without the network: a token that is not in the cache is not asked for.
    pub fn offline(target: Arc<SharedTokenCache>, runtime: &Runtime) -> Self {
        let offline = Runtime::with_http(Offline)
            .with_clock(Arc::clone(runtime.clock()))
            .with_random(Arc::clone(runtime.random()));
        Self {
            is_offline: true,
            ..Self::new(target, offline)
        }
    }

    /// Asks the accounts in `target`, and renews what has expired: refresh tokens are redeemed, and the target is
    /// written in its dialect. A server that is busy is asked again when it says so, with ten minutes of waiting in all.
    ///
    /// # Security
    /// The target is a file: that it names a host does not make it trusted. Nothing is sent to any but Microsoft's hosts
    /// and the [named](Verifier::authority) one.
    pub fn new(target: Arc<SharedTokenCache>, runtime: Runtime) -> Self {
        Self {
            cache: target,
            runtime,
            credentials: Credentials::none(),
            authority: None,
            own: None,
            is_offline: false,
            renews_all: false,
            patience: PATIENCE,
            applications: HashMap::new(),
        }
    }

    /// Gives the secrets of confidential clients, for renewals.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// Names the host of accounts whose environment is not one of Microsoft's, and their authority where it is of a kind
    /// that an account does not tell. Accounts of other hosts than that one are not asked.
    ///
    /// With a tenant of Entra ID, such as `organizations`, its accounts are asked as an application asks that signs its
    /// users in there; without one, at each tenant that they have tokens for. Personal accounts are asked in that way too
    /// where `organizations` or `common` is named, because neither takes their tokens.
    #[must_use]
    pub fn authority(mut self, authority: Option<AuthorityOverride>) -> Self {
        self.authority = authority;
        self
    }

    /// Names the accounts that count, by their home account ids: those of a migration, for example. Others are asked as
    /// well, and counted apart.
    #[must_use]
    pub fn own(mut self, accounts: HashSet<String>) -> Self {
        self.own = Some(accounts);
        self
    }

    /// Renews each token, although the cache has one: that a token is in the cache proves nothing of the refresh token beside
    /// it. Where refresh tokens are spent by use, each is spent, and its successor saved.
    ///
    /// Of an [offline](Verifier::offline) verifier nothing is answered then.
    #[must_use]
    pub fn renewing(mut self) -> Self {
        self.renews_all = true;
        self
    }

    /// Asks every account once for each client that holds a refresh token of it and each tenant; `each` is told how it
    /// answered.
    ///
    /// # Errors
    /// [`Error::Store`] when the target cannot be loaded, or what was renewed cannot be saved: then nothing more is asked.
    ///
    /// Dropping the future may lose what a refresh token in flight brings, but right after `each` was told: then nothing is
    /// in flight.
    pub async fn run(
        mut self,
        each: &mut (dyn FnMut(&Asked<'_>) + Send),
    ) -> Result<Verification, Error> {
        self.cache.ensure_loaded().await?;
        let accounts = self.cache.read(msal_core::TokenCache::accounts);
        let (mut tally, mut counted) = (Tally::default(), 0);
        let mut found = HashSet::new();
        for account in &accounts {
            let id = account.home_account_id.as_str();
            let is_own = self.own.as_ref().is_none_or(|own| own.contains(id));
            if is_own {
                counted += 1;
                found.insert(id);
            }
            for question in self.questions(account) {
                let answer = match question.client_id.is_empty() {
                    true => None,
                    false => Some(self.ask_patiently(account, &question).await),
                };
                if let Some(Err(error @ Error::Store(_))) = answer {
                    return Err(error);
                }
                let asked = Asked {
                    account,
                    is_own,
                    client_id: &question.client_id,
                    tenant: &question.realm,
                    // Nobody can renew it: it would not answer for long, whatever access token it still has.
                    proof: answer
                        .as_ref()
                        .map_or(Proof::Broken, |it| self.proof_of(it)),
                    error: answer.as_ref().and_then(|it| it.as_ref().err()),
                };
                tally.count(&asked);
                each(&asked);
                // Who wants to stop between two accounts is heard, also where each is answered from the cache.
                if !self.is_offline {
                    tokio::task::yield_now().await;
                }
            }
        }
        let named = self.own.as_ref().map_or(found.len(), HashSet::len);
        let missing = named.saturating_sub(found.len()) as u64;
        Ok(tally.finish(counted, missing))
    }

    /// What an account is asked: by each client that holds a refresh token of it, and at each tenant.
    fn questions(&self, account: &Account) -> Vec<Question> {
        let clients = self.cache.read(|cache| cache.clients_of(account));
        if clients.is_empty() {
            return vec![Question {
                client_id: String::new(),
                realm: account.realm.clone(),
                authority: Err(ConfigError::ClientId),
            }];
        }
        let mut questions = Vec::new();
        for client_id in clients {
            let first = questions.len();
            for (realm, authority) in self.authorities_of(&client_id, account) {
                let asked = questions.iter().skip(first);
                // Who names an authority as a whole has it asked once.
                if asked
                    .clone()
                    .all(|known: &Question| known.authority != authority)
                {
                    questions.push(Question {
                        client_id: client_id.clone(),
                        realm,
                        authority,
                    });
                }
            }
        }
        questions
    }

    /// The authorities that applications of this account would name, each with what the cache calls its tenant.
    fn authorities_of(
        &self,
        client_id: &str,
        account: &Account,
    ) -> Vec<(String, Result<Authority, ConfigError>)> {
        // MSAL Python leaves the port out of `environment`, MSAL Node does not.
        let is_it =
            |named: &&AuthorityOverride| same_environment(named.host(), &account.environment);
        let named = self.authority.as_ref().filter(is_it);
        if let Some(authority) = named.and_then(|named| named.of_application(account)) {
            return vec![(authority.realm().to_owned(), Ok(authority))];
        }
        let mut realms = self.cache.read(|cache| cache.realms_of(client_id, account));
        if realms.is_empty() {
            realms.push(account.realm.clone());
        }
        let at = |realm: String| {
            let mut there = account.clone();
            there.realm.clone_from(&realm);
            let authority = match named {
                Some(named) => named.of_account(&there),
                None => there.authority_at(&there.environment),
            };
            (realm, authority.map_err(ConfigError::from))
        };
        let mut authorities: Vec<_> = realms.into_iter().map(at).collect();
        // What is no tenant is where nobody asks.
        if authorities.iter().any(|(_, authority)| authority.is_ok()) {
            authorities.retain(|(_, authority)| authority.is_ok());
        }
        authorities
    }

    /// Asks, and after each wait that a busy server asks for asks again, as long as there is patience left: being busy is
    /// no answer about an account.
    async fn ask_patiently(
        &mut self,
        account: &Account,
        question: &Question,
    ) -> Result<AuthenticationResult, Error> {
        loop {
            let answer = self.ask(account, question).await;
            let busy = answer.as_ref().err().filter(|error| error.is_transient());
            let wait = busy.and_then(Error::retry_after);
            let Some(wait) = wait.filter(|wait| *wait <= self.patience) else {
                return answer;
            };
            self.patience -= wait;
            self.runtime.clock().sleep(wait).await;
        }
    }

    async fn ask(
        &mut self,
        account: &Account,
        question: &Question,
    ) -> Result<AuthenticationResult, Error> {
        let client_id = &question.client_id;
        let authority = question.authority.clone()?;
        let granted = self
            .cache
            .read(|cache| cache.granted_scopes(client_id, account, &question.realm));
        let scopes = askable(granted);
        let is_missed = self.is_missed(client_id, account, &authority, &scopes);
        let asker = AskerRef(client_id, &authority);
        let application = match self.applications.get(&asker) {
            Some(application) => application,
            // Kept for the next account: making an application costs more than asking it.
            None => {
                let application = self.application(client_id, authority.clone())?;
                let entry = self.applications.entry(asker.to_owned());
                entry.or_insert(application)
            }
        };
        application
            .acquire_token_silent(&scopes, account)
            .force_refresh(is_missed || self.renews_all)
            .await
    }

    /// Whether the MSAL that will read the target finds nothing where this library does: at `organizations` and its like,
    /// MSAL Python takes tokens that stand under just that name, and none that stand under the user's own tenant.
    fn is_missed(
        &self,
        client_id: &str,
        account: &Account,
        authority: &Authority,
        scopes: &ScopeSet,
    ) -> bool {
        if self.cache.dialect() != Dialect::Python || !authority.tenant().is_shared() {
            return false;
        }
        let environments = [authority.environment(), authority.host()].map(str::to_owned);
        let realms = [authority.realm()];
        let request = SilentRequest::new(
            client_id,
            &account.home_account_id,
            &environments,
            &realms,
            scopes,
            self.runtime.clock().now(),
        );
        match self.cache.read(|cache| cache.silent(&request)) {
            Silent::Hit(_) => false,
            Silent::Renew(renewal) => renewal.fallback.is_none(),
            _ => true,
        }
    }

    fn application(
        &self,
        client_id: &str,
        authority: Authority,
    ) -> Result<ClientApplication, ConfigError> {
        let builder = ClientApplication::builder(client_id, self.credentials.of(client_id))
            .cache(Arc::clone(&self.cache))
            .runtime(self.runtime.clone());
        let named = self.authority.as_ref().map(AuthorityOverride::authority);
        let unknown = ConfigError::unknown_authority(authority.host());
        match TrustedAuthority::admit(authority.clone(), named) {
            Some(trusted) => builder.trusted_authority(trusted),
            // What sends nothing needs no trust.
            None if self.is_offline => builder.authority(authority),
            None => return Err(unknown),
        }
        .build()
    }

    fn proof_of(&self, answer: &Result<AuthenticationResult, Error>) -> Proof {
        match answer {
            Ok(result) if result.token_source == TokenSource::Cache => Proof::Cached,
            Ok(_) => Proof::Renewed,
            // Nobody needs to trust a host that is not asked anyway.
            Err(Error::Config(ConfigError::UnknownAuthority { .. })) if self.is_offline => {
                Proof::Untried
            }
            Err(Error::Config(error)) if is_about_host(error) => Proof::Untrusted,
            Err(error) if error.is_transient() => Proof::Untried,
            Err(_) => Proof::Broken,
        }
    }
}

/// One silent call to make.
struct Question {
    /// Empty when no client holds a refresh token of the account.
    client_id: String,
    /// What the cache calls the tenant.
    realm: String,
    authority: Result<Authority, ConfigError>,
}

/// Which application asks: its client and authority.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Asker(String, Authority);

/// An [`Asker`] to look for: most accounts share one, and need no copy of it.
#[derive(Hash)]
struct AskerRef<'a>(&'a str, &'a Authority);

impl AskerRef<'_> {
    fn to_owned(&self) -> Asker {
        Asker(self.0.to_owned(), self.1.clone())
    }
}

impl Equivalent<Asker> for AskerRef<'_> {
    fn equivalent(&self, key: &Asker) -> bool {
        (self.0, self.1) == (key.0.as_str(), &key.1)
    }
}

/// `.default` stands among the granted scopes where it was asked for, but cannot be asked for together with them
/// (AADSTS70011).
fn askable(granted: ScopeSet) -> ScopeSet {
    let default = granted.iter().find(|scope| scope.ends_with("/.default"));
    match default {
        Some(default) => ScopeSet::from_wire(default),
        None => granted,
    }
}

/// Whether nobody has said that the account's host may be trusted. What is not even a host is none of Microsoft's.
fn is_about_host(error: &ConfigError) -> bool {
    matches!(
        error,
        ConfigError::UnknownAuthority { .. } | ConfigError::Authority(AuthorityError::Host { .. })
    )
}

/// How long busy servers are waited for in all.
const PATIENCE: Duration = Duration::from_secs(600);

/// Sends nothing.
#[derive(Debug)]
struct Offline;

impl HttpClient for Offline {
    fn send(&self, _: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        Box::pin(std::future::ready(Err(HttpError::unreachable())))
    }
}
