//! Text from outside: names in files, what a server said, what was typed.
//!
//! A terminal obeys what it is sent. An escape sequence moves the cursor or sets the title of the window, a line break
//! begins a line that looks like one of ours, and controls of the writing direction turn a name around. So these
//! characters are spelled out.
//!
//! [`Outside`] is for putting a line together: only there can a line break of theirs be told from one of ours. Whatever
//! was forgotten there passes [`printable`] when it is printed, which leaves our own line breaks and styles alone.

use std::borrow::Cow;
use std::fmt;

/// Text from outside, shown in one line that is not very long.
pub(crate) struct Outside<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Outside<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        match text.char_indices().nth(LONGEST) {
            Some((end, _)) => {
                let shown = text.get(..end).unwrap_or_default();
                write!(formatter, "{}…", spelled_out(shown, |_rest| None))
            }
            None => formatter.pad(&spelled_out(&text, |_rest| None)),
        }
    }
}

/// A text of ours as it may be sent to a terminal: line breaks and our styles stay.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    spelled_out(text, |rest| match rest.starts_with('\n') {
        true => Some("\n"),
        false => STYLES.into_iter().find(|style| rest.starts_with(style)),
    })
}

/// JSON as it may be sent to a terminal. It says the same: only in its strings are there characters to spell out, and
/// those below U+0020 are spelled out already (RFC 8259 §7).
pub(crate) fn printable_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character == '\n' || !is_obeyed(character) {
            true => out.push(character),
            false => {
                let units = character.encode_utf16(&mut [0; 2]).to_vec();
                out.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
    out
}

/// A field of CSV (RFC 4180): in one line, and never a formula to a spreadsheet.
pub(crate) fn csv_field(text: &str) -> String {
    let shown = spelled_out(text, |_rest| None).into_owned();
    let safe = match shown.trim_start().starts_with(FORMULA) {
        true => format!("'{shown}"),
        false => shown,
    };
    match safe.contains(['"', ',', ';']) {
        true => format!("\"{}\"", safe.replace('"', "\"\"")),
        false => safe,
    }
}

/// Spells out what a terminal would obey, but for what `kept` finds at the beginning of the rest.
fn spelled_out<'a>(text: &'a str, kept: impl Fn(&str) -> Option<&'static str>) -> Cow<'a, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = match kept(rest).filter(|_| is_obeyed(character)) {
            Some(kept) => {
                out.push_str(kept);
                kept.len()
            }
            None if is_obeyed(character) => {
                out.extend(character.escape_default());
                character.len_utf8()
            }
            None => {
                out.push(character);
                character.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(out)
}

/// Whether a terminal does something else with it than to draw it: control characters, those of the writing direction
/// (UAX #9), line and paragraph separators, and what is drawn as nothing.
///
/// The two joiners stay: names are written with them.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The styles of our text and of clap's, one attribute each, and their end.
const STYLES: [&str; 8] = [
    "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[4m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m",
];

/// More of a text is not shown. A path can be as long.
const LONGEST: usize = 4096;

/// What a spreadsheet takes for the beginning of a formula, in either width.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{BAD, BOLD, DIM, GOOD, HINT};

    #[test]
    fn what_a_terminal_obeys_is_spelled_out() {
        for (text, shown) in [
            ("alice@contoso.com", "alice@contoso.com"),
            (
                "Zoë 王 \u{1f468}\u{200d}\u{1f469}",
                "Zoë 王 \u{1f468}\u{200d}\u{1f469}",
            ),
            ("a\nerror: b\r\n", "a\\nerror: b\\r\\n"),
            ("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}"),
            ("\x1b[1mbold", "\\u{1b}[1mbold"),
            ("\u{9b}2J\u{7f}", "\\u{9b}2J\\u{7f}"),
            ("a\u{202e}gpj.exe", "a\\u{202e}gpj.exe"),
            ("\u{2028}\u{e0041}\u{200b}", "\\u{2028}\\u{e0041}\\u{200b}"),
        ] {
            assert_eq!(Outside(text).to_string(), shown);
        }
        assert_eq!(
            format!("{:4}|{:>4}|", Outside("a"), Outside("\n")),
            "a   |  \\n|"
        );
        let long = Outside("é".repeat(1 << 20)).to_string();
        assert_eq!(long, format!("{}…", "é".repeat(LONGEST)));
    }

    #[test]
    fn our_styles_and_line_breaks_are_printed_and_no_others() {
        let own = format!("{BOLD}a{BOLD:#}{DIM}{GOOD}{BAD}{HINT}b{HINT:#}\n");
        assert_eq!(printable(&own), own);
        assert_eq!(
            printable("\x1b[8mhidden\x1b[2J\x1b[1;31m\r\n"),
            "\\u{1b}[8mhidden\\u{1b}[2J\\u{1b}[1;31m\\r\n"
        );
    }

    #[test]
    fn json_says_the_same_without_a_character_to_obey() {
        let value = serde_json::json!({ "\u{9b}": "\u{7f}\u{202e}\u{e0041}\x1b\n王" });
        let text = printable_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!text.replace('\n', "").contains(is_obeyed), "{text}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }

    #[test]
    fn csv_fields_are_quoted_and_never_formulas() {
        for (text, field) in [
            ("plain", "plain"),
            ("a,\"b\"", "\"a,\"\"b\"\"\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" =1", "' =1"),
            ("＝1", "'＝1"),
            ("\t=1", "\\t=1"),
            ("a\r\n=1", "a\\r\\n=1"),
            ("a;=1", "\"a;=1\""),
            ("\x1b[2J", "\\u{1b}[2J"),
        ] {
            assert_eq!(csv_field(text), field, "{text:?}");
        }
    }
}
