//! The suite that every [`CacheStore`](crate::CacheStore) must pass.
//!
//! Each check is a function of `open`, which opens the store of a given name: a name not seen before is an empty store,
//! and the same name again is another handle on the same storage, as a second process would have it. Checks use names
//! of their own, so they may run side by side; a name is a valid [`Partition`](crate::Partition) name. Blobs are JSON objects.
//!
//! ```
//! use std::{collections::HashMap, sync::{Arc, Mutex}};
//! use msal::{CacheStore, MemoryStore, conformance};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let stores = Mutex::new(HashMap::<String, Arc<MemoryStore>>::new());
//! conformance::run(|name| {
//!     stores.lock().unwrap().entry(name.to_owned()).or_default().clone() as Arc<dyn CacheStore>
//! })
//! .await;
//! # }
//! ```

mod handle;
mod loading;
mod partitions;
mod removing;
mod replacing;
mod versions;
mod wholeness;

#[cfg(test)]
pub(super) use self::handle::{add_entry, entries};
pub use handle::Handle;
pub use loading::{
    a_blob_in_pieces_is_saved_like_any, a_large_blob_survives,
    a_saved_blob_is_loaded_by_every_handle, nothing_is_stored_at_first,
};
pub use partitions::partitions_do_not_see_each_other;
pub use removing::a_removed_blob_is_gone;
pub use replacing::{
    a_merge_may_save_nothing, a_save_needs_the_current_version, one_of_many_creators_wins,
    writers_that_merge_lose_nothing, writers_that_take_turns_lose_nothing,
};
pub use versions::{a_version_is_that_of_the_stored_blob, different_blobs_have_different_versions};
pub use wholeness::{a_dropped_save_leaves_a_whole_blob, readers_never_see_a_mixture};

/// Runs every check.
///
/// # Panics
/// When the store breaks a duty; the message names it.
pub async fn run<F>(open: F)
where
    F: Fn(&str) -> Handle,
{
    nothing_is_stored_at_first(&open).await;
    a_saved_blob_is_loaded_by_every_handle(&open).await;
    a_save_needs_the_current_version(&open).await;
    a_blob_in_pieces_is_saved_like_any(&open).await;
    different_blobs_have_different_versions(&open).await;
    a_version_is_that_of_the_stored_blob(&open).await;
    one_of_many_creators_wins(&open).await;
    a_removed_blob_is_gone(&open).await;
    partitions_do_not_see_each_other(&open).await;
    writers_that_merge_lose_nothing(&open).await;
    writers_that_take_turns_lose_nothing(&open).await;
    a_merge_may_save_nothing(&open).await;
    a_large_blob_survives(&open).await;
    readers_never_see_a_mixture(&open).await;
    a_dropped_save_leaves_a_whole_blob(&open).await;
}
