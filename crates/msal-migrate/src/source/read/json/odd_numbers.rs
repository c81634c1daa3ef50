//! Numbers that JSON does not have, and that Python, JavaScript libraries and others write all the same.

use memchr::memmem;

/// Puts an empty text in the place of each `NaN`, `Infinity` and `-Infinity` of a value (RFC 8259 §6: "Numeric values that
/// cannot be represented in the grammar below (such as Infinity and NaN) are not permitted."). None stands where a token
/// does, so that the rest of the value is as good as without. Its length stays the same, and so do all offsets.
pub(super) fn blank(value: &mut [u8]) {
    let has = |number: &[u8]| memmem::find(value, number).is_some();
    if !has(NAN) && !has(INFINITY) {
        return;
    }
    let mut at = 0;
    while let Some(rest) = value.get_mut(at..).filter(|rest| !rest.is_empty()) {
        at += match rest.first() {
            Some(b'"') => length_of_string(rest),
            _ => blank_first(rest),
        };
    }
}

/// The length of the string that starts here.
fn length_of_string(text: &[u8]) -> usize {
    let mut at = 1;
    loop {
        match text.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') | None => return at + 1,
            Some(_) => at += 1,
        }
    }
}

/// Blanks the number that starts here, if one does; how many bytes were looked at.
fn blank_first(text: &mut [u8]) -> usize {
    let found = ODD.iter().find(|number| text.starts_with(number));
    let Some(number) = found.and_then(|number| text.get_mut(..number.len())) else {
        return 1;
    };
    number.fill(b' ');
    for quote in number.iter_mut().take(2) {
        *quote = b'"';
    }
    number.len()
}

const NAN: &[u8] = b"NaN";
const INFINITY: &[u8] = b"Infinity";
const ODD: [&[u8]; 3] = [NAN, INFINITY, b"-Infinity"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_blanked_and_texts_are_not() {
        for (value, expected) in [
            (r#"{"a":NaN,"b":1}"#, r#"{"a":"" ,"b":1}"#),
            ("[-Infinity,Infinity]", r#"[""       ,""      ]"#),
            (r#"{"a\"NaN":"\\","b":NaN}"#, r#"{"a\"NaN":"\\","b":"" }"#),
            (r#"{"NaN":"-Infinity"}"#, r#"{"NaN":"-Infinity"}"#),
            (r#"["NaN"#, r#"["NaN"#),
            ("[nan]", "[nan]"),
        ] {
            let mut bytes = value.as_bytes().to_vec();
            blank(&mut bytes);
            assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        }
    }
}
