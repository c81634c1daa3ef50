//! The bar of a migration, in one line of the terminal.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::line::{ECHO, Line};
use crate::terminal;
use crate::text;

/// A bar, which others may have too.
#[derive(Clone)]
pub(crate) struct Bar {
    bar: ProgressBar,
    pause: Shared,
    refused: Arc<AtomicU64>,
}

type Shared = Arc<Mutex<Option<(Pause, Instant)>>>;

/// Why nothing is sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pause {
    /// The server failed, or did not answer.
    NoAnswer,
    /// The server asks for it.
    Throttled,
}

impl Pause {
    /// What programs call it.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::Throttled => "throttled",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::NoAnswer => "no answer",
            Self::Throttled => "throttled",
        }
    }
}

impl Bar {
    /// One that is not drawn yet.
    pub(super) fn hidden() -> Self {
        Self {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            pause: Shared::default(),
            refused: Arc::default(),
        }
    }

    /// Draws it, for a run that brings what is done from `finished` to `goal`.
    pub(super) fn begin(&self, goal: u64, finished: u64) {
        self.bar.set_length(goal);
        self.bar
            .set_style(self.style(finished, terminal::columns_of_talk()));
        self.bar
            .set_draw_target(ProgressDrawTarget::term_like_with_hz(
                Box::<Line>::default(),
                HERTZ,
            ));
        self.bar.reset_elapsed();
        // So that a pause can be seen to pass.
        self.bar.enable_steady_tick(Duration::from_secs(1));
    }

    pub(super) fn show(&self, done: u64, refused: u64) {
        self.refused.store(refused, Ordering::Relaxed);
        self.bar.set_position(done);
    }

    /// Shows that a lane waits, until it does not.
    pub(super) fn pause(&self, pause: Pause, wait: Duration) {
        let until = Instant::now() + wait;
        let mut longest = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        if longest.is_none_or(|(_, longest)| longest < until) {
            *longest = Some((pause, until));
        }
        drop(longest);
        self.bar.tick();
    }

    /// Does what prints, without the bar.
    pub(super) fn beside(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Bar {
    /// What fits one line of the terminal with a million tokens: what is said last is cut off.
    fn style(&self, finished: u64, columns: usize) -> ProgressStyle {
        let (template, taken) = match columns {
            ..WIDE => (NARROW_LINE, 1),
            _ => (WIDE_LINE, 17),
        };
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_never| ProgressStyle::default_bar());
        let (pause, refused) = (Arc::clone(&self.pause), Arc::clone(&self.refused));
        style.progress_chars(CHARACTERS).with_key(
            "state",
            move |state: &ProgressState, out: &mut dyn fmt::Write| {
                let counts = [state.pos(), state.len().unwrap_or_default()].map(text::count);
                let pause = *pause.lock().unwrap_or_else(PoisonError::into_inner);
                let mut shown = pause.and_then(shown_pause);
                let shown = shown.get_or_insert_with(|| shown_pace(state, finished));
                match refused.load(Ordering::Relaxed) {
                    0 => {}
                    refused => shown.push_str(&format!("  {} not migrated", text::count(refused))),
                }
                let taken = taken + counts.concat().len() + 1;
                let room = columns.saturating_sub(taken + ECHO);
                // What cannot be shown is not worth stopping for.
                let _unshown = out.write_str(&shown.chars().take(room).collect::<String>());
            },
        )
    }
}

/// What is said of a pause, unless it is over.
fn shown_pause((pause, until): (Pause, Instant)) -> Option<String> {
    let left = until.checked_duration_since(Instant::now())?;
    let left = text::rough(left + Duration::from_millis(999));
    Some(format!("{}, {left}", pause.title()))
}

const WIDE_LINE: &str = "  {bar:12.cyan/dim} {human_pos}/{human_len}  {state:.dim}";
const NARROW_LINE: &str = "{human_pos}/{human_len} {state:.dim}";

/// How often it is drawn in a second at most.
const HERTZ: u8 = 20;

/// On how many columns there is room for a bar.
const WIDE: usize = 60;

/// The look that all bars share, and what `{pace}` stands for: that of what is done since `finished`, which earlier runs
/// have done.
pub(crate) fn with_pace(style: ProgressStyle, finished: u64) -> ProgressStyle {
    style
        .with_key(
            "pace",
            move |state: &ProgressState, out: &mut dyn fmt::Write| {
                // What cannot be shown is not worth stopping for.
                let _unshown = write!(out, "{}", shown_pace(state, finished));
            },
        )
        .progress_chars(CHARACTERS)
}

const CHARACTERS: &str = "━╸─";

/// How many a second and the time that is left, once there is anything to go by and an end is known.
fn shown_pace(state: &ProgressState, finished: u64) -> String {
    let left = state.len().map(|all| all.saturating_sub(state.pos()));
    pace(state.pos().saturating_sub(finished), left, state.elapsed())
}

pub(super) fn pace(done: u64, left: Option<u64>, took: Duration) -> String {
    let rate = done as f64 / took.as_secs_f64().max(0.001);
    if rate.round() < 1.0 || took < SETTLED {
        return String::new();
    }
    let left = match left.map_or(0, |left| (left as f64 / rate).round() as u64) {
        0 => String::new(),
        seconds @ 1..=99 => format!(", {seconds} s left"),
        seconds => format!(", {} min left", (seconds + 30) / 60),
    };
    format!("{}/s{left}", text::count(rate.round() as u64))
}

/// Before, there is nothing to go by.
const SETTLED: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;

    /// A terminal of so many columns that keeps what is written.
    #[derive(Clone, Debug)]
    struct Screen(u16, Arc<Mutex<Vec<String>>>);

    impl Screen {
        fn keep(&self, text: &str) -> io::Result<()> {
            self.1.lock().unwrap().push(text.to_owned());
            Ok(())
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            self.0
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.keep(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.keep(text)
        }

        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is drawn of a million tokens on so many columns.
    fn drawn(columns: u16, pause: Option<(Pause, Duration)>) -> Vec<String> {
        let screen = Screen(columns, Arc::default());
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let bar = Bar::hidden();
        bar.bar.set_style(bar.style(0, columns.into()));
        bar.bar.set_length(1_000_000);
        let bar = Bar {
            bar: bar.bar.with_elapsed(Duration::from_secs(1000)),
            ..bar
        };
        bar.bar.set_draw_target(target);
        bar.show(999_999, 888_888);
        if let Some((pause, wait)) = pause {
            bar.pause(pause, wait);
        }
        bar.bar.tick();
        let shown = screen.1.lock().unwrap().clone();
        let shown = shown
            .iter()
            .map(|text| anstream::adapter::strip_str(text).to_string());
        shown.filter(|text| text.contains("999,999")).collect()
    }

    #[test]
    fn a_million_tokens_fit_one_line_whatever_is_said_of_them() {
        let hour = Duration::from_millis(3_599_000);
        for (columns, pause, shown) in [
            (
                80,
                None,
                " 999,999/1,000,000  1,000/s  888,888 not migrated",
            ),
            (
                80,
                Some((Pause::Throttled, hour)),
                "  throttled, 59 min 59 s  888,888",
            ),
            (40, None, "999,999/1,000,000 1,000/s  888"),
            (40, Some((Pause::Throttled, hour)), " throttled, 59 min"),
            (40, Some((Pause::NoAnswer, hour)), " no answer, 59 min"),
        ] {
            let lines = drawn(columns, pause);
            let last = lines.last().unwrap();
            assert!(last.contains(shown), "{lines:?}");
            assert!(
                lines
                    .iter()
                    .all(|line| line.chars().count() <= columns.into()),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_pause_is_shown_until_it_is_over() {
        let lines = drawn(80, Some((Pause::Throttled, Duration::ZERO)));
        assert!(lines.last().unwrap().contains("1,000/s"), "{lines:?}");
    }

    #[test]
    fn what_earlier_runs_have_done_is_no_pace() {
        let second = Duration::from_secs(1);
        assert_eq!(pace(100, Some(900), second), "100/s, 9 s left");
        assert_eq!(pace(0, Some(900), second), "");
        assert_eq!(pace(100, None, second), "100/s");
        assert_eq!(pace(100, Some(900), Duration::from_millis(1)), "");
    }
}
