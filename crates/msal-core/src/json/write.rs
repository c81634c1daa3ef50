//! Writing JSON the way Python's `json.dumps(…, indent=4)` does.
//!
//! A cache that this library rewrote and one that MSAL Python rewrote differ in no byte that was not changed.

/// Appends `text` as a JSON string in ASCII, with Python's choice of escapes.
pub(crate) fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    match needs_escape(text) {
        true => write_escaped(out, text),
        false => out.extend_from_slice(text.as_bytes()),
    }
    out.push(b'"');
}

/// The number of bytes that [`write_string`] appends if nothing needs an escape.
pub(crate) fn string_size(text: &str) -> usize {
    text.len() + 2
}

/// Whether any character must be escaped. Each byte is looked at without a branch, which compilers turn into a few
/// instructions for sixteen of them: tokens are long and never need an escape.
fn needs_escape(text: &str) -> bool {
    let found = text.bytes().fold(0, |found, byte| {
        found | u8::from(!(b' '..=b'\x7f').contains(&byte) | (byte == b'"') | (byte == b'\\'))
    });
    found != 0
}

fn write_escaped(out: &mut Vec<u8>, text: &str) {
    let mut plain = 0;
    for (at, character) in text.char_indices() {
        let is_plain =
            (' '..='\u{7f}').contains(&character) && character != '"' && character != '\\';
        if is_plain {
            continue;
        }
        out.extend_from_slice(text.get(plain..at).unwrap_or_default().as_bytes());
        write_escape(out, character);
        plain = at + character.len_utf8();
    }
    out.extend_from_slice(text.get(plain..).unwrap_or_default().as_bytes());
}

fn write_escape(out: &mut Vec<u8>, character: char) {
    let short = match character {
        '"' => b'"',
        '\\' => b'\\',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        _ => {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            }
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Starts a new line that is indented by four spaces `depth` times, at most four times.
pub(crate) fn write_line(out: &mut Vec<u8>, depth: usize) {
    out.extend_from_slice(LINE.get(..=depth * 4).unwrap_or(LINE.as_slice()));
}

/// No byte of UTF-8 takes more than this when it is escaped: `\u0001` for one, `\ud83d\ude00` for four.
pub(crate) const LONGEST_ESCAPE: usize = 6;

const LINE: &[u8; 17] = b"\n                ";

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        write_string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_escaped_as_python_does() {
        assert_eq!(written("plain /~"), "\"plain /~\"");
        assert_eq!(written("Åd\u{1F600}"), r#""\u00c5d\ud83d\ude00""#);
        assert_eq!(
            written("\"\\\n\r\t\u{8}\u{c}\u{1}\u{7f}"),
            "\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\u{7f}\""
        );
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["", "Å\u{1F600}\u{0}", "a\"b\\c"] {
            assert_eq!(
                serde_json::from_str::<String>(&written(text)).unwrap(),
                text
            );
            assert!(LONGEST_ESCAPE * string_size(text) >= written(text).len());
        }
    }
}
