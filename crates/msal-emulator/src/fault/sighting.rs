//! What fault plans see of a request.

use crate::protocol::Endpoint;

/// What fault plans look at.
#[derive(Debug)]
pub(crate) struct Sighting<'r> {
    pub(crate) endpoint: Endpoint,
    pub(crate) client_id: Option<&'r str>,
    pub(crate) grant_type: Option<&'r str>,
    pub(crate) user: Option<&'r str>,
}
