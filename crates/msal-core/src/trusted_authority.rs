//! Whom tokens may be sent to.
//!
//! Files say where tokens came from: token caches, sources of a migration, journals. None of that makes a host trusted, or
//! else whoever can write such a file would be sent what is in it. So what sends tokens, or looks for the place to send
//! them to, takes a [`TrustedAuthority`], and there are three ways to one: an operator's word, Microsoft's built-in table,
//! and Microsoft's own instance discovery.

use std::fmt;
use std::ops::Deref;

use crate::Authority;

/// An authority that tokens may be sent to, because somebody other than a file said so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TrustedAuthority(Authority);

impl TrustedAuthority {
    /// Trusts an authority because an operator named it: in a program, in its settings, on its command line.
    ///
    /// # Security
    /// Not for what a token cache, a source, a journal or a server says: see [`TrustedAuthority::admit`].
    pub fn named_by_operator(authority: Authority) -> Self {
        Self(authority)
    }

    /// Trusts an authority whose host is Microsoft's by the built-in table; `None` for any other.
    pub fn built_in(authority: Authority) -> Option<Self> {
        authority.is_well_known().then_some(Self(authority))
    }

    /// Trusts an authority that a file may have named, where its host is Microsoft's by the built-in table, or the very
    /// host and port that the operator has `named`; `None` for any other.
    pub fn admit(authority: Authority, named: Option<&Self>) -> Option<Self> {
        let is_named = named.is_some_and(|named| named.host() == authority.host());
        match is_named {
            true => Some(Self(authority)),
            false => Self::built_in(authority),
        }
    }

    /// Trusts an authority that Microsoft's instance discovery vouches for.
    pub(crate) fn vouched_for(authority: Authority) -> Self {
        Self(authority)
    }
}

impl Deref for TrustedAuthority {
    type Target = Authority;

    fn deref(&self) -> &Authority {
        &self.0
    }
}

impl fmt::Display for TrustedAuthority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Authority {
        Authority::parse(url).unwrap()
    }

    #[test]
    fn what_a_file_names_is_admitted_at_microsofts_hosts_and_the_named_one_only() {
        let named = TrustedAuthority::named_by_operator(parse("https://localhost:8443/a.example"));
        for (url, by_table, by_name) in [
            ("https://login.microsoftonline.com/common", true, true),
            ("https://LOGIN.windows.net/b.example", true, true),
            ("https://contoso.ciamlogin.com", true, true),
            ("https://localhost:8443/b.example", false, true),
            ("https://LOCALHOST:8443/b.example", false, true),
            ("https://localhost/a.example", false, false),
            ("https://localhost:8444/a.example", false, false),
            ("https://localhost.:8443/a.example", false, false),
            ("https://127.0.0.1:8443/a.example", false, false),
            ("https://localhost:8443.evil.example/a", false, false),
            ("https://evil.example/common", false, false),
            ("https://evil.example:8443/localhost:8443", false, false),
            (
                "https://login.microsoftonline.com:8443/common",
                false,
                false,
            ),
            ("https://login.microsoftonline.com./common", false, false),
            ("https://contoso.ciamlogin.com:8443", false, false),
            (
                "https://l\u{43e}gin.microsoftonline.com/common",
                false,
                false,
            ),
        ] {
            let Ok(authority) = Authority::parse(url) else {
                continue;
            };
            let admitted = TrustedAuthority::admit(authority.clone(), None);
            assert_eq!(admitted.is_some(), by_table, "{url}");
            let admitted = TrustedAuthority::admit(authority, Some(&named));
            assert_eq!(admitted.is_some(), by_name, "{url}");
        }
    }
}
