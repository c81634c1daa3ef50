//! Names of servers, looked up by the operating system.

use std::error::Error;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use thiserror::Error;
use tower_service::Service;

use crate::BoxFuture;

/// Asks the operating system, and says of its error that it is about a name: it has no type by which one could know.
#[derive(Clone, Debug)]
pub(super) struct Names(GaiResolver);

/// A name has no address.
#[derive(Debug, Error)]
#[error("`{name}` was not found")]
pub(super) struct NameError {
    name: String,
    source: Box<dyn Error + Send + Sync>,
}

impl Names {
    pub(super) fn of_system() -> Self {
        Self(GaiResolver::new())
    }
}

impl Service<Name> for Names {
    type Response = GaiAddrs;
    type Error = NameError;
    type Future = BoxFuture<'static, Result<GaiAddrs, NameError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), NameError>> {
        self.0.poll_ready(context).map_err(|error| NameError {
            name: String::new(),
            source: error.into(),
        })
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let text = name.to_string();
        let found = self.0.call(name);
        Box::pin(async {
            found.await.map_err(|error| NameError {
                name: text,
                source: error.into(),
            })
        })
    }
}
