//! The endpoints, one file each.

pub(crate) mod authorize;
pub(crate) mod discovery;
pub(crate) mod instance;
pub(crate) mod keys;
pub(crate) mod realm;
pub(crate) mod token;
