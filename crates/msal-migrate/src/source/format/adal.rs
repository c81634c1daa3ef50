//! ADAL's token cache as ADAL Python (`TokenCache.serialize()`) and ADAL Node (`MemoryCache`) write it: one JSON array of
//! flat entries, one for each resource of a user.
//!
//! Azure CLI before version 2.30 kept the same entries in `accessTokens.json`, and service principals beside them. The
//! results of `acquire_token…` are such entries too, without `_clientId` and `_authority`: web applications stored them
//! themselves, because ADAL Node keeps nothing of an authorization code in its cache. Not read here: ADAL.NET's binary
//! cache.

use std::io::Read;
use std::ops::ControlFlow;

use serde::Deserialize;

use crate::record::{Locator, Place, Row, SkipReason};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::input::Input;
use crate::source::read::json::error::JsonError;
use crate::source::read::json::members::Member;
use crate::source::read::json::slice::{parse_first, parse_object};
use crate::source::read::json::stream::JsonStream;
use crate::source::row::second_look;
use crate::source::row::stored_row::StoredRow;
use crate::source::row::value::StoredValue;

/// A file of ADAL entries.
#[derive(Debug)]
pub(crate) struct AdalSource {
    input: Input,
    kind: SourceKind,
}

impl AdalSource {
    /// A file that one of the two libraries wrote. Both are read alike.
    pub(crate) fn new(input: Input, kind: SourceKind) -> Self {
        Self { input, kind }
    }

    fn read_rows(
        &self,
        stream: &mut JsonStream<impl Read>,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), JsonError> {
        if stream.peek()? != Some(b'[') {
            let row = self.row(0, stream)?;
            return match visit(row) {
                ControlFlow::Continue(()) => stream.end(),
                ControlFlow::Break(()) => Ok(()),
            };
        }
        stream.enter(b'[')?;
        let mut index = 0;
        while stream.advance(b']', index == 0)? {
            if visit(self.row(index, stream)?).is_break() {
                return Ok(());
            }
            index += 1;
        }
        stream.end()
    }

    /// Nearly every entry is in memory to its end, and is then parsed without looking for the end first.
    fn row(&self, index: u64, stream: &mut JsonStream<impl Read>) -> Result<Row, JsonError> {
        let locator = || Locator::new(self.input.name(), Place::Element(index));
        let in_memory = stream.object_in_memory(|text| {
            let (entry, length) = parse_first::<AdalEntry<'_>>(text)?;
            Some((entry.into_row(locator(), text.get(..length)?), length))
        });
        if let Some(row) = in_memory {
            return Ok(row);
        }
        let value = stream.value()?;
        Ok(match parse_object::<AdalEntry<'_>>(value)? {
            Ok(entry) => entry.into_row(locator(), value.bytes),
            Err(what) => Row::malformed(locator(), what),
        })
    }
}

impl Source for AdalSource {
    fn kind(&self) -> SourceKind {
        self.kind
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        let mut stream = JsonStream::new(self.input.text()?);
        self.read_rows(&mut stream, visit)
            .map_err(|error| error.in_file(self.input.name()))
    }
}

/// Which library wrote the entries: ADAL Node writes times as JavaScript does, in UTC and with a `T` before the hour.
pub(crate) fn kind(input: &Input) -> Result<SourceKind, SourceError> {
    let mut stream = JsonStream::new(input.text()?);
    let first = first_entry(&mut stream).map_err(|error| error.in_file(input.name()))?;
    Ok(match first.as_deref() {
        Some(time) if time.contains('T') && time.ends_with('Z') => SourceKind::AdalNode,
        _ => SourceKind::AdalPython,
    })
}

/// When the first token expires, as it is written.
fn first_entry(stream: &mut JsonStream<impl Read>) -> Result<Option<String>, JsonError> {
    let is_array = stream.peek()? == Some(b'[');
    if is_array {
        stream.enter(b'[')?;
    }
    let mut is_first = true;
    while !is_array || stream.advance(b']', is_first)? {
        is_first = false;
        if let Ok(entry) = parse_object::<AdalEntry<'_>>(stream.value()?)?
            && let Some(time) = entry.expires_on.owned()
        {
            return Ok(Some(time));
        }
        if !is_array {
            break;
        }
    }
    Ok(None)
}

/// Whether an object with these members is an entry.
pub(crate) fn is_entry(members: &[Member]) -> bool {
    let has = |name: &&str| members.iter().any(|member| member.name == **name);
    OWN_MEMBERS.iter().any(has) || JOINT_MEMBERS.iter().all(has)
}

/// The members of an entry that are needed.
#[derive(Deserialize)]
struct AdalEntry<'a> {
    #[serde(borrow, default, rename = "_authority")]
    authority: StoredValue<'a>,
    #[serde(borrow, default, rename = "_clientId")]
    client_id: StoredValue<'a>,
    #[serde(borrow, default, rename = "expiresIn")]
    expires_in: StoredValue<'a>,
    #[serde(borrow, default, rename = "expiresOn")]
    expires_on: StoredValue<'a>,
    #[serde(borrow, default, rename = "identityProvider")]
    identity_provider: StoredValue<'a>,
    #[serde(borrow, default, rename = "isMRRT")]
    is_mrrt: StoredValue<'a>,
    #[serde(borrow, default)]
    oid: StoredValue<'a>,
    #[serde(borrow, default, rename = "refreshToken")]
    refresh_token: StoredValue<'a>,
    #[serde(borrow, default)]
    resource: StoredValue<'a>,
    #[serde(borrow, default, rename = "servicePrincipalId")]
    service_principal_id: StoredValue<'a>,
    #[serde(borrow, default, rename = "tenantId")]
    tenant_id: StoredValue<'a>,
    #[serde(borrow, default, rename = "userId")]
    user_id: StoredValue<'a>,
}

impl AdalEntry<'_> {
    /// The row of the entry that `text` is.
    fn into_row(self, locator: Locator, text: &[u8]) -> Row {
        if let Some(reason) = self.reason_without_token(text) {
            return Row::Skipped { locator, reason };
        }
        StoredRow {
            authority: self.authority,
            client_id: self.client_id,
            // ADAL Python writes local time without a zone, ADAL Node ISO 8601 in UTC.
            expires_at: self.expires_on,
            expires_in: self.expires_in,
            identity_provider: self.identity_provider,
            is_multi_resource: self.is_mrrt.is_true(),
            oid: self.oid,
            refresh_token: self.refresh_token,
            resource: self.resource,
            tid: self.tenant_id,
            // A random UUID where the ID token names nobody; a row takes no user name without `@`.
            username: self.user_id,
            ..StoredRow::default()
        }
        .into_row(locator)
    }

    /// Why an entry without a refresh token has none. `isMRRT` does not tell: ADAL sets it for applications too.
    fn reason_without_token(&self, text: &[u8]) -> Option<SkipReason> {
        if !self.refresh_token.is_absent() {
            return None;
        }
        if !self.service_principal_id.is_absent() {
            return Some(SkipReason::ServicePrincipal);
        }
        Some(match second_look::at_object(text, false) {
            // ADAL writes an id for every user, a random one if need be. A token without one is the application's own.
            SkipReason::NoRefreshToken if self.user_id.is_absent() => SkipReason::AppOnly,
            reason => reason,
        })
    }
}

/// Members that only ADAL writes, and Azure CLI in the same file.
const OWN_MEMBERS: [&str; 6] = [
    "_authority",
    "_clientId",
    "isMRRT",
    "isUserIdDisplayable",
    "servicePrincipalId",
    "servicePrincipalTenant",
];

/// Members that every entry with a token has. Other libraries write one or two of them, and never all.
const JOINT_MEMBERS: [&str; 3] = ["expiresOn", "resource", "tokenType"];
