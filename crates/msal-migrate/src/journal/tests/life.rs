//! What a journal is for, when nothing goes wrong.

use std::fs;

use msal::SystemRandom;

use super::*;
use crate::journal::{Counts, Published, State};

#[tokio::test]
async fn a_run_is_resumed_where_it_stopped() {
    let home = Home::new();
    let (journal, replay) = home.open();
    assert!(replay.is_new && journal.states().counts().total() == 0);
    append(&journal, intent(1)).await;
    append(&journal, intent(2)).await;
    let answer = append(&journal, redeemed(2, body(2))).await;
    append(&journal, redeemed(3, body(3))).await;
    append(&journal, outcome(3, Class::Migrated)).await;
    append(&journal, outcome(4, Class::NeedsUser)).await;
    drop(journal);

    let (journal, replay) = home.open();
    assert!(!replay.is_new && replay.torn == 0);
    let states = [1, 2, 3, 4, 5].map(|n| journal.states().get(&token(n)));
    assert!(matches!(states[0], Some(State::InDoubt { attempt: 1, .. })));
    assert_eq!(
        states[1..],
        [
            Some(State::Redeemed { position: answer }),
            Some(State::Migrated),
            Some(State::NeedsUser),
            None,
        ]
    );
    assert_eq!(journal.states().in_doubt(), [token(1)]);
    assert_eq!(journal.states().unfinished(), [(token(2), answer)]);
    let response = journal.response(answer).await.unwrap();
    assert_eq!((response.status, response.body), (200, body(2)));
}

#[tokio::test]
async fn responses_can_be_read_before_and_after_any_number_of_openings() {
    let home = Home::new();
    let mut positions = Vec::new();
    for n in 0..5 {
        let (journal, _) = home.open();
        positions.push(append(&journal, redeemed(n, body(n))).await);
        for (n, position) in positions.iter().enumerate() {
            assert_eq!(
                journal.response(*position).await.unwrap().body,
                body(n as u64)
            );
        }
    }
}

#[tokio::test]
async fn a_position_of_something_else_has_no_response() {
    let home = Home::new();
    let (journal, _) = home.open();
    let position = append(&journal, intent(1)).await;
    let missing = journal.response(position).await;
    assert!(
        matches!(missing, Err(JournalError::Erased { .. })),
        "{missing:?}"
    );
}

#[tokio::test]
async fn dropping_the_future_does_not_take_the_record_back() {
    let home = Home::new();
    let (journal, _) = home.open();
    drop(journal.append(intent(1)));
    drop(journal.append(redeemed(1, body(1))));
    drop(journal);
    let (journal, _) = home.open();
    assert!(matches!(
        journal.states().get(&token(1)),
        Some(State::Redeemed { .. })
    ));
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
    let other = Identity::new().with("target", "/srv/other.json");
    let error = Journal::open(home.journal(), &other, &SystemRandom::default()).unwrap_err();
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

    let reader = Journal::read_only(home.journal()).unwrap();
    assert_eq!(reader.states().get(&token(1)), Some(State::Migrated));
    let (journal, _) = home.open();
    assert_eq!(journal.states().get(&token(1)), Some(State::Migrated));
    assert_eq!(journal.fingerprint("client", b"token"), fingerprint);
    let gone = journal.response(answer).await;
    assert!(matches!(gone, Err(JournalError::Erased { .. })), "{gone:?}");

    // And it can be worked with again.
    let answer = append(&journal, redeemed(2, body(2))).await;
    assert_eq!(journal.response(answer).await.unwrap().body, body(2));
}

#[tokio::test]
async fn finishing_is_refused_while_an_answer_is_in_the_journal_only() {
    let home = Home::new();
    let (journal, _) = home.open();
    let answer = append(&journal, redeemed(1, body(1))).await;
    let published = Published {
        fingerprints: vec![token(1)],
        generation: vec![1],
        at: at(),
    };
    append(&journal, Event::Published(published)).await;
    let refused = journal.finish().await;
    assert!(
        matches!(refused, Err(JournalError::Unfinished { responses: 1 })),
        "{refused:?}"
    );
    let (journal, _) = home.open();
    assert_eq!(
        journal.states().get(&token(1)),
        Some(State::Published { position: answer })
    );
    assert_eq!(journal.response(answer).await.unwrap().body, body(1));
}

#[tokio::test]
async fn a_report_lists_each_token_once_with_its_last_word() {
    let home = Home::new();
    let (journal, _) = home.open();
    append(&journal, intent(1)).await;
    append(&journal, outcome(1, Class::Retry)).await;
    append(&journal, intent(2)).await;
    append(&journal, redeemed(3, body(3))).await;
    append(&journal, outcome(1, Class::Migrated)).await;

    // While it is being written.
    let reader = Journal::read_only(home.journal()).unwrap();
    let mut entries = Vec::new();
    reader.entries(&mut |entry| entries.push(entry)).unwrap();
    let tokens: Vec<_> = entries
        .iter()
        .map(|entry| (entry.fingerprint, entry.locator.to_string()))
        .collect();
    assert_eq!(
        tokens,
        [2, 3, 1].map(|n| (token(n), locator(n).to_string()))
    );
    assert_eq!(entries[2].outcome.as_ref().unwrap().class, Class::Migrated);
    assert_eq!(entries.len() as u64, reader.states().counts().total());
    assert_eq!(reader.identity().get("target"), Some("/srv/cache.json"));
    assert_eq!(
        format!("{:?}", reader.states().counts()),
        format!(
            "{:?}",
            Counts {
                in_doubt: 1,
                migrated: 1,
                unfinished: 1,
                ..Counts::default()
            }
        )
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
    if let (Event::Intent(intent), Event::Redeemed(redeemed)) = (&mut intent, &mut redeemed) {
        (intent.fingerprint, redeemed.fingerprint) = (fingerprint, fingerprint);
    }
    let mut outcome = Outcome::new(fingerprint, locator(1), Class::Quarantined, at());
    outcome.home_account_id = Some("HOME-ACCOUNT".into());
    outcome.error = Some("invalid_grant".into());
    let events = [intent, redeemed, Event::Outcome(outcome)];
    let shown = format!("{events:?} {journal:?}");
    for event in events {
        append(&journal, event).await;
    }
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
    let refused = journal.append(redeemed(1, vec![b'x'; 4 << 20])).await;
    assert!(
        matches!(refused, Err(JournalError::TooLarge { .. })),
        "{refused:?}"
    );
    let large = vec![b'x'; (4 << 20) - 1000];
    let position = append(&journal, redeemed(2, large.clone())).await;
    assert_eq!(journal.response(position).await.unwrap().body, large);
    drop(journal);
    let (journal, _) = home.open();
    assert_eq!(journal.states().get(&token(1)), None);
    assert_eq!(
        journal.states().get(&token(2)),
        Some(State::Redeemed { position })
    );
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
