//! Several who have one journal open, as processes do.

use std::fs;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::journal::{JournalReader, Running, State, running};

fn share(home: &Home) -> Journal {
    let (random, holder) = (Arc::new(SystemRandom), Holder::FirstUse);
    let opened = Journal::open(home.journal(), &Destination::new(), random, holder);
    opened.unwrap().0
}

fn state(journal: &Journal, n: u64) -> Option<State> {
    journal.states().get(&token(n))
}

#[tokio::test]
async fn each_finds_what_the_others_wrote_and_can_open_their_answers() {
    let home = Home::new();
    let writers = [share(&home), share(&home), share(&home)];
    let mut positions = Vec::new();
    for n in 0..30 {
        let writer = &writers[n as usize % 3];
        positions.push(append(writer, redeemed(n, body(n))).await);
    }
    for writer in &writers {
        writer.refresh().await.unwrap();
        assert_eq!(writer.states().counts().unpublished, 30);
        for (n, position) in (0..).zip(&positions) {
            assert_eq!(body_at(writer, *position).await, body(n));
        }
    }
    drop(writers);
    let reader = JournalReader::open(home.journal()).unwrap();
    assert_eq!(reader.counts().unpublished, 30);
    assert_eq!(share(&home).states().counts().total(), 30);
}

#[tokio::test]
async fn a_torn_write_of_one_is_cut_by_the_next() {
    let home = Home::new();
    let (one, other) = (share(&home), share(&home));
    append(&one, redeemed(1, body(1))).await;
    tear(&home);
    let position = append(&other, redeemed(2, body(2))).await;
    append(&one, redeemed(3, body(3))).await;
    assert_eq!(body_at(&one, position).await, body(2));
    assert_eq!(one.states().counts().unpublished, 3);
}

/// The torn record may have been seen, and had the number that the next one gets.
#[tokio::test]
async fn whoever_cuts_a_torn_write_begins_a_session_even_if_another_writes_next() {
    let home = Home::new();
    let (one, other) = (share(&home), share(&home));
    append(&one, redeemed(1, body(1))).await;
    other.refresh().await.unwrap();
    let whole = fs::read(home.journal()).unwrap().len();
    tear(&home);
    other.refresh().await.unwrap();
    append(&one, redeemed(2, body(2))).await;
    let written = fs::read(home.journal()).unwrap();
    let kind_of_next = written[whole + 4] & 0x7f;
    assert_eq!(kind_of_next, 3, "a session was opened");
    assert_eq!(share(&home).states().counts().unpublished, 2);
}

/// A server goes on for months: what went wrong once must not end its migrations.
#[tokio::test]
async fn a_turn_that_fails_is_the_only_one() {
    let home = Home::new();
    let (one, other) = (share(&home), share(&home));
    append(&one, redeemed(1, body(1))).await;
    let hidden = home.key().with_extension("away");
    fs::rename(home.key(), &hidden).unwrap();
    let refused = other.refresh().await;
    assert!(
        matches!(refused, Err(JournalError::Broken { .. })),
        "{refused:?}"
    );
    let entry = intent(2);
    begin(&other, &entry).await.unwrap_err();
    fs::rename(&hidden, home.key()).unwrap();
    other.refresh().await.unwrap();
    append(&other, redeemed(3, body(3))).await;
    one.refresh().await.unwrap();
    assert_eq!(one.states().counts().unpublished, 2);
    assert_eq!(
        one.states().counts().total(),
        2,
        "what was refused is not there"
    );
}

#[tokio::test]
async fn a_journal_that_somebody_has_come_to_share_is_not_withdrawn() {
    let home = Home::new();
    for _ in 0..20 {
        let (batch, _) = home.open();
        let opening = std::thread::spawn({
            let home = home.journal();
            move || {
                let (random, holder) = (Arc::new(SystemRandom), Holder::FirstUse);
                Journal::open(home, &Destination::new(), random, holder)
                    .unwrap()
                    .0
            }
        });
        batch.withdraw().await;
        let shared = opening.join().unwrap();
        append(&shared, redeemed(1, body(1))).await;
        assert_eq!(share(&home).states().counts().unpublished, 1);
        drop(shared);
        for name in fs::read_dir(home.0.path()).unwrap() {
            let path = name.unwrap().path();
            drop(fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path)));
        }
    }
}

/// Whoever asks may have made the journal's key its own by the time it is answered.
#[tokio::test]
async fn a_journal_that_somebody_wants_to_share_is_not_withdrawn() {
    let home = Home::new();
    let (batch, _) = home.open();
    batch.claims().ask().unwrap();
    batch.withdraw().await;
    assert!(home.journal().exists() && home.key().exists());
}

#[tokio::test]
async fn a_batch_that_finds_itself_not_alone_shares_from_the_start() {
    let home = Home::new();
    let shared = share(&home);
    let claims = Arc::clone(shared.claims());
    let claim = claims.try_claim(&token(1)).unwrap();
    let (random, nowhere) = (Arc::new(SystemRandom), Destination::new());
    let opened = Journal::open(home.journal(), &nowhere, random, Holder::Batch);
    let (batch, _) = opened.unwrap();
    assert!(batch.claims().try_claim(&token(1)).unwrap().is_none());
    drop(claim);
    assert!(batch.claims().try_claim(&token(1)).unwrap().is_some());
}

/// What a process leaves that is killed while it writes.
fn tear(home: &Home) {
    let file = fs::OpenOptions::new().append(true).open(home.journal());
    file.unwrap().write_all(&[200, 0, 0, 0, 0x82, 7]).unwrap();
}

#[tokio::test]
async fn an_erased_key_is_made_anew_by_whoever_seals_next() {
    let home = Home::new();
    let (one, other, third) = (share(&home), share(&home), share(&home));
    append(&one, redeemed(1, body(1))).await;
    append(&one, outcome(1, Class::Migrated)).await;
    one.finish().await.unwrap();
    assert_eq!(fs::read(home.key()).unwrap()[62..], [0; 36]);
    let position = append(&other, redeemed(2, body(2))).await;
    let later = append(&third, redeemed(3, body(3))).await;
    assert_eq!(body_at(&third, position).await, body(2));
    assert_eq!(body_at(&other, later).await, body(3));
    drop((other, third));
    assert_eq!(body_at(&share(&home), position).await, body(2));
}

#[tokio::test]
async fn what_was_not_claimed_is_not_decided_over_the_head_of_another() {
    let home = Home::new();
    let (one, other) = (share(&home), share(&home));
    append(&one, outcome(1, Class::Migrated)).await;
    let stale = outcome(1, Class::Failed);
    other.append_unless_decided(&stale.entry()).await.unwrap();
    let migrated = Some(State::Concluded(Class::Migrated));
    assert_eq!(state(&other, 1), migrated);
    let fresh = outcome(2, Class::Failed);
    other.append_unless_decided(&fresh.entry()).await.unwrap();
    one.refresh().await.unwrap();
    assert_eq!(state(&one, 1), migrated);
    assert_eq!(state(&one, 2), Some(State::Concluded(Class::Failed)));
}

#[tokio::test]
async fn a_batch_hands_over_a_journal_that_it_had_for_itself() {
    let home = Home::new();
    let (batch, _) = home.open();
    append(&batch, redeemed(1, body(1))).await;
    let opening = tokio::task::spawn_blocking({
        let path = home.journal();
        let open = move || {
            Journal::open(
                path,
                &Destination::new(),
                Arc::new(SystemRandom),
                Holder::FirstUse,
            )
        };
        move || open().unwrap().0
    });
    let shared = opening.await.unwrap();
    assert_eq!(state(&shared, 1), Some(State::Unpublished));
    append(&shared, outcome(1, Class::Migrated)).await;
    batch.refresh().await.unwrap();
    assert_eq!(state(&batch, 1), Some(State::Concluded(Class::Migrated)));
    assert!(shared.claims().has_batch().unwrap());
    drop(batch);
    assert!(!shared.claims().has_batch().unwrap());
}

/// A process that is stopped in its turn, as by a debugger, holds up nobody for ever.
#[tokio::test]
async fn a_turn_is_waited_for_only_so_long() {
    let home = Home::new();
    let (one, other) = (share(&home), share(&home));
    append(&one, redeemed(1, body(1))).await;
    let stopped = fs::File::open(home.journal()).unwrap();
    stopped.lock().unwrap();
    let waiting = begin(&other, &intent(2));
    let refused = tokio::time::timeout(std::time::Duration::from_secs(60), waiting).await;
    let error = refused.unwrap().unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("is in use"), "{source}");
    stopped.unlock().unwrap();
    append(&other, redeemed(3, body(3))).await;
    one.refresh().await.unwrap();
    assert_eq!(one.states().counts().total(), 2);
}

#[tokio::test]
async fn whether_a_run_has_it_open_is_known_however_it_is_shared() {
    let home = Home::new();
    let ask = || running(&home.journal()).unwrap();
    assert!(running(&home.journal()).is_err(), "there is none");
    let (batch, _) = home.open();
    let own = std::process::id();
    assert_eq!(ask(), Some(Running { pid: Some(own) }));
    drop(batch);
    assert_eq!(ask(), None);
    let first_use = share(&home);
    append(&first_use, redeemed(1, body(1))).await;
    assert_eq!(ask(), None, "it is no run");
    let (batch, _) = home.open();
    assert!(ask().is_some());
    drop(first_use);
    assert!(ask().is_some());
    drop(batch);
    assert_eq!(ask(), None);
}

#[test]
fn a_run_begins_while_somebody_asks_all_the_time() {
    let home = Home::new();
    drop(home.open());
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    running(&home.journal()).unwrap();
                }
            });
        }
        let opened: Vec<_> = (0..100).map(|_| home.try_open().map(drop)).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(opened.iter().all(Result::is_ok), "{opened:?}");
    });
}
