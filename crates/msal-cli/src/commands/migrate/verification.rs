//! How the accounts of a target answered, as run and verify show it.

use msal_migrate::Verification;
use serde_json::{Value, json};

use crate::output::BAD;
use crate::text;

/// How the accounts answered, in one line.
pub(super) fn to_text(verification: &Verification) -> String {
    let answered = verification.cached + verification.renewed;
    let mut line = format!(
        "verified: {} of {} answer a silent call",
        text::count(answered),
        text::counted(verification.asked + verification.untrusted, "pair")
            + " of account and client",
    );
    if verification.untried > 0 {
        line.push_str(&format!(
            ", {} would have to be renewed first",
            text::count(verification.untried)
        ));
    }
    if verification.untrusted > 0 {
        line.push_str(&format!(
            ", {BAD}{} not asked{BAD:#}: their hosts are not Microsoft's and were not named",
            text::count(verification.untrusted)
        ));
    }
    if verification.broken > 0 {
        line.push_str(&format!(
            ", {BAD}{} do not answer{BAD:#}",
            text::count(verification.broken)
        ));
    }
    line.push('\n');
    line
}

/// How the accounts answered, for programs.
pub(super) fn to_json(verification: &Verification) -> Value {
    json!({
        "accounts": verification.accounts,
        "asked": verification.asked,
        "cached": verification.cached,
        "renewed": verification.renewed,
        "untried": verification.untried,
        "untrusted": verification.untrusted,
        "broken": verification.broken,
    })
}
