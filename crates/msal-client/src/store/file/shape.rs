//! Telling a blob from ruins without understanding it.
//!
//! One pass over the bytes, no allocation: enough to notice a file that a killed writer or a lost power line left
//! empty, zeroed or cut off. Whether the JSON is right is the reader's business.

use memchr::memchr2;

/// What is wrong with `content` as a serialized cache, or `None` when it has the outline of a whole one.
pub(super) fn fault(content: &[u8], any_content: bool) -> Option<&'static str> {
    if content.len() <= 1 {
        return Some(EMPTY);
    }
    if content.iter().all(|byte| *byte == 0) {
        return Some("it holds nothing but zeros, as after a power failure");
    }
    if any_content {
        None
    } else {
        outline_fault(content)
    }
}

fn outline_fault(content: &[u8]) -> Option<&'static str> {
    // Some editors put a byte order mark in front.
    let content = content
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(content)
        .trim_ascii();
    if content.first() != Some(&b'{') {
        return Some("it does not hold a JSON object");
    }
    match object_len(content) {
        Some(len) if len == content.len() => None,
        Some(_) => Some("something follows the end of its JSON object"),
        None => Some("its JSON object is cut off"),
    }
}

/// The length of the JSON object at the start of `content`, by its braces; `None` when it has no end.
fn object_len(content: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    while at < content.len() {
        match content[at] {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b'"' => at = string_end(content, at + 1)?,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Where the quote is that ends the string whose text starts at `at`.
fn string_end(content: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', content.get(at..)?)?;
        if content[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

const EMPTY: &str = "it is empty: either a program was killed while rewriting it, or it is the signal file of \
    msal-extensions, whose tokens are in the operating system's keyring";

#[cfg(test)]
mod tests {
    use super::*;

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
