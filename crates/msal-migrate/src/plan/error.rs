//! Why there is no plan, or why it can no longer be followed.

use thiserror::Error;

use crate::source::SourceError;

/// Why there is no plan, or why it can no longer be followed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The source is not what it was when the plan was made: make a new plan.
    #[error("the input has changed since it was planned: row {row} is not what it was")]
    #[non_exhaustive]
    Changed {
        /// The first row that differs or is missing, counted from 1.
        row: u64,
    },
    /// The source cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}
