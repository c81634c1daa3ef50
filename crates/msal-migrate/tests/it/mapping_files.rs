//! Files read as a mapping file says.

use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::PathBuf;

use msal::SystemRandom;
use msal_migrate::{
    DecodingKey, KeySource, Mapping, MappingFile, Row, Source, SourceError, SourceKind,
    SourceOptions, open, open_reader,
};
use tempfile::TempDir;

struct Store {
    folder: TempDir,
}

impl Store {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let store = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(store.path(), content).unwrap();
        store
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store")
    }
}

fn options(toml: &str) -> SourceOptions {
    let mut options = SourceOptions::default();
    options.mapping_file = MappingFile::parse("m.toml", toml).unwrap();
    options
}

/// `PLACE (KEY) TOKEN CLIENT AUTHORITY SCOPES RESOURCE USERNAME`, or `PLACE REASON`.
fn rows(source: &dyn Source) -> Result<Vec<String>, SourceError> {
    let mut lines = Vec::new();
    source.read(&mut |row| {
        lines.push(line(&row));
        ControlFlow::Continue(())
    })?;
    Ok(lines)
}

fn line(row: &Row) -> String {
    let record = match row {
        Row::Record(record) => record,
        Row::Skipped { locator, reason } => {
            return format!("{} {}", locator.place(), reason.code());
        }
        _ => unreachable!("a new kind of row"),
    };
    let scopes: Vec<_> = record.scopes.iter().map(|scope| scope.as_str()).collect();
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "{} ({}) {} {} {} [{}] {} {}",
        record.locator.place(),
        record.locator.key().unwrap_or("-"),
        record.refresh_token.expose_secret(),
        or_none(&record.client_id),
        or_none(&record.authority),
        scopes.join(" "),
        or_none(&record.resource),
        or_none(&record.user.username),
    )
}

fn read(toml: &str, content: &str) -> Result<Vec<String>, String> {
    let store = Store::new(content);
    let source = open(&store.path(), &options(toml)).map_err(told)?;
    let rows = rows(&*source).map_err(told)?;
    assert_eq!(fs::read_to_string(store.path()).unwrap(), content);
    Ok(rows)
}

/// What is said, without the path.
fn told(error: SourceError) -> String {
    let text = error.to_string();
    let said = text
        .split_once("store: ")
        .map(|(_path, said)| said.to_owned());
    said.unwrap_or(text)
}

const MAP: &str = "[map]\nrefresh_token = \"rt\"\nkey = \"id\"\n";

#[test]
fn a_table_is_read_with_conditions_decoding_and_defaults() {
    let toml = format!(
        "[input]\nformat = \"csv\"\ndelimiter = \";\"\n{MAP}username = \"mail\"\n\
         [where]\nprovider = [\"azure*\", \"microsoft\"]\n\
         [decode]\nsteps = [\"hex-bytea\"]\n\
         [defaults]\nclient_id = \"c\"\nauthority = \"t.example\"\nscopes = \"User.Read offline_access\"\n"
    );
    let table = "id;provider;rt;mail\n\
                 1;Azure-AD;\\x302e41;a@x\n\
                 2;google;\\x312f2f;b@x\n\
                 3;azure-ad-b2c;\\x302e42;c@x\n\
                 4;microsoft;0.C;d@x\n\
                 5;microsoft;\\x3;e@x\n\
                 6;microsoft;;f@x\n\
                 7;microsoft;\"0.D;\n\";\"g@x\"\n";
    assert_eq!(
        read(&toml, table).unwrap(),
        [
            ":2 (1) 0.A c t.example [User.Read] - a@x",
            ":3 other_provider",
            ":4 b2c",
            ":5 (4) 0.C c t.example [User.Read] - d@x",
            ":6 malformed",
            ":7 no_refresh_token",
            ":8 (7) 0.D; c t.example [User.Read] - g@x",
        ]
    );
}

#[test]
fn what_a_row_says_comes_before_the_defaults() {
    let toml = "[defaults]\nclient_id = \"c\"\nauthority = \"t\"\nresource = \"https://r\"\n";
    let claims = "eyJhdWQiOiJmcm9tLWlkLXRva2VuIiwidGlkIjoidCJ9"; // {"aud":"from-id-token","tid":"t"}
    let table = format!(
        "refresh_token,client_id,tenant,scope,id_token\n0.A,a,u,Mail.Read,\n0.B,,,,x.{claims}.y\n0.C,,,,\n"
    );
    assert_eq!(
        read(toml, &table).unwrap(),
        [
            ":2 (-) 0.A a u [Mail.Read] - -",
            ":3 (-) 0.B from-id-token t [] https://r -",
            ":4 (-) 0.C c t [] https://r -",
        ]
    );
}

#[test]
fn json_is_read_where_a_pointer_leads() {
    let toml = "[input]\nrecords = \"/data/entries/*\"\n[map]\nrefresh_token = \"/token/refresh_token\"\nscopes = \"/token/scope\"\n[where]\ndomain = \"onedrive\"\n";
    let in_array = r#"{"version":1,"data":{"more":[1],"entries":[
        {"domain":"onedrive","token":{"refresh_token":"0.A","scope":"Files.Read offline_access"}},
        {"domain":"xbox","token":{"refresh_token":"M.R"}},
        {"domain":"onedrive","token":{}}]},"end":true}"#;
    assert_eq!(
        read(toml, in_array).unwrap(),
        [
            "#/0 (-) 0.A - - [Files.Read] - -",
            "#/1 not_selected",
            "#/2 no_refresh_token",
        ]
    );
    let by_name = r#"{"data":{"entries":{"a@x":{"domain":"onedrive","token":{"refresh_token":"0.A","scope":""}}}}}"#;
    assert_eq!(read(toml, by_name).unwrap(), ["#/0 (a@x) 0.A - - [] - a@x"]);
    assert_eq!(
        read(toml, r#"{"data":{"items":[],"total":0}}"#).unwrap_err(),
        "there is no `/data/entries/*`; there are items, total"
    );
    assert_eq!(
        read(toml, r#"{"data":{"entries":[{"domain":"onedrive","token":{"refresh_token":"0.A","scope":""}}]}"#)
            .unwrap_err(),
        "is cut off: the text ends at byte 86, where `,` or the end of the list should be"
    );
}

#[test]
fn json_in_a_column_is_decoded_before_a_pointer_is_followed() {
    // Fernet's key of zeros, and {"refresh_token":"0.A"}.
    let toml = "[map]\nrefresh_token = \"state:/refresh_token\"\n[decode.columns]\nstate = [\"base64\", \"json-string\"]\n";
    let csv = "id,state\n1,IntcInJlZnJlc2hfdG9rZW5cIjpcIjAuQVwifSI=\n2,e30=\n3,!\n4,\n";
    assert_eq!(
        read(toml, csv).unwrap(),
        [
            ":2 (-) 0.A - - [] - -",
            ":3 malformed",
            ":4 malformed",
            ":5 no_refresh_token"
        ]
    );
    let json = "{\"state\":\"IntcInJlZnJlc2hfdG9rZW5cIjpcIjAuQVwifSI=\"}\n";
    assert_eq!(read(toml, json).unwrap(), ["#/0 (-) 0.A - - [] - -"]);
    // As PostgreSQL exports a column of JSON, and as Django's does.
    let map = "[map]\nrefresh_token = \"extra:/refresh_token\"\n";
    for row in [
        r#"{"extra":{"refresh_token":"0.A"}}"#,
        r#"{"Extra":{"refresh_token":"0.A"}}"#,
        r#"{"extra":"{\"refresh_token\":\"0.A\"}"}"#,
        r#"{"extra":"\"{\\\"refresh_token\\\":\\\"0.A\\\"}\""}"#,
    ] {
        assert_eq!(read(map, row).unwrap(), ["#/0 (-) 0.A - - [] - -"], "{row}");
    }
}

#[test]
fn each_section_of_a_configuration_file_is_a_row() {
    let ini = "; mail\n[DEFAULT]\nclient_id = c\n[alice@contoso.example]\nrefresh_token = 0.A\n tail\nprovider=azure\n\
               [bob@contoso.example]\nrefresh_token: 0.B\nclient_id = d\nprovider=google\n\
               [broken]\nrefresh_token = 0.C\nwhat\n[empty]\nprovider = azure\n";
    assert_eq!(
        read("[where]\nprovider = \"azure\"\n", ini).unwrap(),
        [
            ":4 (alice@contoso.example) 0.A\ntail c - [] - alice@contoso.example",
            ":8 other_provider",
            ":12 malformed",
            ":15 no_refresh_token",
        ]
    );
    let mapped = "[map]\nrefresh_token = \"oauth2_refresh_token\"\nusername = \"remoteuser\"\nclient_id=\"oauth2_client_id\"\nkey=\"section\"\n[input]\nformat = \"ini\"\n";
    let imap =
        "[Repository R]\nremoteuser = a@x\noauth2_client_id = c\noauth2_refresh_token = 0.A\n";
    assert_eq!(
        read(mapped, imap).unwrap(),
        [":1 (Repository R) 0.A c - [] - a@x"]
    );
    assert_eq!(
        read("", "[a]\nuser = x\nrefresh = y\nms_token = z\n").unwrap(),
        [":1 (a) y - - [] - -"]
    );
    let unknown = read("", "[a]\nuser = x\nms_rt = y\n").unwrap_err();
    assert_eq!(
        unknown,
        "no column is called like a refresh token; there are user, ms_rt"
    );
    let missing = read(MAP, "[a]\nid = x\n").unwrap_err();
    assert_eq!(missing, "there is no `rt`; there are id");
    let broken = read("", "[a]\nrefresh_token = x\n[b\n").unwrap_err();
    assert_eq!(
        broken,
        "line 3: the heading of a section is not closed by `]`"
    );
}

#[test]
fn what_is_encrypted_is_decrypted_with_its_key_or_skipped() {
    // The key and the token of Fernet's specification, whose text is `hello`.
    let key = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
    let token = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
    let toml = format!("{MAP}[decode]\nsteps = [\"fernet(env:APP_KEY)\"]\n");
    let content = format!("id,rt\n1,{token}\n2,gAAAAAno\n3,0.A\n");
    let store = Store::new(&content);
    let mut options = options(&toml);
    let refused = open(&store.path(), &options).unwrap_err();
    assert_eq!(told(refused), "the key of env:APP_KEY was not given");
    let source = options.mapping_file.key_sources().next().cloned().unwrap();
    assert!(matches!(source, KeySource::Environment(ref name) if name == "APP_KEY"));
    options.mapping_file = options
        .mapping_file
        .with_key(&source, DecodingKey::new(key))
        .unwrap();
    let opened = open(&store.path(), &options).unwrap();
    assert_eq!(
        rows(&*opened).unwrap(),
        [
            ":2 (1) hello - - [] - -",
            ":3 undecryptable",
            ":4 undecryptable"
        ]
    );
    assert!(!format!("{options:?} {opened:?}").contains("cw_0x"));
}

#[test]
fn what_is_mapped_on_top_replaces_what_the_file_says() {
    let store = Store::new("rt,rt2,t\n0.A,0.B,x\n");
    let mut options = options("[map]\nrefresh_token = \"rt\"\n");
    options.map = Mapping::parse(["refresh_token=rt2", "tenant=t"]).unwrap();
    let source = open(&store.path(), &options).unwrap();
    assert_eq!(rows(&*source).unwrap(), [":2 (-) 0.B - x [] - -"]);
}

/// The same row as a table, JSON and a configuration file, read with a mapping that was typed.
fn in_three_formats(map: &[&str], cells: &[(&str, &str)]) -> [String; 3] {
    let names: Vec<_> = cells.iter().map(|(name, _)| *name).collect();
    let values: Vec<_> = cells.iter().map(|(_, value)| *value).collect();
    let table = format!("{}\n{}\n", names.join(","), values.join(","));
    let filled = || cells.iter().filter(|(_, value)| !value.is_empty());
    let members: Vec<_> = filled()
        .map(|(name, value)| format!("\"{name}\":\"{value}\""))
        .collect();
    let settings: Vec<_> = filled()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    [
        (SourceKind::Csv, table),
        (SourceKind::Jsonl, format!("{{{}}}", members.join(","))),
        (SourceKind::Ini, format!("[one]\n{}\n", settings.join("\n"))),
    ]
    .map(|(kind, content)| {
        // Others are read too, so that each name is one of the store's.
        let more = match kind {
            SourceKind::Csv => content + &"0.C,".repeat(cells.len() - 1) + "0.C\n",
            SourceKind::Jsonl => {
                let members: Vec<_> = names
                    .iter()
                    .map(|name| format!("\"{name}\":\"0.C\""))
                    .collect();
                format!("{content}\n{{{}}}\n", members.join(","))
            }
            _ => {
                let settings: Vec<_> = names.iter().map(|name| format!("{name} = 0.C")).collect();
                format!("{content}[two]\n{}\n", settings.join("\n"))
            }
        };
        let store = Store::new(more);
        let mut options = SourceOptions::default();
        options.from = Some(kind);
        options.map = Mapping::parse(map).unwrap();
        let source = open(&store.path(), &options).unwrap();
        let line = rows(&*source).unwrap().swap_remove(0);
        // Places have other names in each.
        line.split_once(' ').unwrap().1.replace("(one)", "(-)")
    })
}

#[test]
fn what_a_mapping_names_is_read_as_it_says_alone_in_each_format() {
    // A row without the mapped token has none, whatever else is called like one.
    let stale = [("refresh_token", "0.STALE"), ("rt", ""), ("client_id", "c")];
    assert_eq!(
        in_three_formats(&["refresh_token=rt"], &stale),
        ["no_refresh_token", "not_understood", "no_refresh_token"]
    );
    // What is mapped is not what it is usually, in any case.
    let client = [("refresh_token", "0.A"), ("Client_Id", "a@contoso.example")];
    for line in in_three_formats(&["username=client_id"], &client) {
        assert_eq!(line, "(-) 0.A - - [] - a@contoso.example");
    }
    let tenant = [
        ("refresh_token", "0.A"),
        ("client_id", "c"),
        ("tenant", "t"),
    ];
    for line in in_three_formats(&["key=tenant"], &tenant) {
        assert_eq!(line, "(t) 0.A c - [] - -");
    }
}

#[test]
fn columns_that_are_missing_are_named_with_those_that_are_there() {
    for (toml, content, expected) in [
        (
            MAP,
            "id,token\n1,0.A\n",
            "there is no `rt`; there are id, token",
        ),
        (MAP, "id\trt \tx\n1\t0.A\n", ":2 malformed"),
        (
            "[map]\nrefresh_token = \"rt\"\n[where]\nprovidr = \"a\"\n",
            "rt,provider\n0.A,a\n",
            "there is no `providr`; there are rt, provider",
        ),
        (
            "[map]\nrefresh_token = \"rt\"\n[where]\nprovidr = \"a\"\n",
            "{\"rt\":\"0.A\",\"provider\":\"a\"}",
            "there is no `providr`; there are rt, provider",
        ),
        // Where no row counts, nothing tells whether the fields are there.
        (
            "[map]\nrefresh_token = \"token\"\n[where]\nprovider = \"azure\"\n",
            "{\"rt\":\"0.A\",\"provider\":\"google\"}",
            "#/0 other_provider",
        ),
    ] {
        let told = match read(toml, content) {
            Ok(rows) => rows.join("\n"),
            Err(told) => told,
        };
        assert_eq!(told, expected, "{toml}");
    }
    let msal = r#"{"RefreshToken":{"k":{"secret":"0.a"}},"Account":{}}"#;
    let mut options = options("[defaults]\nclient_id = \"c\"\n");
    options.from = Some(SourceKind::MsalCache);
    let refused = open(&Store::new(msal).path(), &options).unwrap_err();
    assert!(told(refused).contains("needs no mapping"));
}

#[test]
fn what_is_read_once_is_read_as_a_file_is() {
    let content = format!("id,rt\n{}", "1,0.A\n".repeat(50_000));
    let reader = Cursor::new(content);
    let source = open_reader("-", reader, &SystemRandom, &options(MAP)).unwrap();
    assert_eq!(source.kind(), SourceKind::Csv);
    let first = rows(&*source).unwrap();
    assert_eq!(first.len(), 50_000);
    assert_eq!(rows(&*source).unwrap(), first);
    let empty = open_reader(
        "-",
        Cursor::new(""),
        &SystemRandom,
        &SourceOptions::default(),
    );
    assert_eq!(empty.unwrap_err().to_string(), "-: is empty");
}

#[test]
fn a_table_of_several_providers_gives_microsofts_rows_alone() {
    for (column, ours, theirs) in [
        ("provider", "azure-ad", "github"),
        ("strategy", "azuread-openidconnect", "facebook"),
        (
            "issuer",
            "https://login.microsoftonline.com/t/v2.0",
            "https://accounts.google.com",
        ),
        (
            "iss",
            "https://sts.windows.net/t/",
            "https://login.okta.com",
        ),
        ("oauth_provider", "Microsoft", "LinkedIn"),
    ] {
        let csv = format!("refresh_token,{column}\n0.A,{ours}\nopaque,{theirs}\n");
        let rows = read("", &csv).unwrap();
        assert!(rows[0].starts_with(":2 (-) 0.A "), "{column}: {rows:?}");
        assert_eq!(rows[1], ":3 other_provider", "{column}");
    }
}

#[test]
fn a_row_that_is_left_out_is_named_by_its_key_and_never_by_its_token() {
    let token = "0.AXYA0123456789abcdefghijkl";
    let csv =
        format!("id,provider,rt\n7,google,{token}\n,google,{token}\n{token},google,{token}\n");
    let json = format!(
        r#"[{{"id":7,"provider":"google","rt":"{token}"}},{{"provider":"google","rt":"{token}"}},{{"id":"{token}","provider":"google","rt":"{token}"}}]"#
    );
    for (content, key) in [
        (csv.as_str(), "id"),
        (&json, "id"),
        (&csv, "rt"),
        (&json, "rt"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        fs::write(&path, content).unwrap();
        let toml = format!(
            "[map]\nrefresh_token = \"rt\"\nkey = \"{key}\"\n[where]\nprovider = [\"microsoft\"]\n"
        );
        let mut options = SourceOptions::default();
        options.mapping_file = MappingFile::parse("m.toml", &toml).unwrap();
        let mut keys = Vec::new();
        open(&path, &options)
            .unwrap()
            .read(&mut |row| {
                assert!(matches!(row, Row::Skipped { .. }));
                keys.push(row.locator().key().map(str::to_owned));
                ControlFlow::Continue(())
            })
            .unwrap();
        let first = (key == "id").then(|| "7".to_owned());
        assert_eq!(keys, [first, None, None], "{content} by {key}");
    }
}
