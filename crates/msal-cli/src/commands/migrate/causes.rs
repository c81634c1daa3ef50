//! Why tokens were refused, and what the operator corrects.

use std::borrow::Cow;

use msal_core::Authority;
use msal_migrate::{Cause, Class, Reason};
use serde_json::{Value, json};

use crate::advice::advice_for;
use crate::outside::Outside;
use crate::text;
use crate::trouble;

/// The causes that the operator corrects or waits for, each with its count, its client and what to do.
pub(super) fn to_text(causes: &[Cause]) -> String {
    let of_class = |class| causes.iter().filter(move |cause| cause.class == class);
    let told: Vec<_> = of_class(Class::Failed)
        .chain(of_class(Class::Retryable))
        .collect();
    let mut out = String::new();
    for cause in told.iter().take(SHOWN) {
        let line = line(
            cause.class,
            &cause.client_id,
            &cause.authority,
            &cause.reason,
        );
        out.push_str(&format!("  {} × {line}\n", text::count(cause.count)));
    }
    if told.len() > SHOWN {
        out.push_str(&format!(
            "  and {} more causes\n",
            text::count((told.len() - SHOWN) as u64)
        ));
    }
    out
}

/// A cause with its client and what to do.
pub(crate) fn line(
    class: Class,
    client_id: &str,
    authority: &Authority,
    reason: &Reason,
) -> String {
    format!(
        "client {} at {}: {}: {}",
        escaped(client_id),
        Outside(authority),
        name(reason),
        Outside(advice_of(class, client_id, reason))
    )
}

fn advice_of(class: Class, client_id: &str, reason: &Reason) -> Cow<'static, str> {
    match class {
        Class::Retryable => {
            format!("{}; {}", trouble::what(reason), trouble::remedy(reason)).into()
        }
        _ => advice_for(client_id, reason),
    }
}

/// All causes, for programs.
pub(super) fn to_json(causes: &[Cause]) -> Value {
    causes
        .iter()
        .map(|cause| {
            json!({
                "class": class(cause.class), "error": escaped(&cause.reason.error), "aadsts": codes(&cause.reason),
                "client_id": cause.client_id, "authority": cause.authority.to_string(), "count": cause.count,
                "advice": advice_of(cause.class, &cause.client_id, &cause.reason),
            })
        })
        .collect()
}

/// What programs call a class.
pub(super) fn class(class: Class) -> &'static str {
    match class {
        Class::Failed => "failed",
        Class::Migrated => "migrated",
        Class::NeedsUser => "needs_user",
        Class::Quarantined => "quarantined",
        _ => "retryable",
    }
}

/// The error and its numbers.
fn name(reason: &Reason) -> String {
    let mut name = escaped(&reason.error);
    for code in codes(reason) {
        name.push_str(&format!(" {code}"));
    }
    name
}

fn codes(reason: &Reason) -> Vec<String> {
    let code = |code: &u32| format!("AADSTS{code}");
    reason.aadsts.iter().map(code).collect()
}

/// The server's text, which a terminal must not obey.
fn escaped(text: &str) -> String {
    let shown: String = text.chars().take(LONGEST).collect();
    shown.escape_debug().to_string()
}

/// How many causes are shown to people.
const SHOWN: usize = 8;

/// RFC 6749 §5.2: an error is a short code.
const LONGEST: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::tests::reason;

    #[test]
    fn an_error_drives_no_terminal() {
        let reason = reason("\u{1b}]0;owned\u{7}\n0 failed", &[50_020]);
        assert_eq!(
            name(&reason),
            "\\u{1b}]0;owned\\u{7}\\n0 failed AADSTS50020"
        );
    }
}
