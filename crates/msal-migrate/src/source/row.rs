//! How a row becomes a record: which names mean which field, what its values are, and the rules that all stores share.

pub(super) mod alias;
pub(super) mod draft;
pub(super) mod field;
pub(super) mod id_token;
pub(super) mod mapping;
pub(super) mod moment;
pub(super) mod pointer;
