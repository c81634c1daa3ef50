//! Progress on long work: a bar on a terminal, a line now and then elsewhere, nothing in quiet.

use std::collections::HashSet;
use std::fmt;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
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
                "warning: a credential is given for client {client}, which no token is redeemed for; see its id in the plan"
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

    fn note(&self, note: String) {
        match self.is_drawn {
            true => self.bar.set_message(note),
            false => self.printer.say(&note),
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
            self.bar = ProgressBar::new(plan.tokens).with_style(style());
            self.show();
            // What earlier runs did says nothing about the pace of this one.
            self.bar.reset_eta();
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
        self.note(format!(
            "the server asks for a pause of {}",
            text::duration(wait)
        ));
    }

    fn backing_off(&mut self, wait: Duration) {
        self.note(format!(
            "the server failed or did not answer: the next try comes in {}",
            text::duration(wait)
        ));
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

fn style() -> ProgressStyle {
    let template = "  {bar:32.cyan/dim} {human_pos}/{human_len}  {pace:.dim}  {msg:.dim}";
    let style = ProgressStyle::with_template(template);
    with_pace(style.unwrap_or_else(|_never| ProgressStyle::default_bar()))
}

/// The look that all bars share, and what `{pace}` stands for.
pub(crate) fn with_pace(style: ProgressStyle) -> ProgressStyle {
    style
        .with_key("pace", |state: &ProgressState, out: &mut dyn fmt::Write| {
            // What cannot be shown is not worth stopping for.
            let _unshown = write!(out, "{}", pace(state));
        })
        .progress_chars("━╸─")
}

/// How many a second and the time that is left, once there is anything to go by and an end is known.
fn pace(state: &ProgressState) -> String {
    let rate = state.per_sec().round();
    if rate < 1.0 {
        return String::new();
    }
    let left = match state.eta().as_secs() {
        0 => String::new(),
        seconds @ 1..=99 => format!(", {seconds} s left"),
        seconds => format!(", {} min left", (seconds + 30) / 60),
    };
    format!("{}/s{left}", text::count(rate as u64))
}
