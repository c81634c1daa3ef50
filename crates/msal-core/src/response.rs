//! What a token endpoint answers (RFC 6749 §5.1 and §5.2, with Entra's additions).
//!
//! An answer is read tolerantly where a server may reasonably differ (numbers as strings, absent members) and refused
//! where it contradicts itself. Whatever happens, a refresh token that the answer holds is never lost: see
//! [`MalformedResponse::refresh_tokens`].

mod assertion_fault;
mod device_authorization;
mod lenient;
mod malformed;
mod members;
mod misplaced;
mod outcome;
mod salvage;
mod service_error;
mod side_by_side;
mod tokens;

pub use assertion_fault::AssertionFault;
pub use device_authorization::{DeviceAuthorization, DeviceAuthorizationError};
pub use malformed::{Malformation, MalformedResponse};
pub use misplaced::Misplaced;
pub use outcome::TokenOutcome;
pub use service_error::{Refusal, ServiceError};
pub use tokens::TokenResponse;

#[cfg(test)]
mod tests;
