//! Partitions do not see each other.

use super::handle::{Handle, blob};
use crate::store::error::StoreError;
use crate::store::partition::Partition;

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
