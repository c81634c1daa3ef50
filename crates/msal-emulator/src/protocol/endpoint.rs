//! The endpoints of the identity platform, and what tells one from another.

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
    /// `/error?code=50173`: what an error means.
    ErrorPage,
    /// The script that sends the form of `response_mode=form_post` by itself.
    FormPostScript,
    /// `/common/discovery/instance`.
    InstanceDiscovery,
    /// `/metadata/instance`: what a virtual machine can read about itself.
    InstanceMetadata,
    /// The keys that signatures are verified with.
    Keys(Version),
    /// `/{tenant}/oauth2/logout` and `/{tenant}/oauth2/v2.0/logout`.
    Logout(Version),
    /// Tokens for programs that run in Azure.
    ManagedIdentity(ManagedIdentitySource),
    /// `/adfs/services/trust/mex`: the WS-Trust endpoints of a federated domain.
    MetadataExchange,
    /// `.well-known/openid-configuration`.
    OpenIdConfiguration(Version),
    /// `/v1.0/me`, `/subscriptions`, `/tenants`: APIs that take access tokens.
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
    pub(crate) fn scope_parameter(self) -> &'static str {
        match self {
            Self::V1 => "resource",
            Self::V2 => "scope",
        }
    }
}
