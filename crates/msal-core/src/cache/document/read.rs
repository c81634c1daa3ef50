//! Reading a cache document.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::CacheFormatError;
use crate::Text;
use crate::cache::TokenCache;
use crate::cache::dialect::Dialect;
use crate::cache::sections::Section;
use crate::json::Name;

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
}

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
