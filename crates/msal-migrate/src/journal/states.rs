//! Where each token stands, by replay: the last entry about it decides.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::{HashMap, HashSet};
use msal_core::Authority;

use super::asked::{Asked, AskedDigest, AuthorityDigest};
use super::authorities::Authorities;
use super::counts::Counts;
use super::left_out::Listings;
use super::position::Position;
use super::standing::Standing;
use super::state::{Class, State};
use crate::fingerprint::{Fingerprint, OfToken};

/// Where all tokens of a journal stand. Takes some 50 bytes a token.
#[derive(Clone, Debug, Default)]
pub(crate) struct States {
    tokens: HashMap<Fingerprint, Packed>,
    authorities: Authorities,
    /// What was asked for the tokens that need their user, and for those whose answers are held back: they are few, and the
    /// only ones for which it decides.
    judged: HashMap<Fingerprint, AskedDigest>,
    /// The latest answers that were held back, until their tokens are migrated: what is tried afterwards may end in doubt,
    /// or not at all, and leaves the user with no other token than the one in there.
    held_back: HashMap<Fingerprint, Position>,
    /// The rows that are in no run.
    listings: Listings,
    /// Tokens whose last entry another process wrote since the journal was opened.
    by_another: HashSet<Fingerprint>,
    /// For which client each token is spent, or may be. `None` until somebody asks.
    spent_for: Option<HashMap<OfToken, Fingerprint>>,
}

impl States {
    /// Where a token stands, if the journal knows it.
    pub(crate) fn get(&self, fingerprint: &Fingerprint) -> Option<State> {
        self.tokens.get(fingerprint).map(|packed| packed.state())
    }

    /// Whether what the server said of the token was the answer to something else than `asked`, about which it says
    /// nothing.
    pub(crate) fn is_judged_elsewhere(&self, fingerprint: &Fingerprint, asked: &Asked<'_>) -> bool {
        let judged = self.judged.get(fingerprint);
        judged.is_some_and(|judged| *judged != asked.digest())
    }

    /// Whether the token is migrated, and was redeemed at another authority than this one.
    pub(crate) fn is_migrated_elsewhere(
        &self,
        fingerprint: &Fingerprint,
        authority: &Authority,
    ) -> bool {
        let packed = self.tokens.get(fingerprint);
        let at = packed.map_or(0, |packed| packed.migrated_at());
        // Made into text only where it decides.
        let here = || AuthorityDigest::of(&authority.to_string());
        at != 0 && self.authorities.get(here()) != Some(at)
    }

    /// How many tokens stand where.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for packed in self.tokens.values() {
            counts.add(packed.state(), packed.kept_old_rt());
        }
        counts
    }

    /// How many of `tokens` stand where; those that the journal does not know count nowhere.
    pub(crate) fn counts_of<'a>(&self, tokens: impl Iterator<Item = &'a Fingerprint>) -> Counts {
        let mut counts = Counts::default();
        for packed in tokens.filter_map(|token| self.tokens.get(token)) {
            counts.add(packed.state(), packed.kept_old_rt());
        }
        counts
    }

    /// The tokens whose answers no run has taken in yet.
    pub(crate) fn unpublished(&self) -> impl Iterator<Item = Fingerprint> {
        let is_unpublished = |packed: &Packed| packed.state() == State::Unpublished;
        let tokens = self.tokens.iter();
        tokens.filter_map(move |(token, packed)| is_unpublished(packed).then_some(*token))
    }

    /// The entries of the tokens whose answers are in the journal and not in the target, those that are held back
    /// included. In the order of the entries, so that what has waited longest comes first.
    pub(crate) fn with_answers(&self) -> Vec<Position> {
        let has_answer = |packed: &&Packed| {
            matches!(
                packed.state(),
                State::Unpublished | State::Concluded(Class::Quarantined)
            )
        };
        let found = self.tokens.values().filter(has_answer);
        let mut positions: Vec<_> = found.map(|packed| packed.position()).collect();
        positions.sort_unstable();
        positions
    }

    /// Whether another process has decided where the token stands, since the journal was opened.
    pub(crate) fn is_decided_by_another(&self, fingerprint: &Fingerprint) -> bool {
        self.by_another.contains(fingerprint)
    }

    /// Takes note of an entry that another process has written.
    pub(super) fn set_by_another(
        &mut self,
        fingerprint: Fingerprint,
        standing: Standing,
        position: Position,
    ) {
        self.set(fingerprint, standing, position);
        self.by_another.insert(fingerprint);
    }

    /// Takes note of an entry, recorded at `position`, that brings its token to `standing`.
    pub(super) fn set(&mut self, fingerprint: Fingerprint, standing: Standing, position: Position) {
        if let Some(part) = standing.left_out() {
            return self.listings.note(fingerprint, part, position);
        }
        if !standing.is_of_token() {
            return;
        }
        self.by_another.remove(&fingerprint);
        let migrated_at = standing.migrated_at();
        let migrated_at = migrated_at.map_or(0, |at| self.authorities.number(at));
        let packed = Packed::new(standing, position, migrated_at);
        self.tokens.insert(fingerprint, packed);
        match standing.asked() {
            Some(asked) => {
                self.judged.insert(fingerprint, asked);
            }
            None => {
                self.judged.remove(&fingerprint);
            }
        }
        match standing.held_back() {
            Some(answer) => {
                self.held_back.insert(fingerprint, answer);
            }
            None if standing.state() == State::Concluded(Class::Migrated) => {
                self.held_back.remove(&fingerprint);
            }
            None => {}
        }
        self.note_spent(&fingerprint);
    }

    /// The answer that is held back for a token, wherever the token stands since.
    pub(crate) fn held_back(&self, fingerprint: &Fingerprint) -> Option<Position> {
        self.held_back.get(fingerprint).copied()
    }

    /// The tokens that are spent, or may be.
    pub(crate) fn spent(&self) -> impl Iterator<Item = Fingerprint> {
        let tokens = self.tokens.keys().copied();
        tokens.filter(|token| self.is_spent(token))
    }

    fn is_spent(&self, token: &Fingerprint) -> bool {
        match self.get(token) {
            Some(
                State::Concluded(Class::Migrated | Class::Quarantined)
                | State::InDoubt
                | State::Unpublished,
            ) => true,
            Some(State::Concluded(Class::Failed | Class::NeedsUser | Class::Retryable)) => {
                self.held_back.contains_key(token)
            }
            None => false,
        }
    }

    /// Whether the token is spent, or may be, for another client than its own. The first to ask has a table made of it, of
    /// some 30 bytes a token, which is kept up to date from then on.
    pub(crate) fn is_spent_for_another(&mut self, fingerprint: &Fingerprint) -> bool {
        let spent_for = match self.spent_for.take() {
            Some(spent_for) => spent_for,
            None => self
                .spent()
                .map(|token| (token.of_token(), token))
                .collect(),
        };
        let spent_for = self.spent_for.insert(spent_for);
        let sent = spent_for.get(&fingerprint.of_token());
        sent.is_some_and(|sent| sent != fingerprint)
    }

    fn note_spent(&mut self, token: &Fingerprint) {
        let is_spent = self.is_spent(token);
        let Some(spent_for) = &mut self.spent_for else {
            return;
        };
        match is_spent {
            true => {
                spent_for.entry(token.of_token()).or_insert(*token);
            }
            false if spent_for.get(&token.of_token()) == Some(token) => {
                spent_for.remove(&token.of_token());
            }
            false => {}
        }
    }

    /// How many answers are needed yet: to be published, or to be asked again with.
    pub(crate) fn answers_needed(&self) -> u64 {
        let is_other = |token: &Fingerprint| !self.held_back.contains_key(token);
        (self.held_back.len() + self.unpublished().filter(is_other).count()) as u64
    }

    /// The rows that plans leave out.
    pub(super) fn listings(&self) -> &Listings {
        &self.listings
    }

    /// The digest of the rows of a source that its last plan left out, as far as the journal has them.
    pub(crate) fn left_out_digest(&self, source: &Fingerprint) -> Option<[u8; 32]> {
        self.listings.digest(source)
    }

    /// The entry that decides where a token stands: the one that a report quotes.
    pub(crate) fn decided_at(&self, fingerprint: &Fingerprint) -> Option<Position> {
        self.tokens.get(fingerprint).map(|packed| packed.position())
    }
}

/// The states as the disk has them, shared with the thread that writes.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedStates(Arc<Mutex<States>>);

impl SharedStates {
    pub(super) fn new(states: States) -> Self {
        Self(Arc::new(Mutex::new(states)))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, States> {
        // A panic elsewhere leaves no state half changed: each change is one insertion.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A state, the position of its entry, and the number of the authority that a migrated token was redeemed at, in eight
/// bytes, as there may be millions: the position above, 16 bits of authority, one that says whether the token was kept, 3 bits
/// of state.
#[derive(Clone, Copy, Debug)]
struct Packed(u64);

impl Packed {
    /// A position has 44 bits, which is 16 TiB.
    fn new(standing: Standing, position: Position, migrated_at: u16) -> Self {
        let Position(position) = position;
        let low = number_of(standing.state()) | u8::from(standing.kept_old_rt()) << 3;
        Self(position << 20 | u64::from(migrated_at) << 4 | u64::from(low))
    }

    fn position(self) -> Position {
        Position(self.0 >> 20)
    }

    fn migrated_at(self) -> u16 {
        (self.0 >> 4 & 0xffff) as u16
    }

    fn kept_old_rt(self) -> bool {
        self.0 & 0x8 != 0
    }

    fn state(self) -> State {
        match self.0 & 0x7 {
            0 => State::InDoubt,
            1 => State::Unpublished,
            2 => State::Concluded(Class::Failed),
            3 => State::Concluded(Class::Migrated),
            4 => State::Concluded(Class::NeedsUser),
            5 => State::Concluded(Class::Quarantined),
            _ => State::Concluded(Class::Retryable),
        }
    }
}

/// In memory only: no file holds these numbers.
fn number_of(state: State) -> u8 {
    match state {
        State::InDoubt => 0,
        State::Unpublished => 1,
        State::Concluded(Class::Failed) => 2,
        State::Concluded(Class::Migrated) => 3,
        State::Concluded(Class::NeedsUser) => 4,
        State::Concluded(Class::Quarantined) => 5,
        State::Concluded(Class::Retryable) => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: Fingerprint = Fingerprint::from_bytes([1; 16]);

    const ALL: [State; 7] = [
        State::InDoubt,
        State::Unpublished,
        State::Concluded(Class::Failed),
        State::Concluded(Class::Migrated),
        State::Concluded(Class::NeedsUser),
        State::Concluded(Class::Quarantined),
        State::Concluded(Class::Retryable),
    ];

    fn asked(authority: &str) -> Asked<'_> {
        Asked {
            authority,
            client_id: "c",
            scopes: "s",
        }
    }

    #[test]
    fn a_verdict_holds_for_what_was_asked_until_the_token_stands_elsewhere() {
        for state in ALL {
            let is_verdict = matches!(
                state,
                State::Concluded(Class::NeedsUser | Class::Quarantined)
            );
            let states = after(&[State::Concluded(Class::NeedsUser), state]);
            let elsewhere = |authority| states.is_judged_elsewhere(&TOKEN, &asked(authority));
            assert_eq!(
                [elsewhere("a"), elsewhere("b")],
                [false, is_verdict],
                "{state:?}"
            );
        }
        assert!(!after(&[]).is_judged_elsewhere(&TOKEN, &asked("b")));
    }

    /// The states after entries at 10, 20, 30 and so on.
    fn after(entries: &[State]) -> States {
        let mut states = States::default();
        for (state, position) in entries.iter().zip((10..).step_by(10)) {
            let standing = Standing::new(*state, Some(asked("a")), None);
            states.set(TOKEN, standing, Position(position));
        }
        assert_eq!(
            states.counts().total(),
            u64::from(!states.tokens.is_empty())
        );
        states
    }

    #[test]
    fn only_what_is_migrated_was_migrated_at_another_authority() {
        let [one, other] = ["contoso", "fabrikam"]
            .map(|tenant| Authority::parse(&format!("https://host.example/{tenant}.example")));
        let (one, other) = (one.unwrap(), other.unwrap());
        for state in ALL {
            let mut states = States::default();
            let text = one.to_string().to_uppercase();
            let standing = Standing::new(state, Some(asked(&text)), None);
            states.set(TOKEN, standing, Position(10));
            assert!(!states.is_migrated_elsewhere(&TOKEN, &one));
            let is_migrated = state == State::Concluded(Class::Migrated);
            assert_eq!(states.is_migrated_elsewhere(&TOKEN, &other), is_migrated);
        }
        // A journal of before does not say where.
        let mut states = States::default();
        let standing = Standing::new(State::Concluded(Class::Migrated), None, None);
        states.set(TOKEN, standing, Position(10));
        assert!(!states.is_migrated_elsewhere(&TOKEN, &other));
    }

    #[test]
    fn the_last_entry_decides() {
        assert_eq!(after(&[]).get(&TOKEN), None);
        for first in ALL {
            for last in ALL {
                let states = after(&[first, last]);
                assert_eq!(states.get(&TOKEN), Some(last), "{first:?}");
                assert_eq!(states.decided_at(&TOKEN), Some(Position(20)));
            }
        }
    }

    #[test]
    fn what_is_held_back_stays_so_until_something_newer_is_or_the_token_is_migrated() {
        let held = State::Concluded(Class::Quarantined);
        for state in ALL {
            let mut states = States::default();
            let mut set = |state, held_back| {
                let standing = Standing::new(state, None, held_back);
                states.set(TOKEN, standing, Position(30));
                (states.held_back(&TOKEN), states.answers_needed())
            };
            set(held, Some(Position(10)));
            let expected = match state {
                State::Concluded(Class::Migrated) => (None, 0),
                _ => (Some(Position(10)), 1),
            };
            assert_eq!(set(state, None), expected, "{state:?}");
            let newer = Some(Position(20));
            assert_eq!(set(held, newer), (newer, 1));
        }
    }

    #[test]
    fn packing_keeps_every_state_and_the_largest_values() {
        for state in ALL {
            for at in [0, 1, u16::MAX] {
                let standing = Standing::new(state, None, None).keeping_old_rt(at == 1);
                let packed = Packed::new(standing, Position((1 << 44) - 1), at);
                assert_eq!(packed.kept_old_rt(), at == 1);
                assert_eq!(
                    (packed.state(), packed.position(), packed.migrated_at()),
                    (state, Position((1 << 44) - 1), at)
                );
            }
        }
    }

    #[test]
    fn answers_that_have_waited_longest_come_first() {
        let mut states = States::default();
        for (n, position, state) in [
            (1, 300, State::Unpublished),
            (2, 100, State::Concluded(Class::Quarantined)),
            (3, 200, State::Unpublished),
            (4, 50, State::Concluded(Class::Migrated)),
            (5, 60, State::InDoubt),
        ] {
            let standing = Standing::new(state, None, None);
            states.set(
                Fingerprint::from_bytes([n; 16]),
                standing,
                Position(position),
            );
        }
        assert_eq!(states.with_answers(), [100, 200, 300].map(Position));
    }
}
