//! The end of a journal, and every place where it can be interrupted.

use std::fs;

use super::*;
use crate::journal::key::Keys;
use crate::journal::{JournalReader, claims, remove_finished_journal};

async fn finished(home: &Home) {
    let (journal, _) = home.open();
    append(&journal, redeemed(1, body(1))).await;
    append(&journal, outcome(1, Class::Migrated)).await;
    append(&journal, outcome(2, Class::NeedsUser)).await;
}

fn names(home: &Home) -> Vec<String> {
    let entries = fs::read_dir(home.0.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[tokio::test]
async fn a_journal_goes_with_all_its_files() {
    let home = Home::new();
    finished(&home).await;
    let reader = JournalReader::open(home.journal()).unwrap();
    assert_eq!(reader.files(), [home.journal(), home.key()]);
    reader.remove().unwrap();
    assert_eq!(names(&home), [""; 0]);
    assert!(!remove_finished_journal(&home.journal()).unwrap());

    // So does one that programs share.
    finished(&home).await;
    let claims = claims::path(&home.journal());
    claims::Claims::new(&home.journal()).ask().unwrap();
    fs::write(claims.join("07f"), "").unwrap();
    let reader = JournalReader::open(home.journal()).unwrap();
    assert_eq!(reader.files(), [home.journal(), home.key(), claims]);
    reader.remove().unwrap();
    assert_eq!(names(&home), [""; 0]);
    assert!(home.open().1.is_new);
}

#[tokio::test]
async fn an_interrupted_removal_is_known_as_one_and_gone_on_with() {
    let removals: [fn(&Home); 4] = [
        |_| (),
        |home| fs::remove_dir_all(claims::path(&home.journal())).unwrap(),
        |home| fs::remove_file(home.journal()).unwrap(),
        |home| {
            fs::remove_dir_all(claims::path(&home.journal())).unwrap();
            fs::remove_file(home.journal()).unwrap();
        },
    ];
    for removed in removals {
        let home = Home::new();
        finished(&home).await;
        claims::Claims::new(&home.journal()).ask().unwrap();
        Keys::wipe(&home.journal()).unwrap();
        removed(&home);
        let key = fs::read(home.key()).unwrap();
        assert!(key.iter().all(|byte| *byte == 0) && key.len() == 98);
        let read = JournalReader::open(home.journal()).map(drop);
        let written = home.try_open().map(drop);
        for opened in [read, written] {
            let is_finished = matches!(opened, Err(JournalError::Finished { .. }));
            assert!(is_finished || !home.journal().exists(), "{opened:?}");
            assert!(opened.is_err());
        }
        assert!(remove_finished_journal(&home.journal()).unwrap());
        assert_eq!(names(&home), [""; 0]);
        assert!(home.open().1.is_new);
    }
}

#[tokio::test]
async fn what_is_in_use_unpublished_or_newer_than_what_was_read_stays() {
    let home = Home::new();
    finished(&home).await;
    let before = fs::read(home.key()).unwrap();
    let reader = || JournalReader::open(home.journal()).unwrap();

    let read = reader();
    let (journal, _) = home.open();
    let in_use = reader().remove().unwrap_err();
    assert!(matches!(in_use, JournalError::InUse { .. }), "{in_use:?}");
    append(&journal, outcome(3, Class::Migrated)).await;
    drop(journal);
    let changed = read.remove().unwrap_err();
    assert!(
        matches!(changed, JournalError::Changed { .. }),
        "{changed:?}"
    );

    let (journal, _) = home.open();
    append(&journal, redeemed(4, body(4))).await;
    drop(journal);
    assert_eq!(reader().sealed_answers(), 1);
    let unpublished = reader().remove().unwrap_err();
    let is_unpublished = matches!(unpublished, JournalError::Unpublished { answers: 1, .. });
    assert!(is_unpublished, "{unpublished:?}");
    assert_eq!(fs::read(home.key()).unwrap(), before);
}

/// A key that is not all zeros is never taken for what a removal left.
#[tokio::test]
async fn nothing_but_a_finished_journal_is_gone_on_with() {
    let home = Home::new();
    finished(&home).await;
    assert!(!remove_finished_journal(&home.journal()).unwrap());
    fs::write(home.key(), [0; 97]).unwrap();
    assert!(!remove_finished_journal(&home.journal()).unwrap());
    fs::remove_file(home.key()).unwrap();
    assert!(!remove_finished_journal(&home.journal()).unwrap());
    assert!(home.journal().is_file());
}
