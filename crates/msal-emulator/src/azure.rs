//! Azure around the identity platform: machines that get tokens without a secret, and APIs that take tokens.

mod managed_identity;
mod protected_resource;
mod token_holder;

pub(crate) use managed_identity::{instance_metadata, managed_identity_token};
pub(crate) use protected_resource::{protected_resource, user_info};
pub(crate) use token_holder::token_holder;
