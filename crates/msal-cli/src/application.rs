//! What the arguments about an application's authority mean.

use msal::{Application, ApplicationBuilder, Authority, Tenant, TrustedAuthority};
use msal_migrate::AuthorityOverride;

use crate::error::Failure;

/// An authority, and the one that the user has named, whose host is trusted with tokens.
pub(crate) struct Place<'a> {
    pub(crate) authority: Authority,
    pub(crate) named: Option<&'a AuthorityOverride>,
}

impl<'a> Place<'a> {
    /// What the user named, or where all accounts of all tenants sign in.
    pub(crate) fn named(named: Option<&'a AuthorityOverride>) -> Self {
        let authority = named.map(|named| (**named.authority()).clone());
        Self {
            authority: authority.unwrap_or_else(Authority::common),
            named,
        }
    }

    /// The same at another tenant.
    pub(crate) fn at(self, tenant: Option<&str>) -> Result<Self, Failure> {
        let Some(tenant) = tenant else {
            return Ok(self);
        };
        let bad = |message: String| {
            Failure::usage(
                message,
                "name a directory by its GUID or its domain, or as part of --authority",
            )
        };
        let tenant = Tenant::parse(tenant).map_err(|error| bad(error.to_string()))?;
        let authority = self.authority.with_tenant(tenant.clone());
        match *authority.tenant() == tenant {
            true => Ok(Self { authority, ..self }),
            false => Err(bad(
                "this authority has no tenants to choose from".to_owned()
            )),
        }
    }

    /// The application. Without a name of the user's, the host is one of Microsoft's, or refused.
    pub(crate) fn build<Kind>(
        self,
        builder: ApplicationBuilder<Kind>,
    ) -> Result<Application<Kind>, Failure> {
        let named = self.named.map(AuthorityOverride::authority);
        let builder = match TrustedAuthority::admit(self.authority.clone(), named) {
            Some(trusted) => builder.trusted_authority(trusted),
            None => builder.authority(self.authority),
        };
        Ok(builder.build()?)
    }
}
