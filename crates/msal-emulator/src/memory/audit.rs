//! The audit log: what was asked and what was answered, without a secret.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::protocol::Moment;
use crate::token::RefreshTokenId;

/// One request and its outcome.
///
/// Refresh tokens appear under their [`RefreshTokenId`]; passwords, secrets, codes and assertions not at all.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuditRecord {
    /// When the request came.
    pub at: SystemTime,
    /// Its method.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// Which endpoint it reached.
    pub endpoint: Endpoint,
    /// The value of `grant_type`.
    pub grant_type: Option<String>,
    /// The value of `client_id`.
    pub client_id: Option<String>,
    /// The sign-in name, from the request or from its refresh token.
    pub user: Option<String>,
    /// The refresh token presented.
    pub refresh_token: Option<RefreshTokenId>,
    /// The value of `scope` (v2.0) or `resource` (v1).
    pub asked_for: Option<String>,
    /// The names of all parameters, in the order sent.
    pub parameters: Vec<String>,
    /// The value of `x-client-SKU`: the library at the other end.
    pub client_sku: Option<String>,
    /// The correlation id, sent by the client or made here.
    pub correlation_id: String,
    /// The HTTP status answered.
    pub status: u16,
    /// The AADSTS code answered.
    pub aadsts: Option<u32>,
    /// Whether a fault plan decided or changed the answer.
    pub faulted: bool,
}

/// The endpoints of the identity platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `/{tenant}/oauth2/authorize` and `/{tenant}/oauth2/v2.0/authorize`.
    Authorize(Version),
    /// `/{tenant}/oauth2/devicecode` and `/{tenant}/oauth2/v2.0/devicecode`.
    DeviceCode(Version),
    /// `/devicelogin`: where people enter a user code.
    DevicePage,
    /// The script that sends the form of `response_mode=form_post` by itself.
    FormPostScript,
    /// `/common/discovery/instance`.
    InstanceDiscovery,
    /// `/metadata/instance`: what a virtual machine may know of itself.
    InstanceMetadata,
    /// The keys that signatures are verified with.
    Keys(Version),
    /// `/{tenant}/oauth2/logout` and `/{tenant}/oauth2/v2.0/logout`.
    Logout(Version),
    /// Tokens for what runs in Azure.
    ManagedIdentity(ManagedIdentitySource),
    /// `/adfs/services/trust/mex`: the WS-Trust endpoints of a federated domain.
    MetadataExchange,
    /// `.well-known/openid-configuration`.
    OpenIdConfiguration(Version),
    /// `/v1.0/me`, `/subscriptions`, `/tenants`: APIs that take the tokens.
    ProtectedResource,
    /// `/{tenant}/login`: where the pages of a sign-in send their forms.
    SignIn,
    /// `/{tenant}/oauth2/token` and `/{tenant}/oauth2/v2.0/token`.
    Token(Version),
    /// Anything else.
    Unknown,
    /// `/oidc/userinfo` and `/{tenant}/openid/userinfo`.
    UserInfo,
    /// `/common/userrealm/{upn}`.
    UserRealm,
    /// `/adfs/services/trust/13/usernamemixed` and `/adfs/services/trust/2005/usernamemixed`.
    WsTrust,
}

/// Where a managed identity lives, as far as the path tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ManagedIdentitySource {
    /// `/msi/token`: App Service and Azure Machine Learning.
    AppService,
    /// `/oauth2/token`: Cloud Shell.
    CloudShell,
    /// `/metadata/identity/oauth2/token`: virtual machines, Azure Arc and Service Fabric.
    Imds,
}

/// Which generation of the protocol an endpoint speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Version {
    /// Azure Active Directory v1: one `resource` at a time.
    V1,
    /// The Microsoft identity platform v2.0: scopes.
    V2,
}

impl Version {
    /// The parameter that says what a request wants tokens for.
    pub(crate) const fn scope_parameter(self) -> &'static str {
        match self {
            Self::V1 => "resource",
            Self::V2 => "scope",
        }
    }
}

/// The last requests, oldest first.
#[derive(Debug)]
pub(crate) struct AuditLog {
    capacity: usize,
    records: Mutex<VecDeque<AuditRecord>>,
}

impl AuditLog {
    pub(crate) const fn new(capacity: usize) -> Self {
        Self {
            capacity,
            records: Mutex::new(VecDeque::new()),
        }
    }

    pub(crate) fn push(&self, record: AuditRecord) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() >= self.capacity {
            records.pop_front();
        }
        if self.capacity > 0 {
            records.push_back(record);
        }
    }

    pub(crate) fn snapshot(&self) -> Vec<AuditRecord> {
        self.records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    pub(crate) fn take(&self) -> Vec<AuditRecord> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.drain(..).collect()
    }

    pub(crate) fn clear(&self) {
        self.records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Whether anything is kept, so that nobody collects a record in vain.
    pub(crate) const fn is_on(&self) -> bool {
        self.capacity > 0
    }
}

impl From<Moment> for SystemTime {
    fn from(moment: Moment) -> Self {
        UNIX_EPOCH + Duration::from_millis(moment.millis())
    }
}
