//! Reading a document back: does it say what the cache says that it was written from?
//!
//! The document is taken in piece by piece and nothing is built from it, so that a cache of any size is proven to be on
//! the disk for the price of one pass and the memory of one entry. Members, entries and their order are as
//! [`serialize`](TokenCache::serialize) writes them; white space does not matter.

use std::sync::Arc;

use memchr::memchr2;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::TokenCache;
use super::entry::{Entry, Value};
use super::record::Content;
use super::sections::{DocumentMember, Section};
use super::table::Table;
use crate::json::{Name, needs_escape};
use crate::secret_buffer::SecretBuffer;

/// Compares a document, while it is read, with the cache that it should be.
#[derive(Debug)]
pub struct Comparison {
    cache: Arc<TokenCache>,
    /// What has been read and not compared yet: less than an entry, once a piece has been taken in.
    unread: SecretBuffer,
    place: Place,
}

/// What comes next in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Start,
    /// The top-level member of this number, or the end of the document.
    Member(usize),
    /// An entry of the section that is this member, in this slot or a later one, or the end of the section.
    Entry(usize, Section, u32),
    /// Nothing but white space.
    End,
    /// It does not matter any more.
    Different,
}

/// Why a step cannot be taken.
enum Stop {
    /// The document says something else.
    Different,
    /// More of it has to be read first.
    Unfinished,
}

impl Comparison {
    /// Compares with `cache`, from the start of a document.
    pub fn new(cache: Arc<TokenCache>) -> Self {
        Self {
            cache,
            unread: SecretBuffer::default(),
            place: Place::Start,
        }
    }

    /// Takes in the next piece of the document.
    pub fn add(&mut self, piece: &[u8]) {
        if self.place == Place::Different {
            return;
        }
        self.unread.make_room(piece.len());
        self.unread.extend_from_slice(piece);
        let mut rest = Cursor(&self.unread);
        self.place = loop {
            let mut cursor = rest;
            match self.step(&mut cursor) {
                Ok(place) => (self.place, rest) = (place, cursor),
                Err(Stop::Unfinished) => break self.place,
                Err(Stop::Different) => break Place::Different,
            }
        };
        let taken = self.unread.len() - rest.0.len();
        self.unread.drain(..taken);
    }

    /// Whether what was read is the whole document, and says what the cache does.
    pub fn is_same(&self) -> bool {
        self.place == Place::End && self.unread.trim_ascii().is_empty()
    }

    fn step(&self, rest: &mut Cursor<'_>) -> Result<Place, Stop> {
        match self.place {
            Place::Start => rest.expect(b'{').map(|()| Place::Member(0)),
            Place::Member(number) => self.member(number, rest),
            Place::Entry(member, section, slot) => {
                let cache = &self.cache;
                let next = match section {
                    Section::AccessToken => entry(&cache.access_tokens, slot, rest),
                    Section::Account => entry(&cache.accounts, slot, rest),
                    Section::IdToken => entry(&cache.id_tokens, slot, rest),
                    Section::RefreshToken => entry(&cache.refresh_tokens, slot, rest),
                    Section::AppMetadata => entry(&cache.app_metadata, slot, rest),
                };
                Ok(match next? {
                    Some(slot) => Place::Entry(member, section, slot),
                    None => Place::Member(member + 1),
                })
            }
            Place::End => rest.peek().and(Err(Stop::Different)),
            Place::Different => Err(Stop::Different),
        }
    }

    fn member(&self, number: usize, rest: &mut Cursor<'_>) -> Result<Place, Stop> {
        let Some(member) = self.cache.layout.members().get(number) else {
            return rest.expect(b'}').map(|()| Place::End);
        };
        match member {
            DocumentMember::Section(section) => {
                rest.name(section.name(), number == 0)?;
                rest.expect(b'{')?;
                Ok(Place::Entry(number, *section, 0))
            }
            DocumentMember::Unknown { name, value } => {
                rest.name(name.as_str(), number == 0)?;
                rest.text(value.as_bytes())?;
                Ok(Place::Member(number + 1))
            }
        }
    }
}

/// Compares one entry, and answers from where on the next one is; `None` where the section ends.
fn entry<E: Entry>(
    table: &Table<E>,
    from: u32,
    rest: &mut Cursor<'_>,
) -> Result<Option<u32>, Stop> {
    let Some((number, slot)) = table.next(from) else {
        return rest.expect(b'}').map(|()| None);
    };
    rest.name(slot.key.as_str(), from == 0)?;
    match &slot.content {
        Content::Made {
            entry,
            previous,
            digest,
            ..
        } => {
            let is_secret = |found: &[u8]| table.digest(found) == *digest;
            members(entry, &is_secret, previous.is_some(), rest)?;
        }
        Content::Read { text, .. } => rest.text(text.as_bytes())?,
    }
    Ok(Some(number + 1))
}

/// Compares the members of an entry; others may follow where it had another text before.
fn members(
    entity: &impl Entry,
    is_secret: &dyn Fn(&[u8]) -> bool,
    has_others: bool,
    rest: &mut Cursor<'_>,
) -> Result<(), Stop> {
    rest.expect(b'{')?;
    let (mut is_first, mut result) = (true, Ok(()));
    entity.members(&mut |name, value| {
        if result.is_ok() {
            let named = rest.name(name, is_first);
            result = named.and_then(|()| rest.value(&value, is_secret));
        }
        is_first = false;
    });
    result?;
    while has_others && rest.peek()? == b',' {
        rest.expect(b',')?;
        rest.parse::<Name<'_>>()?;
        rest.expect(b':')?;
        rest.parse::<IgnoredAny>()?;
    }
    rest.expect(b'}')
}

fn same(is_same: bool) -> Result<(), Stop> {
    is_same.then_some(()).ok_or(Stop::Different)
}

/// The part of the document that is there and was not compared.
#[derive(Clone, Copy)]
struct Cursor<'d>(&'d [u8]);

impl<'d> Cursor<'d> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> Result<u8, Stop> {
        self.0 = self.0.trim_ascii_start();
        self.0.first().copied().ok_or(Stop::Unfinished)
    }

    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        same(self.peek()? == byte)?;
        self.0 = self.0.get(1..).unwrap_or_default();
        Ok(())
    }

    /// A member's name, with what stands around it.
    fn name(&mut self, name: &str, is_first: bool) -> Result<(), Stop> {
        if !is_first {
            self.expect(b',')?;
        }
        self.string(name)?;
        self.expect(b':')
    }

    fn value(&mut self, value: &Value<'_>, is_secret: &dyn Fn(&[u8]) -> bool) -> Result<(), Stop> {
        match value {
            Value::Null => self.text(b"null"),
            Value::Secret(_) => self.secret(is_secret),
            Value::Text(text) => self.string(text),
            Value::Time(time) => self.string(&time.as_secs().to_string()),
            Value::List(item) => {
                self.expect(b'[')?;
                self.string(item)?;
                self.expect(b']')
            }
        }
    }

    /// A string that says `text`.
    fn string(&mut self, text: &str) -> Result<(), Stop> {
        if needs_escape(text) {
            let said: String = self.parse()?;
            return same(said == text);
        }
        // It stands for itself, as tokens do: then nothing need be parsed.
        let mut plain = *self;
        plain.expect(b'"')?;
        plain.bytes(text.as_bytes())?;
        plain.bytes(b"\"")?;
        *self = plain;
        Ok(())
    }

    /// A string that is as it should be by its digest.
    fn secret(&mut self, is_secret: &dyn Fn(&[u8]) -> bool) -> Result<(), Stop> {
        let mut plain = *self;
        plain.expect(b'"')?;
        let end = memchr2(b'"', b'\\', plain.0).ok_or(Stop::Unfinished)?;
        let (found, rest) = plain.0.split_at(end);
        if rest.first() != Some(&b'"') {
            let said: String = self.parse()?;
            return same(is_secret(said.as_bytes()));
        }
        *self = Cursor(rest);
        self.bytes(b"\"")?;
        same(is_secret(found))
    }

    /// A value with exactly this text.
    fn text(&mut self, text: &[u8]) -> Result<(), Stop> {
        self.peek()?;
        self.bytes(text)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let (found, rest) = self
            .0
            .split_at_checked(bytes.len())
            .ok_or(Stop::Unfinished)?;
        self.0 = rest;
        same(found == bytes)
    }

    fn parse<T: Deserialize<'d>>(&mut self) -> Result<T, Stop> {
        self.peek()?;
        let mut values = serde_json::Deserializer::from_slice(self.0).into_iter();
        match values.next() {
            Some(Ok(value)) => {
                self.0 = self.0.get(values.byte_offset()..).unwrap_or_default();
                // A number that ends where the piece does may go on in the next one.
                self.peek().map(|_| value)
            }
            Some(Err(error)) if !error.is_eof() => Err(Stop::Different),
            _ => Err(Stop::Unfinished),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::Dialect;

    const DOCUMENT: &str = concat!(
        r#"{"AccessToken": {"a-k": {"secret": "A\u00c5\\", "environment": "h", "extra": [1, {"x": "}"}]}, "odd": 12},"#,
        r#" "Account": {}, "Theirs": 17, "RefreshToken": {"r": {"secret": "R", "environment": "h"}}}"#
    );

    fn cache() -> Arc<TokenCache> {
        Arc::new(TokenCache::parse(Bytes::from(DOCUMENT), Dialect::Python).unwrap())
    }

    fn is_same(cache: &Arc<TokenCache>, document: &[u8], piece: usize) -> bool {
        let mut comparison = Comparison::new(Arc::clone(cache));
        document
            .chunks(piece)
            .for_each(|piece| comparison.add(piece));
        comparison.is_same()
    }

    #[test]
    fn what_is_written_is_the_same_in_pieces_of_any_size() {
        let cache = cache();
        let written = cache.serialize();
        for piece in 1..=written.len() {
            assert!(is_same(&cache, &written, piece), "{piece}");
        }
    }

    #[test]
    fn what_is_cut_off_is_not_the_same() {
        let cache = cache();
        let written = cache.serialize();
        for end in 0..written.len() {
            assert!(!is_same(&cache, &written[..end], 7), "{end}");
        }
    }

    #[test]
    fn a_byte_that_changed_is_noticed_wherever_it_is() {
        let cache = cache();
        let written = cache.serialize();
        for at in 0..written.len() {
            let mut changed = written.to_vec();
            changed[at] ^= 1;
            assert!(!is_same(&cache, &changed, 7), "{at}");
        }
    }

    #[test]
    fn what_is_there_twice_or_behind_the_end_is_noticed() {
        let cache = cache();
        let written = String::from_utf8(cache.serialize().to_vec()).unwrap();
        let entry = r#""r": {"secret": "R", "environment": "h"}"#;
        assert!(written.contains(entry));
        let twice = written.replace(entry, &format!("{entry},{entry}"));
        for other in [twice, format!("{written}{{}}"), format!("{written}x")] {
            assert!(!is_same(&cache, other.as_bytes(), 7), "{other}");
        }
        assert!(is_same(&cache, format!("\n{written}\n").as_bytes(), 7));
    }
}
