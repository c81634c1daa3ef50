//! Progress on long work: a bar on a terminal, a line now and then elsewhere, nothing in quiet.

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use msal::StoreError;
use msal_migrate::{Class, Conclusion, Counts, ObservedToken, Observer, Reason, State, Summary};

use crate::commands::migrate::causes;
use crate::output::Printer;
use crate::outside::Outside;
use crate::terminal::is_drawable;
use crate::text;

/// How often a line is printed where no bar can be drawn.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// How many causes are said while it goes on; the outcome has them all.
const MOST_CAUSES: usize = 8;

/// Shows how a migration goes on.
pub(crate) struct Progress<'a> {
    printer: &'a Printer,
    bar: ProgressBar,
    is_drawn: bool,
    tokens: u64,
    redeemed: u64,
    refused: u64,
    last_line: Instant,
    /// What was said of causes, each once.
    causes: HashSet<String>,
    /// The clients that a credential was named for.
    clients: Vec<String>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(printer: &'a Printer) -> Self {
        let is_drawn = !printer.quiet && !printer.is_json() && is_drawable();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self {
            printer,
            bar,
            is_drawn,
            tokens: 0,
            redeemed: 0,
            refused: 0,
            last_line: Instant::now(),
            causes: HashSet::new(),
            clients: Vec::new(),
        }
    }

    /// Says before the first request which of these clients no row has.
    pub(crate) fn with_credentials_of(mut self, clients: Vec<String>) -> Self {
        self.clients = clients;
        self
    }

    fn warn_of_clients(&self, plan: &Summary) {
        let has = |name: &str| {
            let mut clients = plan.clients.iter();
            clients.any(|client| client.name.eq_ignore_ascii_case(name))
        };
        // Beyond so many, not all are told apart.
        for client in self
            .clients
            .iter()
            .filter(|client| !has(client) && !has("(others)"))
        {
            let client = Outside(client);
            self.printer.say(&format!(
                "note: a secret or certificate is given for client {client}, and no row has it; `msal migrate plan` shows which \
                 clients there are"
            ));
        }
    }

    /// Takes the bar off the screen.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Says something that stays on the screen.
    fn say(&self, line: &str) {
        match self.is_drawn {
            true => self.bar.suspend(|| self.printer.say(line)),
            false => self.printer.say(line),
        }
    }

    /// Says what the operator corrects as soon as it is known: a run may take an hour.
    fn tell_cause(&mut self, token: &ObservedToken<'_>, reason: &Reason) {
        if self.causes.len() < MOST_CAUSES {
            let line = causes::line(token.client_id, token.authority, reason);
            if self.causes.insert(line.clone()) {
                self.say(&line);
            }
        }
    }

    fn show(&mut self) {
        if self.is_drawn {
            self.bar.set_position(self.redeemed + self.refused);
            // Also takes away what was said of a pause that is over.
            self.bar.set_message(match self.refused {
                0 => String::new(),
                refused => format!("{} not migrated", text::count(refused)),
            });
        } else if self.last_line.elapsed() >= LINE_INTERVAL {
            self.last_line = Instant::now();
            self.printer.say(&format!(
                "{} of {} redeemed, {} not",
                text::count(self.redeemed),
                text::count(self.tokens),
                text::count(self.refused)
            ));
        }
    }
}

impl Observer for Progress<'_> {
    fn planned(&mut self, plan: &Summary, earlier: Counts) {
        let settled =
            earlier.migrated + earlier.needs_user + earlier.quarantined + earlier.in_doubt;
        self.tokens = plan.tokens;
        self.warn_of_clients(plan);
        if settled > 0 {
            self.printer.say(&format!(
                "resuming: {} of {} finished by earlier runs",
                text::counted(settled.min(plan.tokens), "token"),
                text::count(plan.tokens)
            ));
        }
        self.redeemed = earlier.migrated.min(plan.tokens);
        self.refused = (settled - earlier.migrated).min(plan.tokens - self.redeemed);
        if self.is_drawn {
            let finished = self.redeemed + self.refused;
            self.bar = ProgressBar::new(plan.tokens).with_style(style(finished));
            self.show();
        }
    }

    fn redeemed(&mut self, token: &ObservedToken<'_>) {
        self.redeemed += 1;
        if is_counted(token) {
            self.refused = self.refused.saturating_sub(1);
        }
        self.show();
    }

    fn concluded(&mut self, token: &ObservedToken<'_>, conclusion: &Conclusion<'_>) {
        if conclusion.state == State::Concluded(Class::Failed) {
            self.tell_cause(token, conclusion.reason);
        }
        if conclusion.state != State::Concluded(Class::Migrated) && !is_counted(token) {
            self.refused += 1;
            self.show();
        }
    }

    fn waiting(&mut self, wait: Duration) {
        let wait = text::duration(wait);
        match self.is_drawn {
            true => self.bar.set_message(format!("throttled: {wait}")),
            false => {
                let note = format!("the server asks for a pause of {wait}");
                self.printer.say(&note);
            }
        }
    }

    fn backing_off(&mut self, wait: Duration) {
        let wait = text::duration(wait);
        match self.is_drawn {
            true => self.bar.set_message(format!("no answer: {wait}")),
            false => {
                let note =
                    format!("the server failed or did not answer: the next try comes in {wait}");
                self.printer.say(&note);
            }
        }
    }

    fn refused_cache(&mut self, error: &StoreError) {
        self.say(&format!("not stored: {}", Outside(error)));
    }

    fn refused_authority(&mut self, authority: &str, error: &msal::Error) {
        self.say(&format!("{}: {}", Outside(authority), Outside(error)));
    }
}

/// Whether a token was counted as refused when the run began.
fn is_counted(token: &ObservedToken<'_>) -> bool {
    matches!(
        token.earlier,
        Some(State::InDoubt | State::Concluded(Class::NeedsUser | Class::Quarantined))
    )
}

/// In one line of eighty columns, with a million tokens: the note gets what is left, and is cut off there.
fn style(finished: u64) -> ProgressStyle {
    let template = "  {bar:12.cyan/dim} {human_pos}/{human_len}  {pace:.dim}  {wide_msg:.dim}";
    let style = ProgressStyle::with_template(template);
    with_pace(
        style.unwrap_or_else(|_never| ProgressStyle::default_bar()),
        finished,
    )
}

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
        .progress_chars("━╸─")
}

/// How many a second and the time that is left, once there is anything to go by and an end is known.
fn shown_pace(state: &ProgressState, finished: u64) -> String {
    let left = state.len().map(|all| all.saturating_sub(state.pos()));
    pace(state.pos().saturating_sub(finished), left, state.elapsed())
}

fn pace(done: u64, left: Option<u64>, took: Duration) -> String {
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

    /// A terminal of eighty columns that keeps what is written.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<Vec<String>>>);

    impl Screen {
        fn keep(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push(text.to_owned());
            Ok(())
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            80
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

    #[test]
    fn a_million_tokens_and_a_long_note_fit_eighty_columns() {
        let screen = Screen::default();
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let bar = ProgressBar::with_draw_target(Some(1_000_000), target).with_style(style(0));
        let bar = bar.with_elapsed(Duration::from_secs(1000));
        bar.set_position(999_999);
        bar.set_message("throttled: 59 min 59 s".repeat(4));
        bar.tick();
        let shown = screen.0.lock().unwrap().clone();
        let longest = shown.iter().map(|line| console_width(line)).max();
        let line = "999,999/1,000,000  1,000/s";
        assert!(shown.iter().any(|shown| shown.contains(line)), "{shown:?}");
        assert!(longest.is_some_and(|longest| longest <= 80), "{shown:?}");
    }

    /// The characters that are seen.
    fn console_width(line: &str) -> usize {
        anstream::adapter::strip_str(line)
            .to_string()
            .chars()
            .count()
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
