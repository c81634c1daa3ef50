//! Who does what about a token or a row that is not migrated, in the words of every report.

use std::borrow::Cow;

use msal_migrate::{Class, Reason, Remedy, RowReport, State};

use crate::advice::advice;
use crate::trouble;

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Who {
    /// Whoever runs the migration.
    Operator,
    /// An administrator of the user's tenant.
    Administrator,
    /// The user, whom the help desk tells.
    User,
    Nobody,
}

impl Who {
    /// The name for programs. It does not change between releases.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Nobody => "nobody",
            Self::Operator => "operator",
            Self::User => "user",
        }
    }

    /// The name for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Administrator => "for an administrator of the tenant",
            Self::Nobody => "nothing to do",
            Self::Operator => "for whoever runs the migration",
            Self::User => "for the users, whom the help desk tells",
        }
    }
}

/// Who does what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Todo {
    pub(crate) who: Who,
    pub(crate) what: Cow<'static, str>,
}

impl Todo {
    const fn new(who: Who, what: &'static str) -> Self {
        Self {
            who,
            what: Cow::Borrowed(what),
        }
    }

    /// About a token.
    pub(crate) fn of_token(
        state: State,
        reason: &Reason,
        has_sealed_token: bool,
        is_superseded: bool,
    ) -> Self {
        match state {
            State::Concluded(Class::Migrated) => Self::new(Who::Nobody, "nothing"),
            State::Concluded(Class::NeedsUser) if is_superseded => Self::new(
                Who::Nobody,
                "nothing: the user has another token of this application, which is migrated",
            ),
            State::Concluded(Class::NeedsUser) => of_user(reason),
            State::Concluded(Class::Failed) => Self::new(Who::Operator, advice(reason)),
            State::Concluded(Class::Quarantined) => Self::new(Who::Operator, of_held_back(reason)),
            State::InDoubt if has_sealed_token => Self::new(
                Who::Operator,
                "a newer token is sealed in the journal: --retry in-doubt sends that one, and not the input's",
            ),
            State::InDoubt => Self::new(
                Who::Operator,
                "it may be spent: --retry in-doubt sends it again, which signs the user out where the issuer detects reuse; \
                 or have the user sign in again",
            ),
            State::Unpublished => Self::new(
                Who::Operator,
                "run the same command again: its answer is sealed in the journal and will be published",
            ),
            _ => Self {
                who: Who::Operator,
                what: format!("{}: {}", trouble::what(reason), trouble::remedy(reason)).into(),
            },
        }
    }

    /// About a row that is left out.
    pub(crate) fn of_row(row: &RowReport) -> Self {
        let who = match row.remedy {
            Remedy::NoneNeeded => Who::Nobody,
            Remedy::User => Who::User,
            _ => Who::Operator,
        };
        let what = match row.hint.as_str() {
            _ if row.reason == "no_refresh_token" => {
                Cow::Borrowed("nothing to migrate: its user signs in when the application asks")
            }
            "" => Cow::Borrowed("correct the row"),
            hint => Cow::Owned(hint.to_owned()),
        };
        Self { who, what }
    }
}

/// The server wants the user to take part.
fn of_user(reason: &Reason) -> Todo {
    let (admin, user) = (Who::Administrator, Who::User);
    let by_code = reason.aadsts.iter().find_map(|code| {
        Some(match code {
            50_053 => Todo::new(
                admin,
                "the account is locked: wait or have it unlocked, then ask the user to sign in to the application again",
            ),
            50_055 => Todo::new(
                user,
                "the password has expired: ask the user to change it, and to sign in to the application again",
            ),
            50_057 => Todo::new(
                admin,
                "the account is disabled: where the person is still here, have it enabled, then ask them to sign in to the \
                 application again",
            ),
            50_074 | 50_076 | 50_078 => Todo::new(
                user,
                "ask the user to sign in to the application again, with their second factor",
            ),
            50_072 | 50_079 => Todo::new(
                user,
                "ask the user to set up a second factor, and to sign in to the application again",
            ),
            50_173 => Todo::new(
                user,
                "the password was changed or the sessions were revoked since: ask the user to sign in to the application again",
            ),
            53_000 | 53_001 | 53_011 | 530_032 => Todo::new(
                admin,
                "Conditional Access wants another device or less risk: ask the user to sign in to the application again on a \
                 device that the company manages; where that is refused too, look at the sign-in log",
            ),
            53_003 => Todo::new(
                admin,
                "Conditional Access blocks this sign-in: look at the sign-in log for the policy; the user signs in again once \
                 it lets them",
            ),
            65_001 => consent(),
            70_000 | 9_002_313 => Todo::new(
                user,
                "the token is not one, or not a whole one: ask the user to sign in to the application again",
            ),
            70_008 | 70_043 | 700_082 | 700_084 => Todo::new(
                user,
                "the token has expired: ask the user to sign in to the application again",
            ),
            700_003 => Todo::new(
                user,
                "the device is not known any more: ask the user to register it, and to sign in to the application again",
            ),
            _ => return None,
        })
    });
    match (by_code, reason.suberror.as_deref(), reason.error.as_ref()) {
        (Some(todo), _, _) => todo,
        (None, Some("consent_required"), _) | (None, _, "consent_required") => consent(),
        (None, _, _) => Todo::new(user, "ask the user to sign in to the application again"),
    }
}

fn consent() -> Todo {
    Todo::new(
        Who::Administrator,
        "nobody has consented: consent to the application for the tenant, or ask the user to sign in again and consent",
    )
}

fn of_held_back(reason: &Reason) -> &'static str {
    match reason.error.as_ref() {
        "user_mismatch" => {
            "the answer is another user's than the input says: compare the two; --release ROW publishes it, \
             --retry quarantined asks again"
        }
        "unknown_authority" => {
            "run the same command again, with the --authority that it was begun with"
        }
        "wrong_issuer" => {
            "another issuer answered than was asked: find out who answers at this authority, then --retry quarantined"
        }
        "no_identity" => "the answer does not say whose it is: --retry quarantined asks again",
        "malformed_response" => {
            "the answer is not one that can be read without doubt, as where it has two refresh tokens: find out who answers at \
             this authority, then --retry quarantined"
        }
        _ => {
            "it was asked for again, which brought no tokens, and the answer of before is held back still: \
             --retry quarantined asks once more; --release ROW publishes that answer if it is another user's"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::tests::reason;

    #[test]
    fn everything_that_can_become_of_a_token_says_who_does_what() {
        use Class::{Failed, Migrated, NeedsUser, Quarantined, Retryable};
        let at = State::Concluded;
        for (state, error, codes, who, words) in [
            (at(Migrated), "", &[][..], Who::Nobody, "nothing"),
            (
                at(NeedsUser),
                "invalid_grant",
                &[],
                Who::User,
                "sign in to the application again",
            ),
            (
                at(NeedsUser),
                "invalid_grant",
                &[700_082],
                Who::User,
                "expired",
            ),
            (
                at(NeedsUser),
                "invalid_grant",
                &[50_076],
                Who::User,
                "second factor",
            ),
            (
                at(NeedsUser),
                "interaction_required",
                &[53_003],
                Who::Administrator,
                "Conditional Access",
            ),
            (
                at(NeedsUser),
                "invalid_grant",
                &[65_001],
                Who::Administrator,
                "consent",
            ),
            (
                at(NeedsUser),
                "consent_required",
                &[],
                Who::Administrator,
                "consent",
            ),
            (
                at(NeedsUser),
                "invalid_grant",
                &[50_057],
                Who::Administrator,
                "disabled",
            ),
            (
                at(Failed),
                "invalid_client",
                &[7_000_218],
                Who::Operator,
                "--client-secret-env",
            ),
            (
                at(Failed),
                "unauthorized_client",
                &[700_016],
                Who::Operator,
                "--client-id",
            ),
            (
                at(Quarantined),
                "user_mismatch",
                &[],
                Who::Operator,
                "--release",
            ),
            (
                at(Quarantined),
                "unknown_authority",
                &[],
                Who::Operator,
                "--authority",
            ),
            (
                at(Quarantined),
                "no_identity",
                &[],
                Who::Operator,
                "--retry quarantined",
            ),
            (
                at(Quarantined),
                "malformed_response",
                &[],
                Who::Operator,
                "two refresh tokens",
            ),
            // An answer of before stays held back, and the reason is that of the latest attempt.
            (
                at(Quarantined),
                "invalid_grant",
                &[50_076],
                Who::Operator,
                "the answer of before",
            ),
            (
                at(Quarantined),
                "http_503",
                &[],
                Who::Operator,
                "the answer of before",
            ),
            (at(Retryable), "http_503", &[], Who::Operator, "again"),
            (at(Retryable), "no_answer", &[], Who::Operator, "reached"),
            (
                State::InDoubt,
                "no_answer",
                &[],
                Who::Operator,
                "--retry in-doubt",
            ),
            (State::Unpublished, "", &[], Who::Operator, "again"),
        ] {
            let todo = Todo::of_token(state, &reason(error, codes), false, false);
            assert_eq!(todo.who, who, "{state:?} {error} {codes:?}");
            assert!(
                todo.what.contains(words),
                "{error} {codes:?}: {}",
                todo.what
            );
        }
        let needs = at(NeedsUser);
        let superseded = Todo::of_token(needs, &reason("invalid_grant", &[]), false, true);
        assert_eq!(superseded.who, Who::Nobody);
        let sealed = Todo::of_token(State::InDoubt, &Reason::default(), true, false);
        assert!(sealed.what.contains("a newer token is sealed"));
    }
}
