//! What a report says of a user.

use std::fmt;

use msal_migrate::UserHints;

use crate::outside::Outside;

/// What is known of a user: identifiers always, the name only when it is asked for.
#[derive(Debug, Default)]
pub(super) struct User {
    pub(super) home_account_id: Option<Box<str>>,
    pub(super) oid: Option<Box<str>>,
    pub(super) tid: Option<Box<str>>,
    pub(super) username: Option<Box<str>>,
    /// Whether there is a name that is not shown.
    hides_name: bool,
}

impl User {
    pub(super) fn new(hints: UserHints, show_users: bool) -> Self {
        Self {
            home_account_id: hints.home_account_id.map(|id| id.as_str().into()),
            oid: hints.oid.map(Into::into),
            tid: hints.tid.map(Into::into),
            hides_name: hints.username.is_some() && !show_users,
            username: hints.username.filter(|_| show_users).map(Into::into),
        }
    }

    /// What people know the user by, as far as it is shown.
    pub(super) fn shown(&self) -> &str {
        let known = [&self.username, &self.home_account_id, &self.oid];
        known.into_iter().flatten().next().map_or("", |text| text)
    }

    /// Takes over what is not known yet of the same person.
    pub(super) fn complete(&mut self, other: &Self) {
        let complete = |known: &mut Option<Box<str>>, other: &Option<Box<str>>| {
            if known.is_none() {
                known.clone_from(other);
            }
        };
        self.hides_name |= other.hides_name;
        complete(&mut self.username, &other.username);
        complete(&mut self.home_account_id, &other.home_account_id);
        // These two belong together.
        if self.oid.is_none() && self.tid.is_none() {
            complete(&mut self.oid, &other.oid);
            complete(&mut self.tid, &other.tid);
        }
    }

    pub(super) fn lower_case(&self) -> impl Iterator<Item = char> + '_ {
        self.shown().chars().flat_map(char::to_lowercase)
    }
}

impl fmt::Display for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [
            ("name", &self.username),
            ("home account", &self.home_account_id),
            ("oid", &self.oid),
            ("tid", &self.tid),
        ];
        let known: Vec<_> = known
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", Outside(value.as_deref()?))))
            .collect();
        match (known.is_empty(), self.hides_name) {
            (true, true) => formatter.write_str("a name (--show-users shows it)"),
            (true, false) => formatter.write_str("nobody that is named"),
            (false, _) => formatter.write_str(&known.join(" ")),
        }
    }
}
