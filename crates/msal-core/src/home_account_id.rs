//! The identifier of an account.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use crate::Text;

/// The identifier of an account across all tenants and applications, `uid.utid`.
///
/// It is opaque to applications. Where the server sent no `client_info` (ADFS, other OpenID providers) it is the ID
/// token's `sub` (OpenID Connect Core §2), which is unique at its issuer only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HomeAccountId(Text);

impl HomeAccountId {
    /// Takes the identifier as a cache or an answer has it.
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The identifier of the object `uid` in its home tenant `utid`.
    pub(crate) fn of(uid: &str, utid: &str) -> Self {
        Self(Text::from(format!("{uid}.{utid}")))
    }

    /// The policy of Azure AD B2C that the user signed in with, which B2C puts behind `uid`: `uid-b2c_1_policy.utid`.
    pub(crate) fn policy(&self) -> Option<&str> {
        let (uid, _utid) = self.as_str().split_once('.')?;
        let start = uid.to_ascii_lowercase().find("-b2c_1")?;
        uid.get(start + 1..)
    }

    /// Whether the user is at home in this tenant. A user who has no home tenant is at home in none.
    pub(crate) fn is_at_home_in(&self, realm: &str) -> bool {
        self.tenant()
            .is_some_and(|home| home.eq_ignore_ascii_case(realm))
    }

    /// The tenant that the user is at home in, `utid`; `None` where the server did not say.
    pub fn tenant(&self) -> Option<&str> {
        self.as_str().rsplit_once('.').map(|(_uid, utid)| utid)
    }

    /// The identifier as text, case kept.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl AsRef<str> for HomeAccountId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// Every text is one: it is opaque.
impl FromStr for HomeAccountId {
    type Err = Infallible;

    fn from_str(id: &str) -> Result<Self, Infallible> {
        Ok(Self::new(id))
    }
}

impl From<&str> for HomeAccountId {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

impl From<String> for HomeAccountId {
    fn from(id: String) -> Self {
        Self(id.into())
    }
}

impl From<HomeAccountId> for Text {
    fn from(id: HomeAccountId) -> Self {
        id.0
    }
}

impl fmt::Display for HomeAccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
