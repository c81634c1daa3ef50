//! What somebody probably meant who wrote a name that does not exist.

/// `; did you mean …?` with the known name that differs from `name` by the fewest letters, if they are few.
pub(super) fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    if name.len() > LONGEST {
        return String::new();
    }
    let name = name.to_ascii_lowercase();
    let allowed = 1 + name.chars().count() / 4;
    let ranked = known
        .into_iter()
        .map(|known| (distance(&name, &known.to_ascii_lowercase()), known))
        .filter(|(distance, _)| *distance <= allowed);
    match ranked.min_by_key(|(distance, _)| *distance) {
        Some((_, known)) => format!("; did you mean `{known}`?"),
        None => String::new(),
    }
}

/// How many letters are to be added, removed, replaced or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    let mut previous = None;
    for (row, letter) in one.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, its) in other.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != *its);
            let mut least = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            let swapped = column > 0 && previous == Some(*its) && other[column - 1] == letter;
            if let (true, Some(far)) = (swapped, before.get(column.wrapping_sub(1))) {
                least = least.min(far + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut last, current);
        previous = Some(letter);
    }
    last.last().copied().unwrap_or_default()
}

/// Names are shorter.
const LONGEST: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["format", "records", "client_id", "next-auth"];
        for (name, expected) in [
            ("fromat", "; did you mean `format`?"),
            ("Format", "; did you mean `format`?"),
            ("clientid", "; did you mean `client_id`?"),
            ("client-id", "; did you mean `client_id`?"),
            ("nextauth", "; did you mean `next-auth`?"),
            ("path", ""),
            ("", ""),
            ("é", ""),
        ] {
            assert_eq!(closest(name, known), expected, "{name}");
        }
    }
}
