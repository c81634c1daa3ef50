//! JSON texts (RFC 8259), split into their values in bounded memory.

pub(in crate::source) mod descent;
pub(in crate::source) mod error;
pub(in crate::source) mod members;
pub(in crate::source) mod slice;
pub(in crate::source) mod stream;

mod boundary;
mod odd_numbers;
