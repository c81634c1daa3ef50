//! The cache as a JSON document: read in one pass, written as MSAL Python writes it.

use bytes::Bytes;
use serde_json::value::RawValue;
use thiserror::Error;

use super::dialect::Dialect;
use super::entry::Section;
use super::schema::Entity;
use super::table::Table;
use super::{Member, TokenCache};
use crate::Text;
use crate::json::{RawObject, write_line, write_string};
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
        let mut cache = Self::new(dialect);
        let RawObject(members) =
            serde_json::from_slice(&document).map_err(|error| CacheFormatError::new(&error))?;
        for (name, value) in members {
            cache.load_member(&document, Text::slice_of(&document, name), value)?;
        }
        Ok(cache)
    }

    fn load_member(
        &mut self,
        document: &Bytes,
        name: Text,
        value: &RawValue,
    ) -> Result<(), CacheFormatError> {
        let Some(section) = Section::named(name.as_str()) else {
            let value = document.slice_ref(value.get().as_bytes());
            self.layout.push(Member::Unknown { name, value });
            return Ok(());
        };
        self.lay_out(section);
        if value.get() == "null" {
            return Ok(());
        }
        let RawObject(entries) =
            serde_json::from_str(value.get()).map_err(|_unspecific| CacheFormatError::Section {
                name: section.name(),
            })?;
        for (key, entry) in entries {
            let key = Text::slice_of(document, key);
            let text = document.slice_ref(entry.get().as_bytes());
            match section {
                Section::AccessToken => self.access_tokens.load(key, text, document),
                Section::Account => self.accounts.load(key, text, document),
                Section::IdToken => self.id_tokens.load(key, text, document),
                Section::RefreshToken => self.refresh_tokens.load(key, text, document),
                Section::AppMetadata => self.app_metadata.load(key, text, document),
            }
        }
        Ok(())
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
        let mut out = SecretBuffer::with_capacity(self.estimated_size());
        out.push(b'{');
        for member in &self.layout {
            if out.last() != Some(&b'{') {
                out.push(b',');
            }
            write_line(&mut out, 1);
            match member {
                Member::Known(section) => self.write_section(&mut out, *section),
                Member::Unknown { name, value } => {
                    write_string(&mut out, name.as_str());
                    out.extend_from_slice(b": ");
                    out.extend_from_slice(value);
                }
            }
        }
        if !self.layout.is_empty() {
            write_line(&mut out, 0);
        }
        out.push(b'}');
        out.into_shared()
    }

    fn write_section(&self, out: &mut Vec<u8>, section: Section) {
        write_string(out, section.name());
        out.extend_from_slice(b": ");
        match section {
            Section::AccessToken => write_table(out, &self.access_tokens),
            Section::Account => write_table(out, &self.accounts),
            Section::IdToken => write_table(out, &self.id_tokens),
            Section::RefreshToken => write_table(out, &self.refresh_tokens),
            Section::AppMetadata => write_table(out, &self.app_metadata),
        }
    }

    /// Enough for the whole text, so that a buffer full of tokens is not copied and left behind while it grows.
    fn estimated_size(&self) -> usize {
        fn table<E: Entity>(table: &Table<E>) -> usize {
            table
                .iter()
                .map(|slot| slot.key.as_bytes().len() + slot.text.len() + 24)
                .sum()
        }
        let unknown: usize = self
            .layout
            .iter()
            .map(|member| match member {
                Member::Known(_) => 0,
                Member::Unknown { name, value } => name.as_bytes().len() + value.len() + 24,
            })
            .sum();
        256 + unknown
            + table(&self.access_tokens)
            + table(&self.accounts)
            + table(&self.id_tokens)
            + table(&self.refresh_tokens)
            + table(&self.app_metadata)
    }
}

fn write_table<E: Entity>(out: &mut Vec<u8>, table: &Table<E>) {
    out.push(b'{');
    for slot in table.iter() {
        if out.last() != Some(&b'{') {
            out.push(b',');
        }
        write_line(out, 2);
        write_string(out, slot.key.as_str());
        out.extend_from_slice(b": ");
        out.extend_from_slice(&slot.text);
    }
    if table.len() > 0 {
        write_line(out, 1);
    }
    out.push(b'}');
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
    fn new(error: &serde_json::Error) -> Self {
        Self::NotJson {
            line: error.line(),
            column: error.column(),
        }
    }
}
