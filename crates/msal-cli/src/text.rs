//! Numbers and tables for people.

use std::time::Duration;

use crate::output::{BOLD, HINT};
use crate::outside::Outside;

/// `12345` as `12,345`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count with its noun, in the plural unless it is one.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let stem = noun
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(VOWELS));
    match (number, stem) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{} {stem}ies", count(number)),
        (_, None) => format!("{} {noun}s", count(number)),
    }
}

/// A duration as a person would say it.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match duration.as_secs() {
        0 => format!("{:.0} ms", seconds * 1000.0),
        1..=59 => format!("{seconds:.1} s"),
        whole => format!("{} min {} s", whole / 60, whole % 60),
    }
}

/// A duration in its two largest units: `42 s`, `3 min 5 s`, `2 h 14 min`, `3 d 4 h`.
pub(crate) fn rough(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];
    let largest = units.iter().position(|(_, unit)| seconds >= *unit);
    let shown = units.iter().skip(largest.unwrap_or(3)).take(2);
    let shown: Vec<_> = shown
        .scan(seconds, |left, (name, unit)| {
            let count = *left / unit;
            *left %= unit;
            Some(format!("{count} {name}"))
        })
        .collect();
    let is_more = shown.len() == 1 || !shown[1].starts_with("0 ");
    shown[..if is_more { shown.len() } else { 1 }].join(" ")
}

/// A moment as RFC 3339 has it, to the second: `2026-11-28T14:02:59Z`.
pub(crate) fn moment(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The date so many days after 1970-01-01, in the Gregorian calendar: years begin in March here, so that the leap day is
/// their last one.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

/// Rows with their first column padded to the widest, each indented by two blanks. Cells may come from outside.
pub(crate) fn table(rows: &[(String, String)]) -> String {
    let width = width(rows.iter().map(|(name, _)| name.as_str()));
    rows.iter()
        .map(|(name, value)| format!("  {:width$}  {}\n", Outside(name), Outside(value)))
        .collect()
}

/// A text of ours in lines that fit on every terminal, each indented by so many blanks. What stands in backticks stays in one
/// line: it is copied.
pub(crate) fn wrapped(words: &str, indent: usize) -> String {
    let mut lines = vec![String::new()];
    let mut is_quoted = false;
    let words = words.split(|character: char| {
        is_quoted ^= character == '`';
        character.is_whitespace() && !is_quoted
    });
    for word in words.filter(|word| !word.is_empty()) {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && indent + line + 1 + word.chars().count() > NARROW {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    let lines = lines.iter();
    lines
        .map(|line| format!("{:indent$}{}\n", "", Outside(line)))
        .collect()
}

/// What is to be known, and what to do about it, in lines that fit on every terminal.
pub(crate) fn note(words: &str, hint: &str) -> String {
    let words = wrapped(&format!("note: {words}"), 0);
    let hint = wrapped(&format!("hint: {hint}"), 0);
    format!(
        "{BOLD}note{BOLD:#}{}{HINT}hint{HINT:#}{}",
        words.trim_start_matches("note"),
        hint.trim_start_matches("hint")
    )
}

/// How wide a column of such texts is. The few that are very long stand out: others are not filled up to them.
pub(crate) fn width<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts
        .map(|text| Outside(text).to_string().chars().count())
        .max()
        .unwrap_or_default()
        .min(WIDEST)
}

/// Behind one of these, a y stays in the plural.
const VOWELS: [char; 5] = ['a', 'e', 'i', 'o', 'u'];

/// How long our own lines are.
const NARROW: usize = 78;

/// No column is wider.
const WIDEST: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "token"), "1 token");
        assert_eq!(counted(1200, "token"), "1,200 tokens");
        assert_eq!(counted(2, "entry"), "2 entries");
        assert_eq!(counted(2, "day"), "2 days");
    }

    #[test]
    fn a_cell_is_one_line_and_does_not_widen_all_others() {
        let rows = [("a\nb", "c\rd"), ("wider", "e")];
        let rows = rows.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(table(&rows), "  a\\nb   c\\rd\n  wider  e\n");
        let rows = [("a".repeat(10_000), String::new()), Default::default()];
        assert!(table(&rows).len() < 10_200);
    }

    #[test]
    fn lines_are_not_too_long_and_what_is_copied_stays_whole() {
        let words = format!(
            "{} `a command of several words` {}",
            "word ".repeat(13),
            "end"
        );
        let lines = wrapped(&words, 2);
        let longest = lines.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(NARROW), "{lines}");
        assert_eq!(
            lines.lines().nth(1),
            Some("  `a command of several words` end")
        );
        let long = format!("`{}`", "x ".repeat(100));
        assert_eq!(wrapped(&long, 0), format!("{long}\n"));
    }

    #[test]
    fn moments_are_dates_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_800_000_000, "2027-01-15T08:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(moment(seconds), text);
        }
    }

    #[test]
    fn durations_read_naturally() {
        assert_eq!(duration(Duration::from_millis(42)), "42 ms");
        assert_eq!(duration(Duration::from_millis(1500)), "1.5 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 5 s");
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (185, "3 min 5 s"),
            (7200, "2 h"),
            (8075, "2 h 14 min"),
            (86_400, "1 d"),
            (273_600, "3 d 4 h"),
        ] {
            assert_eq!(rough(Duration::from_secs(seconds)), text);
        }
    }
}
