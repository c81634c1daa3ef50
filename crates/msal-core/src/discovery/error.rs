//! Why the endpoints of an authority are not known.

use std::time::Duration;

use http::StatusCode;
use thiserror::Error;

use crate::Misplaced;
use crate::retry_after::is_temporary;

/// Why an authority's endpoints could not be found, or may not be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The document names an endpoint outside the authority: a token sent there would be in a stranger's hands.
    #[error("the metadata of `{authority}` names a {member} on a foreign host, `{host}`")]
    #[non_exhaustive]
    ForeignEndpoint {
        /// The authority that was asked.
        authority: String,
        /// Which endpoint.
        member: &'static str,
        /// The host it is on.
        host: String,
    },
    /// The document was issued for another authority.
    #[error("the metadata of `{authority}` names another issuer, `{issuer}`")]
    #[non_exhaustive]
    Issuer {
        /// The authority that was asked.
        authority: String,
        /// The issuer in the document.
        issuer: String,
    },
    /// A required member is not there.
    #[error("the metadata lacks `{member}`")]
    #[non_exhaustive]
    Missing {
        /// The member.
        member: &'static str,
    },
    /// The answer is not a JSON object.
    #[error("the metadata is not JSON")]
    NotJson,
    /// The server refused to answer: an unknown tenant, or no such document at that place.
    #[error("the metadata was refused with HTTP {}{}", status.as_u16(), text_after_colon(error))]
    #[non_exhaustive]
    Status {
        /// The HTTP status.
        status: StatusCode,
        /// `error` of the body, or nothing.
        error: String,
        /// Entra's AADSTS numbers.
        codes: Vec<i64>,
        /// How long the server asks to be left alone, where it says so in seconds.
        retry_after: Option<Duration>,
    },
    /// The document is another tenant's than the one that was asked for, by its token endpoint or its issuer.
    #[error("the metadata of `{authority}` is that of another tenant, `{tenant}`")]
    #[non_exhaustive]
    Tenant {
        /// The authority that was asked.
        authority: String,
        /// The tenant of its token endpoint.
        tenant: String,
    },
    /// Microsoft does not know the authority's host. If you do, name it as a known authority.
    #[error("the authority's host is not one of Microsoft's")]
    UnknownInstance,
    /// The authority cannot be put into a URL.
    #[error("`{url}` is not a URL")]
    #[non_exhaustive]
    Url {
        /// What was built.
        url: String,
    },
}

impl DiscoveryError {
    /// Whether the same request may succeed later: the server was busy or broken.
    pub fn is_transient(&self) -> bool {
        let Self::Status { status, .. } = self else {
            return false;
        };
        is_temporary(*status)
    }

    /// The same error with the wait that [`retry_after`](crate::retry_after()) read from the header: it has a clock,
    /// and understands dates.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        if let Self::Status { retry_after, .. } = &mut self {
            *retry_after = wait;
        }
        self
    }

    /// What is wrong with the authority that was asked, if that is what the server says.
    pub fn misplaced(&self) -> Option<Misplaced> {
        match self {
            Self::Status { codes, .. } => Misplaced::of(codes),
            _ => None,
        }
    }

    /// How long the server asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn text_after_colon(text: &str) -> String {
    match text.is_empty() {
        true => String::new(),
        false => format!(": {text}"),
    }
}
