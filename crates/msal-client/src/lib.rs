//! Placeholder.

mod store;

pub use store::{BoxFuture, CacheStore, InvalidPartition, MemoryStore, Partition, StoreError, Stored, Version};
