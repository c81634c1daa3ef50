//! SQLite databases: what a query answers with is read, and nothing is written.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use msal_migrate::{
    DatabaseError, Mapping, Place, Row, Source, SourceError, SourceKind, SourceOptions, open,
};
use rusqlite::Connection;
use tempfile::TempDir;

const ALL: &str = "select id as row_id, rt as refresh_token, cid as client_id from tokens";

/// A database with two tokens in a folder of its own.
struct App {
    folder: TempDir,
    connection: Connection,
}

impl App {
    fn new(journal_mode: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("app.db")).unwrap();
        connection
            .pragma_update(None, "journal_mode", journal_mode)
            .unwrap();
        connection
            .execute_batch(
                "create table tokens (id integer primary key, rt text, cid text);
                 insert into tokens values (7, '0.alice', 'c1'), (8, '0.bob', 'c1');",
            )
            .unwrap();
        Self { folder, connection }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    /// Does away with the connection. With a write-ahead log, the last one to leave takes its files along.
    fn close(self) -> TempDir {
        self.connection.close().unwrap();
        self.folder
    }
}

fn options(query: &str, map: &[&str]) -> SourceOptions {
    let mut options = SourceOptions::default();
    options.query = Some(query.to_owned());
    options.map = Mapping::parse(map).unwrap();
    options
}

fn source(path: &Path) -> Box<dyn Source> {
    open(path, &options(ALL, &[])).unwrap()
}

fn error(path: &Path, query: &str, map: &[&str]) -> DatabaseError {
    let problem = match open(path, &options(query, map)).unwrap_err() {
        SourceError::Database { problem, .. } => Ok(problem),
        other => Err(other),
    };
    problem.unwrap()
}

/// Each row: its key and its token, or why there is none.
fn rows(source: &dyn Source) -> Result<Vec<String>, SourceError> {
    let mut rows = Vec::new();
    source.read(&mut |row| {
        let key = row.locator().key().unwrap_or_default().to_owned();
        let what = match &row {
            Row::Record(record) => record.refresh_token.expose_secret().to_owned(),
            Row::Skipped { reason, .. } => reason.code().to_owned(),
            _ => "unknown".to_owned(),
        };
        rows.push(format!("{key} {what}"));
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

/// Every file of the folder with its content.
fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let content = entries.map(|entry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    });
    content.collect()
}

/// As [`content`], from another process: closing a file drops this one's locks on it.
fn content_from_outside(folder: &Path) -> String {
    let sums = Command::new("sh")
        .args(["-c", "cksum -- *"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(sums.status.success());
    String::from_utf8(sums.stdout).unwrap()
}

#[test]
fn rows_of_a_query_are_read_with_and_without_a_mapping() {
    let app = App::new("delete");
    let source = source(&app.path());
    assert_eq!(source.kind(), SourceKind::Sqlite);
    assert_eq!(rows(&*source).unwrap(), ["7 0.alice", "8 0.bob"]);

    let query = "select 'k' || id as k, json_object('refresh_token', rt) as extra, 3 as n from tokens order by id desc";
    let map = ["refresh_token=extra:/refresh_token", "key=K"];
    let source = open(&app.path(), &options(query, &map)).unwrap();
    assert_eq!(rows(&*source).unwrap(), ["k8 0.bob", "k7 0.alice"]);
}

#[test]
fn rows_are_counted_as_they_are_read() {
    let app = App::new("wal");
    let source = open(&app.path(), &options(&format!("{ALL} -- all"), &[])).unwrap();
    app.connection
        .execute_batch("insert into tokens values (9, '0.carol', 'c1')")
        .unwrap();
    assert_eq!(source.count(), Some(2));
    assert_eq!(rows(&*source).unwrap().len(), 2);
}

#[test]
fn every_type_of_value_is_taken_as_what_it_is() {
    let app = App::new("delete");
    app.connection
        .execute_batch(
            "delete from tokens;
             insert into tokens values (1, cast('0.blob' as blob), 'c'), (2, null, 'c'), (3, x'ff00', 'c'),
                 (9007199254740993, '0.large', 'c');
             create view v as select id as row_id, rt as refresh_token from tokens
                 union all select 5, 17 union all select 6, 0.5;",
        )
        .unwrap();
    let source = open(&app.path(), &options("select * from v", &[])).unwrap();
    let expected = [
        "1 0.blob",
        "2 no_refresh_token",
        "3 malformed",
        "9007199254740993 0.large",
        "5 malformed",
        "6 malformed",
    ];
    assert_eq!(rows(&*source).unwrap(), expected);
}

#[test]
fn both_readings_see_the_same_rows_while_a_writer_goes_on() {
    let app = App::new("wal");
    let source = source(&app.path());
    let first = rows(&*source).unwrap();
    app.connection
        .execute_batch(
            "update tokens set rt = '0.changed'; insert into tokens values (1, '0.new', 'c1')",
        )
        .unwrap();
    assert_eq!(rows(&*source).unwrap(), first);
    drop(source);
    let now = rows(&*self::source(&app.path())).unwrap();
    assert_eq!(now, ["1 0.new", "7 0.changed", "8 0.changed"]);
}

#[test]
fn without_a_write_ahead_log_a_writer_waits_until_the_source_is_dropped() {
    let app = App::new("delete");
    let source = source(&app.path());
    let write = || app.connection.execute("delete from tokens", []);
    app.connection.busy_timeout(Duration::ZERO).unwrap();
    let refused = write().unwrap_err();
    assert_eq!(
        refused.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseBusy)
    );
    assert_eq!(rows(&*source).unwrap().len(), 2);
    drop(source);
    assert_eq!(write().unwrap(), 2);
}

#[test]
fn nothing_is_written_to_a_database_that_nobody_has_open() {
    for journal_mode in ["delete", "truncate", "persist", "wal"] {
        let folder = App::new(journal_mode).close();
        let before = content(folder.path());
        let source = source(&folder.path().join("app.db"));
        assert_eq!(rows(&*source).unwrap().len(), 2);
        assert_eq!(content(folder.path()), before, "{journal_mode}");
        drop(source);
        assert_eq!(content(folder.path()), before, "{journal_mode}");
    }
}

#[test]
fn nothing_is_written_beside_a_live_writer() {
    let app = App::new("wal");
    let mut other = OtherProcess::with(&app.path());
    // It has the files open now, and this process has not.
    other
        .run("insert into tokens values (9, '0.carol', 'c1')")
        .unwrap();
    let folder = app.close();
    let folder = folder.path();
    let before = content_from_outside(folder);
    assert!(before.contains("app.db-wal") && before.contains("app.db-shm"));
    let source = source(&folder.join("app.db"));
    assert_eq!(rows(&*source).unwrap().len(), 3);
    assert_eq!(content_from_outside(folder), before);
    // Nor does it keep the writer from its work, or take what was written since for what was there.
    other.run("update tokens set rt = '0.new'").unwrap();
    assert_eq!(rows(&*source).unwrap()[0], "7 0.alice");
    other.run("pragma wal_checkpoint(passive)").unwrap();
    assert_eq!(rows(&*source).unwrap()[0], "7 0.alice");
    let before = content_from_outside(folder);
    drop(source);
    assert_eq!(content_from_outside(folder), before);
}

/// A copy of what a live writer has on the disk is what it leaves behind when it is killed.
fn crashed(left: &[&str]) -> TempDir {
    let app = App::new("wal");
    let folder = tempfile::tempdir().unwrap();
    for name in left {
        fs::copy(app.folder.path().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

#[test]
fn the_log_that_a_crash_left_is_read_and_left_as_it_is() {
    let folder = crashed(&["app.db", "app.db-wal", "app.db-shm"]);
    let before = content(folder.path());
    let source = source(&folder.path().join("app.db"));
    assert_eq!(rows(&*source).unwrap(), ["7 0.alice", "8 0.bob"]);
    drop(source);
    assert_eq!(content(folder.path()), before);
}

#[test]
fn a_log_without_its_index_is_refused_and_not_left_out() {
    let folder = crashed(&["app.db", "app.db-wal"]);
    let before = content(folder.path());
    let error = error(&folder.path().join("app.db"), ALL, &[]);
    assert_eq!(error, DatabaseError::LogWithoutIndex);
    assert_eq!(content(folder.path()), before);
}

#[test]
fn a_name_that_means_something_in_a_uri_is_only_a_name() {
    let app = App::new("delete");
    let folder = app.close();
    for name in ["a?mode=rwc", "a#b", "a%20b", "ä b", "file:a", "a&vfs=x"] {
        let path = folder.path().join(name);
        fs::copy(folder.path().join("app.db"), &path).unwrap();
        assert_eq!(rows(&*source(&path)).unwrap().len(), 2, "{name}");
    }
}

#[test]
fn an_unfinished_write_and_a_locked_database_are_said() {
    let app = App::new("delete");
    app.connection.pragma_update(None, "cache_size", 2).unwrap();
    // Enough to be written before it is committed.
    let large = "begin; create table large (text); \
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) \
        insert into large select hex(randomblob(400)) from n;";
    app.connection.execute_batch(large).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for name in ["app.db", "app.db-journal"] {
        fs::copy(app.folder.path().join(name), folder.path().join(name)).unwrap();
    }
    let before = content(folder.path());
    let error = error(&folder.path().join("app.db"), ALL, &[]);
    assert_eq!(error, DatabaseError::Unfinished);
    assert_eq!(content(folder.path()), before);
}

#[test]
fn what_is_missing_is_named_with_what_is_there() {
    let app = App::new("delete");
    let table = error(&app.path(), "select * from token", &[]);
    assert_eq!(
        table.to_string(),
        "the query is refused: no such table: token; there are tokens"
    );
    for query in [
        "select refresh_token from tokens",
        "select \"refresh_token\" from tokens",
    ] {
        let column = error(&app.path(), query, &[]).to_string();
        assert_eq!(
            column,
            "the query is refused: no such column: refresh_token; there are id, rt, cid".replace(
                "refresh_token;",
                if query.contains('"') {
                    "\"refresh_token\" - should this be a string literal in single-quotes?;"
                } else {
                    "refresh_token;"
                }
            )
        );
    }
    let unmapped = open(
        &app.path(),
        &options("select id, cid, rt as \"secret\" from tokens", &[]),
    );
    let unmapped = unmapped.unwrap_err().to_string();
    assert!(
        unmapped.ends_with("no column is called like a refresh token; there are id, cid, secret")
    );
    let unknown = open(&app.path(), &options(ALL, &["refresh_token=secret"])).unwrap_err();
    assert!(
        unknown
            .to_string()
            .ends_with("there is no `secret`; there are row_id, refresh_token, client_id")
    );
    let unsaid = open(&app.path(), &SourceOptions::default()).unwrap_err();
    let hint = |error: SourceError| error.hint().unwrap();
    assert_eq!(
        hint(unsaid),
        "say what to read; most probably: --query 'select * from tokens'"
    );
    app.connection
        .execute_batch("alter table tokens rename column rt to user_token")
        .unwrap();
    let unsaid = open(&app.path(), &SourceOptions::default()).unwrap_err();
    assert_eq!(
        hint(unsaid),
        "say what to read; most probably: --query 'select * from tokens' --map refresh_token=user_token"
    );
}

#[test]
fn a_statement_that_is_no_select_is_refused() {
    let app = App::new("delete");
    for query in [
        "delete from tokens",
        "select 1; delete from tokens",
        "attach 'other.db' as other",
        "pragma journal_mode = wal",
        "vacuum into 'copy.db'",
        "with x as (select 1) delete from tokens",
        "with x as (select 1) insert into tokens select 1, 2, 3",
    ] {
        let refused = error(&app.path(), query, &[]);
        assert!(
            matches!(refused, DatabaseError::NotSelect { .. }),
            "{query}: {refused}"
        );
    }
    assert_eq!(content(app.folder.path()).len(), 1);
    let count: i64 = app
        .connection
        .query_one("select count(*) from tokens", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 2);
}

#[test]
fn a_damaged_database_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    fs::write(&path, b"SQLite format 3\0").unwrap();
    assert!(matches!(
        error(&path, ALL, &[]),
        DatabaseError::Damaged { .. }
    ));

    let app = App::new("delete").close();
    let mut bytes = fs::read(app.path().join("app.db")).unwrap();
    bytes[4096..].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let source = source(&path);
    let error = rows(&*source).unwrap_err();
    assert!(
        matches!(
            error,
            SourceError::Database {
                problem: DatabaseError::Damaged { .. },
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn no_error_quotes_a_value() {
    let app = App::new("delete");
    for query in [
        "select json_extract('{}', rt) as refresh_token from tokens",
        "select abs(-9223372036854775808) + length(rt) as refresh_token from tokens",
        "select load_extension(rt) as refresh_token from tokens",
    ] {
        let opened = open(&app.path(), &options(query, &[]));
        let error = opened.and_then(|source| rows(&*source)).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains("alice"), "{text}");
    }
}

#[test]
fn a_query_of_what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.csv");
    fs::write(&path, "refresh_token\n0.alice\n").unwrap();
    assert_eq!(error(&path, ALL, &[]), DatabaseError::NoDatabase);
    assert_eq!(error(folder.path(), ALL, &[]), DatabaseError::NoDatabase);
}

#[test]
fn a_reading_can_be_left_and_begun_again_and_has_one_reader() {
    let app = App::new("wal");
    app.connection
        .execute_batch(
            "with recursive n(i) as (select 100 union all select i + 1 from n where i < 5000) \
             insert into tokens select i, '0.' || i, 'c1' from n",
        )
        .unwrap();
    let source = source(&app.path());
    for _reading in 0..3 {
        let mut place = None;
        source
            .read(&mut |row| {
                let inner = source.read(&mut |_| ControlFlow::Continue(()));
                let inner = inner.unwrap_err();
                assert!(matches!(
                    inner,
                    SourceError::Database {
                        problem: DatabaseError::Reading,
                        ..
                    }
                ));
                place = Some(row.locator().place());
                ControlFlow::Break(())
            })
            .unwrap();
        assert_eq!(place, Some(Place::Element(0)));
    }
    assert_eq!(rows(&*source).unwrap().len(), 4903);
}

#[test]
fn a_change_to_a_file_that_is_read_without_locks_is_noticed() {
    let folder = App::new("wal").close();
    let path = folder.path().join("app.db");
    let source = source(&path);
    assert_eq!(rows(&*source).unwrap().len(), 2);
    let writer = Connection::open(&path).unwrap();
    writer.execute_batch("delete from tokens").unwrap();
    // The log has it, and what is read is as it was.
    assert_eq!(rows(&*source).unwrap().len(), 2);
    writer.close().unwrap();
    let error = rows(&*source).unwrap_err();
    assert!(
        matches!(
            error,
            SourceError::Database {
                problem: DatabaseError::Changed,
                ..
            }
        ),
        "{error}"
    );
}

/// A process that has a database open and does what it is told.
struct OtherProcess {
    child: Child,
    answers: Lines<BufReader<ChildStdout>>,
}

impl OtherProcess {
    fn with(database: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--ignored",
                "--exact",
                "--nocapture",
                "sqlite::another_process",
            ])
            .env("DATABASE", database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, answers }
    }

    fn run(&mut self, statement: &str) -> Result<(), String> {
        writeln!(self.child.stdin.as_mut().unwrap(), "{statement}").unwrap();
        let answer = self.answers.find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix("answer: ").map(str::to_owned)
        });
        match answer.unwrap() {
            done if done == "done" => Ok(()),
            refused => Err(refused),
        }
    }
}

impl Drop for OtherProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}

/// What [`OtherProcess`] runs.
#[test]
#[ignore = "a part of other tests"]
fn another_process() {
    let database = Connection::open(std::env::var_os("DATABASE").unwrap()).unwrap();
    database.busy_timeout(Duration::ZERO).unwrap();
    for statement in std::io::stdin().lines() {
        let done = database
            .prepare(&statement.unwrap())
            .and_then(|mut statement| {
                let mut rows = statement.query([])?;
                while rows.next()?.is_some() {}
                Ok(())
            });
        let said = done.map_or_else(|error| error.to_string(), |()| "done".to_owned());
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nanswer: {said}").unwrap();
    }
}

#[cfg(unix)]
#[test]
fn the_locks_of_an_application_outlive_a_source() {
    let app = App::new("delete");
    let mut other = OtherProcess::with(&app.path());
    app.connection.execute_batch("begin immediate").unwrap();
    assert_eq!(
        other.run("begin immediate").unwrap_err(),
        "database is locked"
    );
    assert_eq!(rows(&*source(&app.path())).unwrap().len(), 2);
    assert_eq!(
        other.run("begin immediate").unwrap_err(),
        "database is locked"
    );
    app.connection.execute_batch("rollback").unwrap();
    other.run("begin immediate").unwrap();
}
