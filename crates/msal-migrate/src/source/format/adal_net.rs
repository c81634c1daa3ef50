//! ADAL.NET's token cache (`TokenCache.Serialize()`), and the context of Azure PowerShell before Az 3, in which it stands as
//! base64.
//!
//! It is a stream of .NET's `BinaryWriter`: the version of the schema, the number of entries, and for each its key and its
//! value. ADAL.NET 2.8 to 2.29 write schema 2, whose value is the flat JSON of an `AuthenticationResult`; 3.5 to 5 write
//! schema 3, where that stands under `Result`. Not read: schema 1 of ADAL.NET 2.7, whose values are no JSON.

use std::io::Read;
use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use msal_core::SecretBuffer;
use serde::Deserialize;

use super::detect::signature;
use crate::record::{Locator, Place, Row, SkipReason};
use crate::source::Source;
use crate::source::error::SourceError;
use crate::source::kind::SourceKind;
use crate::source::read::dotnet_reader::{DotnetError, DotnetReader};
use crate::source::read::input::Input;
use crate::source::read::json::error::JsonError;
use crate::source::read::json::stream::JsonStream;
use crate::source::row::stored_row::StoredRow;
use crate::source::row::value::StoredValue;
use crate::source::unsupported::UnsupportedFormat;

/// A file with ADAL.NET's cache.
#[derive(Debug)]
pub(crate) struct AdalNetSource {
    input: Input,
}

impl AdalNetSource {
    pub(crate) fn open(input: Input) -> Result<Self, SourceError> {
        let source = Self { input };
        if source.is_context()? {
            source.context()?;
        }
        Ok(source)
    }

    fn is_context(&self) -> Result<bool, SourceError> {
        Ok(signature::adal_net_schema(&self.input.head()?).is_none())
    }

    fn read_rows(
        &self,
        mut reader: DotnetReader<impl Read>,
        visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
    ) -> Result<(), DotnetError> {
        if !matches!(reader.int32()?, 2 | 3) {
            return Err(reader.unexpected("schema 2 or 3 before this place"));
        }
        let Ok(count) = u32::try_from(reader.int32()?) else {
            return Err(reader.unexpected("the number of entries before this place"));
        };
        for index in 0..u64::from(count) {
            let locator = Locator::new(self.input.name(), Place::Element(index));
            let key = EntryKey::parse(reader.text()?);
            let value = reader.text()?;
            let row = match (key, serde_json::from_slice::<EntryValue<'_>>(value)) {
                (Some(key), Ok(value)) => value.into_row(key, locator),
                (None, _) => Row::malformed(locator, "the entry's key has not its four parts"),
                (_, Err(_not_quoted)) => {
                    Row::malformed(locator, "the entry's value is not the JSON of its schema")
                }
            };
            if visit(row).is_break() {
                return Ok(());
            }
        }
        reader.end()
    }

    fn context(&self) -> Result<SecretBuffer, SourceError> {
        let name = self.input.name();
        let refused = |format| SourceError::UnsupportedFormat {
            file: name.to_string(),
            format,
        };
        let mut stream = JsonStream::new(self.input.text()?);
        let decoded = cache_data(&mut stream).map_err(|error| error.in_file(name))?;
        let cache = decoded.ok_or_else(|| refused(UnsupportedFormat::AzureRmContext))?;
        match signature::of_bytes(&cache) {
            Some(format) => Err(refused(format)),
            None => Ok(cache),
        }
    }
}

impl Source for AdalNetSource {
    fn kind(&self) -> SourceKind {
        SourceKind::AdalNet
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        let read = match self.is_context()? {
            false => self.read_rows(DotnetReader::new(self.input.bytes()), visit),
            true => self.read_rows(DotnetReader::new(self.context()?.as_slice()), visit),
        };
        read.map_err(|error| error.in_file(self.input.name()))
    }
}

/// The cache in a context of Azure PowerShell: `TokenCache.CacheData`, if there is any.
fn cache_data(stream: &mut JsonStream<impl Read>) -> Result<Option<SecretBuffer>, JsonError> {
    if !find(stream, "TokenCache")? || stream.peek()? != Some(b'{') {
        return Ok(None);
    }
    if !find(stream, "CacheData")? {
        return Ok(None);
    }
    let value = stream.value()?;
    let Ok(Some(text)) = serde_json::from_slice::<Option<&str>>(value.bytes) else {
        return Ok(None);
    };
    let mut cache = SecretBuffer::from(vec![0; text.len() / 4 * 3 + 3]);
    let length = STANDARD
        .decode_slice(text, &mut cache)
        .map_err(|_not_quoted| JsonError::Syntax {
            offset: value.offset,
            expected: "base64 in the text that starts here",
        })?;
    cache.truncate(length);
    Ok(Some(cache))
}

/// Moves to the value of a member of the object that starts here; `false` if there is no such member.
fn find(stream: &mut JsonStream<impl Read>, name: &str) -> Result<bool, JsonError> {
    stream.enter(b'{')?;
    let mut first = true;
    while stream.advance(b'}', first)? {
        first = false;
        if stream.name()? == name {
            return Ok(true);
        }
        stream.skip()?;
    }
    Ok(false)
}

/// An entry's key: `<authority>:::<resource>:::<client id>:::<subject type>`.
struct EntryKey {
    authority: String,
    resource: String,
    client_id: String,
    is_of_application: bool,
}

impl EntryKey {
    fn parse(key: &[u8]) -> Option<Self> {
        let key = std::str::from_utf8(key)
            .ok()
            .filter(|key| key.len() <= LONGEST_KEY)?;
        let mut parts = key.split(":::");
        let mut next = || parts.next().map(str::to_owned);
        let (authority, resource, client_id, subject) = (next()?, next()?, next()?, next()?);
        parts.next().is_none().then_some(Self {
            authority,
            resource,
            client_id,
            // 0 is a user, and 2 a user at a confidential client.
            is_of_application: subject == "1",
        })
    }
}

/// The members of an entry's value that are needed. Those of an [`AuthenticationResult`] stand here in schema 2, and under
/// `Result` in schema 3.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EntryValue<'a> {
    #[serde(default)]
    expires_on: Option<Time>,
    #[serde(borrow, default)]
    id_token: StoredValue<'a>,
    #[serde(borrow, default)]
    is_multiple_resource_refresh_token: StoredValue<'a>,
    #[serde(borrow, default)]
    raw_client_info: StoredValue<'a>,
    #[serde(borrow, default)]
    refresh_token: StoredValue<'a>,
    #[serde(borrow, default)]
    resource_in_response: StoredValue<'a>,
    #[serde(borrow, default)]
    result: Option<AuthenticationResult<'a>>,
    #[serde(borrow, default)]
    tenant_id: StoredValue<'a>,
    #[serde(borrow, default)]
    user_assertion_hash: StoredValue<'a>,
    #[serde(borrow, default)]
    user_info: Option<UserInfo<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AuthenticationResult<'a> {
    #[serde(default)]
    expires_on: Option<Time>,
    #[serde(borrow, default)]
    id_token: StoredValue<'a>,
    #[serde(borrow, default)]
    tenant_id: StoredValue<'a>,
    #[serde(borrow, default)]
    user_info: Option<UserInfo<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UserInfo<'a> {
    #[serde(borrow, default)]
    displayable_id: StoredValue<'a>,
    #[serde(borrow, default)]
    identity_provider: StoredValue<'a>,
    #[serde(borrow, default)]
    unique_id: StoredValue<'a>,
}

/// A `DateTimeOffset` as .NET writes it as JSON.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Time {
    #[serde(default)]
    date_time: String,
}

impl EntryValue<'_> {
    fn into_row(self, key: EntryKey, locator: Locator) -> Row {
        if let Some(reason) = self.reason_to_skip(&key) {
            return Row::Skipped { locator, reason };
        }
        let result = self.result.unwrap_or(AuthenticationResult {
            expires_on: self.expires_on,
            id_token: self.id_token,
            tenant_id: self.tenant_id,
            user_info: self.user_info,
        });
        let user = result.user_info.unwrap_or_default();
        let expires_on = result.expires_on.map(|time| time.date_time);
        StoredRow {
            authority: StoredValue::from_text(key.authority),
            client_id: StoredValue::from_text(key.client_id),
            client_info: self.raw_client_info,
            expires_at: expires_on.map_or(StoredValue::Absent, StoredValue::from_text),
            id_token: result.id_token,
            identity_provider: user.identity_provider,
            // As `AuthenticationResultEx.IsMultipleResourceRefreshToken` has it in schema 3.
            is_multi_resource: self.is_multiple_resource_refresh_token.is_true()
                || !self.resource_in_response.is_absent(),
            oid: user.unique_id,
            refresh_token: self.refresh_token,
            resource: StoredValue::from_text(key.resource),
            tid: result.tenant_id,
            username: user.displayable_id,
            ..StoredRow::default()
        }
        .into_row(locator)
    }

    fn reason_to_skip(&self, key: &EntryKey) -> Option<SkipReason> {
        if !self.user_assertion_hash.is_absent() {
            return Some(SkipReason::OnBehalfOf);
        }
        (key.is_of_application && self.refresh_token.is_absent()).then_some(SkipReason::AppOnly)
    }
}

/// More than the URLs of an authority and of a resource take, and less than would cost much to keep.
const LONGEST_KEY: usize = 32 * 1024;
