//! Public documents: what a client can find out about hosts, endpoints, keys and domains before anybody signs in.

mod instance;
mod keys;
mod openid_configuration;
mod user_realm;

pub(crate) use instance::instance_discovery;
pub(crate) use keys::key_set;
pub(crate) use openid_configuration::openid_configuration;
pub(crate) use user_realm::user_realm;
