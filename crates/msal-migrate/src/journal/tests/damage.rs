//! Torn ends are cut, and everything else that is not as it was written is an error: never half-used.

use std::fs;
use std::ops::Range;

use futures_util::future::join_all;

use super::*;
use crate::journal::{JournalReader, State, States};

/// The part of the header that tells who has the journal open.
const HOLDER: Range<usize> = 10..14;

/// A small journal that was closed in good order.
struct Sample {
    home: Home,
    bytes: Vec<u8>,
    /// Where each record begins, the marks included, and where the file ends.
    records: Vec<usize>,
}

impl Sample {
    async fn new() -> Self {
        let home = Home::new();
        let (journal, _) = home.open();
        let first = append(&journal, intent(1)).await;
        for given in [
            redeemed(1, "{\"refresh_token\":\"0.A\"}"),
            outcome(1, Class::Migrated),
            intent(2),
        ] {
            append(&journal, given).await;
        }
        drop(journal);
        let bytes = fs::read(home.journal()).unwrap();
        // The record that opens the session stands directly before the first entry: 4 + 13 + 4 fixed, 16 of session.
        let mut records = vec![usize::try_from(first.0).unwrap() - 37];
        while records[records.len() - 1] < bytes.len() {
            let at = records[records.len() - 1];
            let len = u32::from_le_bytes(*bytes[at..].first_chunk().unwrap());
            records.push(at + 4 + len as usize);
        }
        assert_eq!(
            (records.len(), records.last()),
            (7, Some(&bytes.len())),
            "opened, four entries, closed, end"
        );
        Self {
            home,
            bytes,
            records,
        }
    }

    /// What opening makes of `bytes` in the place of the journal.
    fn open(&self, bytes: &[u8]) -> Result<(Journal, Condition), JournalError> {
        fs::write(self.home.journal(), bytes).unwrap();
        self.home.try_open()
    }

    /// What is known after the first `entries` entries.
    fn assert_states(states: &States, entries: usize, context: usize) {
        let one = match entries {
            0 => "None",
            1 => "Some(InDoubt",
            2 => "Some(Unpublished",
            _ => "Some(Concluded(Migrated",
        };
        let found = format!("{:?}", states.get(&token(1)));
        assert!(found.starts_with(one), "{context}: {found}");
        assert_eq!(states.get(&token(2)).is_some(), entries > 3, "{context}");
    }
}

#[tokio::test]
async fn a_journal_cut_at_any_byte_keeps_what_was_whole() {
    let sample = Sample::new().await;
    for len in 0..sample.bytes.len() {
        let (journal, found) = sample.open(&sample.bytes[..len]).unwrap();
        let whole = sample.records.iter().filter(|end| **end <= len).count();
        let torn = if whole == 0 {
            len
        } else {
            len - sample.records[whole - 1]
        };
        assert_eq!(
            (found.is_new, found.torn),
            (whole == 0, torn as u64),
            "{len}"
        );
        // Without the record that opened the session, and the mark at the end.
        Sample::assert_states(&journal.states(), whole.saturating_sub(2).min(4), len);

        append(&journal, intent(9)).await;
        drop(journal);
        let (journal, found) = sample.home.open();
        assert_eq!(found.torn, 0, "{len}");
        assert!(journal.states().get(&token(9)).is_some(), "{len}");
    }
}

#[tokio::test]
async fn a_flipped_bit_in_any_byte_is_noticed() {
    let sample = Sample::new().await;
    let closed = sample.records[5];
    for offset in 0..sample.bytes.len() {
        let mut bytes = sample.bytes.clone();
        bytes[offset] ^= 1 << (offset % 8);
        let opened = sample.open(&bytes);
        if HOLDER.contains(&offset) {
            Sample::assert_states(&opened.unwrap().0.states(), 4, offset);
        } else if offset >= closed {
            // A mark that says nothing but that all before it is whole.
            let (journal, found) = opened.unwrap();
            assert_eq!(found.torn as usize, bytes.len() - closed, "{offset}");
            Sample::assert_states(&journal.states(), 4, offset);
        } else {
            let Err(JournalError::Damaged { offset: named, .. }) = opened else {
                panic!("{offset}: {opened:?}");
            };
            let start = sample
                .records
                .iter()
                .rev()
                .find(|start| **start <= offset)
                .map_or(0, |start| *start);
            assert!(
                named as usize == start || start == 0 && named < sample.records[0] as u64,
                "{offset}: {named}"
            );
            assert_eq!(
                fs::read(sample.home.journal()).unwrap(),
                bytes,
                "an error changes nothing"
            );
        }
    }
}

#[tokio::test]
async fn a_flipped_bit_in_any_byte_of_the_key_is_noticed() {
    let sample = Sample::new().await;
    let key = fs::read(sample.home.key()).unwrap();
    for offset in 0..key.len() {
        let mut bytes = key.clone();
        bytes[offset] ^= 1 << (offset % 8);
        fs::write(sample.home.key(), bytes).unwrap();
        let opened = sample.open(&sample.bytes);
        assert!(
            matches!(opened, Err(JournalError::Damaged { .. })),
            "{offset}: {opened:?}"
        );
    }
}

#[tokio::test]
async fn a_missing_or_foreign_key_is_an_error_that_changes_nothing() {
    let (sample, other) = (Sample::new().await, Sample::new().await);
    let own = fs::read(sample.home.key()).unwrap();
    let foreign = fs::read(other.home.key()).unwrap();
    for (key, is_missing) in [
        (Some(&own[..40]), true),
        (Some(&foreign[..]), false),
        (None, true),
    ] {
        match key {
            Some(key) => fs::write(sample.home.key(), key).unwrap(),
            None => fs::remove_file(sample.home.key()).unwrap(),
        }
        let is_said = |error: &JournalError| match is_missing {
            true => matches!(error, JournalError::KeyMissing { .. }),
            false => matches!(error, JournalError::Key { .. }),
        };
        let opened = sample.open(&sample.bytes);
        assert!(opened.as_ref().is_err_and(is_said), "{opened:?}");
        let read = JournalReader::open(sample.home.journal());
        assert!(read.as_ref().is_err_and(is_said), "{read:?}");
        assert_eq!(fs::read(sample.home.journal()).unwrap(), sample.bytes);
        assert_eq!(fs::read(sample.home.key()).ok().as_deref(), key);
    }
    fs::write(sample.home.key(), own).unwrap();
    let opened = sample.open(&sample.bytes);
    assert!(
        matches!(opened, Err(JournalError::NotOurs { .. })),
        "copied back for all to read"
    );
}

#[tokio::test]
async fn a_journal_that_is_gone_is_missed_where_its_key_is() {
    let sample = Sample::new().await;
    let (key, moved) = (
        fs::read(sample.home.key()).unwrap(),
        sample.home.0.path().join("moved"),
    );
    fs::rename(sample.home.journal(), &moved).unwrap();
    for _ in 0..2 {
        let opened = sample.home.try_open();
        assert!(
            matches!(opened, Err(JournalError::Missing { .. })),
            "{opened:?}"
        );
        assert_eq!(fs::read(sample.home.key()).unwrap(), key);
    }
    fs::rename(moved, sample.home.journal()).unwrap();
    Sample::assert_states(&sample.open(&sample.bytes).unwrap().0.states(), 4, 0);

    // What a crash leaves of a beginning is gone on with: the journal's file is made before its key.
    fs::write(sample.home.journal(), b"").unwrap();
    assert!(sample.home.open().1.is_new);
}

#[tokio::test]
async fn records_that_are_missing_repeated_or_from_elsewhere_are_noticed() {
    let (sample, other) = (Sample::new().await, Sample::new().await);
    let record = |n: usize| &sample.bytes[sample.records[n]..sample.records[n + 1]];
    let header = &sample.bytes[..sample.records[0]];
    let foreign = &other.bytes[other.records[1]..other.records[2]];
    let (opened, one, two) = (record(0), record(1), record(2));
    for (records, reason) in [
        (vec![opened, two], "missing"),
        (vec![opened, one, one], "missing"),
        (vec![one], "missing"),
        (vec![opened, foreign, two], "not sealed with this key"),
    ] {
        let opened = sample.open(&[&[header], &records[..]].concat().concat());
        let Err(JournalError::Damaged { reason: named, .. }) = opened else {
            panic!("{opened:?}");
        };
        assert!(named.contains(reason), "{named}");
    }
}

/// A power failure may keep any pages of the last write: a record may be whole while one before it is not.
#[tokio::test]
async fn a_hole_in_the_last_write_cuts_it_there_and_a_hole_before_is_damage() {
    let home = Home::new();
    let (journal, _) = home.open();
    let all = join_all((0..200).map(|n| begin(&journal, &redeemed(n, body(n))))).await;
    let positions: Vec<usize> = all
        .into_iter()
        .map(|position| position.unwrap().0 as usize)
        .collect();
    drop(journal);
    let bytes = fs::read(home.journal()).unwrap();
    let is_first = |position: usize| bytes[position + 4] & 0x80 != 0;
    let last_write = *positions
        .iter()
        .rfind(|position| is_first(**position))
        .unwrap();
    let in_last: Vec<usize> = positions
        .iter()
        .copied()
        .filter(|position| *position > last_write)
        .collect();
    assert!(
        in_last.len() > 2,
        "appending takes less time than a disk does"
    );
    let (hole, end) = (in_last[0], in_last[in_last.len() - 1] + 4_600);

    let mut torn = bytes[..end.min(bytes.len() - 21)].to_vec();
    torn[hole + 100..hole + 200].fill(0);
    fs::write(home.journal(), &torn).unwrap();
    let (journal, found) = home.open();
    assert_eq!(found.torn as usize, torn.len() - hole);
    let known = positions
        .iter()
        .filter(|position| **position < hole)
        .count() as u64;
    assert_eq!(journal.states().counts().total(), known);
    drop(journal);

    let mut damaged = bytes;
    damaged[hole + 100..hole + 200].fill(0);
    fs::write(home.journal(), &damaged).unwrap();
    let opened = home.try_open();
    assert!(
        matches!(opened, Err(JournalError::Damaged { offset, .. }) if offset as usize == hole),
        "{opened:?}"
    );
}

/// A header of the right checksum that says it is four gigabytes long, in a file that is.
#[tokio::test]
async fn a_header_without_an_end_is_refused_before_it_is_read() {
    let sample = Sample::new().await;
    let mut bytes = sample.bytes.clone();
    bytes[46..50].copy_from_slice(&u32::MAX.to_le_bytes());
    let sum = crc32fast::hash(&[&bytes[..10], &bytes[14..50]].concat());
    bytes[50..54].copy_from_slice(&sum.to_le_bytes());
    fs::write(sample.home.journal(), &bytes).unwrap();
    let file = fs::File::options().write(true).open(sample.home.journal());
    file.unwrap().set_len(5 << 30).unwrap();
    let opened = sample.home.try_open().map(drop);
    let read = JournalReader::open(sample.home.journal()).map(drop);
    for refused in [opened, read] {
        let error = refused.unwrap_err().to_string();
        assert!(error.ends_with("its header is too long"), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_journal_is_refused() {
    for content in [
        &b"{}"[..],
        b"MSALKEYS",
        &[0; 4096],
        b"MSALJRNL\x02\0 and some fifty more bytes of something else",
    ] {
        let home = Home::new();
        drop(home.open());
        fs::write(home.journal(), content).unwrap();
        let opened = home.try_open();
        assert!(
            matches!(opened, Err(JournalError::Damaged { .. })),
            "{opened:?}"
        );
        assert_eq!(fs::read(home.journal()).unwrap(), content);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_not_a_private_file_of_ours_is_refused() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let victim = Home::new();
    fs::write(victim.0.path().join("victim"), "precious").unwrap();
    for name in ["cache.json.journal", "cache.json.journal.key"] {
        let home = Home::new();
        let path = home.0.path().join(name);
        symlink(victim.0.path().join("victim"), &path).unwrap();
        assert_refused(&home, "symbolic link");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_refused(
            &home,
            if name.ends_with(".key") {
                "regular file"
            } else {
                "directory"
            },
        );
        fs::remove_dir(&path).unwrap();
        drop(home.open());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_refused(&home, "other users");
    }
    assert_eq!(
        fs::read(victim.0.path().join("victim")).unwrap(),
        b"precious"
    );
    let exposed = Home::new();
    fs::set_permissions(exposed.0.path(), fs::Permissions::from_mode(0o777)).unwrap();
    assert_refused(&exposed, "every user");
}

#[cfg(unix)]
fn assert_refused(home: &Home, reason: &str) {
    match home.try_open() {
        Err(error @ JournalError::NotOurs { .. }) => {
            assert!(error.to_string().contains(reason), "{error}")
        }
        other => panic!("refused because of {reason:?}, not {other:?}"),
    }
}

#[cfg(unix)]
#[tokio::test]
async fn both_files_are_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let home = Home::new();
    drop(home.open());
    for path in [home.journal(), home.key()] {
        assert_eq!(
            fs::metadata(path).unwrap().permissions().mode() & 0o7777,
            0o600
        );
    }
}

#[tokio::test]
async fn states_of_a_sample_are_what_the_other_tests_expect() {
    let sample = Sample::new().await;
    let (journal, found) = sample.open(&sample.bytes).unwrap();
    assert_eq!(
        journal.states().get(&token(1)),
        Some(State::Concluded(Class::Migrated))
    );
    assert_eq!(found.torn, 0);
}
