//! Why a request cannot be built.

use thiserror::Error;

/// Why a request cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The token endpoint's URL cannot be put into a request.
    #[error("`{endpoint}` is not a URL that a request can be sent to")]
    #[non_exhaustive]
    Endpoint {
        /// The URL.
        endpoint: String,
    },
}
