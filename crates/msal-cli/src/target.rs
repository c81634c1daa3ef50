//! Token caches in files.

use std::io;
use std::path::Path;
use std::sync::Arc;

use msal::{CacheStore, FileStore, Partition, SharedTokenCache, StoreError};
use msal_core::Dialect;

use crate::error::Failure;

/// Opens the token cache in the file at `path`. One that is not there is refused: reading must not make it.
pub(crate) async fn open(path: &Path, dialect: Dialect) -> Result<SharedTokenCache, Failure> {
    let store = FileStore::new(path);
    if store.load(&Partition::default()).await?.is_none() {
        return Err(missing(path));
    }
    loaded(store, dialect).await
}

/// Opens the token cache in the file at `path`, which is made as soon as something is saved in it.
pub(crate) async fn open_or_new(
    path: &Path,
    dialect: Dialect,
) -> Result<SharedTokenCache, Failure> {
    loaded(FileStore::new(path), dialect).await
}

async fn loaded(store: FileStore, dialect: Dialect) -> Result<SharedTokenCache, Failure> {
    let cache = SharedTokenCache::new(Arc::new(store), Partition::default(), dialect);
    cache.ensure_loaded().await?;
    Ok(cache)
}

fn missing(path: &Path) -> Failure {
    let error = io::Error::from(io::ErrorKind::NotFound);
    let error = StoreError::io("open", path.display().to_string(), error);
    Failure::new(&error).with_hint(
        "name a token cache that MSAL wrote, or make one with `msal login` or `msal migrate run`",
    )
}
