//! One file per format of store, and how formats are told apart (`detect`).

pub(super) mod adal;
pub(super) mod adal_net;
pub(super) mod bare;
pub(super) mod csv;
pub(super) mod detect;
pub(super) mod directory;
pub(super) mod ini;
pub(super) mod json_layout;
pub(super) mod json_objects;
pub(super) mod msal_cache;
pub(super) mod nothing;
pub(super) mod query;
pub(super) mod rclone;
pub(super) mod token_object;
