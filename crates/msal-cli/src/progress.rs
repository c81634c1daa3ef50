//! Progress on long work: a bar on a terminal, a line now and then elsewhere, nothing in quiet.
//!
//! It is on standard error, so that standard output may be a file. Programs get a line of JSON now and then.

mod bar;
mod line;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use msal::{Runtime, StoreError};
use msal_migrate::{Class, Conclusion, Counts, ObservedToken, Observer, Reason, State, Summary};
use serde_json::json;

use self::bar::Pause;
use crate::commands::migrate::{causes, odd_names};
use crate::network;
use crate::output::Printer;
use crate::outside::Outside;
use crate::terminal::is_drawable;
use crate::text;
use crate::trouble;

pub(crate) use self::bar::{Bar, with_pace};

/// How often a line is printed where no bar can be drawn.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// How many causes are said while it goes on; the outcome has them all.
const MOST_CAUSES: usize = 8;

/// Shows how a migration goes on.
pub(crate) struct Progress<'a> {
    printer: &'a Printer,
    bar: Bar,
    is_drawn: bool,
    /// How many tokens the run tries at most.
    limit: Option<u64>,
    /// How many tokens are done in the end.
    goal: u64,
    /// How many of them earlier runs have done.
    earlier: u64,
    redeemed: u64,
    migrated_before: u64,
    refused: u64,
    began: Instant,
    last_line: Instant,
    /// What was said of causes, each once.
    causes: HashSet<String>,
    /// Authorities that could not be asked, and were named with what kept them.
    authorities: HashSet<String>,
    /// The clients that a credential was named for.
    clients: Vec<String>,
    /// Who knows how far the clock is off, until it was said.
    clock: Option<Runtime>,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(printer: &'a Printer) -> Self {
        Self {
            printer,
            bar: Bar::hidden(),
            is_drawn: !printer.quiet && is_drawable(),
            limit: None,
            goal: 0,
            earlier: 0,
            redeemed: 0,
            migrated_before: 0,
            refused: 0,
            began: Instant::now(),
            last_line: Instant::now(),
            causes: HashSet::new(),
            authorities: HashSet::new(),
            clients: Vec::new(),
            clock: None,
        }
    }

    /// Says before the first request which of these clients no row has.
    pub(crate) fn with_credentials_of(mut self, clients: Vec<String>) -> Self {
        self.clients = clients;
        self
    }

    /// Says it when a server's answer shows that the clock is far from the server's.
    pub(crate) fn with_clock_of(mut self, runtime: Runtime) -> Self {
        self.clock = Some(runtime);
        self
    }

    fn tell_clock(&mut self) {
        if let Some(note) = self.clock.as_ref().and_then(network::clock_note) {
            self.clock = None;
            self.say(&note);
        }
    }

    /// How many of the tokens earlier runs have migrated.
    pub(crate) fn migrated_before(&self) -> u64 {
        self.migrated_before
    }

    /// The run tries so many tokens at most.
    pub(crate) fn with_limit(mut self, limit: Option<u64>) -> Self {
        self.limit = limit;
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
        self.bar.finish();
    }

    /// What else is said while the bar is there.
    pub(crate) fn talk(&self) -> Talk<'a> {
        Talk {
            printer: self.printer,
            bar: self.is_drawn.then(|| self.bar.clone()),
        }
    }

    fn say(&self, line: &str) {
        self.talk().say(line);
    }

    /// Says what keeps tokens from being migrated as soon as it is known: a run may take an hour.
    fn tell_cause(&mut self, class: Class, token: &ObservedToken<'_>, reason: &Reason) {
        let is_told = self.authorities.contains(&token.authority.to_string());
        if !is_told && self.causes.len() < MOST_CAUSES {
            let line = causes::line(class, token.client_id, token.authority, reason);
            if self.causes.insert(line.clone()) {
                self.say(&line);
            }
        }
    }

    fn show(&mut self) {
        if self.is_drawn {
            self.bar.show(self.redeemed + self.refused, self.refused);
        } else if self.last_line.elapsed() >= LINE_INTERVAL {
            self.last_line = Instant::now();
            self.print_line();
        }
    }

    /// A line for who has no terminal.
    fn print_line(&self) {
        let done = (self.redeemed + self.refused).min(self.goal);
        let (here, took) = (done.saturating_sub(self.earlier), self.began.elapsed());
        let left = self.goal - done;
        if self.printer.is_json() {
            let rate = here as f64 / took.as_secs_f64().max(0.001);
            let progress = json!({
                "done": done, "goal": self.goal, "not_migrated": self.refused,
                "per_second": (rate * 10.0).round() / 10.0,
            });
            return self.printer.note(&json!({ "progress": progress }));
        }
        let not = match self.refused {
            0 => String::new(),
            refused => format!(", {} of them not migrated", text::count(refused)),
        };
        let pace = match bar::pace(here, Some(left), took) {
            pace if pace.is_empty() => pace,
            pace => format!("; {pace}"),
        };
        let (done, goal) = (text::count(done), text::count(self.goal));
        self.printer
            .say(&format!("{done} of {goal} done{not}{pace}"));
    }

    fn wait(&self, pause: Pause, said: &str, wait: Duration) {
        match self.is_drawn {
            true => self.bar.pause(pause, wait),
            false if self.printer.is_json() => {
                let seconds = wait.as_secs_f64().ceil();
                self.printer
                    .note(&json!({ "paused": { "why": pause.code(), "seconds": seconds } }));
            }
            false => self
                .printer
                .say(&format!("{said} {}", text::duration(wait))),
        }
    }
}

/// Says what stays on the screen, above the bar.
pub(crate) struct Talk<'a> {
    printer: &'a Printer,
    bar: Option<Bar>,
}

impl Talk<'_> {
    pub(crate) fn say(&self, text: &str) {
        match &self.bar {
            // Whoever sees a bar reads what is beside it, whatever becomes of standard output.
            Some(bar) => bar.beside(|| self.printer.tell(text)),
            None => self.printer.say(text),
        }
    }
}

impl Observer for Progress<'_> {
    fn planned(&mut self, plan: &Summary, earlier: Counts, again: u64) {
        let settled = earlier.settled().saturating_sub(again).min(plan.tokens);
        self.warn_of_clients(plan);
        if let Some(line) = odd_names::to_line(&plan.odd_names) {
            self.printer.say(&line);
        }
        if settled > 0 {
            self.say(&format!(
                "resuming: {} of {} finished by earlier runs",
                text::count(settled),
                text::counted(plan.tokens, "token")
            ));
        }
        self.migrated_before = earlier.migrated;
        self.earlier = settled;
        self.goal = self.limit.map_or(plan.tokens, |limit| {
            plan.tokens.min(settled.saturating_add(limit))
        });
        self.redeemed = earlier.migrated.min(settled);
        self.refused = settled - self.redeemed;
        self.began = Instant::now();
        if self.is_drawn {
            self.bar.begin(self.goal, settled);
            self.show();
        }
    }

    fn redeemed(&mut self, _: &ObservedToken<'_>) {
        self.tell_clock();
        self.redeemed += 1;
        self.show();
    }

    fn concluded(&mut self, token: &ObservedToken<'_>, conclusion: &Conclusion<'_>) {
        self.tell_clock();
        if let State::Concluded(class @ (Class::Failed | Class::Retryable)) = conclusion.state {
            self.tell_cause(class, token, conclusion.reason);
        }
        if conclusion.state != State::Concluded(Class::Migrated) {
            self.refused += 1;
            self.show();
        }
    }

    fn waiting(&mut self, wait: Duration) {
        self.tell_clock();
        self.wait(Pause::Throttled, "the server asks for a pause of", wait);
    }

    fn backing_off(&mut self, wait: Duration, reason: &Reason) {
        self.tell_clock();
        let said = format!("{}; the next try comes in", Outside(trouble::what(reason)));
        self.wait(Pause::NoAnswer, &said, wait);
    }

    fn refused_cache(&mut self, error: &StoreError) {
        self.say(&format!("not stored: {}", Outside(error)));
    }

    fn refused_authority(&mut self, authority: &str, error: &msal::Error) {
        self.tell_clock();
        if self.authorities.insert(authority.to_owned()) {
            self.say(&format!("{}: {}", Outside(authority), Outside(error)));
        }
    }
}
