//! The members of an answer.
//!
//! RFC 6749 §5.1: "The client MUST ignore unrecognized value names in the response." Nothing here looks at those.

use std::borrow::Cow;
use std::str;
use std::time::Duration;

use serde_json::Value;

use super::lenient;
use super::malformed::Malformation;
use crate::json::{Name, RawObject, string};
use crate::{ClientInfo, ScopeSet};

/// The members of a JSON object by name, each still as text, so that one odd value spoils nothing else.
pub(super) struct Members<'a>(RawObject<'a>);

impl<'a> Members<'a> {
    /// Takes the JSON object of a body apart.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self, Malformation> {
        let body = str::from_utf8(body).map_err(|_unspecific| Malformation::NotJson)?;
        // A byte order mark is tolerated: RFC 8259 §8.1 lets parsers ignore it.
        let body = body.strip_prefix('\u{feff}').unwrap_or(body);
        let object = RawObject::parse(body).ok_or(Malformation::NotJson)?;
        // RFC 6749 §3.2: "Request and response parameters MUST NOT be included more than once."
        match UNIQUE.into_iter().find(|member| object.repeats(member)) {
            Some(member) => Err(Malformation::Duplicate { member }),
            None => Ok(Self(object)),
        }
    }

    /// The member, unless it is absent, null, or too odd to be a JSON value at all (a number of 5,000 digits).
    pub(super) fn value(&self, name: &str) -> Option<Value> {
        let value: Value = serde_json::from_str(self.0.get(name)?).ok()?;
        (!value.is_null()).then_some(value)
    }

    /// Whether there is such a member, and it is not null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Whether more than one member has this name.
    pub(super) fn repeats(&self, name: &str) -> bool {
        self.0.repeats(name)
    }

    /// Text out of a string that is not empty; nothing out of anything else.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.value(name).as_ref().and_then(lenient::text)
    }

    /// A lifetime.
    pub(super) fn seconds(&self, name: &str) -> Option<Duration> {
        self.value(name).as_ref().and_then(lenient::seconds)
    }

    /// Text, or nothing when the member is absent, null or empty; another type is an error, but for a list of one text.
    pub(super) fn optional_text(
        &self,
        member: &'static str,
    ) -> Result<Option<Cow<'a, str>>, Malformation> {
        match self.0.get(member) {
            None | Some("null" | "\"\"") => Ok(None),
            Some(raw) => match string(raw).or_else(|| only_item(raw)) {
                Some(text) if text.is_empty() => Ok(None),
                Some(text) => Ok(Some(text)),
                None => Err(Malformation::Member { member }),
            },
        }
    }

    /// The granted scopes.
    pub(super) fn scopes(&self) -> Option<ScopeSet> {
        match self.value("scope")? {
            // RFC 6749 §3.3: a list of strings with spaces between them. A JSON array is taken as well.
            Value::String(scope) => Some(ScopeSet::from_wire(&scope)),
            Value::Array(items) => {
                let words: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                Some(ScopeSet::from_wire(&words.join(" ")))
            }
            _ => None,
        }
    }

    /// `client_info`, which is Microsoft's: no standard knows it.
    pub(super) fn client_info(&self) -> Result<Option<ClientInfo>, Malformation> {
        let malformed = Malformation::ClientInfo;
        match self.value("client_info") {
            None => Ok(None),
            Some(Value::String(encoded)) => match ClientInfo::decode(&encoded) {
                Some(client_info) => Ok(Some(client_info)),
                // Sound JSON without a uid or utid is how some issuers say "none".
                None if ClientInfo::is_json(&encoded) => Ok(None),
                None => Err(malformed),
            },
            Some(_) => Err(malformed),
        }
    }
}

/// The text of a list that holds nothing else: some gateways turn every value into a list.
fn only_item(raw: &str) -> Option<Cow<'_, str>> {
    let [Name(text)] = serde_json::from_str(raw).ok()?;
    Some(text)
}

/// Members that must not occur twice: two readers would see two different answers.
const UNIQUE: [&str; 6] = [
    "access_token",
    "client_info",
    "error",
    "foci",
    "id_token",
    "refresh_token",
];
