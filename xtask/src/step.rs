//! The steps, and running all of them.

use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{bench, book, circles, compat, nameable, purity, rust, unused};

/// One chore.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) in_ci: bool,
    takes_arguments: bool,
    chore: fn(&Workspace, &[String]) -> Result<(), Failure>,
}

/// Every step, in the order of `ci`: what fails fastest comes first.
pub(crate) const STEPS: [Step; 9] = [
    Step::new("fmt", "the code is formatted", |at, _| rust::fmt(at)),
    Step::new(
        "purity",
        "crates depend on what they may, and hand on what their signatures say",
        |at, _| {
            purity::check(at)?;
            circles::check(at)?;
            nameable::check(at)
        },
    ),
    Step::new(
        "unused",
        "every dependency and every public name is used by somebody",
        |at, _| unused::check(at),
    ),
    Step::new(
        "clippy",
        "no lint fires in any crate, each built by itself",
        |at, _| rust::clippy(at),
    ),
    Step::new(
        "test",
        "unit, integration and documentation tests",
        |at, _| rust::test(at),
    ),
    Step::new(
        "doc",
        "the documentation builds without a warning",
        |at, _| rust::doc(at),
    ),
    Step::new(
        "book",
        "docs/ is a book without a broken link, and its code is run by somebody",
        |at, _| book::build(at),
    ),
    Step {
        takes_arguments: true,
        ..Step::new(
            "compat",
            "the real client libraries, Azure CLI and Chromium agree; arguments go to pytest",
            compat::run,
        )
    },
    Step {
        in_ci: false,
        takes_arguments: true,
        ..Step::new(
            "bench",
            "rates and processor time against the bare client and MSAL Python",
            bench::run,
        )
    },
];

impl Step {
    const fn new(
        name: &'static str,
        about: &'static str,
        chore: fn(&Workspace, &[String]) -> Result<(), Failure>,
    ) -> Self {
        Self {
            name,
            about,
            in_ci: true,
            takes_arguments: false,
            chore,
        }
    }

    /// The step of that name, provided it takes those arguments.
    pub(crate) fn named(name: &str, arguments: &[String]) -> Result<&'static Self, Failure> {
        let unknown =
            || Failure::new(format!("there is no step {name:?}")).or_hint("cargo xtask help");
        let step = STEPS
            .iter()
            .find(|step| step.name == name)
            .ok_or_else(unknown)?;
        match arguments.first() {
            Some(argument) if !step.takes_arguments => Err(Failure::new(format!(
                "{name} takes no argument, but was given {argument:?}"
            ))),
            _ => Ok(step),
        }
    }

    pub(crate) fn run(&self, workspace: &Workspace, arguments: &[String]) -> Result<(), Failure> {
        (self.chore)(workspace, arguments)
    }
}

/// Runs the steps of `ci` until one fails, and ends with the time each took.
pub(crate) fn ci(workspace: &Workspace) -> Result<(), Failure> {
    let start = Instant::now();
    let mut times = Vec::new();
    for step in STEPS.iter().filter(|step| step.in_ci) {
        eprintln!("\n==== {}: {}", step.name, step.about);
        let began = Instant::now();
        let outcome = step.run(workspace, &[]);
        times.push((step.name, began.elapsed()));
        if let Err(failure) = outcome {
            summary(&times, "stopped", start.elapsed());
            let again = format!("to run this step alone: cargo xtask {}", step.name);
            return Err(failure.or_hint(again));
        }
    }
    summary(&times, "passed", start.elapsed());
    Ok(())
}

fn summary(times: &[(&str, Duration)], outcome: &str, total: Duration) {
    println!();
    for (name, time) in times {
        println!("{name:<8} {:>7.1} s", time.as_secs_f64());
    }
    println!("{outcome:<8} {:>7.1} s", total.as_secs_f64());
}
