//! The application's authority, or the same at another tenant that a call names.

use msal_core::{Authority, AuthorityError, ProviderMetadata, Tenant, TrustedAuthority};

use crate::client::Client;
use crate::error::{CallDetails, ConfigError, Error};

/// The authority of one call that names a tenant.
#[derive(Debug)]
pub(crate) struct AtTenant {
    pub(crate) authority: Authority,
    /// The authority as one that tokens may be sent to, unless Microsoft has to be asked about its host first.
    trusted: Option<TrustedAuthority>,
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

    /// The endpoints there.
    pub(crate) async fn endpoints(&self, client: &Client) -> Result<ProviderMetadata, Error> {
        match &self.trusted {
            Some(trusted) => client.runtime.provider_metadata(trusted).await,
            None => {
                let runtime = &client.runtime;
                runtime.provider_metadata_of_unnamed(&self.authority).await
            }
        }
    }

    /// As [`Client::endpoints_of`].
    pub(crate) async fn endpoints_of(
        &self,
        environment: &str,
        client: &Client,
    ) -> Result<ProviderMetadata, Error> {
        let alias = self.authority.under_alias(environment);
        match alias.and_then(TrustedAuthority::built_in) {
            Some(alias) => client.runtime.provider_metadata(&alias).await,
            None => self.endpoints(client).await,
        }
    }

    /// As [`Client::realm`].
    pub(crate) fn realm(&self, client: &Client) -> Option<String> {
        if let Some(built_in) = ProviderMetadata::built_in(&self.authority) {
            return Some(built_in.realm);
        }
        let metadata = &client.runtime.shared().metadata;
        match &self.trusted {
            Some(trusted) => metadata.realm(trusted),
            None => metadata.realm_of_unnamed(&self.authority),
        }
    }

    /// What an error says of the call that it ended.
    pub(crate) fn details(&self) -> CallDetails {
        CallDetails {
            authority: Some(self.authority.to_string()),
            ..CallDetails::default()
        }
    }
}
