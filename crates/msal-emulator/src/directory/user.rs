//! Users, declared one by one or by a pattern.

use super::index::TenantIndex;
use super::secret::Secret;
use crate::protocol::Guid;

/// The declaration of a user.
#[derive(Clone, Debug)]
pub struct User {
    pub(crate) upn: String,
    pub(crate) password: Secret,
    pub(crate) object_id: Option<String>,
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) password_expired: bool,
    pub(crate) second_factor: Secret,
}

impl User {
    /// A user with a sign-in name and a password. The object id is derived from the name
    /// unless [`Self::object_id`] says otherwise.
    pub fn new(upn: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self {
            upn: upn.into(),
            password: password.into(),
            object_id: None,
            given_name: None,
            family_name: None,
            enabled: true,
            password_expired: false,
            second_factor: Secret::from(SECOND_FACTOR),
        }
    }

    /// Sets the code that the user's authenticator always shows; `123456` by default.
    #[must_use]
    pub fn second_factor(mut self, code: impl Into<Secret>) -> Self {
        self.second_factor = code.into();
        self
    }

    /// Sets the object id in the home tenant.
    #[must_use]
    pub fn object_id(mut self, guid: impl Into<String>) -> Self {
        self.object_id = Some(guid.into());
        self
    }

    /// Sets given and family name.
    #[must_use]
    pub fn named(mut self, given: impl Into<String>, family: impl Into<String>) -> Self {
        self.given_name = Some(given.into());
        self.family_name = Some(family.into());
        self
    }

    /// Marks the password as expired: signing in with it answers AADSTS50055.
    #[must_use]
    pub fn password_expired(mut self) -> Self {
        self.password_expired = true;
        self
    }

    /// Disables the account: every sign-in and refresh answers AADSTS50057.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }
}

/// Many users under one pattern: `{n}` in the sign-in name, and in the password, stands for 1 up to the count.
///
/// They take no memory: each is made when a request names it. A user declared by name takes precedence.
#[derive(Clone, Debug)]
pub struct UserPattern {
    pub(crate) upn: String,
    pub(crate) count: u64,
    pub(crate) password: Secret,
}

impl UserPattern {
    /// `count` users named by `upn`, all with the given password.
    pub fn new(upn: impl Into<String>, count: u64, password: impl Into<Secret>) -> Self {
        Self {
            upn: upn.into(),
            count,
            password: password.into(),
        }
    }
}

/// A user of a built directory.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) upn: String,
    pub(crate) password: Secret,
    pub(crate) object_id: Guid,
    pub(crate) home: TenantIndex,
    pub(crate) given_name: Option<String>,
    pub(crate) family_name: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) password_expired: bool,
    pub(crate) second_factor: Secret,
}

impl Account {
    pub(crate) fn display_name(&self) -> String {
        match (&self.given_name, &self.family_name) {
            (Some(given), Some(family)) => format!("{given} {family}"),
            (Some(name), None) | (None, Some(name)) => name.clone(),
            (None, None) => self.upn.split('@').next().unwrap_or_default().to_owned(),
        }
    }
}

/// A checked [`UserPattern`].
#[derive(Debug)]
pub(crate) struct PatternEntry {
    prefix: String,
    suffix: String,
    count: u64,
    password: Secret,
    home: TenantIndex,
    space: Guid,
}

impl PatternEntry {
    /// Takes a pattern apart; `None` when its name has not exactly one `{n}`.
    pub(crate) fn new(pattern: &UserPattern, home: TenantIndex, space: Guid) -> Option<Self> {
        let (prefix, suffix) = pattern.upn.split_once(PLACE)?;
        (!suffix.contains(PLACE)).then(|| Self {
            prefix: prefix.to_ascii_lowercase(),
            suffix: suffix.to_ascii_lowercase(),
            count: pattern.count,
            password: pattern.password.clone(),
            home,
            space,
        })
    }

    pub(crate) fn home(&self) -> TenantIndex {
        self.home
    }

    /// The sign-in name of the first user.
    pub(crate) fn first(&self) -> String {
        format!("{}1{}", self.prefix, self.suffix)
    }

    /// The user called `upn` (in lower case), when the pattern has them.
    pub(crate) fn account(&self, upn: &str) -> Option<Account> {
        let number = upn
            .strip_prefix(self.prefix.as_str())?
            .strip_suffix(self.suffix.as_str())?;
        // "007" is no user: one user would have several names.
        let canonical =
            number.bytes().all(|digit| digit.is_ascii_digit()) && !number.starts_with('0');
        let n: u64 = number
            .parse()
            .ok()
            .filter(|n| canonical && (1..=self.count).contains(n))?;
        Some(Account {
            upn: upn.to_owned(),
            password: Secret::new(self.password.expose_secret().replace(PLACE, &n.to_string())),
            object_id: Guid::derived(self.space.as_bytes(), upn),
            home: self.home,
            given_name: Some("User".to_owned()),
            family_name: Some(number.to_owned()),
            enabled: true,
            password_expired: false,
            second_factor: Secret::from(SECOND_FACTOR),
        })
    }
}

/// The code that an authenticator shows unless the declaration says another.
const SECOND_FACTOR: &str = "123456";

const PLACE: &str = "{n}";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::index::TenantIndex;

    #[test]
    fn a_pattern_has_its_users_and_no_others() {
        let pattern = UserPattern::new("User{n}@contoso.example", 1000, "pw-{n}");
        let entry =
            PatternEntry::new(&pattern, TenantIndex::default(), Guid::derived(b"t", "c")).unwrap();
        let account = entry.account("user17@contoso.example").unwrap();
        assert!(account.password.is("pw-17"));
        assert!(entry.account("user1000@contoso.example").is_some());
        for upn in [
            "user0@contoso.example",
            "user1001@contoso.example",
            "user017@contoso.example",
            "user+1@contoso.example",
            "user@contoso.example",
            "user99999999999999999999@contoso.example",
            "user17@fabrikam.example",
        ] {
            assert!(entry.account(upn).is_none(), "{upn}");
        }
    }

    #[test]
    fn a_pattern_needs_one_place_for_the_number() {
        for upn in ["user@contoso.example", "{n}user{n}@contoso.example"] {
            let pattern = UserPattern::new(upn, 1, "pw");
            assert!(
                PatternEntry::new(&pattern, TenantIndex::default(), Guid::derived(b"t", "c"))
                    .is_none()
            );
        }
    }
}
