//! Why a directory cannot be built.

/// Why a directory cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// Something is declared twice.
    #[error("{kind} {name:?} is there twice")]
    #[non_exhaustive]
    Duplicate {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Something is referred to and not declared.
    #[error("there is no {kind} {name:?}")]
    #[non_exhaustive]
    Missing {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// A client id is empty, too long or not ASCII.
    #[error("{name:?} is not a client id")]
    #[non_exhaustive]
    NotAClientId {
        /// The client id.
        name: String,
    },
    /// A domain is empty or has characters that no domain has.
    #[error("{name:?} is not a domain")]
    #[non_exhaustive]
    NotADomain {
        /// The domain.
        name: String,
    },
    /// An identifier is not a GUID.
    #[error("{name:?} is not a GUID")]
    #[non_exhaustive]
    NotAGuid {
        /// The identifier.
        name: String,
    },
    /// A pattern of users has not exactly one `{n}`.
    #[error("the pattern {name:?} needs exactly one {{n}}")]
    #[non_exhaustive]
    NotAPattern {
        /// The pattern.
        name: String,
    },
    /// A resource's URI is empty or has white space.
    #[error("{name:?} is not the URI of a resource")]
    #[non_exhaustive]
    NotAResource {
        /// The URI.
        name: String,
    },
    /// A sign-in name has no `@` between two parts.
    #[error("{name:?} is not a sign-in name such as \"alice@contoso.example\"")]
    #[non_exhaustive]
    NotASignInName {
        /// The sign-in name.
        name: String,
    },
}

impl DirectoryError {
    /// The name of the entry at fault, as it was given.
    pub fn name(&self) -> &str {
        match self {
            Self::Duplicate { name, .. }
            | Self::Missing { name, .. }
            | Self::NotAClientId { name }
            | Self::NotADomain { name }
            | Self::NotAGuid { name }
            | Self::NotAPattern { name }
            | Self::NotAResource { name }
            | Self::NotASignInName { name } => name,
        }
    }
}
