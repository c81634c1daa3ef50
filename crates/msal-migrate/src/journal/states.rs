//! Where each token stands, by replay: the last record about it decides.

use hashbrown::HashMap;

use super::{
    Position,
    entry::{Class, Event},
};
use crate::fingerprint::Fingerprint;

/// Where a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It cannot be redeemed any more.
    Failed,
    /// A request was about to be sent, and nothing says what came of it.
    InDoubt {
        /// The how-manieth request it was; 255 stands for more.
        attempt: u8,
        /// The record that says so. Earlier requests have smaller positions.
        position: Position,
    },
    /// It is in the target, durably, and was read back.
    Migrated,
    /// Its user has to sign in.
    NeedsUser,
    /// It was written to the target, and not read back yet.
    Published {
        /// The answer that was published.
        position: Position,
    },
    /// The answer must not be used as it is.
    Quarantined,
    /// The server answered; the answer is in the journal and nowhere else.
    Redeemed {
        /// The answer.
        position: Position,
    },
    /// Trying again later may help.
    Retryable {
        /// How many requests there were; 255 stands for more.
        attempts: u8,
    },
    /// It was not tried.
    Skipped,
}

/// Where all tokens of a journal stand. Takes some 60 bytes a token.
#[derive(Clone, Debug, Default)]
pub struct States(HashMap<Fingerprint, Packed>);

impl States {
    /// Where a token stands, if the journal knows it.
    pub fn get(&self, fingerprint: &Fingerprint) -> Option<State> {
        self.0.get(fingerprint).map(|packed| packed.state())
    }

    /// All tokens, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Fingerprint, State)> {
        self.0
            .iter()
            .map(|(fingerprint, packed)| (*fingerprint, packed.state()))
    }

    /// The tokens in doubt, the longest in doubt first: where an identity platform honours a token for a while after
    /// its redemption, these are the ones that cannot wait.
    pub fn in_doubt(&self) -> Vec<Fingerprint> {
        self.by_position(|state| match state {
            State::InDoubt { position, .. } => Some(position),
            _ => None,
        })
        .map(|(_, fingerprint)| fingerprint)
        .collect()
    }

    /// The tokens whose answers still have to reach the target or be read back from it, in the order of the answers.
    pub fn unfinished(&self) -> Vec<(Fingerprint, Position)> {
        self.by_position(|state| match state {
            State::Published { position } | State::Redeemed { position } => Some(position),
            _ => None,
        })
        .map(|(position, fingerprint)| (fingerprint, position))
        .collect()
    }

    /// How many tokens stand where.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for packed in self.0.values() {
            *match packed.state() {
                State::Failed => &mut counts.failed,
                State::InDoubt { .. } => &mut counts.in_doubt,
                State::Migrated => &mut counts.migrated,
                State::NeedsUser => &mut counts.needs_user,
                State::Published { .. } | State::Redeemed { .. } => &mut counts.unfinished,
                State::Quarantined => &mut counts.quarantined,
                State::Retryable { .. } => &mut counts.retryable,
                State::Skipped => &mut counts.skipped,
            } += 1;
        }
        counts
    }

    /// Takes note of `event`, recorded at `position`.
    pub fn apply(&mut self, event: &Event, position: Position) {
        match event {
            Event::Intent(intent) => {
                self.set(intent.fingerprint, Tag::InDoubt, intent.attempt, position);
            }
            Event::Redeemed(redeemed) => {
                let attempt = self.attempts(&redeemed.fingerprint);
                self.set(redeemed.fingerprint, Tag::Redeemed, attempt, position);
            }
            Event::Published(published) => {
                for fingerprint in &published.fingerprints {
                    // What was published is what was redeemed before: that position stays.
                    if let Some(packed) = self.0.get_mut(fingerprint)
                        && packed.tag() == Tag::Redeemed
                    {
                        *packed = Packed::new(Tag::Published, packed.attempts(), packed.position());
                    }
                }
            }
            Event::Outcome(outcome) => {
                let attempts = self.attempts(&outcome.fingerprint);
                self.set(
                    outcome.fingerprint,
                    Tag::of(outcome.class),
                    attempts,
                    position,
                );
            }
        }
    }

    /// The record that decides where a token stands: the one that a report quotes.
    pub(super) fn decided_at(&self, fingerprint: &Fingerprint) -> Option<Position> {
        self.0.get(fingerprint).map(|packed| packed.position())
    }

    fn set(&mut self, fingerprint: Fingerprint, tag: Tag, attempts: u8, position: Position) {
        self.0
            .insert(fingerprint, Packed::new(tag, attempts, position));
    }

    fn attempts(&self, fingerprint: &Fingerprint) -> u8 {
        self.0
            .get(fingerprint)
            .map_or(0, |packed| packed.attempts())
    }

    fn by_position(
        &self,
        position: impl Fn(State) -> Option<Position>,
    ) -> impl Iterator<Item = (Position, Fingerprint)> {
        let mut found: Vec<_> = self
            .iter()
            .filter_map(|(fingerprint, state)| Some((position(state)?, fingerprint)))
            .collect();
        found.sort_unstable();
        found.into_iter()
    }
}

/// How many tokens stand where. The sum is the number of tokens that the journal knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Cannot be redeemed any more.
    pub failed: u64,
    /// A request may have been sent.
    pub in_doubt: u64,
    /// In the target, and read back.
    pub migrated: u64,
    /// Their users have to sign in.
    pub needs_user: u64,
    /// Their answers must not be used as they are.
    pub quarantined: u64,
    /// To be tried again.
    pub retryable: u64,
    /// Not tried.
    pub skipped: u64,
    /// Answered, and not yet read back from the target.
    pub unfinished: u64,
}

impl Counts {
    /// The number of tokens.
    pub fn total(&self) -> u64 {
        self.failed
            + self.in_doubt
            + self.migrated
            + self.needs_user
            + self.quarantined
            + self.retryable
            + self.skipped
            + self.unfinished
    }
}

/// A state in eight bytes, as there may be millions: the position above, then 8 bits of attempts, then 4 of tag.
#[derive(Clone, Copy, Debug)]
struct Packed(u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Failed,
    InDoubt,
    Migrated,
    NeedsUser,
    Published,
    Quarantined,
    Redeemed,
    Retryable,
    Skipped,
}

impl Packed {
    /// A position has 52 bits: four pebibytes of journal.
    fn new(tag: Tag, attempts: u8, position: Position) -> Self {
        Self(position.0 << 12 | u64::from(attempts) << 4 | tag as u64)
    }

    fn position(self) -> Position {
        Position(self.0 >> 12)
    }

    fn attempts(self) -> u8 {
        (self.0 >> 4).to_le_bytes()[0]
    }

    fn tag(self) -> Tag {
        match self.0 & 0xf {
            0 => Tag::Failed,
            1 => Tag::InDoubt,
            2 => Tag::Migrated,
            3 => Tag::NeedsUser,
            4 => Tag::Published,
            5 => Tag::Quarantined,
            6 => Tag::Redeemed,
            7 => Tag::Retryable,
            _ => Tag::Skipped,
        }
    }

    fn state(self) -> State {
        let position = self.position();
        match self.tag() {
            Tag::Failed => State::Failed,
            Tag::InDoubt => State::InDoubt {
                attempt: self.attempts(),
                position,
            },
            Tag::Migrated => State::Migrated,
            Tag::NeedsUser => State::NeedsUser,
            Tag::Published => State::Published { position },
            Tag::Quarantined => State::Quarantined,
            Tag::Redeemed => State::Redeemed { position },
            Tag::Retryable => State::Retryable {
                attempts: self.attempts(),
            },
            Tag::Skipped => State::Skipped,
        }
    }
}

impl Tag {
    fn of(class: Class) -> Self {
        match class {
            Class::Failed => Self::Failed,
            Class::Migrated => Self::Migrated,
            Class::NeedsUser => Self::NeedsUser,
            Class::Quarantined => Self::Quarantined,
            Class::Retry => Self::Retryable,
            Class::Skipped => Self::Skipped,
        }
    }
}

#[cfg(test)]
mod tests {
    use msal_core::UnixTime;

    use super::*;
    use crate::{
        Locator, Place,
        journal::entry::{Intent, Outcome, Published, RawResponse, Redeemed},
    };

    const TOKEN: Fingerprint = Fingerprint::from_bytes([1; 16]);

    fn locator() -> Locator {
        Locator::new(&"f".into(), Place::Line(1))
    }

    fn intent(attempt: u8) -> Event {
        Event::Intent(Intent {
            fingerprint: TOKEN,
            locator: locator(),
            attempt,
            at: UnixTime::default(),
        })
    }

    fn redeemed() -> Event {
        let response = RawResponse {
            status: 200,
            body: Default::default(),
        };
        Event::Redeemed(Redeemed {
            fingerprint: TOKEN,
            locator: locator(),
            at: UnixTime::default(),
            response,
        })
    }

    fn published() -> Event {
        Event::Published(Published {
            fingerprints: vec![TOKEN],
            generation: vec![],
            at: UnixTime::default(),
        })
    }

    fn outcome(class: Class) -> Event {
        Event::Outcome(Outcome::new(TOKEN, locator(), class, UnixTime::default()))
    }

    /// The state after `events`, recorded at 10, 20, 30 and so on.
    fn after(events: &[Event]) -> Option<State> {
        let mut states = States::default();
        for (event, position) in events.iter().zip((10..).step_by(10)) {
            states.apply(event, Position(position));
        }
        assert_eq!(states.counts().total(), u64::from(!states.0.is_empty()));
        states.get(&TOKEN)
    }

    #[test]
    fn the_last_record_decides() {
        let (ten, twenty) = (Position(10), Position(20));
        let cases: [(&[Event], Option<State>); 9] = [
            (&[], None),
            (
                &[intent(1)],
                Some(State::InDoubt {
                    attempt: 1,
                    position: ten,
                }),
            ),
            (
                &[intent(1), redeemed()],
                Some(State::Redeemed { position: twenty }),
            ),
            (
                &[redeemed(), published()],
                Some(State::Published { position: ten }),
            ),
            (
                &[redeemed(), published(), outcome(Class::Migrated)],
                Some(State::Migrated),
            ),
            (
                &[intent(3), outcome(Class::Retry)],
                Some(State::Retryable { attempts: 3 }),
            ),
            (
                &[outcome(Class::Retry), intent(2)],
                Some(State::InDoubt {
                    attempt: 2,
                    position: twenty,
                }),
            ),
            (
                &[redeemed(), outcome(Class::Quarantined)],
                Some(State::Quarantined),
            ),
            (&[published()], None),
        ];
        for (events, state) in cases {
            assert_eq!(after(events), state, "{events:?}");
        }
    }

    #[test]
    fn packing_keeps_every_state_and_the_largest_values() {
        for tag in 0..=8 {
            let tag = Packed(tag).tag();
            let packed = Packed::new(tag, 255, Position((1 << 52) - 1));
            assert_eq!(
                (packed.tag(), packed.attempts(), packed.position().0),
                (tag, 255, (1 << 52) - 1)
            );
        }
        for class in [
            Class::Failed,
            Class::Migrated,
            Class::NeedsUser,
            Class::Quarantined,
            Class::Skipped,
        ] {
            assert_eq!(
                format!("{:?}", after(&[outcome(class)]).unwrap()),
                format!("{class:?}")
            );
        }
    }

    #[test]
    fn those_longest_in_doubt_come_first() {
        let mut states = States::default();
        for (n, position) in [(1, 300), (2, 100), (3, 200)] {
            let fingerprint = Fingerprint::from_bytes([n; 16]);
            states.set(fingerprint, Tag::InDoubt, 1, Position(position));
        }
        assert_eq!(
            states.in_doubt(),
            [2, 3, 1].map(|n| Fingerprint::from_bytes([n; 16]))
        );
    }
}
