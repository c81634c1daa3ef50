//! What rows are called: a name means one row of one file, however the file is spelled.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use msal_core::Dialect;
use msal_emulator::sample;
use msal_migrate::{
    AuthorityOverride, Class, Destination, JournalReader, Locator, Migration, MigrationError,
    NoObserver, Place, PlanOptions, Record, Records, Report, Source, SourceOptions, open,
};
use serde_json::json;

use crate::world::{HOST, World};

fn migration(world: &World, source: Box<dyn Source>) -> Migration {
    let mut plan = PlanOptions::default();
    plan.authority = Some(AuthorityOverride::parse(HOST).unwrap());
    let cache = world.cache(Dialect::default());
    let runtime = world.runtime.clone();
    Migration::new(source, cache, world.journal(), Destination::new(), runtime).plan(plan)
}

async fn run(migration: Migration) -> Result<Report, MigrationError> {
    let never = Box::pin(std::future::pending());
    migration.run(&mut NoObserver, never).await
}

fn of_file(path: &Path) -> Box<dyn Source> {
    open(path, &SourceOptions::default()).unwrap()
}

fn held_back(world: &World) -> usize {
    let outcomes = world.outcomes().into_iter();
    let held_back = outcomes.filter(|(class, _)| *class == Class::Quarantined);
    held_back.count()
}

/// A row that has a token of `owner`, and says that it is `said`'s.
fn row(world: &World, owner: &str, said: &str) -> String {
    let token = world.token(owner, sample::DESKTOP);
    json!({"refresh_token": token, "user": said, "client_id": sample::DESKTOP}).to_string()
}

#[tokio::test]
async fn one_file_in_two_spellings_is_one_source() {
    let world = World::new();
    let folder = world.folder.path().join("exports");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("rows.jsonl");
    // Without a client: left out.
    let token = world.token(sample::ALICE, sample::DESKTOP);
    let bare = json!({"refresh_token": token, "user": sample::ALICE});
    fs::write(&file, bare.to_string()).unwrap();
    run(migration(&world, of_file(&file))).await.unwrap();
    let left_out = || {
        let mut count = 0;
        let journal = JournalReader::open(world.journal()).unwrap();
        journal.rows_left_out(&mut |_| count += 1).unwrap();
        count
    };
    assert_eq!(left_out(), 1);
    for spelling in [
        folder.join("./rows.jsonl"),
        folder.join("../exports/rows.jsonl"),
        world.folder.path().join("exports//rows.jsonl"),
    ] {
        run(migration(&world, of_file(&spelling))).await.unwrap();
        assert_eq!(left_out(), 1, "{}", spelling.display());
    }
    let mut corrected = bare;
    corrected["client_id"] = json!(sample::DESKTOP);
    fs::write(&file, corrected.to_string()).unwrap();
    run(migration(&world, of_file(&folder.join("./rows.jsonl"))))
        .await
        .unwrap();
    assert_eq!(left_out(), 0);
}

#[tokio::test]
async fn a_row_can_be_named_by_any_end_of_its_path() {
    let names = ["rows.jsonl#/0", "exports/rows.jsonl#/0", "#/0"];
    for name in names {
        let world = World::new();
        let folder = world.folder.path().join("exports");
        fs::create_dir(&folder).unwrap();
        let file = folder.join("rows.jsonl");
        fs::write(&file, row(&world, sample::BOB, sample::ALICE)).unwrap();
        let report = run(migration(&world, of_file(&file))).await.unwrap();
        assert_eq!(report.quarantined, 1);
        for other in ["ows.jsonl#/0", "other/rows.jsonl#/0", "/rows.jsonl#/0"] {
            let refused = run(migration(&world, of_file(&file)).release(other)).await;
            let is_refused = matches!(refused, Err(MigrationError::NotThere { .. }));
            assert!(is_refused, "{other}: {refused:?}");
        }
        let released = run(migration(&world, of_file(&file)).release(name)).await;
        assert_eq!(released.unwrap().migrated, 1, "{name}");
    }
}

#[tokio::test]
async fn a_name_of_two_files_releases_neither_and_the_whole_names_do() {
    let world = World::new();
    let file = |folder: &str| world.folder.path().join(folder).join("rows.jsonl");
    for folder in ["a", "b"] {
        fs::create_dir(world.folder.path().join(folder)).unwrap();
        fs::write(file(folder), row(&world, sample::BOB, sample::ALICE)).unwrap();
        run(migration(&world, of_file(&file(folder))))
            .await
            .unwrap();
    }
    assert_eq!(held_back(&world), 2);
    let refused = run(migration(&world, of_file(&file("b"))).release("rows.jsonl#/0")).await;
    let refused = refused.unwrap_err().to_string();
    for folder in ["a", "b"] {
        let name = format!("{}#/0", file(folder).display());
        assert!(refused.contains(&name), "{refused}");
    }
    assert_eq!(held_back(&world), 2, "nothing was published");
    // A row of the input, and of another one.
    for (name, left) in [("#/0", 1), ("a/rows.jsonl#/0", 0)] {
        run(migration(&world, of_file(&file("b"))).release(name))
            .await
            .unwrap();
        assert_eq!(held_back(&world), left, "{name}");
    }
}

/// A row that was never looked at is not meant by the name of one that is held back, nor the other way round.
#[tokio::test]
async fn a_held_back_row_of_another_file_is_not_released_in_place_of_one_of_the_input() {
    let world = World::new();
    let file = |folder: &str| world.folder.path().join(folder).join("rows.jsonl");
    for folder in ["a", "b"] {
        fs::create_dir(world.folder.path().join(folder)).unwrap();
    }
    fs::write(file("a"), row(&world, sample::BOB, sample::ALICE)).unwrap();
    fs::write(file("b"), row(&world, sample::ALICE, sample::BOB)).unwrap();
    run(migration(&world, of_file(&file("a")))).await.unwrap();
    let refused = run(migration(&world, of_file(&file("b"))).release("rows.jsonl#/0")).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(world.http.emulator.redemptions().seen(), 1);
    assert_eq!(held_back(&world), 1);
}

#[tokio::test]
async fn a_name_that_all_records_of_a_program_have_releases_none_of_them() {
    let world = World::new();
    let record = |owner: &str, said: &str| {
        let table: Arc<str> = "the application's table".into();
        let token = world.token(owner, sample::DESKTOP);
        let mut record = Record::new(token, Locator::new(&table, Place::Element(0)));
        record.client_id = Some(sample::DESKTOP.to_owned());
        record.authority = Some(format!("{HOST}/contoso.example"));
        record.user.username = Some(said.to_owned());
        record
    };
    let records = [
        record(sample::BOB, sample::ALICE),
        record(sample::ALICE, sample::BOB),
    ];
    let source = || Box::new(Records::new(records.clone()));
    run(migration(&world, source())).await.unwrap();
    assert_eq!(held_back(&world), 2);
    for name in ["the application's table#/0", "#/0"] {
        let refused = run(migration(&world, source()).release(name)).await;
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(held_back(&world), 2, "{name}");
    }
}
