//! Handles on the store under test, and blobs to put into it.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use crate::store::blob::Blob;
use crate::store::error::StoreError;
use crate::store::partition::Partition;
use crate::store::port::{CacheStore, Merge, Stored};
use crate::store::version::Version;

/// A handle on the store under test.
pub type Handle = Arc<dyn CacheStore>;

pub(super) async fn load(store: &Handle) -> Option<Stored> {
    store
        .load(&Partition::default())
        .await
        .expect("loading succeeds")
}

pub(super) async fn version(store: &Handle) -> Option<Version> {
    store
        .version(&Partition::default())
        .await
        .expect("asking for the version succeeds")
}

pub(super) async fn save(
    store: &Handle,
    text: &str,
    expected: Option<Version>,
) -> Result<Version, StoreError> {
    store
        .save(&Partition::default(), blob(text), expected)
        .await
}

pub(super) async fn remove(store: &Handle) {
    store
        .remove(&Partition::default())
        .await
        .expect("removing succeeds");
}

pub(in crate::store) async fn add_entry(store: &Handle, entry: &str) {
    loop {
        let stored = load(store).await;
        let mut all = stored.as_ref().map(entries).unwrap_or_default();
        all.insert(entry.to_owned());
        let text = format!(
            "{{\"entries\":\"{}\"}}",
            all.into_iter().collect::<Vec<_>>().join(" ")
        );
        match save(store, &text, stored.map(|stored| stored.version)).await {
            Err(StoreError::Conflict) => tokio::task::yield_now().await,
            saved => return drop(saved.expect("saving fails only by conflict")),
        }
    }
}

pub(super) async fn merge_entry(store: &Handle, entry: &str) {
    let with = |mut all: BTreeSet<String>, entry: String| {
        all.insert(entry);
        let all: Vec<_> = all.into_iter().collect();
        blob(&format!("{{\"entries\":\"{}\"}}", all.join(" ")))
    };
    let alone = with(BTreeSet::new(), entry.to_owned());
    let entry = entry.to_owned();
    let merge: Arc<Merge> = Arc::new(move |stored: Option<Stored>| {
        let all = stored.as_ref().map(entries).unwrap_or_default();
        Ok(Some(with(all, entry.clone())))
    });
    let partition = Partition::default();
    let saved = store.save_merging(&partition, alone, None, merge);
    saved.await.expect("saving succeeds");
}

pub(in crate::store) fn entries(stored: &Stored) -> BTreeSet<String> {
    let text = str::from_utf8(&stored.blob).expect("the blob is text");
    let list = text
        .strip_prefix("{\"entries\":\"")
        .and_then(|rest| rest.strip_suffix("\"}"));
    list.expect("the blob is whole")
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

pub(super) fn filled(with: u8, len: usize) -> String {
    format!(
        "{{\"fill\":\"{}\"}}",
        char::from(with).to_string().repeat(len)
    )
}

pub(super) fn assert_uniform(stored: &Stored) {
    let text = str::from_utf8(&stored.blob).expect("the blob is text");
    let fill = text
        .strip_prefix("{\"fill\":\"")
        .and_then(|rest| rest.strip_suffix("\"}"));
    let fill = fill
        .expect("a blob has its beginning and its end")
        .as_bytes();
    assert!(
        fill.iter().all(|byte| *byte == fill[0]),
        "a reader saw a mixture of two blobs"
    );
}

pub(super) fn assert_conflict(result: Result<Version, StoreError>, of_what: &str) {
    assert!(
        matches!(result, Err(StoreError::Conflict)),
        "{of_what} is a conflict, not {result:?}"
    );
}

pub(super) fn blob(text: &str) -> Arc<dyn Blob> {
    Arc::new(Bytes::copy_from_slice(text.as_bytes()))
}
