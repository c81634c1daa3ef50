//! Where assertions come from.

use std::fmt;

use msal_core::{AuthorityKind, ClientAssertion, ProviderMetadata};

use crate::error::Error;
use crate::ports::BoxFuture;
use crate::runtime::Runtime;

/// What an assertion is for. A callback can tell by it which one to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionContext {
    client_id: String,
    token_endpoint: String,
    tenant: String,
    fmi_path: Option<String>,
}

impl AssertionContext {
    pub(crate) fn new(client_id: &str, metadata: &ProviderMetadata) -> Self {
        Self {
            client_id: client_id.to_owned(),
            token_endpoint: metadata.token_endpoint().to_string(),
            tenant: metadata.realm.clone(),
            fmi_path: None,
        }
    }

    pub(crate) fn with_fmi_path(self, fmi_path: Option<&str>) -> Self {
        let fmi_path = fmi_path.map(str::to_owned);
        Self { fmi_path, ..self }
    }

    /// The client that proves who it is.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Where the assertion is sent: the audience of one that the client signs itself (RFC 7523 §3).
    pub fn token_endpoint(&self) -> &str {
        &self.token_endpoint
    }

    /// The tenant that a token is asked of.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The path of the federated managed identity that the token is asked for.
    pub fn fmi_path(&self) -> Option<&str> {
        self.fmi_path.as_deref()
    }
}

/// One request for an assertion.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "certificate"),
    expect(dead_code, reason = "only those who sign look at all of it")
)]
pub(crate) struct AssertionRequest<'a> {
    pub(super) context: AssertionContext,
    pub(super) authority: AuthorityKind,
    /// Whether the server takes one assertion twice. RFC 7523 §3 (7) lets it refuse the second use; Entra does not.
    pub(super) may_repeat: bool,
    pub(super) runtime: &'a Runtime,
}

impl<'a> AssertionRequest<'a> {
    pub(crate) fn new(
        context: AssertionContext,
        metadata: &ProviderMetadata,
        runtime: &'a Runtime,
    ) -> Self {
        let authority = metadata.authority();
        Self {
            context,
            authority: authority.kind(),
            may_repeat: authority.is_well_known(),
            runtime,
        }
    }
}

/// Gives the assertions of a client.
pub(crate) trait AssertionSource: fmt::Debug + Send + Sync {
    fn assertion<'a>(
        &'a self,
        request: AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<ClientAssertion, Error>>;
}
