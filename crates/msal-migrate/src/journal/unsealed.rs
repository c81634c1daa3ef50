//! A record's contents as bytes that are not sealed: on their way into a journal, or out of it.

use std::fmt;
use std::ops::Range;

use msal_core::SecretBuffer;

use super::answer::Answer;
use super::encoding::{append, decode, size};
use super::entry::Entry;

/// An entry, encoded, with the answer that belongs to it, if one does.
pub(crate) struct Unsealed {
    bytes: SecretBuffer,
    entry: Range<usize>,
    answer: Range<usize>,
}

impl Unsealed {
    /// Encodes both side by side, in memory that is sized for them.
    pub(super) fn new(entry: &Entry<'_>, answer: Option<&Answer<'_>>) -> Self {
        let room = entry.size() + answer.map_or(0, size);
        let mut bytes = SecretBuffer::with_capacity(room);
        entry.append(&mut bytes);
        let end = bytes.len();
        if let Some(answer) = answer {
            append(answer, &mut bytes);
        }
        Self {
            entry: 0..end,
            answer: end..bytes.len(),
            bytes,
        }
    }

    /// What was read from a journal: where in `bytes` the entry stands, and where the answer.
    pub(super) fn found(bytes: SecretBuffer, entry: Range<usize>, answer: Range<usize>) -> Self {
        Self {
            bytes,
            entry,
            answer,
        }
    }

    /// The entry; `None` when the bytes are not one.
    pub(crate) fn entry(&self) -> Option<Entry<'_>> {
        Entry::decode(self.entry_bytes())
    }

    /// The answer; `None` when there is none, or the bytes are not one.
    pub(crate) fn answer(&self) -> Option<Answer<'_>> {
        decode(self.answer_bytes())
    }

    /// Whether there is an answer. An encoded one is never empty.
    pub(super) fn has_answer(&self) -> bool {
        !self.answer.is_empty()
    }

    pub(super) fn entry_bytes(&self) -> &[u8] {
        self.bytes.get(self.entry.clone()).unwrap_or_default()
    }

    pub(super) fn answer_bytes(&self) -> &[u8] {
        self.bytes.get(self.answer.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for Unsealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (entry, answer) = (self.entry.len(), self.answer.len());
        write!(formatter, "Unsealed([{entry} and {answer} bytes redacted])")
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use msal_core::{HomeAccountId, UnixTime};
    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::journal::answer::User;
    use crate::journal::asked::Asked;
    use crate::journal::entry::{Doubt, Outcome, Step, Users};
    use crate::journal::left_out::LeftOut;
    use crate::journal::milestone::{Begun, Pause};
    use crate::journal::position::Position;
    use crate::journal::{Class, Reason};
    use crate::record::{Locator, Place, UserHints};

    const ASKED: Asked<'_> = Asked {
        authority: "a",
        client_id: "c",
        scopes: "s",
    };

    fn locators() -> [Locator; 4] {
        let file = "tokens.csv".into();
        let place = Place::File {
            file: 1,
            element: u64::MAX,
        };
        [
            Locator::new(&file, Place::Line(1)),
            Locator::new(&file, Place::Element(0)),
            Locator::new(&file, Place::RefreshToken(7)),
            Locator::new(&file, place).with_key("alice@contoso.example"),
        ]
    }

    fn steps() -> Vec<Step<'static>> {
        let outcome = |class| Outcome {
            class,
            asked: None,
            reason: Cow::Owned(Reason::default()),
            home_account_id: None,
            held_back: None,
            users: None,
        };
        let mut full = outcome(Class::Quarantined);
        full.reason = Cow::Owned(Reason {
            error: "invalid_grant".into(),
            suberror: Some("ung\u{fc}ltig".to_owned()),
            aadsts: vec![70008, u32::MAX],
        });
        full.asked = Some(ASKED);
        full.home_account_id = Some("u.t");
        full.held_back = Some(Position(u64::MAX));
        full.users = Some(Users {
            expected: User::default(),
            found: User::default(),
        });
        let bare = [
            Class::Failed,
            Class::Migrated,
            Class::NeedsUser,
            Class::Quarantined,
            Class::Retryable,
        ];
        let doubt = Step::LeftInDoubt(Doubt {
            reason: Cow::Owned(Reason::named("http_503")),
            asked: ASKED,
        });
        let mut steps = vec![Step::Answered, Step::Intended, Step::Concluded(full), doubt];
        steps.push(Step::LeftOut(LeftOut {
            before: 7,
            digest: Some([9; 32]),
            rows: Vec::new(),
        }));
        steps.push(Step::Begun(Begun {
            tokens: 7,
            settled: u64::MAX,
            limit: Some(7),
        }));
        steps.push(Step::Paused(Pause {
            until: UnixTime::from_secs(i64::MAX),
            is_asked: true,
        }));
        steps.extend(bare.map(|class| Step::Concluded(outcome(class))));
        steps
    }

    fn each(test: impl Fn(&Entry<'_>)) {
        for locator in &locators() {
            for step in steps() {
                test(&Entry {
                    fingerprint: Fingerprint::from_bytes([7; 16]),
                    origin: (locator, &user()).into(),
                    at: UnixTime::from_secs(-1),
                    step,
                });
            }
        }
    }

    fn user() -> UserHints {
        UserHints {
            username: Some("\u{c5}ke \"q\"@x".to_owned()),
            oid: Some("oid".to_owned()),
            tid: None,
            sub: None,
            home_account_id: Some(HomeAccountId::new("u.t")),
        }
    }

    fn answer<'a>(user: &'a UserHints, body: &'a [u8]) -> Answer<'a> {
        Answer {
            client_id: "app",
            authority: "https://localhost:8443/contoso.example",
            scopes: "a b",
            user: user.into(),
            redeemed_token: "M.C5!*\\$\"",
            status: 201,
            body,
        }
    }

    #[test]
    fn entries_come_back() {
        each(|entry| {
            let record = Unsealed::new(entry, None);
            assert_eq!(record.entry().as_ref(), Some(entry));
            assert!(record.answer().is_none() && !record.has_answer());
        });
        for locator in locators() {
            let origin = crate::journal::entry::Origin::from(&locator);
            assert!(Locator::from(&origin) == locator);
        }
    }

    #[test]
    fn an_answer_comes_back_with_all_that_publishing_needs() {
        let user = user();
        for body in [&b""[..], b"{\"refresh_token\":\"0.NEW\"}", &[0xff; 5000]] {
            each(|entry| {
                let record = Unsealed::new(entry, Some(&answer(&user, body)));
                let found = record.answer().unwrap();
                assert!(found == answer(&user, body) && record.has_answer());
                assert!(UserHints::from(&found.user) == user);
                assert_eq!(record.entry().as_ref(), Some(entry));
            });
        }
    }

    /// A derived encoding follows its types: this fails when one of them changes, and the header's version must, too.
    #[test]
    fn the_bytes_are_those_of_version_4() {
        let locator = Locator::new(&"f".into(), Place::Line(300)).with_key("k");
        let reason = Reason {
            error: "e".into(),
            suberror: None,
            aadsts: vec![70008],
        };
        let named = UserHints {
            username: Some("n".to_owned()),
            ..UserHints::default()
        };
        let entry = Entry {
            fingerprint: Fingerprint::from_bytes([7; 16]),
            origin: (&locator, &named).into(),
            at: UnixTime::from_secs(-1),
            step: Step::Concluded(Outcome {
                held_back: Some(Position(5)),
                ..Outcome::new(Class::Quarantined, ASKED, &reason)
            }),
        };
        let user = UserHints {
            oid: Some("o".to_owned()),
            ..UserHints::default()
        };
        let answer = Answer {
            client_id: "c",
            authority: "a",
            scopes: "s",
            user: (&user).into(),
            redeemed_token: "r",
            status: 200,
            body: b"{}",
        };
        let record = Unsealed::new(&entry, Some(&answer));
        let origin = b"\x01f\x02\xac\x02\x01\x01k";
        let outcome = b"\x01\x03\x01\x01a\x01c\x01s\x01e\x00\x01\xf8\xa2\x04\x00\x01\x05\x00";
        assert_eq!(
            record.entry_bytes(),
            [&[7; 16], &origin[..], b"\x01", outcome, b"\x01\x01n\0\0\0"].concat()
        );
        // Version 3 ends before the user.
        let (before, _) = record.entry_bytes().split_last_chunk::<6>().unwrap();
        let found = Entry::decode(before).unwrap();
        assert!(found.origin == (&locator).into() && found.step == entry.step);
        assert_eq!(
            record.answer_bytes(),
            b"\x01c\x01a\x01s\x00\x01\x01o\x00\x00\x01r\xc8\x01\x02{}"
        );
    }

    #[test]
    fn no_copy_of_a_token_is_left_behind_by_a_buffer_that_grows() {
        let user = user();
        each(|entry| {
            let record = Unsealed::new(entry, Some(&answer(&user, &[b'x'; 5000])));
            assert_eq!(record.bytes.capacity(), record.bytes.len());
        });
    }

    fn cut_and_extended(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        let cut = (0..bytes.len()).map(|end| bytes[..end].to_vec());
        cut.chain([[bytes, &[0]].concat()])
    }

    #[test]
    fn what_is_cut_or_extended_is_refused() {
        let user = user();
        each(|entry| {
            let record = Unsealed::new(entry, Some(&answer(&user, b"{}")));
            // Without the user it is one of version 3.
            let bare = record.entry_bytes().len() - size(&entry.origin.user);
            for wrong in cut_and_extended(record.entry_bytes()) {
                let is_refused = Entry::decode(&wrong).is_none();
                assert_eq!(is_refused, wrong.len() != bare, "{entry:?}");
            }
            for wrong in cut_and_extended(record.answer_bytes()) {
                assert!(decode::<Answer<'_>>(&wrong).is_none(), "{entry:?}");
            }
        });
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic_or_become_more_than_they_are(
            bytes in proptest::collection::vec(any::<u8>(), 0..200)
        ) {
            if let Some(entry) = Entry::decode(&bytes) {
                prop_assert!(size(&entry) <= bytes.len());
            }
            if let Some(answer) = decode::<Answer<'_>>(&bytes) {
                prop_assert!(size(&answer) <= bytes.len());
            }
        }

        #[test]
        fn lengths_that_are_not_there_ask_for_no_memory(
            at in 0_usize..80, bytes in proptest::collection::vec(any::<u8>(), 1..10)
        ) {
            each(|entry| {
                let record = Unsealed::new(entry, None);
                let mut damaged = record.entry_bytes().to_vec();
                let at = at % damaged.len();
                damaged.splice(at..at, bytes.iter().copied());
                let _is_none_or_another = Entry::decode(&damaged);
            });
        }
    }
}
