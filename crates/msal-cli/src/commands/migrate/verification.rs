//! How the accounts of a target answered, as run and verify show it.

use msal_migrate::Verification;
use serde_json::{Value, json};

use crate::output::{BAD, DIM, HINT};
use crate::text;

/// How the accounts answered, in a line, and what else there is to say in one each.
pub(super) fn to_text(verification: &Verification) -> String {
    let answered = verification.cached + verification.renewed;
    let mut line = format!(
        "verified: {} of {} answered, {} from the cache",
        text::count(answered),
        text::counted(verification.asked + verification.untrusted, "silent call"),
        match verification.cached {
            0 if verification.renewed > 0 => "none".to_owned(),
            cached => text::count(cached),
        },
    );
    if verification.renewed > 0 {
        line.push_str(&format!(
            " and {} by a renewal",
            text::count(verification.renewed)
        ));
    }
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
            ", {BAD}{} not answered{BAD:#}",
            text::count(verification.broken)
        ));
    }
    line.push('\n');
    if verification.users_needed > 0 {
        line.push_str(&format!(
            "{BAD}{} must sign in again{BAD:#}\n",
            text::counted(verification.users_needed, "user")
        ));
    }
    if verification.missing > 0 {
        line.push_str(&format!(
            "{BAD}{} not in the target{BAD:#}, according to the journal\n",
            text::counted(verification.missing, "migrated account")
        ));
    }
    line + &others(verification)
}

/// Whether refresh tokens are proven to work, and what proves it: that a token is in the cache proves nothing of the one
/// beside it.
pub(super) fn renewals(verification: &Verification) -> String {
    let unproven = verification.cached + verification.untried;
    let found = match (verification.renewed, unproven) {
        (0, 0) => return String::new(),
        (_, 0) => {
            return "every renewal is proven: each refresh token that answered works\n".to_owned();
        }
        (0, _) => "no renewal is proven: nobody knows whether the refresh tokens work".to_owned(),
        (_, _) => format!("no renewal is proven for {} of them", text::count(unproven)),
    };
    format!(
        "{found}\n{HINT}hint{HINT:#}: the same command with --renew renews all, which proves it\n"
    )
}

/// What is said of accounts that came from elsewhere: they decide nothing.
fn others(verification: &Verification) -> String {
    if verification.others == 0 {
        return String::new();
    }
    let broken = match verification.others_broken {
        0 => String::new(),
        broken => format!(", {} of them not answered", text::count(broken)),
    };
    format!(
        "{DIM}{} more for accounts that came from elsewhere and do not count{broken}{DIM:#}\n",
        text::counted(verification.others, "silent call")
    )
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
        "users_needed": verification.users_needed,
        "missing": verification.missing,
        "others": verification.others,
        "others_broken": verification.others_broken,
    })
}
