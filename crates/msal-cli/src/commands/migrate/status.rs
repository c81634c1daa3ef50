//! `msal migrate status`: how far a migration is, from another terminal. The run is not disturbed: its journal is read.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use msal_core::UnixTime;
use msal_migrate::{Counts, LatestRun, Running, running};
use serde_json::{Value, json};

use super::{places, report};
use crate::cli::StatusArgs;
use crate::error::Failure;
use crate::exit::Exit;
use crate::output::{BAD, BOLD, DIM, GOOD, HINT, Printer};
use crate::outside::Outside;
use crate::shell::quoted;
use crate::text::{self, count, counted};

pub(crate) fn run(arguments: &StatusArgs, printer: &Printer) -> Result<Exit, Failure> {
    let status = Status::of(&journal_of(&arguments.journal))?;
    match printer.is_json() {
        true => printer.json(&status.to_json()),
        false => printer.prose(&status.to_text()),
    }
    Ok(Exit::Success)
}

/// The journal that is named itself, by its key or by its target.
fn journal_of(named: &Path) -> PathBuf {
    if named.extension().is_some_and(|end| end == "key") {
        return named.with_extension("");
    }
    let beside = places::journal_beside(named);
    match beside.symlink_metadata() {
        Ok(_) => beside,
        Err(_) => named.to_owned(),
    }
}

/// How far a migration is.
struct Status {
    journal: PathBuf,
    now: UnixTime,
    running: Option<Running>,
    counts: Counts,
    run: Option<LatestRun>,
}

impl Status {
    fn of(journal: &Path) -> Result<Self, Failure> {
        // Asked first: a run that ends while its journal is read has not stopped with something left.
        let running = running(journal).unwrap_or_default();
        let reader = report::opened(journal)?;
        Ok(Self {
            journal: journal.to_owned(),
            now: SystemTime::now().into(),
            running,
            counts: reader.counts(),
            run: reader.latest_run().cloned(),
        })
    }

    fn to_text(&self) -> String {
        let mut out = match (&self.running, &self.run) {
            (Some(running), run) => self.headline(*running, run.as_ref()),
            (None, Some(run)) => format!(
                "{BOLD}not running{BOLD:#}: the latest run began {}, and wrote last {}\n",
                self.ago(run.began),
                self.ago(run.latest),
            ),
            (None, None) => format!("{BOLD}not running{BOLD:#}\n"),
        };
        if let Some(run) = &self.run {
            out.push_str(&self.way(run));
        }
        out.push('\n');
        out.push_str(&text::table(&classes(&self.counts)));
        if let Some(hint) = self.hint() {
            out.push_str(&format!("\n{HINT}hint{HINT:#}: {hint}\n"));
        }
        out
    }

    fn headline(&self, running: Running, run: Option<&LatestRun>) -> String {
        let process = running
            .pid
            .map(|pid| format!(" {DIM}as process {pid}{DIM:#}"));
        let since = run.map(|run| {
            format!(
                ", since {} {DIM}({}){DIM:#}",
                run.began,
                self.ago(run.began)
            )
        });
        let [process, since] = [process, since].map(Option::unwrap_or_default);
        format!("{GOOD}running{GOOD:#}{process}{since}\n")
    }

    /// How far the run is, and how fast.
    fn way(&self, run: &LatestRun) -> String {
        let mut out = format!(
            "  {} of {} done",
            count(run.done),
            counted(run.tokens, "token")
        );
        if run.goal < run.tokens {
            out.push_str(&format!(
                ", and {} in the end: it has a limit",
                count(run.goal)
            ));
        }
        if run.earlier > 0 {
            out.push_str(&format!("; {} of them by earlier runs", count(run.earlier)));
        }
        out.push('\n');
        if let Some(pace) = self.rate(run).and_then(pace) {
            let left = self.seconds_left(run).map(Duration::from_secs);
            let left = left.map(|left| format!(", {} left at this pace", text::rough(left)));
            out.push_str(&format!("  {pace}{}\n", left.unwrap_or_default()));
        }
        if let Some((pause, left)) = self.pause() {
            let why = match pause.is_asked {
                true => "throttled: the server asks for a pause",
                false => "waiting: the server failed, or did not answer",
            };
            let left = text::rough(left);
            out.push_str(&format!("  {BAD}{why}{BAD:#}, for {left} from now\n"));
        }
        out
    }

    fn hint(&self) -> Option<String> {
        let report = format!(
            "msal migrate report {} tells who must do what",
            Outside(quoted(&self.journal.to_string_lossy()))
        );
        let left = self.run.as_ref().map_or(0, |run| run.tokens - run.done);
        match self.running {
            Some(_) => None,
            None if left > 0 => Some(format!(
                "{} not tried yet: the same `msal migrate run` goes on with {}",
                counted(left, "token") + if left == 1 { " is" } else { " are" },
                if left == 1 { "it" } else { "them" },
            )),
            None if self.counts.migrated < self.counts.total() => Some(report),
            None => None,
        }
    }

    fn to_json(&self) -> Value {
        let run = self.run.as_ref();
        let pause = self.pause();
        json!({
            "journal": self.journal.display().to_string(),
            "running": self.running.is_some(),
            "pid": self.running.and_then(|running| running.pid),
            "counts": counts_to_json(&self.counts),
            "run": run.map(|run| json!({
                "began": run.began.to_string(),
                "latest": run.latest.to_string(),
                "tokens": run.tokens,
                "done": run.done,
                "goal": run.goal,
                "done_earlier": run.earlier,
                "per_second": self.rate(run),
                "seconds_left": self.seconds_left(run),
                "pauses": run.pauses,
                "paused": pause.map(|(pause, left)| json!({
                    "why": if pause.is_asked { "throttled" } else { "no_answer" },
                    "until": pause.until.to_string(),
                    "seconds_left": left.as_secs(),
                })),
            })),
        })
    }

    /// How many a second, while it runs.
    fn rate(&self, run: &LatestRun) -> Option<f64> {
        let rate = run.rate(self.now);
        self.running.map(|_| (rate * 10.0).round() / 10.0)
    }

    fn seconds_left(&self, run: &LatestRun) -> Option<u64> {
        let rate = self.rate(run).filter(|rate| *rate > 0.0)?;
        Some((run.goal.saturating_sub(run.done) as f64 / rate).ceil() as u64)
    }

    /// The pause that lasts longest, and for how long from now.
    fn pause(&self) -> Option<(msal_migrate::Pause, Duration)> {
        self.running?;
        let pause = self.run.as_ref()?.pause?;
        let left = self.now.until(pause.until);
        (!left.is_zero()).then_some((pause, left))
    }

    fn ago(&self, then: UnixTime) -> String {
        format!("{} ago", text::rough(then.until(self.now)))
    }
}

fn pace(rate: f64) -> Option<String> {
    match rate {
        rate if rate >= 10.0 => Some(format!("{} a second", count(rate.round() as u64))),
        rate if rate > 0.0 => Some(format!("{rate} a second")),
        _ => None,
    }
}

/// Each class with its count and what it means.
fn classes(counts: &Counts) -> Vec<(String, String)> {
    let classes = report::classes(counts).into_iter();
    let classes = classes.filter(|class| class.count > 0 || class.class == "migrated");
    classes
        .map(|class| {
            let name = format!("{:>9} {}", count(class.count), class.title);
            (name, class.meaning.to_owned())
        })
        .collect()
}

fn counts_to_json(counts: &Counts) -> Value {
    let classes = report::classes(counts).into_iter();
    classes
        .map(|class| (class.class.to_owned(), Value::from(class.count)))
        .chain([("total".to_owned(), counts.total().into())])
        .collect::<serde_json::Map<_, _>>()
        .into()
}
