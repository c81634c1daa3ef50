//! How far a run is, as people see it, and how they stop it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::path::Path;
use std::time::Duration;

use msal_emulator::{Fault, sample};
use serde_json::json;

use crate::issuer::Issuer;
use crate::msal::msal;
use crate::terminal::{NO_COLOR, on_a_terminal};

/// So many tokens of Alice's.
fn input(folder: &Path, issuer: &Issuer, tokens: u32) {
    let row = |_| {
        let row = json!({"refresh_token": issuer.token(), "user": sample::ALICE, "client_id": sample::DESKTOP});
        row.to_string()
    };
    let rows: Vec<_> = (0..tokens).map(row).collect();
    fs::write(folder.join("input.jsonl"), rows.join("\n")).unwrap();
}

#[test]
fn progress_takes_one_line_of_the_terminal_and_leaves_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    for (columns, way, drawn) in [
        (40, "text", "20/40 throttled, "),
        (60, "text", " 20/40  throttled, "),
        (80, "text", " 20/40  throttled, "),
        (80, "json", " 20/40  throttled, "),
    ] {
        input(folder, &issuer, 40);
        issuer.emulator().clear_faults();
        issuer.emulator().add_fault(Fault::throttle(2).nth(21));
        let target = format!("{columns}-{way}.json");
        let mut arguments = issuer.migration("input.jsonl", &target);
        arguments.extend(["--concurrency", "1", "--format", way].map(str::to_owned));
        let shown = on_a_terminal(folder, columns, NO_COLOR, &[], &arguments);
        assert_eq!(shown.status, 0, "{}", shown.bytes);
        assert!(shown.bytes.contains(drawn), "{}", shown.bytes);
        let wrapped = shown.wrapped();
        let bars: Vec<_> = wrapped
            .iter()
            .filter(|line| line.contains("/40 "))
            .collect();
        assert!(bars.is_empty(), "{bars:?}");
        assert!(!shown.screen().contains("/40 "), "{}", shown.screen());
    }
}

#[test]
fn who_stops_a_run_is_told_what_that_means_and_may_insist() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    for (rotation, leaving) in [
        (
            "reusable",
            "what is in flight is sent again by the next run",
        ),
        (
            "single-use",
            "what is in flight may be spent then, and is in doubt",
        ),
    ] {
        let mut arguments = issuer.migration("input.jsonl", &format!("{rotation}.json"));
        arguments.extend(["--rotation", rotation].map(str::to_owned));
        // One of three is not answered.
        arguments.extend(["--concurrency", "2"].map(str::to_owned));
        input(folder, &issuer, 3);
        issuer.emulator().clear_faults();
        issuer
            .emulator()
            .add_fault(Fault::slow(Duration::from_secs(60)).nth(2));
        let typing = ["2/3", "\u{3}", "leaves at once", "\u{3}"];
        let shown = on_a_terminal(folder, 80, NO_COLOR, &typing, &arguments);
        assert_eq!(shown.status, 75, "{}", shown.bytes);
        assert_eq!(shown.wrapped(), [""; 0]);
        let screen = shown.screen();
        let lines: Vec<_> = screen
            .lines()
            .map(|line| line.trim_start_matches("^C"))
            .collect();
        let told = [
            "stopping: what is in flight is finished, and nothing new is sent.",
            "Run the same command again to go on. Ctrl-C once more leaves at once:",
            &format!("{leaving}."),
        ];
        for line in told {
            assert!(lines.contains(&line), "{line}: {screen}");
        }
        assert!(
            lines.contains(&&*format!("error: stopped: {leaving}")),
            "{screen}"
        );
    }
    // It was true.
    issuer.emulator().clear_faults();
    for (rotation, status) in [("reusable", 0), ("single-use", 4)] {
        let mut arguments = issuer.migration("input.jsonl", &format!("{rotation}.json"));
        arguments.extend(["--rotation", rotation].map(str::to_owned));
        let run = msal(folder, &arguments);
        assert_eq!(run.status, status, "{rotation}: {run:?}");
        assert_eq!(
            run.stdout.contains("in doubt"),
            status == 4,
            "{rotation}: {run:?}"
        );
    }
}

#[test]
fn where_no_terminal_is_there_is_a_line_now_and_then() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    input(folder, &issuer, 14);
    issuer.emulator().add_fault(Fault::throttle(1).nth(3));
    let mut arguments = issuer.migration("input.jsonl", "cache.json");
    arguments.extend(["--rate", "1/s", "--limit", "7"].map(str::to_owned));
    let run = msal(folder, &arguments);
    assert_eq!(run.status, 75, "{run:?}");
    let lines: Vec<_> = run.stderr.lines().collect();
    let [pause, line] = lines[..] else {
        panic!("{lines:?}");
    };
    assert!(
        pause.starts_with("the server asks for a pause of 1"),
        "{pause}"
    );
    // Of the seven that the run may try; the end of them is not far.
    assert!(
        line.contains(" of 7 done; 1/s, ") && line.ends_with(" s left"),
        "{line}"
    );
    // What earlier runs have done is no pace.
    let again = msal(folder, &arguments[..arguments.len() - 2]);
    assert_eq!(again.status, 0, "{again:?}");
    let lines: Vec<_> = again.stderr.lines().collect();
    assert_eq!(
        lines[0],
        "resuming: 7 of 14 tokens finished by earlier runs"
    );
    assert!(lines[1].contains(" of 14 done; 1/s, "), "{lines:?}");
}
