//! A blob is there whole or not at all.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use tokio::task::JoinSet;

use super::handle::{Handle, assert_uniform, blob, filled, load, save};
use crate::store::error::StoreError;
use crate::store::partition::Partition;

/// While blobs of different lengths replace each other, every load returns one of them whole.
pub async fn readers_never_see_a_mixture<F: Fn(&str) -> Handle>(open: &F) {
    let store = open("readers");
    let mut version = save(&store, &filled(b'a', 1 << 10), None)
        .await
        .expect("creating succeeds");
    let (writing, mut readers) = (Arc::new(()), JoinSet::new());
    for _ in 0..2 {
        let (store, writing) = (open("readers"), Arc::downgrade(&writing));
        readers.spawn(async move {
            let mut loads = 0;
            while writing.strong_count() > 0 || loads == 0 {
                assert_uniform(&load(&store).await.expect("the blob is never absent"));
                loads += 1;
                tokio::task::yield_now().await;
            }
        });
    }
    for round in 0..40 {
        let next = filled(b'a' + round % 26, 1 << (10 + round % 9));
        version = save(&store, &next, Some(version))
            .await
            .expect("the only writer has the version");
        tokio::task::yield_now().await;
    }
    drop(writing);
    while let Some(joined) = readers.join_next().await {
        joined.expect("every reader sees whole blobs");
    }
}

/// Dropping a save at any point leaves the old blob or the new one, and the store usable.
pub async fn a_dropped_save_leaves_a_whole_blob<F: Fn(&str) -> Handle>(open: &F) {
    let store = open("dropped");
    save(&store, &filled(b'0', 4096), None)
        .await
        .expect("creating succeeds");
    for polls in 0..20 {
        let before = load(&store).await.expect("the blob is never absent");
        let next = filled(b'a' + polls, 4096 + usize::from(polls));
        let partition = Partition::default();
        let mut saving = store.save(&partition, blob(&next), Some(before.version));
        for _ in 0..polls {
            let done =
                poll_fn(|context| Poll::Ready(saving.as_mut().poll(context).is_ready())).await;
            if done {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(saving);
        // Possibly the blob of an earlier round, whose save went on in the background: whole is what counts.
        assert_uniform(&load(&store).await.expect("the blob is never absent"));
    }
    loop {
        let current = load(&store).await.expect("the blob is never absent");
        match save(&store, "{\"still\":\"usable\"}", Some(current.version)).await {
            // A dropped save may have finished in between.
            Err(StoreError::Conflict) => tokio::task::yield_now().await,
            saved => return drop(saved.expect("the store is still usable")),
        }
    }
}
