//! Several who have one journal open, as processes do.

use std::fs;
use std::io::Write as _;

use super::*;
use crate::journal::{JournalReader, State};

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
    // What a process leaves that is killed while it writes.
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(home.journal())
        .unwrap();
    file.write_all(&[200, 0, 0, 0, 0x82, 7]).unwrap();
    let position = append(&other, redeemed(2, body(2))).await;
    append(&one, redeemed(3, body(3))).await;
    assert_eq!(body_at(&one, position).await, body(2));
    assert_eq!(one.states().counts().unpublished, 3);
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
