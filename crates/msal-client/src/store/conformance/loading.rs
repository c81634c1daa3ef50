//! What was saved can be loaded.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use super::handle::{Handle, assert_conflict, filled, load, remove, save, version};
use crate::store::blob::Blob;
use crate::store::partition::Partition;

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
    let mut current = None;
    for blob in blobs {
        let saved = save(&store, blob, current.take())
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
            assert_eq!(
                version(handle).await.as_ref(),
                Some(&saved),
                "load and version disagree about the version"
            );
        }
        current = Some(saved);
    }
}

/// A blob that comes in pieces is saved under the same conditions and with the same effect as one in memory.
pub async fn a_blob_in_pieces_is_saved_like_any<F: Fn(&str) -> Handle>(open: &F) {
    let store = open("pieces");
    let partition = Partition::default();
    let pieces = |n: u8| Arc::new(InPieces(Bytes::from(filled(b'a' + n, 1_000_000))));
    let first = store.save(&partition, pieces(1), None).await;
    let first = first.expect("creating succeeds");
    let second = store.save(&partition, pieces(2), Some(first.clone())).await;
    let second = second.expect("the version is current");
    for wrong in [None, Some(first)] {
        assert_conflict(
            store.save(&partition, pieces(9), wrong).await,
            "a version that is not current, in pieces",
        );
    }
    let stored = load(&store).await.expect("the blob is there");
    assert!(
        stored.blob == pieces(2).whole(),
        "the pieces became another blob"
    );
    assert_eq!(stored.version, second, "the pieces have another version");
    let third = save(&store, "{\"n\":3}", Some(second)).await;
    assert!(third.is_ok(), "a whole blob does not follow one in pieces");
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

/// Comes in pieces of odd sizes, some of them empty.
struct InPieces(Bytes);

impl Blob for InPieces {
    fn for_each_piece(&self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let (mut rest, mut length) = (&*self.0, 0);
        while let Some((piece, behind)) = rest.split_at_checked(length) {
            each(piece)?;
            (rest, length) = (behind, 3 * length + 1);
        }
        each(rest)
    }

    fn whole(&self) -> Bytes {
        self.0.clone()
    }
}
