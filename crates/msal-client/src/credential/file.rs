//! An assertion in a file that somebody else keeps fresh, as Kubernetes does with the token of a workload.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use msal_core::ClientAssertion;
use tokio::runtime::Handle;

use super::secret_file;
use super::source::{AssertionRequest, AssertionSource};
use crate::error::{ConfigError, CredentialError, Error};
use crate::ports::BoxFuture;

/// Reads a file for each request: who renews it need not tell, and reading costs a thousandth of the request.
#[derive(Debug)]
pub(super) struct AssertionFile(pub(super) PathBuf);

impl AssertionSource for AssertionFile {
    fn assertion<'a>(
        &'a self,
        _: AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<ClientAssertion, Error>> {
        let path = self.0.clone();
        Box::pin(async move {
            let runtime = Handle::try_current().map_err(|_none| ConfigError::NoRuntime)?;
            let read = runtime.spawn_blocking(move || read(&path)).await;
            // The runtime is shutting down.
            Ok(read.map_err(CredentialError::unavailable)??)
        })
    }
}

fn read(path: &Path) -> Result<ClientAssertion, CredentialError> {
    let place = || path.display().to_string();
    let bytes = secret_file::read(path, LARGEST).map_err(|source| CredentialError::File {
        place: place(),
        source: Arc::new(source),
    })?;
    let text = str::from_utf8(&bytes).unwrap_or_default().trim();
    let assertion = ClientAssertion::from(text);
    match assertion.is_jws() {
        true => Ok(assertion),
        false => Err(CredentialError::NotAnAssertion {
            place: format!("`{}`", place()),
        }),
    }
}

/// Tokens of workloads have 2 KB.
const LARGEST: usize = 64 << 10;
