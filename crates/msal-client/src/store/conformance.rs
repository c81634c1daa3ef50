//! The suite that every [`CacheStore`] must pass.
//!
//! Each check is a function of `open`, which opens the store of a given name: a name not seen before is an empty store,
//! and the same name again is another handle on the same storage, as a second process would have it. Checks use names
//! of their own, so they may run side by side; a name is a valid [`Partition`] name. Blobs are JSON objects.
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

use std::{collections::BTreeSet, future::poll_fn, sync::Arc, task::Poll};

use bytes::Bytes;
use tokio::task::JoinSet;

use super::{Blob, CacheStore, Partition, StoreError, Stored, Version};

/// A handle on the store under test.
pub type Handle = Arc<dyn CacheStore>;

/// Runs every check.
///
/// # Panics
///
/// When the store breaks a duty; the message names it.
pub async fn run<F>(open: F)
where
    F: Fn(&str) -> Handle,
{
    nothing_is_stored_at_first(&open).await;
    a_saved_blob_is_loaded_by_every_handle(&open).await;
    a_save_needs_the_current_version(&open).await;
    a_blob_in_pieces_is_saved_like_any(&open).await;
    one_of_many_creators_wins(&open).await;
    a_removed_blob_is_gone(&open).await;
    partitions_do_not_see_each_other(&open).await;
    writers_that_merge_lose_nothing(&open).await;
    a_large_blob_survives(&open).await;
    readers_never_see_a_mixture(&open).await;
    a_dropped_save_leaves_a_whole_blob(&open).await;
}

/// An empty store loads as `None`, and removing from it succeeds.
pub async fn nothing_is_stored_at_first<F: Fn(&str) -> Handle>(open: &F) {
    let store = open("nothing-at-first");
    assert!(
        load(&store).await.is_none(),
        "a store nobody has written to has a blob"
    );
    remove(&store).await;
    assert!(
        load(&store).await.is_none(),
        "removing from an empty store made a blob"
    );
}

/// What was saved is loaded byte for byte, with the version that `save` returned, through other handles too.
pub async fn a_saved_blob_is_loaded_by_every_handle<F: Fn(&str) -> Handle>(open: &F) {
    let store = open("every-handle");
    let blobs = [
        "{}",
        "{\"naïve\": \"\\u0000 \\\" } 🔑\"}",
        " {\n\t\"spaced\" : [ { } ]\r\n} \n",
        "{}",
    ];
    let mut version = None;
    for blob in blobs {
        let saved = save(&store, blob, version.clone())
            .await
            .expect("saving with the right version succeeds");
        for handle in [&store, &open("every-handle")] {
            let stored = load(handle).await.expect("a saved blob is there");
            assert_eq!(
                stored.blob, blob,
                "the loaded blob differs from the saved one"
            );
            assert_eq!(
                stored.version, saved,
                "load and save disagree about the version"
            );
            let told = handle.version(&Partition::default()).await;
            assert_eq!(
                told.ok().flatten().as_ref(),
                Some(&saved),
                "load and version disagree about the version"
            );
        }
        version = Some(saved);
    }
}

/// Anything but the current version is a conflict, and a conflict changes nothing.
pub async fn a_save_needs_the_current_version<F: Fn(&str) -> Handle>(open: &F) {
    let store = open("current-version");
    let foreign = Version::new(b"no store makes this version");
    assert_conflict(
        save(&store, "{\"n\":0}", Some(foreign.clone())).await,
        "an unknown version of an absent blob",
    );
    assert!(load(&store).await.is_none(), "a conflict created the blob");

    let first = save(&store, "{\"n\":1}", None)
        .await
        .expect("creating succeeds");
    assert_conflict(
        save(&store, "{\"n\":9}", None).await,
        "creating what exists",
    );
    let second = save(&store, "{\"n\":2}", Some(first.clone()))
        .await
        .expect("the version is current");
    assert_ne!(first, second, "two blobs share a version");
    for wrong in [None, Some(first), Some(foreign)] {
        assert_conflict(
            save(&open("current-version"), "{\"n\":9}", wrong).await,
            "a version that is not current",
        );
        let stored = load(&store).await.expect("the blob is still there");
        assert_eq!(stored.blob, "{\"n\":2}", "a conflict changed the blob");
        assert_eq!(stored.version, second, "a conflict changed the version");
    }
}

/// A blob that comes piece by piece is saved under the same conditions and with the same effect as a whole one.
pub async fn a_blob_in_pieces_is_saved_like_any<F: Fn(&str) -> Handle>(open: &F) {
    let store = open("pieces");
    let large = |n: u8| format!("{{\"n\":{n},\"large\":\"{}\"}}", "x".repeat(1_000_000));
    let first = save(&store, &large(1), None)
        .await
        .expect("creating succeeds");
    let second = save(&store, &large(2), Some(first.clone()))
        .await
        .expect("the version is current");
    for wrong in [None, Some(first)] {
        assert_conflict(
            save(&store, &large(9), wrong).await,
            "a version that is not current, in pieces",
        );
    }
    let stored = load(&store).await.expect("the blob is there");
    assert_eq!(stored.blob, large(2), "the pieces became another blob");
    assert_eq!(stored.version, second, "the pieces have another version");
    let third = save(&store, "{\"n\":3}", Some(second)).await;
    assert!(third.is_ok(), "a whole blob does not follow one in pieces");
}

/// Of several that create the same blob at once, one succeeds and the others see a conflict.
pub async fn one_of_many_creators_wins<F: Fn(&str) -> Handle>(open: &F) {
    let mut creators = JoinSet::new();
    for n in 0..8 {
        let store = open("creators");
        creators.spawn(async move { (n, save(&store, &format!("{{\"by\":{n}}}"), None).await) });
    }
    let mut winners = Vec::new();
    while let Some(joined) = creators.join_next().await {
        let (n, result) = joined.expect("the store does not panic");
        match result {
            Ok(_) => winners.push(n),
            conflict => assert_conflict(conflict, "the second to create a blob"),
        }
    }
    assert_eq!(
        winners.len(),
        1,
        "creators that were told they won: {winners:?}"
    );
    let stored = load(&open("creators"))
        .await
        .expect("the winner's blob is there");
    assert_eq!(
        stored.blob,
        format!("{{\"by\":{}}}", winners[0]),
        "not the winner's blob"
    );
}

/// A removed blob is absent for every handle, can be created anew, and its old version fits no longer.
pub async fn a_removed_blob_is_gone<F: Fn(&str) -> Handle>(open: &F) {
    let store = open("removed");
    let version = save(&store, "{\"n\":1}", None)
        .await
        .expect("creating succeeds");
    remove(&open("removed")).await;
    assert!(
        load(&store).await.is_none(),
        "the removed blob is still there"
    );
    assert_conflict(
        save(&store, "{\"n\":2}", Some(version)).await,
        "replacing a removed blob",
    );
    assert!(
        load(&store).await.is_none(),
        "a conflict brought the blob back"
    );
    save(&store, "{\"n\":3}", None)
        .await
        .expect("creating after removal succeeds");
    assert_eq!(
        load(&store).await.expect("it was created").blob,
        "{\"n\":3}"
    );
}

/// Saving and removing in one partition is not seen in another. Passed by stores of a single partition that refuse
/// others with [`StoreError::SinglePartition`].
pub async fn partitions_do_not_see_each_other<F: Fn(&str) -> Handle>(open: &F) {
    let store = open("partitions");
    let [one, other] =
        ["one", "one.other"].map(|name| Partition::new(name).expect("the names are valid"));
    match store.save(&one, blob("{\"of\":1}"), None).await {
        Err(StoreError::SinglePartition { .. }) => return,
        saved => saved.expect("creating succeeds"),
    };
    assert!(
        store
            .load(&other)
            .await
            .expect("loading succeeds")
            .is_none(),
        "partitions share a blob"
    );
    store
        .save(&other, blob("{\"of\":2}"), None)
        .await
        .expect("creating in another partition succeeds");
    store.remove(&one).await.expect("removing succeeds");
    let kept = store
        .load(&other)
        .await
        .expect("loading succeeds")
        .expect("the other partition keeps its blob");
    assert_eq!(kept.blob, "{\"of\":2}", "partitions share a blob");
}

/// Four writers on two handles each add 25 entries by load, merge, save: all hundred are there at the end.
pub async fn writers_that_merge_lose_nothing<F: Fn(&str) -> Handle>(open: &F) {
    let handles = [open("merge"), open("merge")];
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        let store = handles[writer % 2].clone();
        writers.spawn(async move {
            for n in 0..25 {
                add_entry(&store, &format!("{writer}-{n}")).await;
            }
        });
    }
    while let Some(joined) = writers.join_next().await {
        joined.expect("every writer adds all its entries");
    }
    let stored = load(&handles[0]).await.expect("the writers left a blob");
    let expected: BTreeSet<String> = (0..4)
        .flat_map(|w| (0..25).map(move |n| format!("{w}-{n}")))
        .collect();
    assert_eq!(entries(&stored), expected, "updates were lost");
}

/// Eight mebibytes, about a thousand accounts, come back byte for byte.
pub async fn a_large_blob_survives<F: Fn(&str) -> Handle>(open: &F) {
    let store = open("large");
    let large = filled(b'x', 8 << 20);
    save(&store, &large, None)
        .await
        .expect("a large blob is saved");
    let stored = load(&open("large")).await.expect("it is there");
    assert!(stored.blob == large, "a large blob came back different");
}

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

async fn load(store: &Handle) -> Option<Stored> {
    store
        .load(&Partition::default())
        .await
        .expect("loading succeeds")
}

async fn save(
    store: &Handle,
    text: &str,
    expected: Option<Version>,
) -> Result<Version, StoreError> {
    store
        .save(&Partition::default(), blob(text), expected)
        .await
}

async fn remove(store: &Handle) {
    store
        .remove(&Partition::default())
        .await
        .expect("removing succeeds");
}

pub(super) async fn add_entry(store: &Handle, entry: &str) {
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

pub(super) fn entries(stored: &Stored) -> BTreeSet<String> {
    let text = str::from_utf8(&stored.blob).expect("the blob is text");
    let list = text
        .strip_prefix("{\"entries\":\"")
        .and_then(|rest| rest.strip_suffix("\"}"));
    list.expect("the blob is whole")
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

fn filled(with: u8, len: usize) -> String {
    format!(
        "{{\"fill\":\"{}\"}}",
        char::from(with).to_string().repeat(len)
    )
}

fn assert_uniform(stored: &Stored) {
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

fn assert_conflict(result: Result<Version, StoreError>, of_what: &str) {
    assert!(
        matches!(result, Err(StoreError::Conflict)),
        "{of_what} is a conflict, not {result:?}"
    );
}

fn blob(text: &str) -> Arc<dyn Blob> {
    Arc::new(Bytes::copy_from_slice(text.as_bytes()))
}
