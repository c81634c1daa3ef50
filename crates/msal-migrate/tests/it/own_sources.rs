//! Rows that a program brings by itself.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use msal_core::Dialect;
use msal_emulator::sample;
use msal_migrate::{
    AuthorityOverride, Completion, Destination, Locator, Migration, MigrationError, NoObserver,
    Place, PlanError, PlanOptions, Record, Records, Report, Row, SkipReason, Source, SourceError,
    SourceKind, SourceOptions, open,
};

use crate::world::{HOST, World};

fn at(index: u64) -> Locator {
    Locator::new(&"the shop".into(), Place::Element(index))
}

fn record(world: &World, index: u64, upn: &str) -> Record {
    let mut record = Record::new(world.token(upn, sample::DESKTOP), at(index));
    record.client_id = Some(sample::DESKTOP.to_owned());
    record.authority = Some(format!("{HOST}/contoso.example"));
    record.user.username = Some(upn.to_owned());
    record
}

async fn migrate(world: &World, source: impl Source + 'static) -> Result<Report, MigrationError> {
    let mut plan = PlanOptions::default();
    plan.authority = Some(AuthorityOverride::parse(HOST)?);
    let migration = Migration::new(
        Box::new(source),
        world.cache(Dialect::default()),
        world.journal(),
        Destination::new(),
        world.runtime.clone(),
    );
    let never = Box::pin(std::future::pending());
    migration.plan(plan).run(&mut NoObserver, never).await
}

#[tokio::test]
async fn records_in_memory_are_migrated() {
    let world = World::new();
    let rows = [sample::ALICE, sample::BOB];
    let records = (0..)
        .zip(rows)
        .map(|(index, upn)| record(&world, index, upn));
    let records: Vec<_> = records.collect();
    let report = migrate(&world, Records::new(records.clone()))
        .await
        .unwrap();
    assert_eq!((report.rows, report.migrated), (2, 2));
    assert_eq!(report.completion(), Completion::Complete);

    // With the same journal nothing is sent again.
    let report = migrate(&world, Records::new(records)).await.unwrap();
    assert_eq!(report.migrated, 2);
    assert_eq!(world.http.emulator.redemptions().seen(), 2);
}

#[tokio::test]
async fn what_cannot_be_a_token_is_skipped_as_in_a_file() {
    let world = World::new();
    let padded = format!("  {}\n", world.token(sample::ALICE, sample::DESKTOP));
    let tokens = ["", " \n", "gAAAAABkLm9w", padded.as_str()];
    let records = (0..).zip(tokens).map(|(index, token)| {
        let mut record = record(&world, index, sample::ALICE);
        record.refresh_token = Record::new(token, at(index)).refresh_token;
        record
    });
    let report = migrate(&world, Records::new(records)).await.unwrap();
    assert_eq!((report.rows, report.tokens, report.migrated), (4, 1, 1));
    let skipped: Vec<_> = report
        .skipped
        .iter()
        .map(|it| (it.reason, it.count))
        .collect();
    assert!(
        skipped.contains(&(SkipReason::NoRefreshToken, 2)),
        "{skipped:?}"
    );
    assert!(
        skipped.contains(&(SkipReason::Undecryptable, 1)),
        "{skipped:?}"
    );
}

/// A database that goes away after its first row.
#[derive(Debug)]
struct Database(Record);

impl Source for Database {
    fn kind(&self) -> SourceKind {
        SourceKind::Records
    }

    fn read(&self, visit: &mut dyn FnMut(Row) -> ControlFlow<()>) -> Result<(), SourceError> {
        let _flow = visit(self.0.clone().into());
        Err(SourceError::other(
            "the shop's database",
            "connection reset",
        ))
    }
}

#[tokio::test]
async fn a_source_of_ones_own_fails_with_its_own_error_before_anything_is_sent() {
    let world = World::new();
    let source = Database(record(&world, 0, sample::ALICE));
    let error = migrate(&world, source).await.unwrap_err();
    assert!(matches!(error, MigrationError::Plan(PlanError::Source(_))));
    assert_eq!(error.to_string(), "the shop's database: cannot be read");
    let source = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(source.as_deref(), Some("connection reset"));
    assert_eq!(world.http.emulator.redemptions().seen(), 0);
    assert!(!world.journal().exists());
}

#[test]
fn no_file_is_of_the_kind_of_a_programs_records() {
    assert!("records".parse::<SourceKind>().is_err());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "[]").unwrap();
    let mut options = SourceOptions::default();
    options.from = Some(SourceKind::Records);
    let refused = |path: &Path| open(path, &options).unwrap_err();
    let error = Arc::new(refused(&path));
    assert!(matches!(*error, SourceError::WrongKind { .. }), "{error}");
    assert!(matches!(
        refused(folder.path()),
        SourceError::Directory { .. }
    ));
}
