//! Writing a cache document, as MSAL Python does.

use std::convert::Infallible;

use bytes::Bytes;

use crate::Text;
use crate::cache::TokenCache;
use crate::cache::entry::Entry;
use crate::cache::sections::{DocumentMember, Section};
use crate::cache::table::Table;
use crate::json::{LONGEST_ESCAPE, write_line, write_string};
use crate::secret_buffer::SecretBuffer;

impl TokenCache {
    /// The document, in the form of Python's `json.dumps(cache, indent=4)`. The memory is overwritten when dropped.
    pub fn serialize(&self) -> Bytes {
        let sizes = self.sizes();
        let whole = sizes.sum + LONGEST_ESCAPE * sizes.largest;
        let mut out = SecretBuffer::with_capacity(whole);
        // The buffer is large enough from the start: a buffer that grew would leave tokens behind in memory.
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
        for member in self.layout.members() {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            write_line(out, 1);
            match member {
                DocumentMember::Section(section) => self.write_section(out, *section, between)?,
                DocumentMember::Unknown { name, value } => {
                    out.make_room(LONGEST_ESCAPE * size_of_member(name, value.as_bytes().len()));
                    write_string(out, name.as_str());
                    out.extend_from_slice(b": ");
                    out.extend_from_slice(value.as_bytes());
                }
            }
        }
        if !self.layout.members().is_empty() {
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
        fn table<E: Entry>(table: &Table<E>) -> Sizes {
            let sizes = table
                .records()
                .map(|record| size_of_member(&record.key, record.size()));
            sizes.fold(Sizes::default(), Sizes::with)
        }
        let unknown = self.layout.members().iter().map(|member| match member {
            DocumentMember::Section(_) => 0,
            DocumentMember::Unknown { name, value } => size_of_member(name, value.as_bytes().len()),
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

/// The sizes of the members of a document if nothing needs an escape.
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

/// The size of a member with its line if nothing needs an escape.
fn size_of_member(name: &Text, value: usize) -> usize {
    name.as_bytes().len() + value + 24
}

fn write_table<T: Entry, E>(
    out: &mut SecretBuffer,
    table: &Table<T>,
    between: &mut dyn FnMut(&mut SecretBuffer) -> Result<(), E>,
) -> Result<(), E> {
    out.push(b'{');
    let mut is_first = true;
    for record in table.records() {
        between(out)?;
        out.make_room(LONGEST_ESCAPE * size_of_member(&record.key, record.size()));
        if !std::mem::take(&mut is_first) {
            out.push(b',');
        }
        write_line(out, 2);
        write_string(out, record.key.as_str());
        out.extend_from_slice(b": ");
        record.write(out);
    }
    if table.len() > 0 {
        write_line(out, 1);
    }
    out.push(b'}');
    Ok(())
}

/// The size in bytes at which a piece of a document is handed out.
const PIECE: usize = 256 * 1024;
