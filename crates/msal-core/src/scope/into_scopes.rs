//! What a call takes for the scopes to ask for.

use super::{Scope, ScopeError, ScopeSet, words};

/// Scopes to ask for: one as text, several in an array, a slice or a `Vec`, or a [`ScopeSet`] from an earlier result.
///
/// # Examples
/// ```
/// use msal_core::{IntoScopes, ScopeSet};
///
/// let one = "User.Read".into_scopes()?;
/// let two = ["User.Read", "Mail.Read"].into_scopes()?;
/// assert_eq!(two.as_str(), "Mail.Read User.Read");
///
/// // A result lists what was granted, and with it the three scopes that MSAL adds by itself.
/// let granted = ScopeSet::from_wire("User.Read openid profile");
/// assert_eq!((&granted).into_scopes()?, one);
/// # Ok::<(), msal_core::ScopeError>(())
/// ```
pub trait IntoScopes {
    /// The set that is asked for, without the three scopes that MSAL adds by itself.
    ///
    /// # Errors
    /// [`ScopeError::Invalid`] for text that is no scope; [`ScopeError::Reserved`] for text that names `openid`,
    /// `profile` or `offline_access`: who writes one of them expects that leaving it out makes a difference.
    fn into_scopes(self) -> Result<ScopeSet, ScopeError>;
}

/// One scope, or several with spaces between them (RFC 6749 §3.3).
impl IntoScopes for &str {
    fn into_scopes(self) -> Result<ScopeSet, ScopeError> {
        // Mostly there is one, for which nothing is put in order.
        if let Some(only) = ScopeSet::only(self) {
            return only;
        }
        // Nothing is not a scope, and a program that asks for nothing has lost what it meant to ask for.
        if words(self).next().is_none() {
            return Err(ScopeError::Invalid {
                scope: String::new(),
            });
        }
        ScopeSet::requested(words(self))
    }
}

impl IntoScopes for String {
    fn into_scopes(self) -> Result<ScopeSet, ScopeError> {
        self.as_str().into_scopes()
    }
}

impl IntoScopes for &String {
    fn into_scopes(self) -> Result<ScopeSet, ScopeError> {
        self.as_str().into_scopes()
    }
}

impl<S: AsRef<str>, const N: usize> IntoScopes for [S; N] {
    fn into_scopes(self) -> Result<ScopeSet, ScopeError> {
        match &self[..] {
            [scope] => ScopeSet::only(scope.as_ref()).unwrap_or_else(|| ScopeSet::requested(&self)),
            several => ScopeSet::requested(several),
        }
    }
}

impl<S: AsRef<str>, const N: usize> IntoScopes for &[S; N] {
    fn into_scopes(self) -> Result<ScopeSet, ScopeError> {
        ScopeSet::requested(self)
    }
}

impl<S: AsRef<str>> IntoScopes for &[S] {
    fn into_scopes(self) -> Result<ScopeSet, ScopeError> {
        ScopeSet::requested(self)
    }
}

impl<S: AsRef<str>> IntoScopes for Vec<S> {
    fn into_scopes(self) -> Result<ScopeSet, ScopeError> {
        ScopeSet::requested(self)
    }
}

impl<S: AsRef<str>> IntoScopes for &Vec<S> {
    fn into_scopes(self) -> Result<ScopeSet, ScopeError> {
        ScopeSet::requested(self)
    }
}

impl IntoScopes for Scope {
    fn into_scopes(self) -> Result<ScopeSet, ScopeError> {
        ScopeSet::requested([self])
    }
}

impl IntoScopes for &Scope {
    fn into_scopes(self) -> Result<ScopeSet, ScopeError> {
        ScopeSet::requested([self])
    }
}

impl IntoScopes for ScopeSet {
    fn into_scopes(self) -> Result<ScopeSet, ScopeError> {
        Ok(self.without_reserved())
    }
}

impl IntoScopes for &ScopeSet {
    fn into_scopes(self) -> Result<ScopeSet, ScopeError> {
        Ok(self.without_reserved())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(scopes: impl IntoScopes) -> String {
        scopes.into_scopes().unwrap().as_str().to_owned()
    }

    #[test]
    fn everything_that_reads_as_scopes_is_taken() {
        let scope = Scope::parse("User.Read").unwrap();
        assert_eq!(set("User.Read"), "User.Read");
        assert_eq!(set(" b  a "), "a b");
        assert_eq!(set("User.Read".to_owned()), "User.Read");
        let text = "User.Read".to_owned();
        assert_eq!(set(&text), "User.Read");
        assert_eq!(set(["b", "a"]), "a b");
        let scopes = ["b", "a"];
        assert_eq!(set(&scopes[..]), "a b");
        let scopes = &scopes;
        assert_eq!(set(scopes), "a b");
        assert_eq!(set(vec!["b".to_owned(), "a".to_owned()]), "a b");
        let scopes = vec![scope.clone()];
        assert_eq!(set(&scopes), "User.Read");
        assert_eq!(set(&scope), "User.Read");
        assert_eq!(set([&scope]), "User.Read");
        assert_eq!(set(scope), "User.Read");
        let no_scopes: [&str; 0] = [];
        assert_eq!(set(no_scopes), "");
    }

    #[test]
    fn what_was_granted_can_be_asked_for_again() {
        let granted = ScopeSet::from_wire("openid User.Read profile offline_access");
        assert_eq!(set(&granted), "User.Read");
        assert_eq!(set(granted), "User.Read");
    }

    #[test]
    fn text_that_names_a_reserved_scope_or_none_is_refused() {
        for text in ["openid", "User.Read Offline_Access"] {
            let error = text.into_scopes().unwrap_err();
            assert!(matches!(error, ScopeError::Reserved { .. }), "{error}");
        }
        for text in ["", " ", "a \"b\"", "ä"] {
            let error = text.into_scopes().unwrap_err();
            assert!(matches!(error, ScopeError::Invalid { .. }), "{error}");
        }
        assert!(["User.Read", "two words"].into_scopes().is_err());
    }
}
