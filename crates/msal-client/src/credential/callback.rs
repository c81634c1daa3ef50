//! An assertion that the program gets from elsewhere: a managed identity, another cloud, a service of its own.

use std::fmt;

use msal_core::ClientAssertion;

use super::source::{AssertionContext, AssertionRequest, AssertionSource};
use crate::error::{CredentialError, Error};
use crate::ports::BoxFuture;

/// Asks a function of the program.
pub(super) struct Callback<F>(pub(super) F);

impl<F, R> AssertionSource for Callback<F>
where
    F: Fn(AssertionContext) -> R + Send + Sync,
    R: Future<Output = Result<ClientAssertion, CredentialError>> + Send + 'static,
{
    fn assertion<'a>(
        &'a self,
        request: AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<ClientAssertion, Error>> {
        let answer = self.0(request.context);
        Box::pin(async move {
            let assertion = answer.await?;
            match assertion.is_jws() {
                true => Ok(assertion),
                false => Err(Error::from(CredentialError::NotAnAssertion {
                    place: "the callback for the client's assertion".to_owned(),
                })),
            }
        })
    }
}

impl<F> fmt::Debug for Callback<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Callback")
    }
}
