//! Measurements, run by hand: `cargo test --release -p msal-migrate journal::tests::pace -- --ignored --nocapture`.

use std::fs;
use std::sync::Arc;
use std::time::Instant;

use super::*;

/// Goal: 2,000 durable records a second, a few microseconds of CPU each.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement is read by a person")]
async fn durable_records_a_second() {
    for in_flight in [1, 8, 64, 256] {
        let home = Home::new();
        let journal = Arc::new(home.open().0);
        let count: u64 = if in_flight == 1 { 500 } else { 20_000 };
        let (begin, cpu) = (Instant::now(), cpu_seconds());
        let lanes: Vec<_> = (0..in_flight)
            .map(|lane| {
                let journal = journal.clone();
                tokio::spawn(async move {
                    for n in (lane..count).step_by(in_flight as usize) {
                        append(&journal, redeemed(n, body(n))).await;
                    }
                })
            })
            .collect();
        for lane in lanes {
            lane.await.unwrap();
        }
        let (wall, cpu) = (begin.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        println!(
            "{in_flight} in flight: {:.0} records/s, {:.1} us of CPU a record",
            count as f64 / wall,
            cpu / count as f64 * 1e6
        );
    }
}

/// Goal: seconds, and memory that does not grow with the answers.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement is read by a person")]
async fn replay_of_a_million_records() {
    for answers in [0, 100_000] {
        let home = Home::new();
        let (journal, _) = home.open();
        for n in 0..500_000 {
            drop(begin(&journal, &intent(n)));
            let next = if n < answers {
                redeemed(n, body(n))
            } else {
                outcome(n, Class::Migrated)
            };
            drop(begin(&journal, &next));
        }
        drop(journal);
        let size = fs::metadata(home.journal()).unwrap().len() >> 20;
        let (begin, before) = (Instant::now(), resident());
        let (journal, _) = home.open();
        println!(
            "1,000,000 records, {size} MiB: {:.2} s, {} KiB more resident, {} tokens",
            begin.elapsed().as_secs_f64(),
            resident().saturating_sub(before),
            journal.states().counts().total()
        );
    }
}

fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    let ticks = |field: &str| field.parse::<f64>().unwrap();
    (ticks(fields[11]) + ticks(fields[12])) / 100.0
}

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
