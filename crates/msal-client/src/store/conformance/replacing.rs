//! A blob is replaced only by whoever knows its version.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::handle::{Handle, add_entry, assert_conflict, blob, entries, load, merge_entry, save};
use crate::store::error::StoreError;
use crate::store::partition::Partition;
use crate::store::version::Version;

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

/// The same, each with one call for the three steps.
pub async fn writers_that_take_turns_lose_nothing<F: Fn(&str) -> Handle>(open: &F) {
    let handles = [open("turns"), open("turns")];
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        let store = handles[writer % 2].clone();
        writers.spawn(async move {
            for n in 0..25 {
                merge_entry(&store, &format!("{writer}-{n}")).await;
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

/// A merge that leaves nothing to save changes nothing, and one that fails neither.
pub async fn a_merge_may_save_nothing<F: Fn(&str) -> Handle>(open: &F) {
    let store = open("unmerged");
    let first = save(&store, "{\"n\":1}", None)
        .await
        .expect("creating succeeds");
    let partition = Partition::default();
    let nothing = store.save_merging(&partition, blob("{}"), None, Arc::new(|_| Ok(None)));
    let version = nothing.await.expect("nothing is to be saved");
    assert_eq!(version, Some(first), "the version of what is stored");
    let refused = Arc::new(|_| Err(StoreError::other("no")));
    let failed = store.save_merging(&partition, blob("{}"), None, refused);
    assert!(
        matches!(failed.await, Err(StoreError::Other(_))),
        "what a merge answers is not passed on"
    );
    let stored = load(&store).await.expect("it is there");
    assert_eq!(stored.blob, "{\"n\":1}", "it was replaced");
}
