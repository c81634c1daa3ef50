//! The options of calls that send a user to a browser.

/// Gives a call with the fields `request`, an `AuthorizationRequest`, and `tenant`, a `ChosenTenant`, the options that all of them have.
macro_rules! authorization_options {
    ($call:ident) => {
        impl $call {
            /// Whose tokens are wanted: the user's name is filled in, and the tokens of anybody else are refused.
            pub fn account(mut self, account: &msal_core::Account) -> Self {
                let hint = &mut self.request.login_hint;
                if !account.username.is_empty() {
                    hint.get_or_insert_with(|| account.username.clone());
                }
                self.request.account = Some(account.home_account_id.clone());
                self
            }

            /// The user's name, to be filled in. They may still choose another account: see [`account`](Self::account).
            pub fn login_hint(mut self, username: impl Into<String>) -> Self {
                self.request.login_hint = Some(username.into());
                self
            }

            /// The domain of the user's organisation, which takes them to its own sign-in page.
            pub fn domain_hint(mut self, domain: impl Into<String>) -> Self {
                self.request.domain_hint = Some(domain.into());
                self
            }

            /// What the user is asked, whatever the server would ask by itself.
            pub fn prompt(mut self, prompt: msal_core::Prompt) -> Self {
                self.request.prompt = Some(prompt);
                self
            }

            /// The user must have signed in no longer ago than this; a session that is older asks them again. The answer is
            /// checked for it, with five minutes for clocks that differ.
            pub fn max_age(mut self, age: std::time::Duration) -> Self {
                self.request.max_age = Some(age);
                self
            }

            /// The claims that an API or an earlier error asked for ([`Error::claims`](crate::Error::claims)), as JSON text;
            /// an empty one is none. What is no JSON object is a [`ConfigError::Claims`](crate::ConfigError::Claims), before
            /// the user is asked.
            pub fn claims_challenge(mut self, claims: impl Into<String>) -> Self {
                self.request.claims = Some(claims.into());
                self
            }

            /// Signs the user in at another tenant of the authority than the application's, by its GUID or its domain: as a
            /// guest there, or where an application serves many tenants. The tokens are of that tenant.
            pub fn tenant(mut self, tenant: impl AsRef<str>) -> Self {
                self.tenant = crate::at_tenant::ChosenTenant::parse(tenant.as_ref());
                self
            }

            /// A further parameter for the sign-in page. One that the flow sends itself is refused when the call is made.
            pub fn extra_query_parameter(
                mut self,
                name: impl Into<String>,
                value: impl Into<String>,
            ) -> Self {
                let extra = (name.into(), value.into());
                self.request.extra_parameters.push(extra);
                self
            }
        }
    };
}

pub(super) use authorization_options;
