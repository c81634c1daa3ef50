//! Databases on servers: real ones, asked as an operator asks them.

use std::ops::ControlFlow;

use msal_migrate::{
    DatabaseError, DatabasePassword, DatabaseUrl, Mapping, MappingFile, Row, Source, SourceError,
    SourceKind, SourceOptions, open_database,
};

use crate::servers::{Kind, TestDatabase, databases, login};

const ALL: &str =
    "select id as row_id, rt as refresh_token, cid as client_id from tokens order by id";

const TOKENS: &str = "create table tokens (id integer primary key, rt text, cid text);
    insert into tokens values (7, '0.alice', 'c1'), (8, '0.bob', 'c1');";

fn options(query: &str) -> SourceOptions {
    let mut options = SourceOptions::default();
    options.query = Some(query.to_owned());
    options.login = login();
    options
}

fn source(database: &TestDatabase, query: &str) -> Result<Box<dyn Source>, SourceError> {
    open_database(&database.url(), &options(query))
}

fn problem<T>(result: Result<T, SourceError>) -> DatabaseError {
    let problem = match result.map(drop).unwrap_err() {
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

#[test]
fn rows_of_a_query_are_read_through_a_port_and_a_socket() {
    for database in databases() {
        database.sql(TOKENS);
        for url in [database.url(), database.url_of_socket()] {
            let source = open_database(&url, &options(ALL)).unwrap();
            assert_eq!(rows(&*source).unwrap(), ["7 0.alice", "8 0.bob"], "{url}");
            let kind = match database.server.kind {
                Kind::Postgres => SourceKind::Postgres,
                Kind::MariaDb => SourceKind::MySql,
            };
            assert_eq!(source.kind(), kind);
        }
    }
}

#[test]
fn a_known_application_is_told_by_its_tables_whatever_quotes_the_server_takes() {
    for database in databases() {
        let tables = r#"create table "user" ("id" text, "email" text);
            create table "account" ("id" text, "providerId" text, "userId" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" text, "scope" text);
            insert into "account" values ('a', 'microsoft', 'u', '0.alice', null, null, 'User.Read');"#;
        database.sql(&match database.server.kind {
            Kind::MariaDb => tables.replace('"', "`"),
            Kind::Postgres => tables.to_owned(),
        });
        let mut options = SourceOptions::default();
        options.login = login();
        let source = open_database(&database.url(), &options).unwrap();
        let by = source.recognised_by().unwrap();
        assert_eq!(by, "its tables are those of better-auth: account, user");
        assert_eq!(rows(&*source).unwrap(), ["a 0.alice"]);
    }
}

#[test]
fn the_query_that_is_proposed_can_be_typed_for_any_name() {
    for database in databases() {
        for name in ["OAuthTokens", "user", "tokens2"] {
            let (table, id, token) = match database.server.kind {
                Kind::MariaDb => (format!("`{name}`"), "`Id`", "`RefreshToken`"),
                Kind::Postgres => (format!("\"{name}\""), "\"Id\"", "\"RefreshToken\""),
            };
            database.sql(&format!(
                "create table {table} ({id} text, {token} text); insert into {table} values ('7', '0.{name}');"
            ));
            let mut options = SourceOptions::default();
            options.login = login();
            let found = problem(open_database(&database.url(), &options));
            let DatabaseError::NoQuery {
                likely: Some(likely),
                ..
            } = &found
            else {
                panic!("{found}");
            };
            let query = likely.split('\'').nth(1).unwrap();
            let read = rows(&*source(&database, query).unwrap()).unwrap();
            assert_eq!(read, [format!(" 0.{name}")], "{likely}");
            database.sql(&format!("drop table {table}"));
        }
    }
}

#[test]
fn a_query_of_a_mapping_file_quotes_names_as_the_standard_does_and_keeps_its_literals() {
    for database in databases() {
        let (name, query) = match database.server.kind {
            Kind::MariaDb => (
                "`app ``1``` (id integer, `the data` text)",
                r#"select "id", json_value("the data", '$."refresh token"') as rt, 'it\'s "' as x from "app `1`" -- don't stop"#,
            ),
            Kind::Postgres => (
                r#""app `1`" (id integer, "the data" jsonb)"#,
                r#"select "id", "the data" #>> '{"refresh token"}' as rt, 'it''s "' as x from "app `1`" -- don't stop"#,
            ),
        };
        let table = name.split(" (").next().unwrap();
        database.sql(&format!(
            r#"create table {name}; insert into {table} values (7, '{{"refresh token": "0.alice"}}');"#
        ));
        let toml = format!(
            "[input]\nquery = '''\n{query}\n'''\n[map]\nkey = \"id\"\nrefresh_token = \"rt\"\n"
        );
        let mut options = SourceOptions::default();
        options.login = login();
        options.mapping_file = MappingFile::parse("m.toml", &toml).unwrap();
        let source = open_database(&database.url(), &options).unwrap();
        assert_eq!(rows(&*source).unwrap(), ["7 0.alice"]);
    }
}

#[test]
fn both_readings_see_the_same_rows_while_a_writer_goes_on() {
    for database in databases() {
        database.sql(TOKENS);
        let source = source(&database, ALL).unwrap();
        database.sql("update tokens set rt = '0.changed' where id = 7");
        assert_eq!(rows(&*source).unwrap(), ["7 0.alice", "8 0.bob"]);
        database
            .sql("delete from tokens where id = 8; insert into tokens values (1, '0.new', 'c1')");
        assert_eq!(rows(&*source).unwrap(), ["7 0.alice", "8 0.bob"]);
        let now = self::source(&database, ALL).unwrap();
        assert_eq!(rows(&*now).unwrap(), ["1 0.new", "7 0.changed"]);
    }
}

/// Is true, but for the first time that a session asks: a lock of the session outlives what is rolled back.
const FAILS_ONCE: &str = "create function fails_once() returns boolean volatile language plpgsql as $$ begin
        if exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) then return true; end if;
        perform pg_advisory_lock(7);
        raise exception 'once';
    end $$;";

#[test]
fn rows_that_could_not_be_counted_are_read() {
    let Some(database) = TestDatabase::new(Kind::Postgres) else {
        return;
    };
    database.sql(TOKENS);
    database.sql(FAILS_ONCE);
    let query = format!("select * from ({ALL}) tokens where fails_once()");
    let source = source(&database, &query).unwrap();
    database.sql("insert into tokens values (9, '0.carol', 'c1')");
    assert_eq!(source.count(), None);
    assert_eq!(rows(&*source).unwrap(), ["7 0.alice", "8 0.bob"]);
    assert_eq!(source.count(), Some(2));
}

#[test]
fn rows_are_counted_as_they_are_read() {
    for database in databases() {
        database.sql(TOKENS);
        let source = source(&database, &format!("{ALL} -- by id")).unwrap();
        database.sql("insert into tokens values (9, '0.carol', 'c1')");
        assert_eq!(source.count(), Some(2));
        assert_eq!(rows(&*source).unwrap(), ["7 0.alice", "8 0.bob"]);
        // What the server cannot count can be read all the same: MySQL takes no two columns of one name.
        let twice = "select rt as refresh_token, cid as client_id, cid as client_id from tokens";
        let source = self::source(&database, twice).unwrap();
        let counted = match database.server.kind {
            Kind::MariaDb => None,
            Kind::Postgres => Some(3),
        };
        assert_eq!(source.count(), counted);
        assert_eq!(rows(&*source).unwrap().len(), 3);
    }
}

#[test]
fn the_session_cannot_write() {
    for database in databases() {
        database.sql(TOKENS);
        let (setup, writing): (&str, &[&str]) = match database.server.kind {
            Kind::Postgres => (
                "create sequence numbers; grant all on numbers to reader;
                 create function remove() returns text language sql as 'delete from tokens returning rt'",
                &[
                    "select remove() as refresh_token",
                    "with gone as (delete from tokens returning *) select rt as refresh_token from gone",
                    "select nextval('numbers')::text as refresh_token",
                    "select rt as refresh_token from tokens for update",
                    "select set_config('transaction_read_only', 'off', true) as refresh_token",
                ],
            ),
            Kind::MariaDb => (
                "create function remove() returns text modifies sql data
                    begin delete from tokens; return 'x'; end",
                &[
                    "select remove() as refresh_token",
                    "with gone as (select 1) delete from tokens",
                    "select rt as refresh_token from tokens for update; delete from tokens",
                ],
            ),
        };
        let setup = match database.server.kind {
            Kind::Postgres => setup.to_owned(),
            Kind::MariaDb => format!("delimiter //\n{setup}//\ndelimiter ;"),
        };
        database.sql(&setup);
        for query in writing {
            let read = source(&database, query).and_then(|source| rows(&*source));
            let refused = problem(read);
            assert!(
                matches!(
                    refused,
                    DatabaseError::Refused { .. }
                        | DatabaseError::NotSelect { .. }
                        | DatabaseError::Lost { .. }
                ),
                "{query}: {refused}"
            );
            // It is no matter of rights.
            assert!(!refused.to_string().contains("denied"), "{refused}");
        }
        assert_eq!(database.sql("select count(*) from tokens"), "2");
    }
}

#[test]
fn every_type_of_value_is_taken_as_what_it_is() {
    for database in databases() {
        let (table, query) = match database.server.kind {
            Kind::Postgres => (
                "create type mood as enum ('0.enum');
                 create table v (k uuid, j jsonb, b bytea, s text[], t timestamptz, n numeric, l bigint, m mood);
                 insert into v values ('00000000-0000-0000-0000-000000000001', '{\"rt\": \"0.json\"}', '0.bytes',
                    array['a', 'b'], '2026-11-22 14:22:23.5+02', 12.50, 9007199254740993, '0.enum');",
                "select {} as refresh_token, k as k, s as scope, t as expires_at, n, m, l from v -- the end",
            ),
            Kind::MariaDb => (
                "create table v (k uuid, j json, b varbinary(20), s varchar(20), t datetime, n decimal(5,2), l bigint, m enum('0.enum'));
                 insert into v values ('00000000-0000-0000-0000-000000000001', '{\"rt\": \"0.json\"}', '0.bytes',
                    'a b', '2026-11-22 12:22:23.5', 12.50, 9007199254740993, '0.enum');",
                "select {} as refresh_token, k as k, s as scope, t as expires_at, n, m, l from v -- the end",
            ),
        };
        database.sql(table);
        for (column, map, expected) in [
            ("j", "refresh_token=refresh_token:/rt", "0.json"),
            ("b", "refresh_token=refresh_token", "0.bytes"),
            ("m", "refresh_token=m", "0.enum"),
        ] {
            for (key, shown) in [
                ("k", "00000000-0000-0000-0000-000000000001"),
                ("l", "9007199254740993"),
                ("n", "12.50"),
            ] {
                let mut options = options(&query.replace("{}", column));
                let key = format!("key={key}");
                options.map = Mapping::parse([map, &key, "scopes=scope"]).unwrap();
                let source = open_database(&database.url(), &options).unwrap();
                assert_eq!(
                    rows(&*source).unwrap(),
                    [format!("{shown} {expected}")],
                    "{map}"
                );
            }
        }
        let options = options(&query.replace("{}", "m"));
        let source = open_database(&database.url(), &options).unwrap();
        source
            .read(&mut |row| {
                let Row::Record(record) = row else {
                    return ControlFlow::Break(());
                };
                let scopes: Vec<_> = record.scopes.iter().map(ToString::to_string).collect();
                assert_eq!(scopes, ["a", "b"]);
                let refreshed = record.last_refreshed.map(|time| time.as_secs());
                assert_eq!(refreshed, Some(1_795_350_143 - 3600));
                ControlFlow::Continue(())
            })
            .unwrap();
        let wrong = self::source(&database, "select l as refresh_token from v").unwrap();
        assert_eq!(rows(&*wrong).unwrap(), [" 9007199254740993"]);
    }
}

#[test]
fn what_is_missing_is_named_with_what_is_there() {
    for database in databases() {
        database.sql(TOKENS);
        let table = problem(source(&database, "select * from token")).to_string();
        assert!(table.ends_with("; there are tokens"), "{table}");
        let column = problem(source(&database, "select refresh_token from tokens")).to_string();
        assert!(column.ends_with("; there are id, rt, cid"), "{column}");
        let mut options = options("");
        options.query = None;
        let unsaid = open_database(&database.url(), &options).unwrap_err();
        assert!(
            unsaid.to_string().ends_with("its tables are tokens"),
            "{unsaid}"
        );
        let hint = unsaid.hint().unwrap();
        assert!(hint.ends_with("--query 'select * from tokens'"), "{hint}");
        let two = problem(source(
            &database,
            "select 1 from tokens where id = '\\\\'; delete from tokens",
        ));
        assert!(
            matches!(
                two,
                DatabaseError::NotSelect { .. } | DatabaseError::Refused { .. }
            ),
            "{two}"
        );
        assert_eq!(database.sql("select count(*) from tokens"), "2");
    }
}

#[test]
fn whoever_has_no_password_or_a_wrong_one_is_told() {
    for database in databases() {
        let open = |url: &DatabaseUrl, password: Option<&str>| {
            let mut options = options(ALL);
            options.login.password = password.map(DatabasePassword::new);
            problem(open_database(url, &options))
        };
        assert_eq!(open(&database.url(), None), DatabaseError::NoPassword);
        let wrong = open(&database.url(), Some("s3cr3t"));
        assert!(matches!(wrong, DatabaseError::Login { .. }), "{wrong}");
        assert!(!wrong.to_string().contains("s3cr3t"));
        let nobody = database
            .url()
            .to_string()
            .replace("reader", "nobody")
            .parse()
            .unwrap();
        let nobody = open(&nobody, Some("s3cr3t"));
        assert!(matches!(nobody, DatabaseError::Login { .. }), "{nobody}");
        let other = format!("{}x", database.url()).parse().unwrap();
        let other = open(&other, Some(crate::servers::PASSWORD));
        assert!(matches!(other, DatabaseError::Login { .. }), "{other}");
    }
}

#[test]
fn the_certificate_of_a_server_is_verified_and_nothing_falls_back() {
    for database in databases() {
        database.sql(TOKENS);
        let open = |url: &DatabaseUrl, authority: bool| {
            let mut options = options(ALL);
            options.login.tls_ca = authority.then(|| database.server.authority());
            open_database(url, &options)
        };
        let url = database.url_with("sslmode=require");
        let source = open(&url, true).unwrap();
        assert_eq!(rows(&*source).unwrap().len(), 2);
        // Nobody vouches for it.
        let unknown = problem(open(&url, false)).to_string();
        assert!(unknown.contains("certificate"), "{unknown}");
        // It is not called so.
        let url = url.to_string().replace("localhost", "127.0.0.1") + "?sslmode=verify-full";
        let misnamed = problem(open(&url.parse().unwrap(), true)).to_string();
        assert!(misnamed.contains("certificate"), "{misnamed}");
    }
}

#[test]
fn a_server_without_tls_is_not_spoken_to_in_plain_text() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut request = [0; 8];
        client.read_exact(&mut request).unwrap();
        // "N indicates that the server is unwilling to perform SSL" (PostgreSQL documentation, "SSL Session Encryption").
        client.write_all(b"N").unwrap();
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).unwrap();
        rest
    });
    let url = format!("postgres://reader@localhost:{port}/app?sslmode=require");
    let refused = problem(open_database(&url.parse().unwrap(), &options(ALL)));
    assert!(
        matches!(refused, DatabaseError::Unreachable { .. }),
        "{refused}"
    );
    assert_eq!(server.join().unwrap(), b"");
}

#[test]
fn a_lost_connection_is_an_error_that_says_so() {
    for database in databases() {
        database.sql(TOKENS);
        let source = source(&database, ALL).unwrap();
        assert_eq!(rows(&*source).unwrap().len(), 2);
        match database.server.kind {
            Kind::Postgres => database.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
            ),
            Kind::MariaDb => {
                let ids = database.sql(
                    "select id from information_schema.processlist where db = database() and user = 'reader'",
                );
                database.sql(&format!("kill {ids}"))
            }
        };
        for _reading in 0..2 {
            let lost = problem(rows(&*source));
            assert!(matches!(lost, DatabaseError::Lost { .. }), "{lost}");
        }
    }
    let nobody = "postgres://reader@127.0.0.1:1/app".parse().unwrap();
    let unreachable = problem(open_database(&nobody, &options(ALL)));
    assert!(
        matches!(unreachable, DatabaseError::Unreachable { .. }),
        "{unreachable}"
    );
}

#[test]
fn a_server_that_limits_time_is_asked_not_to_while_a_migration_waits() {
    let Some(database) = TestDatabase::new(Kind::Postgres) else {
        return;
    };
    database.sql(TOKENS);
    let name = &database.name;
    database.sql(&format!(
        "alter database {name} set idle_in_transaction_session_timeout = '1ms';
         alter database {name} set synchronize_seqscans = on;
         alter database {name} set statement_timeout = '300ms'"
    ));
    let source = source(&database, ALL).unwrap();
    // Another session, which does wait that long.
    database.sql("set statement_timeout = 0; select pg_sleep(0.05)");
    assert_eq!(rows(&*source).unwrap().len(), 2);
    let slow = self::source(
        &database,
        "select rt as refresh_token, pg_sleep(2) from tokens",
    )
    .unwrap();
    let slow = problem(rows(&*slow)).to_string();
    assert!(slow.contains("statement timeout"), "{slow}");
}

#[test]
fn no_error_quotes_a_value() {
    for database in databases() {
        database.sql(TOKENS);
        let queries: &[&str] = match database.server.kind {
            Kind::Postgres => &[
                "select rt::integer::text as refresh_token from tokens",
                "select (rt::json)::text as refresh_token from tokens",
            ],
            Kind::MariaDb => {
                &["select updatexml(1, concat('~', rt), 1) as refresh_token from tokens"]
            }
        };
        for query in queries {
            let read = source(&database, query).and_then(|source| rows(&*source));
            let error = read.unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(!text.contains("alice") && text.contains("error"), "{text}");
        }
    }
}

#[test]
fn a_reading_can_be_left_and_begun_again() {
    for database in databases() {
        let many = match database.server.kind {
            Kind::Postgres => {
                "create table tokens as select i as id, '0.' || i as rt, 'c1' as cid from generate_series(1, 20000) i"
            }
            Kind::MariaDb => {
                "create table tokens as select seq as id, concat('0.', seq) as rt, 'c1' as cid from seq_1_to_20000"
            }
        };
        database.sql(many);
        let source = source(&database, ALL).unwrap();
        for leave_after in [1, 5000, 19_999] {
            let mut seen = 0;
            source
                .read(&mut |_row| {
                    seen += 1;
                    match seen == leave_after {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    }
                })
                .unwrap();
            assert_eq!(seen, leave_after);
        }
        let all = rows(&*source).unwrap();
        assert_eq!((all.len(), all[19_999].as_str()), (20_000, "20000 0.20000"));
    }
}

/// As a program with a runtime calls it, and drops it there.
#[tokio::test]
async fn a_source_can_be_opened_read_and_dropped_within_a_runtime() {
    for database in databases() {
        database.sql(TOKENS);
        let source = source(&database, ALL).unwrap();
        assert_eq!(rows(&*source).unwrap().len(), 2);
    }
}
