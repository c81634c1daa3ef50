//! What a journal is for, when nothing goes wrong.

use std::fs;

use msal::SystemRandom;

use super::*;
use crate::journal::{Counts, JournalReader, State};

#[tokio::test]
async fn a_run_is_resumed_where_it_stopped() {
    let home = Home::new();
    let (journal, found) = home.open();
    assert!(found.is_new && journal.states().counts().total() == 0);
    append(&journal, intent(1)).await;
    append(&journal, intent(2)).await;
    let answer = append(&journal, redeemed(2, body(2))).await;
    append(&journal, redeemed(3, body(3))).await;
    append(&journal, outcome(3, Class::Migrated)).await;
    append(&journal, outcome(4, Class::NeedsUser)).await;
    drop(journal);

    let (journal, found) = home.open();
    assert!(!found.is_new && found.torn == 0);
    let states = [1, 2, 3, 4, 5].map(|n| journal.states().get(&token(n)));
    assert_eq!(
        states,
        [
            Some(State::InDoubt),
            Some(State::Unpublished),
            Some(State::Concluded(Class::Migrated)),
            Some(State::Concluded(Class::NeedsUser)),
            None,
        ]
    );
    assert_eq!(journal.states().with_answers(), [answer]);
    assert_eq!(body_at(&journal, answer).await, body(2));
}

#[tokio::test]
async fn responses_can_be_read_before_and_after_any_number_of_openings() {
    let home = Home::new();
    let mut positions = Vec::new();
    for n in 0..5 {
        let (journal, _) = home.open();
        positions.push(append(&journal, redeemed(n, body(n))).await);
        for (n, position) in positions.iter().enumerate() {
            assert_eq!(body_at(&journal, *position).await, body(n as u64));
        }
    }
}

#[tokio::test]
async fn a_position_of_something_else_has_no_response() {
    let home = Home::new();
    let (journal, _) = home.open();
    let position = append(&journal, intent(1)).await;
    assert!(journal.answered(position).await.unwrap().is_none());
    let position = append(&journal, outcome(1, Class::Quarantined)).await;
    assert!(journal.answered(position).await.unwrap().is_none());
}

#[tokio::test]
async fn dropping_the_future_does_not_take_the_record_back() {
    let home = Home::new();
    let (journal, _) = home.open();
    drop(begin(&journal, &intent(1)));
    drop(begin(&journal, &redeemed(1, body(1))));
    drop(journal);
    let (journal, _) = home.open();
    assert_eq!(journal.states().get(&token(1)), Some(State::Unpublished));
}

#[tokio::test]
async fn a_second_process_is_told_who_has_the_journal() {
    let home = Home::new();
    let (journal, _) = home.open();
    let error = home.try_open().unwrap_err();
    let wanted = format!(
        "cache.json.journal is in use by process {}",
        std::process::id()
    );
    assert!(error.to_string().ends_with(&wanted), "{error}");
    assert!(matches!(error, JournalError::InUse { .. }));
    drop(journal);
    home.open();
}

#[tokio::test]
async fn a_run_with_another_target_is_refused_and_changes_nothing() {
    let home = Home::new();
    drop(home.open());
    let before = fs::read(home.journal()).unwrap();
    let other = Destination::new().with("target", "/srv/other.json");
    let error = Journal::open(
        home.journal(),
        &other,
        Arc::new(SystemRandom),
        Holder::Batch,
    )
    .unwrap_err();
    let wanted = "of another run: its target is \"/srv/cache.json\", not \"/srv/other.json\"";
    assert!(error.to_string().ends_with(wanted), "{error}");
    assert_eq!(fs::read(home.journal()).unwrap(), before);
}

#[tokio::test]
async fn finishing_erases_the_answers_and_keeps_what_became_of_them() {
    let home = Home::new();
    let (journal, _) = home.open();
    let answer = append(&journal, redeemed(1, body(1))).await;
    append(&journal, outcome(1, Class::Migrated)).await;
    let fingerprint = journal.fingerprint("client", b"token");
    let keys = fs::read(home.key()).unwrap();
    journal.finish().await.unwrap();
    let erased = fs::read(home.key()).unwrap();
    assert_eq!(erased[..62], keys[..62]);
    assert_eq!(erased[62..], [0; 36]);

    let reader = JournalReader::open(home.journal()).unwrap();
    assert_eq!((reader.counts().migrated, reader.counts().total()), (1, 1));
    let (journal, _) = home.open();
    assert_eq!(
        journal.states().get(&token(1)),
        Some(State::Concluded(Class::Migrated))
    );
    assert_eq!(journal.fingerprint("client", b"token"), fingerprint);
    let gone = journal.answered(answer).await;
    assert!(matches!(gone, Err(JournalError::Erased { .. })), "{gone:?}");

    // And it can be worked with again.
    let answer = append(&journal, redeemed(2, body(2))).await;
    assert_eq!(body_at(&journal, answer).await, body(2));
}

#[tokio::test]
async fn finishing_is_refused_while_an_answer_is_in_the_journal_only() {
    let home = Home::new();
    let (journal, _) = home.open();
    let answer = append(&journal, redeemed(1, body(1))).await;
    let refused = journal.finish().await;
    assert!(
        matches!(refused, Err(JournalError::Unpublished { answers: 1 })),
        "{refused:?}"
    );
    let (journal, _) = home.open();
    assert_eq!(journal.states().get(&token(1)), Some(State::Unpublished));
    assert_eq!(body_at(&journal, answer).await, body(1));
}

#[tokio::test]
async fn a_report_lists_each_token_once_with_its_last_word() {
    let home = Home::new();
    let (journal, _) = home.open();
    append(&journal, intent(1)).await;
    append(&journal, outcome(1, Class::Retryable)).await;
    append(&journal, intent(2)).await;
    append(&journal, redeemed(3, body(3))).await;
    append(&journal, outcome(1, Class::Migrated)).await;

    // While it is being written.
    let reader = JournalReader::open(home.journal()).unwrap();
    let mut reported = Vec::new();
    reader.tokens(&mut |token| reported.push(token)).unwrap();
    let tokens: Vec<_> = reported
        .iter()
        .map(|token| (token.fingerprint, token.locator.to_string()))
        .collect();
    assert_eq!(
        tokens,
        [2, 3, 1].map(|n| (token(n), locator(n).to_string()))
    );
    assert_eq!(
        [0, 1, 2].map(|n: usize| reported[n].state),
        [
            State::InDoubt,
            State::Unpublished,
            State::Concluded(Class::Migrated)
        ]
    );
    assert_eq!(reported.len() as u64, reader.counts().total());
    assert_eq!(
        reader.counts(),
        Counts {
            in_doubt: 1,
            migrated: 1,
            unpublished: 1,
            ..Counts::default()
        }
    );
}

#[tokio::test]
async fn fingerprints_are_of_this_journal_of_the_client_and_of_the_token() {
    let (home, other) = (Home::new(), Home::new());
    let ((journal, _), (foreign, _)) = (home.open(), other.open());
    let fingerprint = journal.fingerprint("ab", b"c");
    assert_eq!(fingerprint, journal.fingerprint("ab", b"c"));
    for different in [
        journal.fingerprint("a", b"bc"),
        journal.fingerprint("abc", b""),
        journal.fingerprint("ab", b"C"),
        foreign.fingerprint("ab", b"c"),
    ] {
        assert_ne!(fingerprint, different);
    }
}

#[tokio::test]
async fn nothing_secret_and_nobodys_name_is_readable_in_the_files() {
    let home = Home::new();
    let (journal, _) = home.open();
    let fingerprint = journal.fingerprint("client", b"0.SOURCE-TOKEN");
    let (mut intent, mut redeemed) = (intent(1), redeemed(1, body(1)));
    (intent.fingerprint, redeemed.fingerprint) = (fingerprint, fingerprint);
    let mut concluded = outcome(1, Class::Quarantined);
    concluded.fingerprint = fingerprint;
    if let Step::Concluded(outcome) = &mut concluded.step {
        outcome.home_account_id = Some("HOME-ACCOUNT");
        outcome.reason = Cow::Owned(Reason::named("invalid_grant"));
    }
    let mut shown = format!("{journal:?}");
    for given in [intent, redeemed, concluded] {
        shown += &format!("{:?}", given.entry());
        let position = append(&journal, given).await;
        shown += &format!("{:?}", journal.answered(position).await);
    }
    let mut visit = |token| shown += &format!("{token:?}");
    let reader = JournalReader::open(home.journal()).unwrap();
    reader.tokens(&mut visit).unwrap();
    shown += &format!("{reader:?}");
    drop(journal);
    let files = [
        fs::read(home.journal()).unwrap(),
        fs::read(home.key()).unwrap(),
        shown.into_bytes(),
    ];
    for secret in ["0.SECRET", "0.SOURCE", "alice", "contoso", "HOME-ACCOUNT"] {
        for file in &files {
            assert!(
                !file
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes()),
                "{secret}"
            );
        }
    }
    for word in ["tokens.csv", "invalid_grant", "/srv/cache.json"] {
        assert!(
            !files[0]
                .windows(word.len())
                .any(|window| window == word.as_bytes()),
            "{word}"
        );
    }
}

#[tokio::test]
async fn what_is_larger_than_any_answer_is_refused_and_the_next_record_is_not() {
    let home = Home::new();
    let (journal, _) = home.open();
    let refused = begin(&journal, &redeemed(1, vec![b'x'; 4 << 20])).await;
    assert!(
        matches!(refused, Err(JournalError::TooLarge { .. })),
        "{refused:?}"
    );
    let large = vec![b'x'; (4 << 20) - 1000];
    let position = append(&journal, redeemed(2, large.clone())).await;
    assert_eq!(body_at(&journal, position).await, large);
    drop(journal);
    let (journal, _) = home.open();
    assert_eq!(journal.states().get(&token(1)), None);
    assert_eq!(journal.states().get(&token(2)), Some(State::Unpublished));
}

#[tokio::test]
async fn a_journal_can_begin_in_a_folder_that_does_not_exist_yet() {
    let home = Home::new();
    let path = home.0.path().join("made/here/cache.json.journal");
    let (journal, _) = open(&path).unwrap();
    append(&journal, intent(1)).await;
    drop(journal);
    assert_eq!(open(&path).unwrap().0.states().counts().total(), 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn room_is_kept_for_what_follows_and_given_back_and_more_than_there_is_is_refused() {
    use std::os::unix::fs::MetadataExt as _;

    let home = Home::new();
    let (journal, _) = home.open();
    let blocks = || fs::metadata(home.journal()).unwrap().blocks();
    let before = blocks();
    journal.reserve(8 << 20).await.unwrap();
    assert!(blocks() > before);
    let refused = journal.reserve(1 << 62).await.unwrap_err();
    assert!(matches!(refused, JournalError::Io { .. }), "{refused}");
    append(&journal, outcome(1, Class::Migrated)).await;
    drop(journal);
    assert!(blocks() < (8 << 20) / 512, "{}", blocks());
    assert_eq!(home.open().0.states().counts().migrated, 1);
}
