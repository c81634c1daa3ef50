//! Where a token cache lives between runs: the [`CacheStore`] port and the stores that need nothing but a computer.
//!
//! A store knows nothing of tokens. It keeps one opaque blob per [`Partition`] and replaces it by compare-and-swap
//! on a [`Version`], so that several processes can share a cache without losing each other's work: whoever finds
//! that the blob has moved on merges what is stored with what is to be saved. A store that can keep other writers away
//! has that done while it does.
//!
//! Left out on purpose: the cache schema and the merge (the core's), encryption and other homes (other crates).

mod blob;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod events;
mod file;
mod memory;
mod partition;
mod port;
mod version;

pub(crate) use self::blob::PIECE;
pub use blob::Blob;
pub use error::StoreError;
pub use file::FileStore;
pub use memory::MemoryStore;
pub use partition::{InvalidPartition, Partition};
pub use port::{CacheStore, Merge, Stored};
pub use version::{ContentDigest, Version};
