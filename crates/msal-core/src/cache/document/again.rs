//! Reading a cache document of which most is known.
//!
//! Programs that share a cache read it again whenever one of them has saved, and find it as it was but for a few entries. What
//! stands where it stood is compared and not parsed.

use std::mem;

use bytes::Bytes;

use super::error::CacheFormatError;
use crate::cache::TokenCache;
use crate::cache::entry::Entry;
use crate::cache::memory::Memory;
use crate::cache::sections::{Layout, Section};
use crate::cache::table::Table;
use crate::json::Cursor;

impl TokenCache {
    /// Reads a document as [`parse`](Self::parse) does, for less where most of it is known here. What was changed here and
    /// not saved has no part in the answer.
    ///
    /// Entries that are known stay slices of the document that they were read from, and new ones are copied out of this
    /// one, until that would take a quarter more memory than parsing all of it.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_again(&self, document: Bytes) -> Result<Self, CacheFormatError> {
        match self.read_again(&document) {
            Some(cache) => Ok(cache),
            None => Self::parse(document, self.dialect),
        }
    }

    /// `None` where that would be no faster, and where anything is odd.
    fn read_again(&self, document: &[u8]) -> Option<Self> {
        // Of nothing, nothing is known; and of a document that has become small, most is in memory for nothing.
        let is_mostly_known = (1..=2 * document.len()).contains(&self.memory.document);
        let document = is_mostly_known.then(|| str::from_utf8(document).ok())??;
        let mut cache = self.clone();
        cache.mark_saved();
        let known = mem::take(&mut cache.layout);
        let mut cursor = Cursor::new(document);
        cursor.object(|cursor, name| match Section::named(&name) {
            Some(section) => cache.read_section_again(section, cursor),
            None => cache.read_unknown_again(&known, &name, cursor.value()?),
        })?;
        for section in Section::ALL {
            if !cache.layout.includes(section) {
                cache.read_entries_again(section, &mut Cursor::new("{}"))?;
            }
        }
        (cursor.is_at_end() && cache.layout.has_sections()).then_some(cache)
    }

    fn read_section_again(&mut self, section: Section, cursor: &mut Cursor<'_>) -> Option<()> {
        // One that occurs twice has the entries of both.
        (!self.layout.includes(section)).then(|| self.layout.include(section))?;
        self.read_entries_again(section, cursor)
    }

    fn read_entries_again(&mut self, section: Section, cursor: &mut Cursor<'_>) -> Option<()> {
        let memory = &mut self.memory;
        match section {
            Section::AccessToken => read_table_again(&mut self.access_tokens, cursor, memory),
            Section::Account => read_table_again(&mut self.accounts, cursor, memory),
            Section::IdToken => read_table_again(&mut self.id_tokens, cursor, memory),
            Section::RefreshToken => read_table_again(&mut self.refresh_tokens, cursor, memory),
            Section::AppMetadata => read_table_again(&mut self.app_metadata, cursor, memory),
        }
    }

    fn read_unknown_again(&mut self, known: &Layout, name: &str, value: &str) -> Option<()> {
        let (name, value) = match known.unknown(name, value) {
            Some(known) => known,
            None => (self.memory.copy(name)?, self.memory.copy(value)?),
        };
        self.layout.push_unknown(name, value);
        Some(())
    }
}

/// Makes `table` what the section at `cursor` says. Only what does not stand in its place is parsed.
fn read_table_again<E: Entry>(
    table: &mut Table<E>,
    cursor: &mut Cursor<'_>,
    memory: &mut Memory,
) -> Option<()> {
    table.is_dense().then_some(())?;
    let mut number = 0;
    // Null is how some writers say that a section is empty.
    if !cursor.skip("null") {
        cursor.object(|cursor, key| {
            let known = table.text_at(number, &key);
            if !known.is_some_and(|text| cursor.skip(text)) {
                let (key, text) = (memory.copy(&key)?, memory.copy(cursor.value()?)?);
                let is_put = table.load_at(number, key, text.as_str(), &text);
                is_put.then_some(())?;
            }
            number += 1;
            Some(())
        })?;
    }
    table.truncate(number);
    Some(())
}
