//! What a grant decides: which client may have tokens, for what, and about whom.

use std::sync::Arc;

use super::refresh_token::Descent;
use crate::access::Asked;
use crate::directory::{Account, AppEntry, TenantIndex};
use crate::protocol::{Guid, Moment};

/// Whom tokens are for.
#[derive(Debug)]
pub(crate) struct Granted<'d> {
    pub(crate) app: &'d AppEntry,
    /// Whether the client proved itself by a secret.
    pub(crate) proven: bool,
    pub(crate) tenant: TenantIndex,
    pub(crate) asked: Asked<'d>,
    pub(crate) person: Option<Person>,
}

/// The user part of a grant.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) account: Arc<Account>,
    /// The object id in the tenant that the tokens are for.
    pub(crate) object_id: Guid,
    /// What a new refresh token takes over.
    pub(crate) descent: Descent,
    /// The nonce of the authorization request, which the id_token repeats.
    pub(crate) nonce: Option<String>,
    /// When they signed in, if the client wants to be told.
    pub(crate) auth_time: Option<Moment>,
    /// The session at the browser, if the client wants to hear when it ends.
    pub(crate) session: Option<String>,
}
