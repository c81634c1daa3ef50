//! Clients that can keep a secret: services (RFC 6749 §2.1).

use std::sync::Arc;

use msal_core::{Account, ClientSecret, RefreshToken};

use super::ConfidentialClientApplicationBuilder;
use crate::Error;
use crate::client::Client;
use crate::flow::{AcquireTokenByRefreshToken, AcquireTokenSilent, accounts};

/// A client that can keep a secret: a web application, a service, a daemon.
///
/// Cheap to clone; clones share one cache. Making one asks neither the network nor the store. A web application keeps
/// one partition of the store for each user.
#[derive(Clone, Debug)]
pub struct ConfidentialClientApplication(Arc<Client>);

impl ConfidentialClientApplication {
    /// Starts building an application with this client id and secret.
    pub fn builder(
        client_id: impl Into<String>,
        secret: ClientSecret,
    ) -> ConfidentialClientApplicationBuilder {
        ConfidentialClientApplicationBuilder::new(client_id, secret)
    }

    pub(super) fn new(client: Client) -> Self {
        Self(Arc::new(client))
    }

    shared_methods!();
}
