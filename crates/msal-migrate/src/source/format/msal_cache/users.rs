//! What the other sections of a cache say about the user of a refresh token.

use std::fmt;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use msal_core::same_environment;
use serde::Deserialize;

use super::sections::{Part, for_each_part};
use crate::source::read::json::error::JsonError;
use crate::source::read::json::slice::parse_object;
use crate::source::read::json::stream::JsonStream;
use crate::source::row::value::StoredValue;

/// The accounts, and the scopes of each user's access tokens, both by home account id. No tokens.
#[derive(Default)]
pub(super) struct Users {
    accounts: HashMap<String, Vec<AccountHints>>,
    scopes: HashMap<String, Vec<Granted>>,
    /// Hosts, tenants, clients and scopes: many users share them, and each is kept once.
    shared: HashSet<Arc<str>>,
}

/// An account as one tenant knows it: a guest has several.
pub(super) struct AccountHints {
    environment: Arc<str>,
    realm: Arc<str>,
    is_adfs: bool,
    oid: Box<str>,
    username: Box<str>,
}

/// What an access token says about its grant.
#[derive(PartialEq, Eq)]
struct Granted {
    client_id: Arc<str>,
    /// The scopes, as text.
    target: Arc<str>,
    /// The service exchanged a token of the user's for it.
    is_on_behalf: bool,
}

impl AccountHints {
    /// The tenant, as it stands in the path of an authority.
    pub(super) fn realm(&self) -> &str {
        if self.is_adfs { "adfs" } else { &self.realm }
    }

    pub(super) fn oid(&self) -> &str {
        &self.oid
    }

    pub(super) fn username(&self) -> &str {
        &self.username
    }
}

impl Users {
    /// Reads a whole cache to its end.
    pub(super) fn read(stream: &mut JsonStream<impl Read>) -> Result<Self, JsonError> {
        let mut users = Self::default();
        let _to_the_end = for_each_part(stream, |part| {
            // An entry that cannot be read is a lost hint: the refresh token is judged by its own entry.
            match part {
                Part::Entry("Account", value) => {
                    let _unreadable = parse_object(value)?.map(|entry| users.add_account(&entry));
                }
                Part::Entry("AccessToken", value) => {
                    let _unreadable = parse_object(value)?.map(|entry| users.add_scopes(&entry));
                }
                _ => {}
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(users)
    }

    /// The account of a user in a cloud: the home tenant's, or else that of any tenant.
    pub(super) fn account(
        &self,
        home_account_id: &str,
        environment: &str,
    ) -> Option<&AccountHints> {
        let (_uid, home) = home_account_id.split_once('.').unwrap_or_default();
        self.accounts
            .get(home_account_id)?
            .iter()
            // MSAL Node and MSAL.NET write another alias of the same cloud's host than MSAL Python does, and the port.
            .filter(|account| same_environment(&account.environment, environment))
            .max_by_key(|account| {
                // MSAL Python writes the tenant of the authority that it was given, which need not be a tenant.
                let is_shared = matches!(&*account.realm, "common" | "organizations" | "");
                (account.realm.eq_ignore_ascii_case(home), !is_shared)
            })
    }

    /// All scopes of the user's access tokens for a client.
    pub(super) fn scopes(&self, home_account_id: &str, client_id: &str) -> StoredValue<'_> {
        let granted = self.scopes.get(home_account_id).map(Vec::as_slice);
        StoredValue::List(
            granted
                .unwrap_or_default()
                .iter()
                .filter(|granted| granted.client_id.eq_ignore_ascii_case(client_id))
                .map(|granted| (*granted.target).into())
                .collect(),
        )
    }

    /// Whether a client has got the user's tokens in exchange for others only, and never by a sign-in. MSAL Node says so of
    /// the access token, and not of the refresh token that came with it.
    pub(super) fn is_on_behalf(&self, home_account_id: &str, client_id: &str) -> bool {
        let granted = self.scopes.get(home_account_id).map(Vec::as_slice);
        let mut of_client = granted
            .unwrap_or_default()
            .iter()
            .filter(|granted| granted.client_id.eq_ignore_ascii_case(client_id))
            .peekable();
        of_client.peek().is_some() && of_client.all(|granted| granted.is_on_behalf)
    }

    fn add_account(&mut self, entry: &AccountEntry<'_>) {
        let Some(home_account_id) = entry.home_account_id.text() else {
            return;
        };
        let account = AccountHints {
            environment: self.share(&entry.environment),
            realm: self.share(&entry.realm),
            is_adfs: entry.authority_type.text() == Some("ADFS"),
            oid: entry.local_account_id.text().unwrap_or_default().into(),
            username: entry.username.text().unwrap_or_default().into(),
        };
        self.accounts
            .entry_ref(home_account_id)
            .or_default()
            .push(account);
    }

    fn add_scopes(&mut self, entry: &AccessTokenEntry<'_>) {
        let Some(home_account_id) = entry.home_account_id.text() else {
            return;
        };
        let granted = Granted {
            client_id: self.share(&entry.client_id),
            target: self.share(&entry.target),
            is_on_behalf: !entry.user_assertion_hash.is_absent(),
        };
        let known = self.scopes.entry_ref(home_account_id).or_default();
        if !known.contains(&granted) {
            known.push(granted);
        }
    }

    fn share(&mut self, value: &StoredValue<'_>) -> Arc<str> {
        let text = value.text().unwrap_or_default();
        Arc::clone(self.shared.get_or_insert_with(text, |text| Arc::from(text)))
    }
}

impl fmt::Debug for Users {
    /// Only their number, so that a logged source names nobody.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Users({})", self.accounts.len())
    }
}

#[derive(Deserialize)]
struct AccountEntry<'a> {
    #[serde(borrow, default)]
    authority_type: StoredValue<'a>,
    #[serde(borrow, default)]
    environment: StoredValue<'a>,
    #[serde(borrow, default)]
    home_account_id: StoredValue<'a>,
    #[serde(borrow, default)]
    local_account_id: StoredValue<'a>,
    #[serde(borrow, default)]
    realm: StoredValue<'a>,
    #[serde(borrow, default)]
    username: StoredValue<'a>,
}

#[derive(Deserialize)]
struct AccessTokenEntry<'a> {
    #[serde(borrow, default)]
    client_id: StoredValue<'a>,
    #[serde(borrow, default)]
    home_account_id: StoredValue<'a>,
    #[serde(borrow, default)]
    target: StoredValue<'a>,
    #[serde(borrow, default, alias = "userAssertionHash")]
    user_assertion_hash: StoredValue<'a>,
}
