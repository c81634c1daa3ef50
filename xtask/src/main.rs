//! The project's chores: `cargo xtask ci` passes all of them, `cargo xtask STEP` one.
//!
//! Everything a step sets up (a Python and a Node environment, caches, logs) lies under the target directory.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command for developers talks to its terminal"
)]

mod bench;
mod book;
mod circles;
mod code;
mod compat;
mod failure;
mod nameable;
mod process;
mod purity;
mod rust;
mod step;
mod unused;
mod workspace;

use std::process::ExitCode;

use failure::Failure;
use step::{STEPS, Step};
use workspace::Workspace;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<(), Failure> {
    let Some((name, rest)) = args.split_first() else {
        help();
        return Ok(());
    };
    match name.as_str() {
        "ci" if rest.is_empty() => step::ci(&Workspace::find()?),
        "help" | "--help" | "-h" => {
            help();
            Ok(())
        }
        name => {
            let step = Step::named(name, rest)?;
            step.run(&Workspace::find()?, rest)
        }
    }
}

fn help() {
    println!("usage: cargo xtask ci | STEP [ARGUMENT]...\n");
    println!(
        "  {:<8} every step below marked *, in order, until one fails",
        "ci"
    );
    for step in &STEPS {
        let mark = if step.in_ci { '*' } else { ' ' };
        println!("{mark} {:<8} {}", step.name, step.about);
    }
}
