//! Lines that are too long for a terminal, broken at blanks. What is copied from a terminal stays whole: a command, and what
//! stands in backquotes.

use anstream::adapter::strip_str;

/// Breaks what is longer than `columns`. What goes on is indented to where its text began.
pub(crate) fn wrapped(text: &str, columns: usize) -> String {
    let lines = text.split_inclusive('\n');
    let broken = lines.map(|line| match width(line.trim_end_matches('\n')) > columns {
        true => broken(line, columns),
        false => line.to_owned(),
    });
    broken.collect()
}

fn broken(line: &str, columns: usize) -> String {
    let (text, end) = match line.strip_suffix('\n') {
        Some(text) => (text, "\n"),
        None => (line, ""),
    };
    let indent = indent(&strip_str(text).to_string(), columns);
    let (mut out, mut column) = (String::new(), 0);
    for (number, word) in words(text).iter().enumerate() {
        let wide = width(word);
        let is_first = number == 0;
        if !is_first && column > indent && column + 1 + wide > columns {
            // Blanks at the end of a line are nothing to see.
            out.truncate(out.trim_end().len());
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else if !is_first {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += wide;
    }
    out + end
}

/// What is not broken: words, and what is copied as a whole.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut is_open, mut is_command) = (false, false);
    for word in text.split(' ') {
        match words.last_mut().filter(|_| is_open || is_command) {
            Some(last) => {
                last.push(' ');
                last.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
        is_open ^= word.matches('`').count() % 2 == 1;
        is_command |= !is_open && strip_str(word).to_string() == "msal";
    }
    words
}

/// Where the text of a line begins: behind its name, or in its last column.
fn indent(line: &str, columns: usize) -> usize {
    let lead = line.chars().take_while(|next| *next == ' ').count();
    let text: Vec<_> = line.chars().skip(lead).collect();
    let gap = text.windows(2).position(|pair| pair == [' ', ' ']);
    let behind_gap = gap.map(|gap| {
        let blanks = text[gap..].iter().take_while(|next| **next == ' ').count();
        lead + gap + blanks
    });
    let name = text
        .iter()
        .take_while(|next| next.is_ascii_alphabetic())
        .count();
    let is_named = name > 0 && text[name..].starts_with(&[':', ' ']);
    let behind_name = is_named.then_some(lead + name + 2);
    let there = behind_name.or(behind_gap).unwrap_or(lead);
    match there > columns / 2 {
        true => lead,
        false => there,
    }
}

/// The characters that are seen.
fn width(text: &str) -> usize {
    strip_str(text).to_string().chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{DIM, HINT};

    #[test]
    fn what_is_too_long_goes_on_where_its_text_began() {
        for (text, broken) in [
            ("short\n", "short\n"),
            ("one two three four five\n", "one two three four\nfive\n"),
            ("  one two three four five", "  one two three four\n  five"),
            (
                "hint: one two three four",
                "hint: one two three\n      four",
            ),
            (
                "  1 a  one two three four",
                "  1 a  one two three\n       four",
            ),
            ("a  b\n\n  c\n", "a  b\n\n  c\n"),
            // There is no room behind so wide a column.
            (
                "a-very-wide-column  one two",
                "a-very-wide-column \none two",
            ),
            (
                "https://localhost/a/b/c/d next",
                "https://localhost/a/b/c/d\nnext",
            ),
        ] {
            let shown = wrapped(text, 20);
            assert_eq!(
                shown.replace(" \n", "\n"),
                broken.replace(" \n", "\n"),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_copied_stays_whole() {
        for (text, broken) in [
            (
                "make one with `msal login` or",
                "make one with\n`msal login` or",
            ),
            (
                "hint: msal migrate report j tells",
                "hint: msal migrate report j tells",
            ),
            (
                "next, type msal migrate report j",
                "next, type\nmsal migrate report j",
            ),
        ] {
            assert_eq!(wrapped(text, 20), broken);
        }
    }

    #[test]
    fn styles_take_no_room() {
        let text = format!("{HINT}hint{HINT:#}: {DIM}one two three{DIM:#}");
        assert_eq!(wrapped(&text, 19), text);
        assert!(wrapped(&text, 18).contains("two\n      three"));
    }
}
