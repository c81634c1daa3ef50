//! How far the latest run has come, by what is written down.
//!
//! A run writes down that it begins, how many tokens its plan has, and when a lane waits. All else follows from what becomes
//! of its tokens.

use std::collections::{HashSet, VecDeque};

use msal_core::UnixTime;

use super::entry::{Entry, Step};
use super::milestone::Pause;
use super::position::Position;
use super::states::States;
use crate::fingerprint::Fingerprint;

/// How far a run has come.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LatestRun {
    /// When it had its plan, and began to send.
    pub began: UnixTime,
    /// When something was written down last.
    pub latest: UnixTime,
    /// How many tokens its plan has.
    pub tokens: u64,
    /// How many of them it leaves alone, as earlier runs have settled them.
    pub earlier: u64,
    /// How many of them are done: these, and those that this run has tried.
    pub done: u64,
    /// How many are done when the run ends: fewer than its plan has where it has a limit.
    pub goal: u64,
    /// How often it has waited.
    pub pauses: u64,
    /// The pause that lasts longest.
    pub pause: Option<Pause>,
    /// How many tokens were done in which second, of the last [`WINDOW`] seconds that something was done in.
    recent: VecDeque<(i64, u64)>,
}

impl LatestRun {
    /// How many tokens a second were done in the minute before `now`, or since the run began.
    pub fn rate(&self, now: UnixTime) -> f64 {
        let since = (now.as_secs() - WINDOW).max(self.began.as_secs());
        let recent = self.recent.iter().filter(|(at, _)| *at >= since);
        let done: u64 = recent.map(|(_, done)| done).sum();
        done as f64 / (now.as_secs() - since).max(1) as f64
    }

    fn add(&mut self, at: UnixTime) {
        self.done = (self.done + 1).min(self.tokens);
        match self.recent.back_mut() {
            Some((second, done)) if *second == at.as_secs() => *done += 1,
            _ => self.recent.push_back((at.as_secs(), 1)),
        }
        if self.recent.len() as i64 > WINDOW {
            self.recent.pop_front();
        }
    }

    /// A token that was done is tried once more.
    fn take_back(&mut self) {
        self.done = self.done.saturating_sub(1);
        if let Some((_, done)) = self.recent.back_mut() {
            *done = done.saturating_sub(1);
        }
    }
}

/// Follows the latest run through the entries of its journal.
#[derive(Default)]
pub(super) struct Latest {
    run: Option<(LatestRun, Position)>,
    /// Tokens that are on their way, where that is written down.
    in_flight: HashSet<Fingerprint>,
}

impl Latest {
    /// Takes note of the next entry, before `states` do.
    pub(super) fn note(&mut self, entry: &Entry<'_>, position: Position, states: &States) {
        if let Step::Begun(begun) = entry.step {
            let earlier = begun.settled.min(begun.tokens);
            let goal = begun.limit.map_or(begun.tokens, |limit| {
                begun.tokens.min(earlier.saturating_add(limit))
            });
            let run = LatestRun {
                began: entry.at,
                latest: entry.at,
                tokens: begun.tokens,
                earlier,
                done: earlier,
                goal,
                pauses: 0,
                pause: None,
                recent: VecDeque::new(),
            };
            self.run = Some((run, position));
            self.in_flight.clear();
            return;
        }
        let Some((run, began)) = &mut self.run else {
            return;
        };
        run.latest = entry.at;
        let token = &entry.fingerprint;
        let is_done = match &entry.step {
            Step::Answered | Step::Concluded(_) | Step::LeftInDoubt(_) => true,
            Step::Intended => false,
            Step::Begun(_) | Step::LeftOut(_) => return,
            Step::Paused(pause) => {
                run.pauses += 1;
                if run.pause.is_none_or(|longest| longest.until <= pause.until) {
                    run.pause = Some(*pause);
                }
                return;
            }
        };
        // What was written down before is not counted: the run touches nothing of what it leaves alone.
        let since = states.decided_at(token).is_some_and(|at| at > *began);
        let was_done = since && !self.in_flight.contains(token);
        match (was_done, is_done) {
            (false, true) => run.add(entry.at),
            (true, false) => run.take_back(),
            (false, false) | (true, true) => {}
        }
        match entry.step {
            Step::Intended => self.in_flight.insert(*token),
            _ => self.in_flight.remove(token),
        };
    }

    pub(super) fn into_run(self) -> Option<LatestRun> {
        self.run.map(|(run, _)| run)
    }
}

/// How many seconds a rate is of.
const WINDOW: i64 = 60;

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::journal::Begun;
    use crate::journal::{Asked, Class, Doubt, Outcome, Reason};
    use crate::record::{Locator, Place};

    /// What is known after these steps of tokens, each a second after the one before. Token 0 stands for none.
    fn after(steps: &[(u8, Step<'_>)]) -> LatestRun {
        let (mut latest, mut states) = (Latest::default(), States::default());
        let nowhere = Locator::new(&"".into(), Place::Element(0));
        for (second, (token, step)) in (1..).zip(steps) {
            let position = Position(second * 100);
            let entry = Entry {
                fingerprint: Fingerprint::from_bytes([*token; 16]),
                origin: (&nowhere).into(),
                at: UnixTime::from_secs(second as i64),
                step: step.clone(),
            };
            latest.note(&entry, position, &states);
            states.set(entry.fingerprint, entry.step.standing(), position);
        }
        latest.into_run().unwrap()
    }

    const ASKED: Asked<'_> = Asked {
        authority: "a",
        client_id: "c",
        scopes: "s",
    };

    fn ends(class: Class) -> Step<'static> {
        Step::Concluded(Outcome {
            class,
            asked: Some(ASKED),
            reason: Cow::Owned(Reason::default()),
            home_account_id: None,
            held_back: None,
            users: None,
        })
    }

    fn begins(tokens: u64, settled: u64) -> (u8, Step<'static>) {
        let limit = None;
        (
            0,
            Step::Begun(Begun {
                tokens,
                settled,
                limit,
            }),
        )
    }

    #[test]
    fn what_is_done_is_what_was_tried_and_what_need_not_be() {
        let doubt = Step::LeftInDoubt(Doubt {
            reason: Cow::Owned(Reason::default()),
            asked: ASKED,
        });
        let all = [
            Class::Failed,
            Class::Migrated,
            Class::NeedsUser,
            Class::Quarantined,
            Class::Retryable,
        ];
        for class in all {
            let ended =
                |then: &[(u8, Step<'static>)]| [&[begins(9, 0), (1, ends(class))], then].concat();
            for (steps, done) in [
                // Tried by this run.
                (ended(&[]), 1),
                (vec![begins(9, 0), (1, Step::Answered)], 1),
                (vec![begins(9, 0), (1, Step::Answered), (1, ends(class))], 1),
                (vec![begins(9, 0), (1, Step::Intended)], 0),
                (vec![begins(9, 0), (1, Step::Intended), (1, ends(class))], 1),
                // Twice.
                (ended(&[(1, Step::Intended)]), 0),
                (ended(&[(1, Step::Intended), (1, ends(class))]), 1),
                // By an earlier one, and left alone.
                (ended(&[begins(9, 1)]), 1),
                // By an earlier one, and again.
                (ended(&[begins(9, 0)]), 0),
                (ended(&[begins(9, 0), (1, Step::Answered)]), 1),
                (
                    ended(&[
                        begins(9, 0),
                        (1, Step::Answered),
                        (1, ends(Class::Migrated)),
                    ]),
                    1,
                ),
                // An answer that a run which was killed has left.
                (
                    vec![
                        begins(9, 0),
                        (1, Step::Answered),
                        begins(9, 0),
                        (1, ends(class)),
                    ],
                    1,
                ),
            ] {
                assert_eq!(after(&steps).done, done, "{class:?}: {steps:?}");
            }
        }
        assert_eq!(
            after(&[begins(9, 0), (1, Step::Intended), (1, doubt)]).done,
            1
        );
        // A process that was killed has left it on its way.
        let killed = [begins(9, 0), (1, Step::Intended), begins(9, 1)];
        assert_eq!((after(&killed).done, after(&killed).earlier), (1, 1));
    }

    #[test]
    fn a_limit_is_counted_from_what_is_left_alone() {
        for (settled, limit, goal) in [
            (0, None, 9),
            (0, Some(2), 2),
            (3, Some(2), 5),
            (8, Some(2), 9),
            (0, Some(u64::MAX), 9),
        ] {
            let begun = Begun {
                tokens: 9,
                settled,
                limit,
            };
            assert_eq!(after(&[(0, Step::Begun(begun))]).goal, goal, "{begun:?}");
        }
    }

    #[test]
    fn a_rate_is_that_of_this_run_and_of_the_last_minute() {
        let mut steps = vec![begins(999, 0)];
        steps.extend((1..=50).map(|token| (token, ends(Class::Migrated))));
        steps.push(begins(999, 50));
        let at = |second| UnixTime::from_secs(second);
        assert_eq!(
            after(&steps).rate(at(52)),
            0.0,
            "only earlier runs did anything"
        );
        steps.extend((51..=150).map(|token| (token, ends(Class::Migrated))));
        let run = after(&steps);
        assert_eq!((run.began, run.latest, run.done), (at(52), at(152), 150));
        assert_eq!(run.rate(at(152)).round(), 1.0);
        assert_eq!(run.rate(at(182)), 31.0 / 60.0);
        assert_eq!(run.rate(at(999)), 0.0, "it has stopped since");
    }

    #[test]
    fn the_longest_pause_is_told() {
        let pause = |until, is_asked| Pause {
            until: UnixTime::from_secs(until),
            is_asked,
        };
        let steps = [
            (0, Step::Paused(pause(900, true))),
            begins(9, 0),
            (0, Step::Paused(pause(50, true))),
            (0, Step::Paused(pause(40, false))),
        ];
        let run = after(&steps);
        assert_eq!((run.pauses, run.pause), (2, Some(pause(50, true))));
    }
}
