//! What was removed is gone.

use super::handle::{Handle, assert_conflict, load, remove, save};

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
