//! Where a token was sent, as whose, and what for: a verdict of the server holds for that and for nothing else.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::{Deserialize, Serialize};

/// Where a token was sent, as whose, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked<'a> {
    /// The authority, as text.
    pub(crate) authority: &'a str,
    /// The client that asked.
    pub(crate) client_id: &'a str,
    /// The scopes that were asked for, separated by spaces.
    pub(crate) scopes: &'a str,
}

impl Asked<'_> {
    /// The same for all that ask the server the same: neither case nor the order of the scopes makes a difference.
    pub(super) fn digest(&self) -> AskedDigest {
        let mut scopes: Vec<_> = self
            .scopes
            .split_ascii_whitespace()
            .map(str::to_ascii_lowercase)
            .collect();
        scopes.sort_unstable();
        // Its keys are constants: every table of a process has the same digests.
        let mut hasher = DefaultHasher::new();
        self.authority.to_ascii_lowercase().hash(&mut hasher);
        self.client_id.to_ascii_lowercase().hash(&mut hasher);
        scopes.hash(&mut hasher);
        AskedDigest(hasher.finish())
    }
}

/// An [`Asked`] in eight bytes. In memory only: no file holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AskedDigest(u64);

/// An authority in eight bytes. In memory only: no file holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct AuthorityDigest(u64);

impl AuthorityDigest {
    /// The same for all spellings of `authority`.
    pub(super) fn of(authority: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        authority.to_ascii_lowercase().hash(&mut hasher);
        Self(hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<'_> = Asked {
        authority: "https://login.microsoftonline.com/contoso.example",
        client_id: "00c0ffee-0000-4000-8000-00000000000a",
        scopes: "User.Read Mail.Read",
    };

    #[test]
    fn each_part_counts_and_case_and_order_do_not() {
        let authority = "https://login.microsoftonline.com/fabrikam.example";
        for other in [
            Asked { authority, ..ASKED },
            Asked {
                client_id: "00c0ffee-0000-4000-8000-00000000000b",
                ..ASKED
            },
            Asked {
                scopes: "User.Read",
                ..ASKED
            },
        ] {
            assert_ne!(other.digest(), ASKED.digest(), "{other:?}");
        }
        let client_id = ASKED.client_id.to_uppercase();
        let same = Asked {
            authority: "https://login.microsoftonline.com/Contoso.example",
            client_id: &client_id,
            scopes: "mail.read User.Read",
        };
        assert_eq!(same.digest(), ASKED.digest());
    }
}
