//! Proof that a target works: every account is asked for a token the way an application would ask.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hashbrown::{Equivalent, HashMap};
use http::{Request, Response};
use msal::{
    AuthenticationResult, BoxFuture, ClientApplication, ConfigError, Error, HttpClient, HttpError,
    Runtime, SharedTokenCache, StoreError, TokenSource,
};
use msal_core::{Account, Authority, AuthorityError, ScopeSet, TrustedAuthority, same_environment};

use crate::credentials::Credentials;
use crate::plan::AuthorityOverride;

/// How an account answers a silent call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// With a token from the cache.
    Cached,
    /// With a token that was renewed just now.
    Renewed,
    /// It has a refresh token, and the network would have to be asked.
    Untried,
    /// It was not asked: its host is neither Microsoft's nor the one that was named.
    Untrusted,
    /// It does not answer.
    Broken,
}

/// One account, asked for one client.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Asked<'a> {
    /// The account.
    pub account: &'a Account,
    /// The client; empty when no client holds a refresh token of the account.
    pub client_id: &'a str,
    /// How it answered.
    pub proof: Proof,
    /// Why it did not.
    pub error: Option<&'a Error>,
}

/// How the accounts of a target answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// Accounts of the target.
    pub accounts: u64,
    /// Pairs of account and client that were asked.
    pub asked: u64,
    /// Answered with a token from the cache.
    pub cached: u64,
    /// Answered with a token that was renewed just now.
    pub renewed: u64,
    /// Have a refresh token that was not tried.
    pub untried: u64,
    /// Pairs of account and client that were not asked, because nobody has said that the host may be trusted.
    pub untrusted: u64,
    /// Did not answer.
    pub broken: u64,
}

impl Verification {
    /// Whether every account answered, or would.
    pub fn is_sound(&self) -> bool {
        self.broken + self.untrusted == 0
    }

    fn count(&mut self, proof: Proof) {
        self.asked += u64::from(proof != Proof::Untrusted);
        *match proof {
            Proof::Cached => &mut self.cached,
            Proof::Renewed => &mut self.renewed,
            Proof::Untried => &mut self.untried,
            Proof::Untrusted => &mut self.untrusted,
            Proof::Broken => &mut self.broken,
        } += 1;
    }
}

/// Asks the accounts of a target for tokens.
#[derive(Debug)]
pub struct Verifier {
    cache: Arc<SharedTokenCache>,
    runtime: Runtime,
    credentials: Credentials,
    authority: Option<AuthorityOverride>,
    is_offline: bool,
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
            is_offline: false,
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
    #[must_use]
    pub fn authority(mut self, authority: Option<AuthorityOverride>) -> Self {
        self.authority = authority;
        self
    }

    /// Asks every account once for each client that holds a refresh token of it; `each` is told how it answered.
    ///
    /// # Errors
    /// [`StoreError`] when the target cannot be loaded.
    pub async fn run(
        mut self,
        each: &mut (dyn FnMut(&Asked<'_>) + Send),
    ) -> Result<Verification, StoreError> {
        self.cache.ensure_loaded().await?;
        let accounts = self.cache.read(msal_core::TokenCache::accounts);
        let mut verification = Verification {
            accounts: u64::try_from(accounts.len()).unwrap_or(u64::MAX),
            ..Verification::default()
        };
        for account in &accounts {
            let clients = self.cache.read(|cache| cache.clients_of(account));
            // Nobody can renew it: it would not answer for long, whatever access token it still has.
            if clients.is_empty() {
                verification.count(Proof::Broken);
                each(&Asked {
                    account,
                    client_id: "",
                    proof: Proof::Broken,
                    error: None,
                });
            }
            for client_id in clients {
                let answer = self.ask_patiently(account, &client_id).await;
                let proof = self.proof_of(&answer);
                verification.count(proof);
                each(&Asked {
                    account,
                    client_id: &client_id,
                    proof,
                    error: answer.as_ref().err(),
                });
            }
        }
        Ok(verification)
    }

    /// Asks, and after each wait that a busy server asks for asks again, as long as there is patience left: being busy is
    /// no answer about an account.
    async fn ask_patiently(
        &mut self,
        account: &Account,
        client_id: &str,
    ) -> Result<AuthenticationResult, Error> {
        loop {
            let answer = self.ask(account, client_id).await;
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
        client_id: &str,
    ) -> Result<AuthenticationResult, Error> {
        let granted = self
            .cache
            .read(|cache| cache.granted_scopes(client_id, account));
        let scopes = askable(granted);
        let asker = AskerRef(client_id, &account.environment, &account.realm);
        if let Some(application) = self.applications.get(&asker) {
            return application.acquire_token_silent(&scopes, account).await;
        }
        let application = self.application(client_id, self.authority_of(account)?)?;
        // Kept for the next account: making an application costs more than asking it.
        let entry = self.applications.entry(asker.to_owned());
        let application = entry.or_insert(application);
        application.acquire_token_silent(&scopes, account).await
    }

    /// The authority that an application of this account would name.
    fn authority_of(&self, account: &Account) -> Result<Authority, ConfigError> {
        // MSAL Python leaves the port out of `environment`, MSAL Node does not.
        let is_it =
            |named: &&AuthorityOverride| same_environment(named.host(), &account.environment);
        Ok(match self.authority.as_ref().filter(is_it) {
            Some(named) => named.of_account(account)?,
            None => account.authority_at(&account.environment)?,
        })
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
            Err(Error::Http(_)) => Proof::Untried,
            // Nobody needs to trust a host that is not asked anyway.
            Err(Error::Config(ConfigError::UnknownAuthority { .. })) if self.is_offline => {
                Proof::Untried
            }
            Err(Error::Config(error)) if is_about_host(error) => Proof::Untrusted,
            Err(_) => Proof::Broken,
        }
    }
}

/// Which application asks: its client, environment and realm.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Asker(String, String, String);

/// An [`Asker`] to look for: most accounts share one, and need no copy of it.
#[derive(Hash)]
struct AskerRef<'a>(&'a str, &'a str, &'a str);

impl AskerRef<'_> {
    fn to_owned(&self) -> Asker {
        Asker(self.0.to_owned(), self.1.to_owned(), self.2.to_owned())
    }
}

impl Equivalent<Asker> for AskerRef<'_> {
    fn equivalent(&self, key: &Asker) -> bool {
        (self.0, self.1, self.2) == (key.0.as_str(), key.1.as_str(), key.2.as_str())
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
