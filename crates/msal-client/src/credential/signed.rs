//! Assertions that the client signs with the key of its certificate (RFC 7523 §2.2).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use msal_core::{
    AssertionClaims, AssertionHeader, AuthorityKind, ClientAssertion, UnixTime, UnsignedAssertion,
};

use super::signer::AssertionSigner;
use super::source::{AssertionRequest, AssertionSource};
use crate::error::{CredentialError, Error};
use crate::ports::BoxFuture;
use crate::single_flight::SingleFlight;

/// Makes assertions, and remembers them while they may be used again.
#[derive(Debug)]
pub(super) struct SignedAssertions {
    header: AssertionHeader,
    header_for_adfs: AssertionHeader,
    expires_on: UnixTime,
    signer: Arc<dyn AssertionSigner>,
    made: Mutex<HashMap<Use, Made>>,
    in_flight: SingleFlight<Use, Result<ClientAssertion, Error>>,
}

/// What an assertion can be used for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Use {
    client_id: String,
    audience: String,
}

#[derive(Debug)]
struct Made {
    assertion: ClientAssertion,
    at: UnixTime,
}

impl SignedAssertions {
    /// `headers` are the one for most authorities, and the one for ADFS.
    pub(super) fn new(
        [header, header_for_adfs]: [AssertionHeader; 2],
        expires_on: UnixTime,
        signer: Arc<dyn AssertionSigner>,
    ) -> Self {
        Self {
            header,
            header_for_adfs,
            expires_on,
            signer,
            made: Mutex::default(),
            in_flight: SingleFlight::default(),
        }
    }

    async fn find_or_sign(&self, request: AssertionRequest<'_>) -> Result<ClientAssertion, Error> {
        let now = request.runtime.clock().now();
        if now > self.expires_on {
            let since = self.expires_on;
            return Err(Error::from(CredentialError::Expired { since }));
        }
        if !request.may_repeat {
            return self.sign(&request, now).await;
        }
        let purpose = Use {
            client_id: request.context.client_id().to_owned(),
            audience: request.context.token_endpoint().to_owned(),
        };
        if let Some(assertion) = self.fresh(&purpose, now) {
            return Ok(assertion);
        }
        let sign_and_keep = async {
            let assertion = self.sign(&request, now).await?;
            self.keep(purpose.clone(), assertion.clone(), now);
            Ok(assertion)
        };
        let (assertion, _is_shared) = self.in_flight.run(purpose.clone(), sign_and_keep).await;
        assertion
    }

    async fn sign(
        &self,
        request: &AssertionRequest<'_>,
        now: UnixTime,
    ) -> Result<ClientAssertion, Error> {
        let header = match request.authority {
            AuthorityKind::Adfs => &self.header_for_adfs,
            _ => &self.header,
        };
        let id = request.runtime.correlation_id()?;
        let (audience, client_id) = (
            request.context.token_endpoint(),
            request.context.client_id(),
        );
        let claims = AssertionClaims::new(audience, client_id, &id, now);
        let unsigned = UnsignedAssertion::new(header, &claims);
        let message = unsigned.signing_input();
        let signature = self.signer.sign(header.algorithm(), message).await?;
        Ok(unsigned.signed(&signature))
    }

    fn fresh(&self, purpose: &Use, now: UnixTime) -> Option<ClientAssertion> {
        let made = self.made();
        let found = made.get(purpose).filter(|made| made.is_fresh(now))?;
        Some(found.assertion.clone())
    }

    fn keep(&self, purpose: Use, assertion: ClientAssertion, at: UnixTime) {
        let mut made = self.made();
        if made.len() >= MOST {
            made.retain(|_, made| made.is_fresh(at));
        }
        if made.len() >= MOST {
            made.clear();
        }
        made.insert(purpose, Made { assertion, at });
    }

    fn made(&self) -> MutexGuard<'_, HashMap<Use, Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Made {
    fn is_fresh(&self, now: UnixTime) -> bool {
        self.at <= now && now < self.at + REUSE
    }
}

impl AssertionSource for SignedAssertions {
    fn assertion<'a>(
        &'a self,
        request: AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<ClientAssertion, Error>> {
        Box::pin(self.find_or_sign(request))
    }
}

/// As in MSAL Python: a minute is left for the request to arrive and for clocks to differ.
const REUSE: Duration = Duration::from_secs(540);

/// How many assertions are remembered: a client of very many tenants signs more often instead of growing.
const MOST: usize = 256;
