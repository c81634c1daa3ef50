//! The code of a crate as the checks see it: modules, what they define, and the paths that name it.
//!
//! Read as text, without types: a method call says nothing here, a path does. Code that is only built for tests is
//! left out.

mod mentions;
mod module;
mod names;
mod read;
mod signatures;

pub(crate) use mentions::Mention;
pub(crate) use module::Code;
pub(crate) use names::Named;
pub(crate) use read::read;
pub(crate) use signatures::Spoken;
