//! The application's authority, or the same at another tenant that a call names.

use std::borrow::Cow;

use msal_core::{Authority, AuthorityError, ProviderMetadata, Tenant, TrustedAuthority};

use crate::client::Client;
use crate::error::{CallDetails, ConfigError, Error};

/// The authority of one call that names a tenant.
#[derive(Debug)]
pub(crate) struct AtTenant {
    authority: Authority,
    /// The authority as one that tokens may be sent to, unless Microsoft has to be asked about its host first.
    trusted: Option<TrustedAuthority>,
}

/// Where a call goes: to the application's authority, or to the same at the tenant that the call names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    client: &'a Client,
    tenant: Option<&'a AtTenant>,
}

/// The tenant that a call names, as a program has written it.
#[derive(Debug, Default)]
pub(crate) struct ChosenTenant(Option<Result<Tenant, AuthorityError>>);

impl ChosenTenant {
    pub(crate) fn parse(tenant: &str) -> Self {
        Self(Some(Tenant::parse(tenant)))
    }

    /// The authority at this tenant; `None` where the call names none.
    pub(crate) fn of(self, client: &Client) -> Result<Option<AtTenant>, Error> {
        match self.0 {
            Some(tenant) => AtTenant::new(client, tenant?).map(Some),
            None => Ok(None),
        }
    }
}

impl AtTenant {
    fn new(client: &Client, tenant: Tenant) -> Result<Self, Error> {
        let authority = client.authority.with_tenant(tenant.clone());
        // Where there are no tenants to choose from, the call would be answered for another one than it names.
        if *authority.tenant() != tenant {
            return Err(ConfigError::NoTenants.into());
        }
        // The host is the application's, and so is what is known of it.
        let trusted = TrustedAuthority::admit(authority.clone(), client.trusted());
        Ok(Self { authority, trusted })
    }
}

impl<'a> Place<'a> {
    pub(crate) fn new(client: &'a Client, tenant: Option<&'a AtTenant>) -> Self {
        Self { client, tenant }
    }

    pub(crate) fn authority(&self) -> &'a Authority {
        let own = &self.client.authority;
        self.tenant.map_or(own, |tenant| &tenant.authority)
    }

    /// What the authority itself calls its tenant, where that is known without asking the network.
    pub(crate) fn realm(&self) -> Option<Cow<'a, str>> {
        let Some(AtTenant { authority, trusted }) = self.tenant else {
            return self.client.realm().map(Cow::Borrowed);
        };
        if let Some(built_in) = ProviderMetadata::built_in(authority) {
            return Some(built_in.realm.into());
        }
        let metadata = &self.client.runtime.shared().metadata;
        let found = match trusted {
            Some(trusted) => metadata.realm(trusted),
            None => metadata.realm_of_unnamed(authority),
        };
        found.map(Cow::Owned)
    }

    pub(crate) async fn endpoints(&self) -> Result<ProviderMetadata, Error> {
        let Some(AtTenant { authority, trusted }) = self.tenant else {
            return self.client.endpoints().await;
        };
        let runtime = &self.client.runtime;
        let found = match trusted {
            Some(trusted) => runtime.provider_metadata(trusted).await,
            None => runtime.provider_metadata_of_unnamed(authority).await,
        };
        found.map_err(|error| self.of_call(error))
    }

    /// The endpoints of the host that tokens are stored under, as [`Client::endpoints_of`] has them.
    pub(crate) async fn endpoints_of(&self, environment: &str) -> Result<ProviderMetadata, Error> {
        let Some(tenant) = self.tenant else {
            return self.client.endpoints_of(environment).await;
        };
        let alias = tenant.authority.under_alias(environment);
        match alias.and_then(TrustedAuthority::built_in) {
            Some(alias) => self.client.runtime.provider_metadata(&alias).await,
            None => self.endpoints().await,
        }
    }

    /// The same error, with what is known of the call that it ended.
    pub(crate) fn of_call(&self, error: Error) -> Error {
        let asked = CallDetails {
            authority: Some(self.authority().to_string()),
            ..CallDetails::default()
        };
        error.of(asked).of(self.client.details())
    }
}
