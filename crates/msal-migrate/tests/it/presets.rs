//! Each store of an application that is known, made as the application makes it, is recognised and read as the preset says,
//! from the database and from an export of it.

mod stores;

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::ops::ControlFlow;
use std::path::Path;

use msal_migrate::{
    DecodingKey, MappingFile, Preset, Row, Source, SourceError, SourceKind, SourceOptions, open,
    open_database,
};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tempfile::TempDir;

use self::stores::{ALICE, CLIENT, NEXTAUTH, STORES, SUPABASE, TENANT, id_token};
use crate::servers::{Kind, TestDatabase, USER, login};

/// A database with `sql` in it.
fn database(sql: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let connection = Connection::open(folder.path().join("app.db")).unwrap();
    connection.execute_batch(&filled(sql)).unwrap();
    connection.close().unwrap();
    folder
}

fn filled(sql: &str) -> String {
    sql.replace("{ID_TOKEN}", &id_token())
        .replace("{CLIENT}", CLIENT)
        .replace("{TENANT}", TENANT)
        .replace("{ALICE}", ALICE)
}

fn preset(name: &str) -> SourceOptions {
    let mut options = SourceOptions::default();
    options.mapping_file = Preset::named(name).unwrap().mapping_file();
    for source in options
        .mapping_file
        .key_sources()
        .cloned()
        .collect::<Vec<_>>()
    {
        let key = DecodingKey::new("FAKE-secret-FAKE-secret-FAKE-0123");
        options.mapping_file = options.mapping_file.with_key(&source, key).unwrap();
    }
    options
}

/// Each row: `KEY #TOKEN client= authority= scopes= resource= user= oid= tid= sub= refreshed=`, what is absent left out, or
/// `KEY REASON`. A token is told by its hash.
fn rows(source: &dyn Source) -> Vec<String> {
    let mut lines = Vec::new();
    source
        .read(&mut |row| {
            lines.push(line(&row));
            ControlFlow::Continue(())
        })
        .unwrap();
    lines
}

fn line(row: &Row) -> String {
    let key = row.locator().key().unwrap_or("-").to_owned();
    let record = match row {
        Row::Record(record) => record,
        Row::Skipped { reason, .. } => return format!("{key} {}", reason.code()),
        _ => unreachable!("a new kind of row"),
    };
    let scopes: Vec<_> = record.scopes.iter().map(|scope| scope.as_str()).collect();
    let mut line = format!("{key} #{:x}", hash(record.refresh_token.expose_secret()));
    for (name, value) in [
        ("client", record.client_id.clone()),
        ("authority", record.authority.clone()),
        ("scopes", (!scopes.is_empty()).then(|| scopes.join(" "))),
        ("resource", record.resource.clone()),
        ("user", record.user.username.clone()),
        ("oid", record.user.oid.clone()),
        ("tid", record.user.tid.clone()),
        ("sub", record.user.sub.clone()),
        (
            "refreshed",
            record.last_refreshed.map(|time| time.as_secs().to_string()),
        ),
    ] {
        if let Some(value) = value {
            line.push_str(&format!(" {name}={value}"));
        }
    }
    assert_eq!(record.flags, msal_migrate::RecordFlags::default(), "{line}");
    line
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn expected(lines: &[&str]) -> Vec<String> {
    let expand = |line: &&str| -> String {
        let words = line.split(' ').map(|word| match word.strip_prefix('#') {
            Some(token) => format!("#{:x}", hash(token)),
            None => word.to_owned(),
        });
        words
            .collect::<Vec<_>>()
            .join(" ")
            .replace("{CLIENT}", CLIENT)
            .replace("{TENANT}", TENANT)
            .replace("{ALICE}", ALICE)
    };
    lines.iter().map(expand).collect()
}

/// The answer to the preset's query for this database, as JSON lines and as CSV.
fn exports(folder: &Path, name: &str) -> [String; 2] {
    let connection = Connection::open(folder.join("app.db")).unwrap();
    let toml: toml::Table = Preset::named(name).unwrap().toml().parse().unwrap();
    let queries = toml["input"]["queries"].as_array().unwrap();
    let mut prepared = queries
        .iter()
        .find_map(|query| connection.prepare(query["query"].as_str().unwrap()).ok())
        .unwrap();
    let header: Vec<String> = prepared.column_names().map(str::to_owned).collect();
    let mut csv = format!("{}\r\n", header.join(","));
    let mut jsonl = String::new();
    let mut rows = prepared.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let mut object = serde_json::Map::new();
        let mut fields = Vec::new();
        for (index, name) in header.iter().enumerate() {
            let value = match row.get_ref(index).unwrap() {
                ValueRef::Null => serde_json::Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => number.into(),
                ValueRef::Text(text) => str::from_utf8(text).unwrap().into(),
                // As PostgreSQL writes bytes.
                ValueRef::Blob(bytes) => {
                    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                    format!("\\x{digits}").into()
                }
            };
            let text = match &value {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => format!("\"{}\"", text.replace('"', "\"\"")),
                other => other.to_string(),
            };
            fields.push(text);
            object.insert(name.clone(), value);
        }
        csv.push_str(&format!("{}\r\n", fields.join(",")));
        jsonl.push_str(&format!("{}\n", serde_json::Value::from(object)));
    }
    [jsonl, csv]
}

#[test]
fn each_store_is_read_as_it_is_and_as_an_export() {
    for (name, sql, lines) in STORES {
        let folder = database(sql);
        let path = folder.path().join("app.db");
        let before = fs::read(&path).unwrap();
        let source = open(&path, &preset(name)).unwrap();
        assert_eq!(source.kind(), SourceKind::Sqlite, "{name}");
        let lines = expected(lines);
        assert_eq!(rows(&*source), lines, "{name}");
        assert_eq!(rows(&*source), lines, "{name} again");
        drop(source);
        assert!(fs::read(&path).unwrap() == before, "{name} was changed");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "{name}");
        for export in exports(folder.path(), name) {
            let file = folder.path().join("export");
            fs::write(&file, export).unwrap();
            let source = open(&file, &preset(name)).unwrap();
            assert_eq!(rows(&*source), lines, "{name} as {}", source.kind());
        }
    }
}

#[test]
fn each_store_is_recognised_by_its_tables() {
    for (name, sql, lines) in STORES {
        let folder = database(sql);
        let source = open(&folder.path().join("app.db"), &SourceOptions::default()).unwrap();
        let by = source.recognised_by().unwrap();
        // Encrypted or not, the tables are the same, and a key is only taken where it was asked for.
        let is_encrypted = *name == "better-auth-encrypted";
        let named = if is_encrypted { "better-auth" } else { name };
        assert!(
            by.starts_with(&format!("its tables are those of {named}: ")),
            "{by}"
        );
        let rows = rows(&*source);
        match is_encrypted {
            true => assert!(
                rows.iter().any(|row| row.ends_with(" undecryptable")),
                "{rows:?}"
            ),
            false => assert_eq!(rows, expected(lines), "{name}"),
        }
    }
}

#[test]
fn the_tables_of_supabases_adapter_are_found_in_their_schema() {
    let Some(database) = TestDatabase::new(Kind::Postgres) else {
        return;
    };
    database.sql(&filled(SUPABASE));
    let mut options = SourceOptions::default();
    options.login = login();
    let error = open_database(&database.url(), &options).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("permission denied for schema next_auth"),
        "{error}"
    );
    database.sql(&format!("grant usage on schema next_auth to {USER}"));
    for named in [false, true] {
        if named {
            options.mapping_file = Preset::named("nextauth").unwrap().mapping_file();
        }
        let source = open_database(&database.url(), &options).unwrap();
        let by = "its tables are those of nextauth: next_auth.accounts, next_auth.users";
        assert_eq!(source.recognised_by(), (!named).then_some(by));
        // The query leaves the order to the server.
        let (mut read, mut all) = (rows(&*source), expected(NEXTAUTH));
        read.sort();
        all.sort();
        assert_eq!(read, all);
    }
}

#[test]
fn what_is_said_of_a_store_that_is_recognised_holds_for_it() {
    let (_, sql, _) = STORES
        .iter()
        .find(|(name, ..)| *name == "nextauth")
        .unwrap();
    let folder = database(sql);
    let mut options = SourceOptions::default();
    options.mapping_file = MappingFile::parse(
        "m.toml",
        "[defaults]\nclient_id = \"mine\"\n[decode]\nsteps = [\"url\"]\n",
    )
    .and_then(|file| file.with_condition("providerAccountId=bob"))
    .unwrap();
    let source = open(&folder.path().join("app.db"), &options).unwrap();
    let read = rows(&*source);
    let records: Vec<_> = read.iter().filter(|row| row.contains('#')).collect();
    assert_eq!(records.len(), 1, "{read:?}");
    assert!(
        records[0].starts_with("bob ") && records[0].contains(" client=mine "),
        "{read:?}"
    );
}

#[test]
fn a_folder_of_sasl_xoauth2_is_read_with_its_scope() {
    let folder = tempfile::tempdir().unwrap();
    let token = format!(
        r#"{{"access_token":"AT","expiry":"1795357490","refresh_token":"0.ALICE","client_id":"{CLIENT}","client_secret":"","token_endpoint":"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token","user":"alice@contoso.example"}}"#
    );
    fs::write(folder.path().join("alice@contoso.example"), token).unwrap();
    let bare = r#"{"access_token":"AT","expiry":"0","refresh_token":"M.BOB"}"#;
    fs::write(folder.path().join("bob@outlook.example"), bare).unwrap();
    let source = open(folder.path(), &preset("sasl-xoauth2")).unwrap();
    assert_eq!(
        rows(&*source),
        expected(&[
            "alice@contoso.example #0.ALICE client={CLIENT} authority=https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token scopes=https://outlook.office.com/SMTP.Send user=alice@contoso.example refreshed=1795353890",
            "bob@outlook.example #M.BOB scopes=https://outlook.office.com/SMTP.Send user=bob@outlook.example",
        ])
    );
}

#[test]
fn a_database_that_is_not_the_named_applications_is_told_by_what_is_missing() {
    let told = |sql: &str, options: &SourceOptions| {
        let folder = database(sql);
        let error = open(&folder.path().join("app.db"), options).unwrap_err();
        let text = error.to_string();
        let said = text.split_once("app.db: ").unwrap().1.to_owned();
        (said, error.hint().unwrap())
    };
    let flask = "create table flask_dance_oauth (id integer, provider text, tok text);";
    assert_eq!(
        told(flask, &preset("flask-dance")).0,
        "is no database that `flask-dance` reads: its table flask_dance_oauth has no column token; there are id, provider, tok"
    );
    assert_eq!(
        told(flask, &preset("nextauth")).0,
        "is no database that `nextauth` reads: it has no table users, accounts; there are flask_dance_oauth"
            .replace("users, accounts", "accounts, users")
    );
    let (said, hint) = told(
        "create table tokens (id integer, ms_refresh_token text); create table users (id integer);",
        &SourceOptions::default(),
    );
    assert_eq!(
        said,
        "is a database, and nothing says what to read of it; its tables are tokens, users"
    );
    assert_eq!(
        hint,
        "say what to read; most probably: --query 'select * from tokens' --map refresh_token=ms_refresh_token"
    );
    let both = "create table flask_dance_oauth (id integer, provider text, token text);
         create table oauth2_token (id integer, name text, refresh_token text, expires_at integer);";
    let (said, hint) = told(both, &SourceOptions::default());
    assert_eq!(
        said,
        "has the tables of several applications: authlib, flask-dance"
    );
    assert!(hint.contains("--from"), "{hint}");
}

#[test]
fn a_mapping_file_reads_a_table_or_a_query_of_a_database() {
    let folder = database(
        "create table \"app tokens\" (id integer, rt text, mail text);
         insert into \"app tokens\" values (1, '0.A', 'a@x'), (2, null, 'b@x');",
    );
    let path = folder.path().join("app.db");
    for input in [
        "table = \"app tokens\"",
        "query = 'select * from \"app tokens\" order by id'",
    ] {
        let toml = format!(
            "[input]\n{input}\n[map]\nrefresh_token = \"rt\"\nkey = \"id\"\nusername = \"mail\"\n"
        );
        let mut options = SourceOptions::default();
        options.mapping_file = MappingFile::parse("m.toml", &toml).unwrap();
        let source = open(&path, &options).unwrap();
        assert_eq!(
            rows(&*source),
            expected(&["1 #0.A user=a@x", "2 no_refresh_token"]),
            "{input}"
        );
        // What is typed comes on top.
        options.query = Some("select 3 as id, 'x@y' as mail, '0.C' as rt".to_owned());
        let source = open(&path, &options).unwrap();
        assert_eq!(rows(&*source), expected(&["3 #0.C user=x@y"]), "{input}");
    }
    let mut options = SourceOptions::default();
    options.mapping_file = MappingFile::parse(
        "m.toml",
        "[input]\ntable = \"tokens\"\n[map]\nrefresh_token = \"rt\"\n",
    )
    .unwrap();
    let error = open(&path, &options).unwrap_err();
    assert!(error.to_string().contains("app tokens"), "{error}");
    let piped = msal_migrate::open_reader(
        "-",
        fs::File::open(&path).unwrap(),
        &msal::SystemRandom,
        &SourceOptions::default(),
    );
    assert!(matches!(piped.unwrap_err(), SourceError::PathNeeded { .. }));
}
