//! Values of a token response, whatever JSON type a server chose for them.

use std::time::Duration;

use serde_json::Value;

/// A life time in seconds: an integer, a fraction, or a string of either. `None` when it is not a number.
///
/// v1 and ADFS send strings, B2C both, and some proxies fractions. Negative values become zero and absurd ones ten
/// years.
pub(super) fn seconds(value: &Value) -> Option<Duration> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| number.is_finite())?;
    Some(Duration::from_secs((number.max(0.0) as u64).min(TEN_YEARS)))
}

/// Integers out of an array, a number, or the digits of a text, leaving out what is none: `error_codes`.
pub(super) fn integers(value: &Value) -> Vec<i64> {
    match value {
        Value::Array(items) => items.iter().flat_map(integers).collect(),
        Value::Number(number) => number.as_i64().into_iter().collect(),
        Value::String(text) => {
            let words = text.split(|character: char| !character.is_ascii_digit());
            words.filter_map(|word| word.parse().ok()).collect()
        }
        _ => Vec::new(),
    }
}

/// The first AADSTS number of a text.
pub(super) fn aadsts(text: &str) -> Option<i64> {
    let (_, behind) = text.split_once("AADSTS")?;
    let end = behind.find(|character: char| !character.is_ascii_digit());
    behind.get(..end.unwrap_or(behind.len()))?.parse().ok()
}

/// Text out of a string; nothing out of anything else.
pub(super) fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// No token lives longer; a longer answer is a mistake or an attempt at an overflow.
const TEN_YEARS: u64 = 10 * 366 * 86_400;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn seconds_come_as_integer_fraction_or_string() {
        for (value, expected) in [
            (json!(3599), Some(3599)),
            (json!("3599"), Some(3599)),
            (json!(3599.5), Some(3599)),
            (json!("3599.5"), Some(3599)),
            (json!(-5), Some(0)),
            (json!(1e300), Some(TEN_YEARS)),
            (json!("inf"), None),
            (json!("NaN"), None),
            (json!("abc"), None),
            (json!(null), None),
            (json!([1]), None),
        ] {
            assert_eq!(seconds(&value).map(|it| it.as_secs()), expected, "{value}");
        }
    }

    #[test]
    fn integers_leave_out_what_is_none() {
        for (value, expected) in [
            (json!([1, "2", null, 3]), vec![1, 2, 3]),
            (json!("90033"), vec![90033]),
            (json!("[50196, 90033]"), vec![50196, 90033]),
            (json!(["AADSTS90033"]), vec![90033]),
            (json!(90033), vec![90033]),
            (json!("x"), vec![]),
            (json!(null), vec![]),
            (json!({"a": 1}), vec![]),
            (json!("9".repeat(50)), vec![]),
        ] {
            assert_eq!(integers(&value), expected, "{value}");
        }
    }

    #[test]
    fn the_first_number_of_a_description_is_its_code() {
        for (text, expected) in [
            ("AADSTS90033: A transient error has occurred.", Some(90033)),
            ("(AADSTS50196) see AADSTS70000", Some(50196)),
            ("AADSTS", None),
            ("AADSTS: none", None),
            ("error 90033", None),
        ] {
            assert_eq!(aadsts(text), expected, "{text}");
        }
    }
}
