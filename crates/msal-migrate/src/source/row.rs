//! How a row becomes a record: which names mean which field, what its values are, and the rules that all stores share.

pub(super) mod alias;
pub(super) mod collector;
pub(super) mod columns;
pub(super) mod decoding;
pub(super) mod defaults;
pub(super) mod expression;
pub(super) mod field;
pub(super) mod id_token;
mod issuer;
pub(super) mod json_pointer;
pub(super) mod layout;
pub(super) mod likely;
pub(super) mod mapping;
pub(super) mod recipe;
pub(super) mod scopes;
pub(super) mod second_look;
pub(super) mod selection;
pub(super) mod shown_name;
pub(super) mod stored_row;
pub(super) mod timestamp;
pub(super) mod value;
