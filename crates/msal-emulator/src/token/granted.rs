//! What a grant decides: which client may have tokens, for what, and about whom.

use std::sync::Arc;

use super::refresh_token::Descent;
use crate::access::Asked;
use crate::directory::{Account, AppEntry, TenantIndex};
use crate::protocol::{Guid, Moment};

/// What a grant decided: for which client, tenant, resource and person tokens are made.
#[derive(Debug)]
pub(crate) struct Granted<'d> {
    pub(crate) app: &'d AppEntry,
    /// Whether the client authenticated.
    pub(crate) proven: bool,
    pub(crate) tenant: TenantIndex,
    pub(crate) asked: Asked<'d>,
    pub(crate) person: Option<Person>,
}

/// The person that tokens are about.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) account: Arc<Account>,
    /// The object id in the tenant that the tokens are for.
    pub(crate) object_id: Guid,
    /// What a new refresh token inherits.
    pub(crate) descent: Descent,
    /// The nonce of the authorization request, which the id_token repeats.
    pub(crate) nonce: Option<String>,
    /// When they signed in, if the client asked for it.
    pub(crate) auth_time: Option<Moment>,
    /// The session at the browser, if the client wants to hear when it ends.
    pub(crate) session: Option<String>,
}
