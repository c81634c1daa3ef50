//! Placeholder.

mod store;

#[cfg(feature = "conformance")]
pub use store::conformance;
pub use store::{
    BoxFuture, CacheStore, FileStore, InvalidPartition, MemoryStore, Partition, StoreError, Stored, Version,
};
