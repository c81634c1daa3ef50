//! The options of calls that ask a token endpoint by themselves.

use http::Uri;
use msal_core::ExtraParameters;

use crate::at_tenant::{AtTenant, ChosenTenant};
use crate::client::Client;
use crate::error::{ConfigError, Error};

/// What a program has set, as it was given.
#[derive(Default)]
pub(super) struct CallOptions {
    pub(super) claims_challenge: String,
    pub(super) tenant: ChosenTenant,
    pub(super) extra: ExtraParameters,
}

impl CallOptions {
    /// Where the call goes; `None` for the application's own authority.
    pub(super) fn tenant(&self, client: &Client) -> Result<Option<AtTenant<'_>>, Error> {
        self.tenant.of(client)
    }

    /// What is sent as `claims`.
    pub(super) fn claims(&self, client: &Client) -> Result<Option<String>, Error> {
        client.claims(&self.claims_challenge, None)
    }

    /// Whether an API has demanded something of the token, which a cached one does not meet.
    pub(super) fn is_challenged(&self) -> bool {
        !self.claims_challenge.is_empty()
    }
}

/// What a program adds to the token request, if it may.
pub(super) fn checked(extra: &ExtraParameters) -> Result<&ExtraParameters, Error> {
    extra.check().map_err(ConfigError::from)?;
    Ok(extra)
}

/// Fails if the endpoint has one of the parameters in its query itself.
pub(super) fn checked_at(extra: &ExtraParameters, endpoint: &Uri) -> Result<(), Error> {
    Ok(extra.check_at(endpoint).map_err(ConfigError::from)?)
}

/// Gives a call the option to add to its token request: `place` is its field of [`ExtraParameters`].
macro_rules! extra_parameters {
    ($call:ident, $($place:tt)+) => {
        impl $call {
            /// Adds a field to the form of the token request. The token is found in the cache by the same fields only.
            ///
            /// One that the request has itself, or that is there twice, is a
            /// [`ConfigError::ExtraParameter`](crate::ConfigError::ExtraParameter), before anything is sent.
            pub fn extra_form_field(
                mut self,
                name: impl Into<String>,
                value: impl Into<String>,
            ) -> Self {
                self.$($place)+.add_field(name, value);
                self
            }

            /// Adds a parameter to the query of the token endpoint, as [`extra_form_field`](Self::extra_form_field) adds one
            /// to the form. One that the endpoint has there itself, such as the policy of B2C, is a
            /// [`ConfigError::ExtraParameter`](crate::ConfigError::ExtraParameter) as well.
            pub fn extra_query_parameter(
                mut self,
                name: impl Into<String>,
                value: impl Into<String>,
            ) -> Self {
                self.$($place)+.add_query(name, value);
                self
            }
        }
    };
}

/// Gives a call the option to demand something of its token: `place` is its [`CallOptions`].
macro_rules! claims_challenge {
    ($call:ident, $($place:tt)+) => {
        impl $call {
            /// Passes on what an API or an earlier refusal demands of the token:
            /// [`BearerChallenge`](crate::BearerChallenge) and [`Error::claims`](crate::Error::claims) have it. A cached
            /// access token does not meet it, so that the token is a fresh one. An empty text is none. What is no JSON
            /// object is a [`ConfigError::Claims`](crate::ConfigError::Claims), before anything is sent.
            pub fn claims_challenge(mut self, claims: impl Into<String>) -> Self {
                self.$($place)+.claims_challenge = claims.into();
                self
            }
        }
    };
}

/// Gives a call the option to name a tenant: `place` is what has its [`ChosenTenant`].
macro_rules! tenant {
    ($call:ident, $($place:tt)+) => {
        impl $call {
            /// Asks at another tenant of the authority than the application's, by its GUID or its domain: as a guest there,
            /// or where an application serves many tenants. A domain is looked up once.
            pub fn tenant(mut self, tenant: impl AsRef<str>) -> Self {
                self.$($place)+.tenant = crate::at_tenant::ChosenTenant::parse(tenant.as_ref());
                self
            }
        }
    };
}

/// Gives a call the options that all of them have: `place` is its [`CallOptions`].
macro_rules! call_options {
    ($call:ident, $($place:tt)+) => {
        crate::flow::call_options::extra_parameters!($call, $($place)+.extra);
        crate::flow::call_options::claims_challenge!($call, $($place)+);
        crate::flow::call_options::tenant!($call, $($place)+);
    };
}

pub(super) use {call_options, claims_challenge, extra_parameters, tenant};
