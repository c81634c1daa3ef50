//! Showing that a user is waited for.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Printer;
use crate::terminal::is_drawable;
use crate::text;

/// A sign that the command is alive, and how long it waits: drawn on a terminal, a line elsewhere.
#[derive(Debug)]
pub(super) struct Waiting {
    printer: Printer,
    limit: Duration,
    bar: ProgressBar,
}

impl Waiting {
    pub(super) fn new(printer: Printer, limit: Duration) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self {
            printer,
            limit,
            bar,
        }
    }

    pub(super) fn begin(&self) {
        let limit = text::duration(self.limit);
        let is_talkative = !self.printer.quiet && !self.printer.is_json();
        if !is_talkative || !is_drawable() {
            self.printer
                .say(&format!("waiting for the sign-in, {limit} at most"));
            return;
        }
        let template = "{spinner:.cyan} {msg:.dim} {elapsed:.dim}";
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_never| ProgressStyle::default_spinner());
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
        self.bar.set_style(style);
        self.bar.set_message(format!(
            "waiting for the sign-in, {limit} at most; Ctrl-C stops"
        ));
        self.bar.enable_steady_tick(TICK);
    }

    /// Takes it off the screen.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.end();
    }
}

const TICK: Duration = Duration::from_millis(120);
