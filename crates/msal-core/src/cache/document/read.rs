//! Reading a cache document.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::encoding;
use super::error::CacheFormatError;
use crate::Text;
use crate::cache::TokenCache;
use crate::cache::dialect::Dialect;
use crate::cache::memory::Memory;
use crate::cache::sections::Section;
use crate::json::{Name, RawObject};

impl TokenCache {
    /// Reads a cache document. Tokens stay slices of `document`, which lives as long as any of them.
    ///
    /// One broken entry spoils nothing else: it is kept as text and written back, even where it is not JSON. A byte order
    /// mark is left out, UTF-16 becomes UTF-8, and a byte that is neither becomes an escape, as Python reads it.
    ///
    /// # Errors
    /// [`CacheFormatError`] when the document is not a JSON object of objects, or has members and none of a token cache. An empty document is an error too: it
    /// is what a writer that was killed leaves behind, and taking it for an empty cache would make the loss final.
    pub fn parse(document: Bytes, dialect: Dialect) -> Result<Self, CacheFormatError> {
        if document
            .iter()
            .all(|byte| byte.is_ascii_whitespace() || *byte == 0)
        {
            return Err(CacheFormatError::Empty);
        }
        let decoded = encoding::decode(document)?;
        let read = Reader::new(dialect, &decoded.text).read();
        let cache = match read {
            // Once more and more slowly: where all of it is there, what is odd stays within its entry.
            Err(error @ CacheFormatError::NotJson { .. }) => Reader::new(dialect, &decoded.text)
                .read_outline()
                .ok_or_else(|| decoded.fault.unwrap_or(error)),
            read => read,
        }?;
        // Whoever adds tokens to what is something else ruins that.
        match cache.layout.has_sections() || cache.layout.members().is_empty() {
            true => Ok(cache),
            false => Err(CacheFormatError::Foreign),
        }
    }
}

/// Reads a document in one pass: entries are taken in where they stand.
struct Reader<'d> {
    cache: TokenCache,
    document: &'d Text,
    /// The section that is no object, if one is not.
    broken: Option<Section>,
}

impl<'d> Reader<'d> {
    fn new(dialect: Dialect, document: &'d Text) -> Self {
        let mut cache = TokenCache::new(dialect);
        cache.memory = Memory::of_document(document.as_bytes().len());
        Self {
            cache,
            document,
            broken: None,
        }
    }

    fn read(mut self) -> Result<TokenCache, CacheFormatError> {
        let mut deserializer = serde_json::Deserializer::from_str(self.document.as_str());
        let read = self
            .deserialize_document(&mut deserializer)
            .and_then(|()| deserializer.end());
        match (self.broken, read) {
            (Some(section), _) => Err(CacheFormatError::Section {
                name: section.name(),
            }),
            (None, Err(error)) => Err(CacheFormatError::new(&error)),
            (None, Ok(())) => Ok(self.cache),
        }
    }

    /// Reads a document whose values need not be JSON. An entry that is not is kept as text.
    fn read_outline(mut self) -> Option<TokenCache> {
        let document = self.document;
        for (name, value) in RawObject::outline(document.as_str())?.0 {
            let Some(section) = Section::named(&name) else {
                let value = document.slice_of(Cow::Borrowed(value));
                self.cache
                    .layout
                    .push_unknown(document.slice_of(name), value);
                continue;
            };
            self.cache.layout.include(section);
            if value != "null" {
                for (key, entry) in RawObject::outline(value)?.0 {
                    self.load(section, key, entry);
                }
            }
        }
        Some(self.cache)
    }

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
                // A section that occurs twice has the entries of both.
                Some(section) => {
                    self.cache.layout.include(section);
                    map.next_value_seed(SectionReader {
                        section,
                        reader: self,
                    })?;
                }
                None => {
                    let value: &RawValue = map.next_value()?;
                    let value = self.document.slice_of(Cow::Borrowed(value.get()));
                    let name = self.document.slice_of(name);
                    self.cache.layout.push_unknown(name, value);
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
        let Self { section, reader } = self;
        // The errors of serde_json do not say which member they are about. Until the section turns out to be an object,
        // an error is that it is none.
        reader.broken = Some(section);
        deserializer.deserialize_any(SectionReader {
            section,
            reader: &mut *reader,
        })?;
        reader.broken = None;
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
