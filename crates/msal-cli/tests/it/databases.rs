//! Databases, as they are typed.

use std::fs;
use std::path::Path;

use crate::msal::msal;

/// What a real library has stored, of `msal-migrate`'s tests.
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../msal-migrate/tests/fixtures/flask-dance/flask_dance.sqlite3"
);

const QUERY: [&str; 6] = [
    "--client-id",
    "0a1b2c3d-0000-4000-8000-5e6f70819200",
    "--query",
    "select id as row_id, provider, token from flask_dance_oauth",
    "--map",
    "refresh_token=token:/refresh_token",
];

#[test]
fn the_rows_of_a_query_are_planned() {
    let folder = tempfile::tempdir().unwrap();
    let plan = ["migrate", "plan", SAMPLE, "--list"];
    let run = msal(folder.path(), plan.iter().chain(&QUERY));
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    assert!(
        run.stdout
            .contains("flask_dance.sqlite3#/0 (1)  redeem for"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("from 1 row of sqlite"),
        "{}",
        run.stdout
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn without_a_query_the_tables_are_named_with_what_to_type() {
    let folder = tempfile::tempdir().unwrap();
    // Of no application that is known.
    let connection = rusqlite::Connection::open(folder.path().join("app.db")).unwrap();
    connection
        .execute_batch("create table app_tokens (id integer, ms_refresh_token text)")
        .unwrap();
    connection.close().unwrap();
    let run = msal(folder.path(), ["migrate", "plan", "app.db"]);
    assert_eq!((run.status, run.stdout.as_str()), (1, ""));
    assert!(
        run.stderr.contains("its tables are app_tokens"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains(
            "hint: say what to read; most probably: --query 'select * from app_tokens' --map refresh_token=ms_refresh_token"
        ),
        "{}",
        run.stderr
    );
}

#[test]
fn the_database_of_a_known_application_needs_no_query() {
    let folder = tempfile::tempdir().unwrap();
    let run = msal(folder.path(), ["migrate", "plan", SAMPLE]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    assert!(
        run.stdout
            .contains("read so because its tables are those of flask-dance"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_database_is_named_by_its_path_alone_and_read_by_that_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("-wal?mode=rwc");
    fs::copy(Path::new(SAMPLE), &path).unwrap();
    let plan = ["migrate", "plan", "./-wal?mode=rwc", "--quiet"];
    let run = msal(folder.path(), plan.iter().chain(&QUERY));
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Where nobody listens, so that what is typed is all that can be wrong.
const NOBODY: &str = "postgres://reader@127.0.0.1:1/app";

#[test]
fn a_password_in_the_url_is_refused_with_how_to_give_it() {
    let folder = tempfile::tempdir().unwrap();
    for url in [
        "postgres://reader:s3cr3t@db/app",
        "mysql://reader:s3cr3t@db/app",
    ] {
        let run = msal(folder.path(), ["migrate", "plan", url]);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{url}");
        assert!(run.stderr.contains("a password cannot be given in the URL"));
        assert!(
            run.stderr.contains("--database-password-env"),
            "{}",
            run.stderr
        );
        assert!(!run.stderr.contains("s3cr3t"), "{}", run.stderr);
    }
    let run = msal(folder.path(), ["migrate", "plan", NOBODY]);
    assert_eq!(run.status, 1);
    assert!(
        run.stderr
            .starts_with("error: postgres://reader@127.0.0.1:1/app: cannot be reached"),
        "{}",
        run.stderr
    );
}

#[cfg(unix)]
#[test]
fn files_with_passwords_are_used_only_where_nobody_else_can_read_them() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".pgpass");
    fs::write(&file, "127.0.0.1:1:app:reader:s3cr3t\n").unwrap();
    let plan = |arguments: &[&str], variables: &[(&str, &str)]| {
        let plan = ["migrate", "plan", NOBODY].iter().chain(arguments);
        crate::msal::msal_where(folder.path(), variables, plan)
    };
    let home = [("HOME", folder.path().to_str().unwrap())];
    let named = [("PGPASSFILE", file.to_str().unwrap())];
    let asked = ["--database-password-file", ".pgpass"];
    for (mode, status) in [(0o644, 2), (0o600, 1)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        for run in [plan(&[], &home), plan(&[], &named), plan(&asked, &[])] {
            assert_eq!(run.status, status, "{mode:o}: {}", run.stderr);
            assert_eq!(
                run.stderr.contains("is not used: other users may read"),
                status == 2
            );
            assert!(!run.stderr.contains("s3cr3t"), "{}", run.stderr);
        }
    }
    let unset = plan(&["--database-password-env", "NOTHING"], &[]);
    assert_eq!(unset.status, 2, "{}", unset.stderr);
    assert!(
        unset
            .stderr
            .contains("`NOTHING` holds no database password")
    );
}
