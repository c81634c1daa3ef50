//! What an entry can be found by.

use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::DefaultHashBuilder;

/// Turns what an entry can be found by into hashes.
pub(super) struct Terms<'a> {
    pub(super) hasher: &'a DefaultHashBuilder,
    pub(super) each: &'a mut dyn FnMut(u64),
}

impl Terms<'_> {
    /// The account (or, for application metadata, the client) that an entry belongs to.
    pub(super) fn owner(&mut self, owner: &str, environment: impl AsRef<str>) {
        self.emit(0, &[owner], environment.as_ref());
    }

    /// One scope of an access token.
    pub(super) fn granted(
        &mut self,
        home: &str,
        environment: impl AsRef<str>,
        client: impl AsRef<str>,
        scope: &str,
    ) {
        self.emit(1, &[home, client.as_ref(), scope], environment.as_ref());
    }

    /// A user name, in any case.
    pub(super) fn username(&mut self, username: &str) {
        self.emit(2, &[&username.to_lowercase()], "");
    }

    fn emit(&mut self, kind: u8, parts: &[&str], environment: &str) {
        let mut hasher = self.hasher.build_hasher();
        kind.hash(&mut hasher);
        for part in parts {
            part.hash(&mut hasher);
        }
        match environment.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => environment.to_ascii_lowercase().hash(&mut hasher),
            false => environment.hash(&mut hasher),
        }
        (self.each)(hasher.finish());
    }
}
