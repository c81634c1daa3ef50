//! The unified token cache that all MSALs share, of another application or another language: one JSON object of sections,
//! each an object of entries. MSAL.NET 2 wrote the same entries as a list of dictionaries.
//!
//! The names of the entries are never looked at, because libraries build them in different ways: MSAL Node puts the family
//! in the place of the client id, MSAL Python ends them with the scopes.
//!
//! A refresh token's entry names neither tenant nor user name, and its scopes only where MSAL Python wrote it. These come
//! from the user's entries in other sections, which may stand behind it. So a first pass reads those, and keeps what they
//! say about users, without tokens.

pub(super) mod sections;
mod users;

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::OnceLock;

use msal_core::{Authority, AuthorityError, Tenant};
use serde::Deserialize;

use self::sections::{Part, for_each_part};
use self::users::Users;
use crate::record::{Locator, Place, Row, SkipReason};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::input::Input;
use crate::source::read::json::error::JsonError;
use crate::source::read::json::slice::{JsonSlice, parse_object};
use crate::source::read::json::stream::JsonStream;
use crate::source::row::second_look;
use crate::source::row::stored_row::StoredRow;
use crate::source::row::timestamp;
use crate::source::row::value::StoredValue;

/// A file with a unified token cache.
#[derive(Debug)]
pub(crate) struct MsalCacheSource {
    input: Input,
    users: OnceLock<Users>,
}

impl MsalCacheSource {
    pub(crate) fn new(input: Input) -> Self {
        Self {
            input,
            users: OnceLock::new(),
        }
    }

    fn stream(&self) -> Result<JsonStream<impl Read>, SourceError> {
        Ok(JsonStream::new(self.input.text()?))
    }

    fn users(&self) -> Result<&Users, SourceError> {
        if let Some(users) = self.users.get() {
            return Ok(users);
        }
        let users =
            Users::read(&mut self.stream()?).map_err(|error| error.in_file(self.input.name()))?;
        Ok(self.users.get_or_init(|| users))
    }

    fn read_rows(
        &self,
        stream: &mut JsonStream<impl Read>,
        users: &Users,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), JsonError> {
        let locator = |index| Locator::new(self.input.name(), Place::RefreshToken(index));
        let odd = |index| Row::Skipped {
            locator: locator(index),
            reason: SkipReason::NotUnderstood("a section of the cache is not an object of entries"),
        };
        let hidden = |index| Row::Skipped {
            locator: locator(index),
            reason: SkipReason::NotUnderstood(
                "a member beside the sections of the cache is encrypted, or holds a refresh token",
            ),
        };
        let mut index = 0;
        let mut is_odd = false;
        let flow = for_each_part(stream, |part| {
            let row = match part {
                Part::Entry("RefreshToken", value) => row(locator(index), value, users)?,
                Part::OddSection("RefreshToken") => odd(index),
                Part::Text(text) if second_look::may_hide_token(text.bytes) => hidden(index),
                Part::OddSection(_) => {
                    is_odd = true;
                    return Ok(ControlFlow::Continue(()));
                }
                Part::Entry(..) | Part::Text(_) => return Ok(ControlFlow::Continue(())),
            };
            index += 1;
            Ok(visit(row))
        })?;
        if flow.is_break() {
            return Ok(());
        }
        stream.end()?;
        // With tokens beside it, an odd section costs hints. Without, nobody knows what it should have held.
        if index == 0 && is_odd {
            let _last = visit(odd(0));
        }
        Ok(())
    }
}

impl Source for MsalCacheSource {
    fn kind(&self) -> SourceKind {
        SourceKind::MsalCache
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        let users = self.users()?;
        self.read_rows(&mut self.stream()?, users, visit)
            .map_err(|error| error.in_file(self.input.name()))
    }
}

/// The members of a refresh token's entry that are needed.
#[derive(Deserialize)]
struct RefreshTokenEntry<'a> {
    #[serde(borrow, default)]
    client_id: StoredValue<'a>,
    #[serde(borrow, default)]
    client_info: StoredValue<'a>,
    #[serde(borrow, default)]
    environment: StoredValue<'a>,
    #[serde(borrow, default)]
    family_id: StoredValue<'a>,
    #[serde(borrow, default)]
    home_account_id: StoredValue<'a>,
    #[serde(borrow, default)]
    last_modification_time: StoredValue<'a>,
    #[serde(borrow, default)]
    secret: StoredValue<'a>,
    #[serde(borrow, default)]
    target: StoredValue<'a>,
    #[serde(borrow, default, alias = "userAssertionHash")]
    user_assertion_hash: StoredValue<'a>,
}

fn row(locator: Locator, value: JsonSlice<'_>, users: &Users) -> Result<Row, JsonError> {
    Ok(match parse_object::<RefreshTokenEntry<'_>>(value)? {
        Ok(entry) => entry.into_row(locator, users),
        Err(what) => Row::malformed(locator, what),
    })
}

impl RefreshTokenEntry<'_> {
    fn into_row(self, locator: Locator, users: &Users) -> Row {
        if let Some(reason) = self.refusal(users) {
            return Row::Skipped { locator, reason };
        }
        let home_account_id = self.home_account_id.text().unwrap_or_default();
        let environment = self.environment.text().unwrap_or_default();
        // It goes into a URL, so that it must be a host and nothing else.
        let is_host = environment.is_empty()
            || !matches!(
                Authority::at_host(environment, Tenant::Common),
                Err(AuthorityError::Host { .. })
            );
        if !is_host {
            let reason = SkipReason::InvalidAuthority;
            return Row::Skipped { locator, reason };
        }
        let account = users.account(home_account_id, environment);
        let client_id = self.client_id.text().unwrap_or_default();
        let granted = users.scopes(home_account_id, client_id);
        let realm = account.map_or("", |account| account.realm());
        let authority = match (environment, realm) {
            ("", realm) => realm.to_owned(),
            (environment, realm) => format!("https://{environment}/{realm}"),
        };
        // `uid.utid`: behind the dot is the user's home tenant.
        let tid = home_account_id
            .split_once('.')
            .map(|(_uid, utid)| utid.to_owned());
        StoredRow {
            authority: StoredValue::from_text(authority),
            last_refreshed: self
                .last_modification_time
                .number()
                .and_then(timestamp::from_number),
            oid: account.map_or(StoredValue::Absent, |account| {
                StoredValue::from_text(account.oid())
            }),
            // Only MSAL Python writes the scopes of a refresh token; elsewhere the user's access tokens have some.
            scopes: if self.target.is_absent() {
                granted
            } else {
                self.target
            },
            tid: tid.map_or(StoredValue::Absent, StoredValue::from_text),
            username: account.map_or(StoredValue::Absent, |account| {
                StoredValue::from_text(account.username())
            }),
            client_id: self.client_id,
            client_info: self.client_info,
            is_port_left_out: true,
            family: self.family_id,
            home_account_id: StoredValue::from_text(home_account_id.to_owned()),
            refresh_token: self.secret,
            ..StoredRow::default()
        }
        .into_row(locator)
    }

    fn refusal(&self, users: &Users) -> Option<SkipReason> {
        let home_account_id = self.home_account_id.text().unwrap_or_default();
        let client_id = self.client_id.text().unwrap_or_default();
        // MSAL Go and MSAL.NET write it for the on-behalf-of flow.
        if !self.user_assertion_hash.is_absent() || users.is_on_behalf(home_account_id, client_id) {
            return Some(SkipReason::OnBehalfOf);
        }
        // Azure AD B2C puts the policy into the first half: `uid-b2c_1_policy.utid`.
        if home_account_id.to_ascii_lowercase().contains("-b2c_1") {
            return Some(SkipReason::B2c);
        }
        // Each MSAL writes one. MSAL Browser, for one, encrypts entries as a whole.
        self.secret.is_absent().then_some(SkipReason::NotUnderstood(
            "the refresh token's entry has no `secret`; it may be encrypted as a whole",
        ))
    }
}
