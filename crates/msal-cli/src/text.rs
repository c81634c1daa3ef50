//! Numbers and tables for people.

use std::time::Duration;

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

/// Rows with their first column padded to the widest, each indented by two blanks. Cells may come from outside.
pub(crate) fn table(rows: &[(String, String)]) -> String {
    let width = width(rows.iter().map(|(name, _)| name.as_str()));
    rows.iter()
        .map(|(name, value)| format!("  {:width$}  {}\n", Outside(name), Outside(value)))
        .collect()
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
    fn durations_read_naturally() {
        assert_eq!(duration(Duration::from_millis(42)), "42 ms");
        assert_eq!(duration(Duration::from_millis(1500)), "1.5 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 5 s");
    }
}
