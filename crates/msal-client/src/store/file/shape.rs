//! Telling a blob from ruins without understanding it.
//!
//! One pass over the bytes, piece by piece, no allocation: enough to notice a file that a killed writer or a lost power
//! line left empty, zeroed or cut off. Whether the JSON is right is the reader's business.

use memchr::memchr2;
use msal_core::SecretBuffer;

/// What has been seen of a blob.
#[derive(Debug, Default)]
pub(super) struct Outline {
    length: usize,
    /// Whether there was anything but zeros.
    has_content: bool,
    place: Place,
    encoding: Encoding,
}

/// How characters become bytes, told by the first two.
#[derive(Clone, Copy, Debug)]
enum Encoding {
    /// No more than this has been seen.
    Unknown(Option<u8>),
    Utf8,
    /// UTF-16, as some editors save it, with the byte that still lacks its other half.
    Utf16 {
        is_little_endian: bool,
        half: Option<u8>,
    },
}

impl Default for Encoding {
    fn default() -> Self {
        Self::Unknown(None)
    }
}

impl Encoding {
    /// The encoding of a text that begins with a byte order mark or with the brace of its object.
    fn of(first: u8, second: u8) -> Self {
        let utf16 = |is_little_endian| Self::Utf16 {
            is_little_endian,
            half: None,
        };
        match (first, second) {
            (0xff, 0xfe) | (b'{', 0) => utf16(true),
            (0xfe, 0xff) | (0, b'{') => utf16(false),
            _ => Self::Utf8,
        }
    }
}

/// Where in the JSON text the next byte is.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Before the object, after so many bytes of the byte order mark that some editors put in front.
    Before(usize),
    /// In the object, in this many braces.
    Object(usize),
    /// In a string in the object.
    String(usize),
    /// Behind a backslash in a string in the object.
    Escape(usize),
    /// Behind the object.
    Behind,
    /// Behind something that should not be there.
    Lost(&'static str),
}

impl Default for Place {
    fn default() -> Self {
        Self::Before(0)
    }
}

impl Outline {
    /// Takes in the next piece.
    pub(super) fn add(&mut self, piece: &[u8]) {
        self.length += piece.len();
        self.has_content = self.has_content || piece.iter().any(|byte| *byte != 0);
        if let Encoding::Unknown(before) = self.encoding {
            let mut bytes = before.into_iter().chain(piece.iter().copied());
            self.encoding = match (bytes.next(), bytes.next()) {
                (Some(first), Some(second)) => Encoding::of(first, second),
                (first, _) => Encoding::Unknown(first),
            };
            if let Encoding::Unknown(_) = self.encoding {
                return;
            }
            self.decode(before.as_slice());
        }
        self.decode(piece);
    }

    fn decode(&mut self, piece: &[u8]) {
        let Encoding::Utf16 {
            is_little_endian,
            half,
        } = &mut self.encoding
        else {
            return self.follow(piece);
        };
        let mut plain = SecretBuffer::with_capacity(piece.len() / 2 + 1);
        for byte in piece {
            let Some(first) = half.take() else {
                *half = Some(*byte);
                continue;
            };
            let unit = match is_little_endian {
                true => u16::from_le_bytes([first, *byte]),
                false => u16::from_be_bytes([first, *byte]),
            };
            plain.push(match u8::try_from(unit) {
                Ok(ascii) if ascii.is_ascii() => ascii,
                _ if unit == 0xfeff => b' ',
                _ => OF_NO_INTEREST,
            });
        }
        self.follow(&plain);
    }

    fn follow(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some((byte, behind)) = self.place.next_of_interest(rest) {
            self.place = self.place.after(*byte);
            rest = behind;
        }
    }

    /// What is wrong with the whole as a serialized cache, or `None` when it has the outline of one.
    pub(super) fn fault(&self, any_content: bool) -> Option<&'static str> {
        if self.length <= 1 {
            return Some(EMPTY);
        }
        if !self.has_content {
            return Some("it holds nothing but zeros, as after a power failure");
        }
        match self.place {
            _ if any_content => None,
            _ if matches!(self.encoding, Encoding::Utf16 { half: Some(_), .. }) => Some(CUT_OFF),
            Place::Behind => None,
            Place::Before(_) => Some(NO_OBJECT),
            Place::Object(_) | Place::String(_) | Place::Escape(_) => Some(CUT_OFF),
            Place::Lost(fault) => Some(fault),
        }
    }
}

impl Place {
    /// The next byte that may lead to another place, and what follows it.
    fn next_of_interest(self, rest: &[u8]) -> Option<(&u8, &[u8])> {
        let at = match self {
            // Nearly all of a cache is strings, and most of what is between them is white space.
            Self::String(_) => memchr2(b'"', b'\\', rest)?,
            Self::Object(_) => rest
                .iter()
                .position(|byte| matches!(byte, b'"' | b'{' | b'}'))?,
            _ => 0,
        };
        rest.get(at..)?.split_first()
    }

    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Before(seen), _) if BYTE_ORDER_MARK.get(seen) == Some(&byte) => {
                Self::Before(seen + 1)
            }
            (Self::Before(0 | 3), b'{') => Self::Object(1),
            (Self::Before(0 | 3), _) if byte.is_ascii_whitespace() => Self::Before(3),
            (Self::Before(_), _) => Self::Lost(NO_OBJECT),
            (Self::Object(depth), b'{') => Self::Object(depth + 1),
            (Self::Object(1), b'}') => Self::Behind,
            (Self::Object(depth), b'}') => Self::Object(depth - 1),
            (Self::Object(depth), b'"') | (Self::Escape(depth), _) => Self::String(depth),
            (Self::String(depth), b'"') => Self::Object(depth),
            (Self::String(depth), b'\\') => Self::Escape(depth),
            (Self::Behind, _) if !byte.is_ascii_whitespace() => {
                Self::Lost("something follows the end of its JSON object")
            }
            (place, _) => place,
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What stands for every character beyond ASCII.
const OF_NO_INTEREST: u8 = 0x80;

const CUT_OFF: &str = "its JSON object is cut off";

const NO_OBJECT: &str = "it does not hold a JSON object";

const EMPTY: &str = "it is empty: either a program was killed while rewriting it, or it is the signal file of \
    msal-extensions, whose tokens are in the operating system's keyring";

#[cfg(test)]
mod tests {
    use super::*;

    /// The fault of the whole, which must be that of its bytes one by one.
    fn fault(content: &[u8], any_content: bool) -> Option<&'static str> {
        let (mut whole, mut parts) = (Outline::default(), Outline::default());
        whole.add(content);
        content.chunks(1).for_each(|byte| parts.add(byte));
        assert_eq!(whole.fault(any_content), parts.fault(any_content));
        whole.fault(any_content)
    }

    #[test]
    fn whole_objects_pass() {
        for whole in [
            "{}",
            " {\n} \r\n",
            "\u{feff}{}",
            r#"{"a":{"b":"}"},"c":["\"{",{}]}"#,
            r#"{"\\":1}"#,
        ] {
            assert_eq!(fault(whole.as_bytes(), false), None, "{whole}");
        }
    }

    #[test]
    fn an_object_in_utf_16_is_one_and_every_cut_of_it_is_noticed() {
        for text in [
            "\u{feff}{\"\u{122}\": \"}\"} ",
            "{\"a\": {\"\u{1f600}\": 1}}",
        ] {
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            for whole in [little, big] {
                assert_eq!(fault(&whole, false), None, "{text}");
                let object = whole.trim_ascii_end().len().saturating_sub(2);
                for end in 0..object {
                    assert!(fault(&whole[..end], false).is_some(), "{end} {text}");
                }
            }
        }
    }

    #[test]
    fn every_cut_of_an_object_is_noticed() {
        let whole =
            r#"{"AccessToken": {"key}": {"secret": "a\"}\\", "n": [1, {}]}}, "Account": {}}"#;
        for end in 0..whole.len() {
            assert!(
                fault(&whole.as_bytes()[..end], false).is_some(),
                "{}",
                &whole[..end]
            );
        }
        assert_eq!(fault(whole.as_bytes(), false), None);
    }

    #[test]
    fn other_things_are_named() {
        let cases: [(&[u8], &str); 7] = [
            (b"", "it is empty"),
            (b"\n", "it is empty"),
            (b"\0\0\0\0", "nothing but zeros"),
            (b"[1]", "does not hold a JSON object"),
            (b"  ", "does not hold a JSON object"),
            (b"{}{}", "something follows"),
            (b"{}\0\0", "something follows"),
        ];
        for (content, reason) in cases {
            assert!(
                fault(content, false).is_some_and(|fault| fault.contains(reason)),
                "{content:?}"
            );
        }
    }

    #[test]
    fn any_content_still_excludes_emptiness() {
        assert_eq!(fault(b"\x80\x04", true), None);
        assert!(fault(b"", true).is_some());
        assert!(fault(&[0; 512], true).is_some());
    }
}
