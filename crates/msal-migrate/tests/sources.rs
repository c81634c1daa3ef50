//! Every sample store is read, or refused with its reason.

use std::ops::ControlFlow;
use std::path::PathBuf;

use msal_migrate::{Record, Row, SourceOptions, open};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn rows(name: &str) -> Vec<Row> {
    let source = open(&fixture(name), &SourceOptions::default()).unwrap();
    let mut rows = Vec::new();
    source
        .read(&mut |row| {
            rows.push(row);
            ControlFlow::Continue(())
        })
        .unwrap();
    rows
}

fn described(row: &Row) -> String {
    match row {
        Row::Record(record) => record_described(record),
        Row::Skipped { locator, reason } => format!("{} {}", locator.place(), reason.code()),
        _ => unreachable!(),
    }
}

fn record_described(record: &Record) -> String {
    format!(
        "{} client={} authority={} resource={} user={}",
        record.locator.place(),
        record.client_id.as_deref().unwrap_or("-"),
        record.authority.as_deref().unwrap_or("-"),
        record.resource.as_deref().unwrap_or("-"),
        record.user.username.as_deref().unwrap_or("-"),
    )
}

#[test]
fn print() {
    for name in [
        "adal-python/token_cache.json",
        "adal-python/acquire_token_result.json",
        "adal-node/memory_cache_entries.json",
        "azure-cli/accessTokens.json",
    ] {
        println!("{name}");
        for row in rows(name) {
            println!("  {}", described(&row));
        }
    }
}
