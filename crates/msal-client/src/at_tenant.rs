//! The application's authority, or the same at another tenant that a call names.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use msal_core::{Authority, AuthorityError, ProviderMetadata, Tenant, TrustedAuthority};

use crate::client::Client;
use crate::error::{CallDetails, ConfigError, Error};

/// The authority of one call that names a tenant.
#[derive(Debug)]
pub(crate) struct AtTenant<'a> {
    tenant: Cow<'a, Tenant>,
    /// A hit asks for the tenant alone.
    asked: OnceLock<Box<Asked>>,
}

#[derive(Debug)]
struct Asked {
    authority: Authority,
    /// The authority as one that tokens may be sent to, unless Microsoft has to be asked about its host first.
    trusted: Option<TrustedAuthority>,
}

/// Where a call goes: to the application's authority, or to the same at the tenant that the call names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    client: &'a Client,
    tenant: Option<&'a AtTenant<'a>>,
}

/// The tenant that a call names, as a program has written it.
#[derive(Default)]
pub(crate) enum ChosenTenant {
    /// The call names none.
    #[default]
    Own,
    /// A GUID, as nearly always: a call that is answered from the cache makes nothing of it.
    Guid(Guid),
    Parsed(Result<Tenant, AuthorityError>),
}

/// A GUID as text (RFC 9562 §4). Bytes are taken for text in less time where they begin at a word of the processor.
#[repr(align(8))]
pub(crate) struct Guid([u8; 36]);

impl ChosenTenant {
    pub(crate) fn parse(tenant: &str) -> Self {
        match tenant.as_bytes().try_into() {
            Ok(guid) if Tenant::is_guid(tenant) => Self::Guid(Guid(guid)),
            _ => Self::Parsed(Tenant::parse(tenant)),
        }
    }

    /// The GUID, if it is one.
    pub(crate) fn guid(&self) -> Option<&str> {
        match self {
            Self::Guid(Guid(guid)) => str::from_utf8(guid).ok(),
            Self::Own | Self::Parsed(_) => None,
        }
    }

    /// The authority at this tenant; `None` where the call names none.
    pub(crate) fn of(&self, client: &Client) -> Result<Option<AtTenant<'_>>, Error> {
        let tenant = match self {
            Self::Own => return Ok(None),
            Self::Guid(_) => Cow::Owned(Tenant::parse(self.guid().unwrap_or_default())?),
            Self::Parsed(tenant) => Cow::Borrowed(tenant.as_ref().map_err(AuthorityError::clone)?),
        };
        AtTenant::new(client, tenant).map(Some)
    }
}

impl fmt::Debug for ChosenTenant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => formatter.write_str("None"),
            Self::Guid(_) => self.guid().fmt(formatter),
            Self::Parsed(tenant) => tenant.fmt(formatter),
        }
    }
}

impl From<Option<Tenant>> for ChosenTenant {
    fn from(tenant: Option<Tenant>) -> Self {
        tenant.map_or(Self::Own, |tenant| Self::Parsed(Ok(tenant)))
    }
}

impl<'a> AtTenant<'a> {
    fn new(client: &Client, tenant: Cow<'a, Tenant>) -> Result<Self, Error> {
        // Where there are no tenants to choose from, the call would be answered for another one than it names.
        match client.authority.is_available_at(&tenant) {
            true => Ok(Self {
                tenant,
                asked: OnceLock::new(),
            }),
            false => Err(ConfigError::NoTenants.into()),
        }
    }

    pub(crate) fn into_owned(self) -> AtTenant<'static> {
        AtTenant {
            tenant: Cow::Owned(self.tenant.into_owned()),
            asked: self.asked,
        }
    }

    pub(crate) fn into_tenant(self) -> Tenant {
        self.tenant.into_owned()
    }

    fn asked(&self, client: &Client) -> &Asked {
        self.asked.get_or_init(|| {
            let authority = client.authority.with_tenant(Tenant::clone(&self.tenant));
            // The host is the application's, and so is what is known of it.
            let trusted = TrustedAuthority::admit(authority.clone(), client.trusted());
            Box::new(Asked { authority, trusted })
        })
    }
}

impl<'a> Place<'a> {
    pub(crate) fn new(client: &'a Client, tenant: Option<&'a AtTenant<'a>>) -> Self {
        Self { client, tenant }
    }

    pub(crate) fn authority(&self) -> &'a Authority {
        match self.asked() {
            Some(asked) => &asked.authority,
            None => &self.client.authority,
        }
    }

    /// The tenant, as it was asked for.
    pub(crate) fn tenant(&self) -> &'a Tenant {
        match self.tenant {
            Some(at) => &at.tenant,
            None => self.client.authority.tenant(),
        }
    }

    fn asked(&self) -> Option<&'a Asked> {
        self.tenant.map(|at| at.asked(self.client))
    }

    /// What the authority itself calls its tenant, where that is known without asking the network.
    pub(crate) fn realm(&self) -> Option<Cow<'a, str>> {
        let Some(at) = self.tenant else {
            return self.client.realm().map(Cow::Borrowed);
        };
        if ProviderMetadata::is_built_in(&self.client.authority, &at.tenant) {
            return Some(at.tenant.as_str().into());
        }
        let metadata = &self.client.runtime.shared().metadata;
        let asked = at.asked(self.client);
        let found = match &asked.trusted {
            Some(trusted) => metadata.realm(trusted),
            None => metadata.realm_of_unnamed(&asked.authority),
        };
        found.map(Cow::Owned)
    }

    /// The names that the tenant's tokens stand under: as it was asked for and, where that is `known`, as its token endpoint
    /// has [it](Self::realm).
    pub(crate) fn realms<'r>(&'r self, known: Option<&'r str>) -> [&'r str; 2] {
        let own = self.tenant().as_str();
        [own, known.unwrap_or(own)]
    }

    pub(crate) async fn endpoints(&self) -> Result<ProviderMetadata, Error> {
        let Some(Asked { authority, trusted }) = self.asked() else {
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
        let Some(asked) = self.asked() else {
            return self.client.endpoints_of(environment).await;
        };
        let alias = asked.authority.under_alias(environment);
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
