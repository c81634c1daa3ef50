//! The tenant part of an authority.

use std::fmt;
use std::str::FromStr;

use super::error::AuthorityError;
use crate::case::is_guid;

/// The tenant part of an authority.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tenant {
    /// Work, school and personal accounts.
    Common,
    /// Personal Microsoft accounts only.
    Consumers,
    /// A domain name of the tenant, in the case it was given.
    Domain(String),
    /// The tenant's GUID, in the case it was given.
    Id(String),
    /// Work and school accounts only.
    Organizations,
}

impl Tenant {
    /// Parses a GUID, a domain name, or one of the three names for many tenants.
    ///
    /// # Errors
    /// [`AuthorityError::Tenant`] for anything that could change the path it is put into.
    pub fn parse(text: &str) -> Result<Self, AuthorityError> {
        match text {
            _ if is_guid(text) => Ok(Self::Id(text.to_owned())),
            _ if text.eq_ignore_ascii_case("common") => Ok(Self::Common),
            _ if text.eq_ignore_ascii_case("consumers") => Ok(Self::Consumers),
            _ if text.eq_ignore_ascii_case("organizations") => Ok(Self::Organizations),
            _ if is_name(text) => Ok(Self::Domain(text.to_owned())),
            _ => Err(AuthorityError::Tenant {
                tenant: text.escape_debug().to_string(),
            }),
        }
    }

    /// Whether [`parse`](Self::parse) takes the text for a tenant's GUID.
    pub fn is_guid(text: &str) -> bool {
        is_guid(text)
    }

    /// The tenant as it stands in a path and, in the token cache, as `realm`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Common => "common",
            Self::Consumers => "consumers",
            Self::Organizations => "organizations",
            Self::Domain(name) | Self::Id(name) => name,
        }
    }

    /// Whether this stands for many tenants, so that only an answer tells which one a user belongs to.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Common | Self::Consumers | Self::Organizations)
    }

    /// Whether this is where personal Microsoft accounts live, by name or by GUID.
    pub fn is_personal(&self) -> bool {
        match self {
            Self::Consumers => true,
            Self::Id(id) => id.eq_ignore_ascii_case(PERSONAL_ACCOUNTS_TENANT),
            _ => false,
        }
    }
}

impl AsRef<str> for Tenant {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl FromStr for Tenant {
    type Err = AuthorityError;

    fn from_str(text: &str) -> Result<Self, AuthorityError> {
        Self::parse(text)
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && !text.starts_with('.')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// The tenant of personal Microsoft accounts.
const PERSONAL_ACCOUNTS_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_are_told_apart() {
        let id = "11111111-aaaa-4bbb-8ccc-222222222222";
        assert_eq!(Tenant::parse(id).unwrap(), Tenant::Id(id.to_owned()));
        assert_eq!(Tenant::parse("Common").unwrap(), Tenant::Common);
        assert_eq!(
            Tenant::parse("contoso.com").unwrap(),
            Tenant::Domain("contoso.com".to_owned())
        );
        assert!(
            Tenant::parse(PERSONAL_ACCOUNTS_TENANT)
                .unwrap()
                .is_personal()
        );
        for bad in ["", "..", "a/b", "a?b", "a b", "a%2fb", "é"] {
            assert!(Tenant::parse(bad).is_err(), "{bad}");
        }
    }
}
