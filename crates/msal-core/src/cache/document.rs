//! The cache as a JSON document: read in one pass, written as MSAL Python writes it.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use thiserror::Error;

use super::dialect::Dialect;
use super::entry::Section;
use super::schema::Entity;
use super::table::Table;
use super::{Member, TokenCache};
use crate::Text;
use crate::json::{LONGEST_ESCAPE, Name, write_line, write_string};
use crate::secret_buffer::SecretBuffer;

impl TokenCache {
    /// Reads a cache document. Tokens stay slices of `document`, which lives as long as any of them.
    ///
    /// One broken entry spoils nothing else: it is kept as text and written back.
    ///
    /// # Errors
    /// [`CacheFormatError`] when the document is not a JSON object of objects. An empty document is an error too: it
    /// is what a writer that was killed leaves behind, and taking it for an empty cache would make the loss final.
    pub fn parse(document: Bytes, dialect: Dialect) -> Result<Self, CacheFormatError> {
        if document
            .iter()
            .all(|byte| byte.is_ascii_whitespace() || *byte == 0)
        {
            return Err(CacheFormatError::Empty);
        }
        let document = match Text::try_from(document.clone()) {
            Ok(document) => document,
            Err(error) => return Err(CacheFormatError::encoding(&document, error)),
        };
        let mut reader = Reader {
            cache: Self::new(dialect),
            document: &document,
            broken: None,
        };
        let mut deserializer = serde_json::Deserializer::from_str(document.as_str());
        let read = reader
            .deserialize_document(&mut deserializer)
            .and_then(|()| deserializer.end());
        match (reader.broken, read) {
            (Some(section), _) => Err(CacheFormatError::Section {
                name: section.name(),
            }),
            (None, Err(error)) => Err(CacheFormatError::new(&error)),
            (None, Ok(())) => Ok(reader.cache),
        }
    }

    /// Gives a section its place in the document, behind those that are there.
    pub(super) fn lay_out(&mut self, section: Section) {
        let is_laid_out =
            |member: &Member| matches!(member, Member::Known(known) if *known == section);
        if !self.layout.iter().any(is_laid_out) {
            self.layout.push(Member::Known(section));
        }
    }

    /// The document, in the form of Python's `json.dumps(cache, indent=4)`. The memory is overwritten when dropped.
    pub fn serialize(&self) -> Bytes {
        let sizes = self.sizes();
        let whole = sizes.sum + LONGEST_ESCAPE * sizes.largest;
        let mut out = SecretBuffer::with_capacity(whole);
        // In one buffer that is never emptied.
        let Ok(()) = self.write(&mut out, &mut |_| Ok::<(), Infallible>(()));
        out.into_shared()
    }

    /// The same document piece by piece, in a buffer that is used again for each: writing it takes memory for the
    /// largest entry, whatever the number of entries.
    ///
    /// # Errors
    /// The first one that `each` answers.
    pub fn serialize_in_pieces<E>(
        &self,
        each: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        // The last entry of a piece goes beyond its size; one that is larger still makes the buffer grow.
        let mut out = SecretBuffer::with_capacity(PIECE + PIECE / 4);
        self.write(&mut out, &mut |out| {
            if out.len() >= PIECE {
                each(out)?;
                out.clear();
            }
            Ok(())
        })?;
        each(&out)
    }

    /// Appends the document to `out`, and calls `between` before each entry.
    fn write<E>(
        &self,
        out: &mut SecretBuffer,
        between: &mut dyn FnMut(&mut SecretBuffer) -> Result<(), E>,
    ) -> Result<(), E> {
        out.push(b'{');
        let mut is_first = true;
        for member in &self.layout {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            write_line(out, 1);
            match member {
                Member::Known(section) => self.write_section(out, *section, between)?,
                Member::Unknown { name, value } => {
                    out.make_room(LONGEST_ESCAPE * size_of_member(name, value.as_bytes().len()));
                    write_string(out, name.as_str());
                    out.extend_from_slice(b": ");
                    out.extend_from_slice(value.as_bytes());
                }
            }
        }
        if !self.layout.is_empty() {
            write_line(out, 0);
        }
        out.push(b'}');
        Ok(())
    }

    fn write_section<E>(
        &self,
        out: &mut SecretBuffer,
        section: Section,
        between: &mut dyn FnMut(&mut SecretBuffer) -> Result<(), E>,
    ) -> Result<(), E> {
        write_string(out, section.name());
        out.extend_from_slice(b": ");
        match section {
            Section::AccessToken => write_table(out, &self.access_tokens, between),
            Section::Account => write_table(out, &self.accounts, between),
            Section::IdToken => write_table(out, &self.id_tokens, between),
            Section::RefreshToken => write_table(out, &self.refresh_tokens, between),
            Section::AppMetadata => write_table(out, &self.app_metadata, between),
        }
    }

    fn sizes(&self) -> Sizes {
        fn table<E: Entity>(table: &Table<E>) -> Sizes {
            let sizes = table
                .iter()
                .map(|slot| size_of_member(&slot.key, slot.size()));
            sizes.fold(Sizes::default(), Sizes::with)
        }
        let unknown = self.layout.iter().map(|member| match member {
            Member::Known(_) => 0,
            Member::Unknown { name, value } => size_of_member(name, value.as_bytes().len()),
        });
        let frame = Sizes {
            sum: 256,
            largest: 0,
        };
        let sizes = unknown.fold(frame, Sizes::with);
        [
            table(&self.access_tokens),
            table(&self.accounts),
            table(&self.id_tokens),
            table(&self.refresh_tokens),
            table(&self.app_metadata),
        ]
        .into_iter()
        .fold(sizes, Sizes::and)
    }
}

/// What the members of a document take where nothing needs an escape.
#[derive(Clone, Copy, Default)]
struct Sizes {
    sum: usize,
    largest: usize,
}

impl Sizes {
    fn with(self, size: usize) -> Self {
        self.and(Self {
            sum: size,
            largest: size,
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            largest: self.largest.max(other.largest),
        }
    }
}

/// What a member takes with its line, where nothing needs an escape.
fn size_of_member(name: &Text, value: usize) -> usize {
    name.as_bytes().len() + value + 24
}

fn write_table<T: Entity, E>(
    out: &mut SecretBuffer,
    table: &Table<T>,
    between: &mut dyn FnMut(&mut SecretBuffer) -> Result<(), E>,
) -> Result<(), E> {
    out.push(b'{');
    let mut is_first = true;
    for slot in table.iter() {
        between(out)?;
        out.make_room(LONGEST_ESCAPE * size_of_member(&slot.key, slot.size()));
        if !std::mem::take(&mut is_first) {
            out.push(b',');
        }
        write_line(out, 2);
        write_string(out, slot.key.as_str());
        out.extend_from_slice(b": ");
        slot.write(out);
    }
    if table.len() > 0 {
        write_line(out, 1);
    }
    out.push(b'}');
    Ok(())
}

/// About as many bytes as a piece of a document has.
const PIECE: usize = 256 * 1024;

/// Reads a document in one pass: entries are taken in where they stand.
struct Reader<'d> {
    cache: TokenCache,
    document: &'d Text,
    /// The section that is no object, if one is not.
    broken: Option<Section>,
}

impl Reader<'_> {
    fn deserialize_document<'de, D: Deserializer<'de>>(
        &mut self,
        deserializer: D,
    ) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }

    fn load(&mut self, section: Section, key: Cow<'_, str>, text: &str) {
        let document = self.document;
        let key = document.slice_of(key);
        match section {
            Section::AccessToken => self.cache.access_tokens.load(key, text, document),
            Section::Account => self.cache.accounts.load(key, text, document),
            Section::IdToken => self.cache.id_tokens.load(key, text, document),
            Section::RefreshToken => self.cache.refresh_tokens.load(key, text, document),
            Section::AppMetadata => self.cache.app_metadata.load(key, text, document),
        }
    }
}

impl<'de> Visitor<'de> for &mut Reader<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a token cache")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(Name(name)) = map.next_key()? {
            match Section::named(&name) {
                Some(section) => {
                    self.cache.lay_out(section);
                    map.next_value_seed(SectionReader {
                        section,
                        reader: self,
                    })?;
                }
                None => {
                    let value: &RawValue = map.next_value()?;
                    let value = self.document.slice_of(Cow::Borrowed(value.get()));
                    let name = self.document.slice_of(name);
                    self.cache.layout.push(Member::Unknown { name, value });
                }
            }
        }
        Ok(())
    }
}

/// Reads one section.
struct SectionReader<'r, 'd> {
    section: Section,
    reader: &'r mut Reader<'d>,
}

impl<'de> DeserializeSeed<'de> for SectionReader<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let (section, broken) = (self.section, self.reader.broken);
        let reader = self.reader;
        reader.broken = Some(section);
        deserializer.deserialize_any(SectionReader {
            section,
            reader: &mut *reader,
        })?;
        reader.broken = broken;
        Ok(())
    }
}

impl<'de> Visitor<'de> for SectionReader<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of entries")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        // It is an object; what goes wrong from here on is the JSON.
        self.reader.broken = None;
        while let Some(Name(key)) = map.next_key()? {
            let entry: &RawValue = map.next_value()?;
            self.reader.load(self.section, key, entry.get());
        }
        Ok(())
    }

    /// Null is how some writers say that a section is empty.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Why a document is not a token cache. No message repeats any of its text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CacheFormatError {
    /// Nothing but white space or zeros: what an interrupted writer leaves behind.
    #[error("the token cache is empty: a writer was probably interrupted")]
    Empty,
    /// Not JSON, or JSON that is cut off.
    #[error("the token cache is not JSON: line {line}, column {column}")]
    #[non_exhaustive]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A section that holds something else than entries.
    #[error("the section `{name}` of the token cache is not an object")]
    #[non_exhaustive]
    Section {
        /// The section.
        name: &'static str,
    },
}

impl CacheFormatError {
    fn encoding(document: &[u8], error: str::Utf8Error) -> Self {
        let before = document.get(..error.valid_up_to()).unwrap_or_default();
        let mut lines = before.rsplit(|byte| *byte == b'\n');
        Self::NotJson {
            column: lines.next().map_or(0, <[u8]>::len) + 1,
            line: lines.count() + 1,
        }
    }

    fn new(error: &serde_json::Error) -> Self {
        Self::NotJson {
            line: error.line(),
            column: error.column(),
        }
    }
}
