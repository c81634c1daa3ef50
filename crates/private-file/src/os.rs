//! What is asked of the operating system. The two ways have the same names, and no other file asks which system it is.

#[cfg(any(test, not(unix)))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use self::portable::{Handle, is_alive, refusal, reserve, vet};
#[cfg(unix)]
pub(crate) use self::unix::{Handle, is_alive, refusal, reserve, vet};

#[cfg(test)]
mod tests;
