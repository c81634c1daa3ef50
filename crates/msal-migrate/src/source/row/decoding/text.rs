//! Encodings: base64 (RFC 4648), hexadecimal digits, percent-encoding (RFC 3986 §2.1), JSON strings (RFC 8259 §7).

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use crate::record::SkipReason;

/// Bytes on their way through the steps.
pub(super) type Bytes = Zeroizing<Vec<u8>>;

/// Base64 of either alphabet, padded or not. Tools break it into lines.
pub(super) fn base64(text: &[u8]) -> Result<Bytes, SkipReason> {
    let is_url_safe = text.iter().any(|byte| b"-_".contains(byte));
    let alphabet = if is_url_safe { &URL_SAFE } else { &STANDARD };
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let mut compact = Zeroizing::new(Vec::with_capacity(text.len()));
    compact.extend(text.iter().filter(|byte| !byte.is_ascii_whitespace()));
    let decoded = GeneralPurpose::new(alphabet, config).decode(&*compact);
    decoded
        .map(Zeroizing::new)
        .map_err(|_quotes_the_text| SkipReason::Malformed("the value is not base64"))
}

/// Hexadecimal digits, behind `\x` or `0x` or nothing.
pub(super) fn hex(text: &[u8]) -> Result<Bytes, SkipReason> {
    let not_hex = SkipReason::Malformed("the value is not hexadecimal digits");
    let text = text.trim_ascii();
    let marked = [b"\\x", b"0x"]
        .iter()
        .find_map(|mark| text.strip_prefix(*mark));
    let digits = marked.unwrap_or(text);
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
    let mut bytes = Zeroizing::new(Vec::with_capacity(digits.len() / 2));
    let (pairs, rest) = digits.as_chunks::<2>();
    for [high, low] in pairs {
        let (Some(high), Some(low)) = (digit(high), digit(low)) else {
            return Err(not_hex);
        };
        bytes.push(high << 4 | low);
    }
    match rest.is_empty() {
        true => Ok(bytes),
        false => Err(not_hex),
    }
}

/// Percent-encoding. What is none stays as it is, as everywhere where URLs are read.
pub(super) fn url(text: &[u8]) -> Bytes {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    bytes.extend(percent_decode(text));
    bytes
}

/// The text in a JSON string.
pub(super) fn json_string(text: &[u8]) -> Result<Bytes, SkipReason> {
    let text: Result<String, _> = serde_json::from_slice(text);
    text.map(|text| Zeroizing::new(text.into_bytes()))
        .map_err(|_quotes_the_text| SkipReason::Malformed("the value is not a JSON string"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_undone() {
        // RFC 4648 §10, and both alphabets.
        for (text, expected) in [
            ("", &b""[..]),
            ("Zg==", b"f"),
            ("Zg", b"f"),
            ("Zm9v\r\nYmFy\n", b"foobar"),
            ("-_-_", b"\xfb\xff\xbf"),
            ("+/+/", b"\xfb\xff\xbf"),
        ] {
            assert_eq!(*base64(text.as_bytes()).unwrap(), expected, "{text}");
        }
        for (text, expected) in [("302E61", "0.a"), ("\\x302e61", "0.a"), (" 0x30\n", "0")] {
            assert_eq!(
                *hex(text.as_bytes()).unwrap(),
                expected.as_bytes(),
                "{text}"
            );
        }
        assert_eq!(*url(b"M.C%21%2a%zz"), b"M.C!*%zz");
        assert_eq!(*json_string(br#""a\u002eb""#).unwrap(), b"a.b");
    }

    #[test]
    fn what_is_not_encoded_so_is_refused() {
        for text in ["Zg=a", "é", "Z"] {
            assert!(base64(text.as_bytes()).is_err(), "{text}");
        }
        for text in ["3", "3g", "\\x3", "é"] {
            assert!(hex(text.as_bytes()).is_err(), "{text}");
        }
        for text in ["", "a", "1", "\"a", "{}"] {
            assert!(json_string(text.as_bytes()).is_err(), "{text}");
        }
    }
}
