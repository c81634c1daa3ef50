//! What is damaged, hostile or something else is refused in one line, and never half-read.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use msal_migrate::{
    Mapping, MappingError, Row, SkipReason, Source, SourceError, SourceKind, SourceOptions, open,
};
use proptest::prelude::*;
use tempfile::TempDir;

const ADAL: &str = r#"[{"tokenType":"Bearer","refreshToken":"0.a","resource":"https://graph.microsoft.com","userId":"alice@contoso.example","_clientId":"c","_authority":"https://login.microsoftonline.com/t.example"},{"tokenType":"Bearer","refreshToken":"0.b","_clientId":"c","userId":"b"}]"#;

const MSAL: &str = r#"{"RefreshToken":{"k":{"secret":"0.a","client_id":"c","environment":"login.windows.net","home_account_id":"u.t"}},"Account":{"a":{"home_account_id":"u.t","environment":"login.microsoftonline.com","realm":"t.example","username":"a@x","local_account_id":"o"}}}"#;

const TOKENS: &str =
    r#"{"access_token":"x","refresh_token":"0.a","scope":["User.Read"],"expires_at":1795357490.5}"#;

const CSV: &str = "refresh_token,client_id,note\r\n0.a,c,\"a\nb\"\r\n0.b,c,\"\"\"x\"\"\"\r\n";

/// A directory with one file in it.
struct Store {
    directory: TempDir,
}

impl Store {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let store = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        fs::write(store.path(), content).unwrap();
        store
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("store")
    }

    fn open(&self, from: Option<SourceKind>) -> Result<Box<dyn Source>, SourceError> {
        let mut options = SourceOptions::default();
        options.from = from;
        open(&self.path(), &options)
    }

    fn rows(&self, from: Option<SourceKind>) -> Result<Vec<Row>, SourceError> {
        rows(&*self.open(from)?)
    }
}

fn rows(source: &dyn Source) -> Result<Vec<Row>, SourceError> {
    let mut rows = Vec::new();
    source.read(&mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

/// One word per row: `token`, or why it is skipped.
fn outcomes(content: impl AsRef<[u8]>) -> Vec<&'static str> {
    let outcome = |row: &Row| match row {
        Row::Record(_) => "token",
        Row::Skipped { reason, .. } => reason.code(),
        _ => unreachable!("a new kind of row"),
    };
    let rows = Store::new(content).rows(None).unwrap();
    rows.iter().map(outcome).collect()
}

fn error(content: impl AsRef<[u8]>) -> SourceError {
    Store::new(content).rows(None).unwrap_err()
}

#[test]
fn what_has_nothing_in_it_is_said_to_be_empty() {
    for content in ["", " ", "\n\r\n", "\u{feff}"] {
        assert!(matches!(
            error(content),
            SourceError::Empty {
                in_keyring: false,
                ..
            }
        ));
    }
    let store = Store::new("");
    fs::write(store.path().with_file_name("store.lockfile"), "").unwrap();
    let error = store.rows(None).unwrap_err();
    assert!(matches!(
        error,
        SourceError::Empty {
            in_keyring: true,
            ..
        }
    ));
    assert!(
        error
            .to_string()
            .ends_with("the tokens are in the system's keyring")
    );
}

#[test]
fn caches_without_entries_have_no_rows() {
    for content in [
        r#"{"RefreshToken":{}}"#,
        r#"{"AccessToken":{},"RefreshToken":{},"Account":{},"Other":null}"#,
        "refresh_token,client_id\n",
    ] {
        assert!(outcomes(content).is_empty(), "{content}");
    }
    // Named, it is what the user says.
    for (content, kind) in [
        ("[]", SourceKind::AdalPython),
        ("[]", SourceKind::TokenJson),
        ("{}", SourceKind::MsalCache),
    ] {
        assert!(Store::new(content).rows(Some(kind)).unwrap().is_empty());
    }
}

#[test]
fn what_could_be_anything_is_not_said_to_have_no_tokens() {
    for content in ["[]", "{}", " [ ] \n", "\u{feff}{ }"] {
        assert_eq!(outcomes(content), ["not_understood"], "{content}");
        let store = Store::new(content);
        let mut options = SourceOptions::default();
        options.map = Mapping::parse(["refresh_token=x"]).unwrap();
        let found = rows(&*open(&store.path(), &options).unwrap()).unwrap();
        assert!(matches!(found[..], [Row::Skipped { .. }]), "{found:?}");
    }
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("inside")).unwrap();
    let found = open(directory.path(), &SourceOptions::default()).unwrap_err();
    assert!(matches!(found, SourceError::NoFiles { .. }), "{found}");
}

#[test]
fn a_cache_without_tokens_says_what_it_has_instead_of_sections() {
    for content in [
        r#"{"RefreshToken":null}"#,
        r#"{"AccessToken":null,"RefreshToken":null,"Account":null}"#,
        r#"{"AccessToken":[],"RefreshToken":[]}"#,
        r#"{"AccessToken":{},"RefreshToken":"{\"k\":{}}"}"#,
        r#"{"AccessToken":{},"RefreshToken":[{"secret":"0.a"}]}"#,
        r#"{"RefreshToken":{},"Account":null}"#,
        r#"{"RefreshToken":{"k":{"home_account_id":"u.t","nonce":"n","data":"c2VjcmV0"}}}"#,
    ] {
        assert_eq!(outcomes(content), ["not_understood"], "{content}");
    }
    // Beside tokens an odd section costs hints only.
    assert_eq!(
        outcomes(r#"{"RefreshToken":{"k":{"secret":"0.a","client_id":"c"}},"Account":null}"#),
        ["token"]
    );
}

#[test]
fn tokens_of_an_exchange_are_none_of_a_user_s() {
    let cache = |refresh: &str, access: &[&str]| {
        let access: Vec<_> = access
            .iter()
            .enumerate()
            .map(|(number, more)| {
                format!(
                    r#""{number}":{{"home_account_id":"u.t","client_id":"C","target":"User.Read"{more}}}"#
                )
            })
            .collect();
        format!(
            r#"{{"RefreshToken":{{"k":{{"secret":"0.a","home_account_id":"u.t","client_id":"c"{refresh}}}}},"AccessToken":{{{}}}}}"#,
            access.join(",")
        )
    };
    let (node, go) = (
        r#","userAssertionHash":"h""#,
        r#","user_assertion_hash":"h""#,
    );
    for (refresh, access, expected) in [
        (go, vec![], "obo"),
        (node, vec![""], "obo"),
        // MSAL Node writes it to the access tokens only.
        ("", vec![node], "obo"),
        ("", vec![node, go], "obo"),
        // The user has signed in besides.
        ("", vec![node, ""], "token"),
        ("", vec![r#","userAssertionHash":null"#], "token"),
        ("", vec![], "token"),
    ] {
        assert_eq!(
            outcomes(cache(refresh, &access)),
            [expected],
            "{refresh} {access:?}"
        );
    }
    // Another client's exchanges say nothing.
    let other = cache("", &[node]).replace("\"C\"", "\"other\"");
    assert_eq!(outcomes(other), ["token"]);
}

#[test]
fn a_row_is_without_token_only_if_all_of_it_is_understood() {
    let clear = r#"{"access_token":"x","refresh_token":"0.a"}"#;
    for (row, outcome) in [
        (r#"{"access_token":"x"}"#, "no_refresh_token"),
        (
            r#"{"access_token":"x","data":"{\"refresh_token\":\"0.a\"}"}"#,
            "not_understood",
        ),
        (
            r#"{"access_token":"gAAAAABrAu_5","refresh":"gAAAAABrAu_6"}"#,
            "undecryptable",
        ),
        (r#"{"access_token":"gAAAAABrAu_5"}"#, "not_understood"),
        (r#"{"id":17,"value":"U2FsdGVkX18"}"#, "not_understood"),
        (
            r#"{"tenant":"t","client_id":"c","client_secret":"s"}"#,
            "service_principal",
        ),
        ("{}", "not_understood"),
    ] {
        assert_eq!(
            outcomes(format!("[{clear},{row}]")),
            ["token", outcome],
            "{row}"
        );
        assert_eq!(
            outcomes(format!("{clear}\n{row}\n")),
            ["token", outcome],
            "{row}"
        );
    }
    // Objects of a settings file, and those of a client without a user.
    assert_eq!(
        outcomes(r#"{"scripts":{"build":"x"},"dependencies":{"y":"1"}}"#),
        ["not_understood"; 2]
    );
    assert_eq!(
        outcomes(r#"[{"tenant":"t","client_id":"c","client_secret":"s"}]"#),
        ["service_principal"]
    );
    // In ADAL's cache, entries of another library.
    let adal = r#"{"tokenType":"Bearer","refreshToken":"0.a","_clientId":"c"}"#;
    assert_eq!(
        outcomes(format!(
            r#"[{adal},{{"refresh_token":"0.b"}},{{"tokenType":"Bearer","accessToken":"x"}}]"#
        )),
        ["token", "not_understood", "app_only"]
    );
    // In a table, another column.
    assert_eq!(
        outcomes("refresh_token,extra\n0.a,\n,\"{\"\"refresh_token\"\":\"\"0.b\"\"}\"\n,x\n"),
        ["token", "not_understood", "no_refresh_token"]
    );
}

#[test]
fn a_mapping_does_not_hide_rows_that_keep_their_token_elsewhere() {
    let store = Store::new(
        r#"[{"o":{"rt":"0.a"}},{"o":"{\"refresh_token\":\"0.b\"}"},{"o":{"rt":null},"note":"x"}]"#,
    );
    let mut options = SourceOptions::default();
    options.map = Mapping::parse(["refresh_token=/o/rt"]).unwrap();
    let rows = rows(&*open(&store.path(), &options).unwrap()).unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|row| match row {
            Row::Record(_) => "token",
            Row::Skipped { reason, .. } => reason.code(),
            _ => unreachable!("a new kind of row"),
        })
        .collect();
    assert_eq!(found, ["token", "not_understood", "no_refresh_token"]);
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_never_read_as_a_shorter_one() {
    for whole in [ADAL, MSAL, TOKENS] {
        let kind = Store::new(whole).open(None).unwrap().kind();
        for length in 1..whole.len() {
            let cut = &whole[..length];
            for from in [None, Some(kind)] {
                let error = Store::new(cut).rows(from).unwrap_err();
                assert!(!error.to_string().contains('\n'), "{cut}");
                let is_told = matches!(
                    error,
                    SourceError::Truncated { .. }
                        | SourceError::Syntax { .. }
                        | SourceError::Unrecognised { .. }
                );
                assert!(is_told, "{error:?} for {cut}");
            }
        }
    }
}

#[test]
fn a_table_that_is_cut_off_inside_a_field_is_an_error() {
    let inside = CSV.find("a\nb").unwrap() + 1;
    let error = error(&CSV[..inside]);
    assert!(matches!(error, SourceError::Truncated { .. }));
    assert!(error.to_string().contains("line 2"), "{error}");
    // Between fields, the line is short of columns.
    let between = CSV.find(",\"\"\"x").unwrap();
    assert_eq!(outcomes(&CSV[..between]), ["token", "malformed"]);
}

#[test]
fn what_is_wrong_in_one_entry_costs_that_entry() {
    let table = [
        ("null", "malformed"),
        ("\"text\"", "malformed"),
        ("17", "malformed"),
        ("true", "malformed"),
        ("[]", "malformed"),
        (r#"["0.a","c"]"#, "malformed"),
        ("{}", "not_understood"),
        (r#"{"accessToken":"x"}"#, "app_only"),
        (
            r#"{"refreshToken":null,"userId":"a@x"}"#,
            "no_refresh_token",
        ),
        (r#"{"refreshToken":"","userId":"a@x"}"#, "no_refresh_token"),
        (r#"{"refreshToken":17,"_clientId":"c"}"#, "malformed"),
        (r#"{"refreshToken":["0.a"],"_clientId":"c"}"#, "malformed"),
        (r#"{"refreshToken":{"x":1},"_clientId":"c"}"#, "malformed"),
        (
            r#"{"refreshToken":"0.a","refreshToken":"0.b"}"#,
            "malformed",
        ),
        (r#"{"refreshToken":"\ud800"}"#, "malformed"),
        (r#"{"refreshToken":"0.a","_clientId":7}"#, "malformed"),
        (r#"{"refreshToken":"0.a","_authority":{}}"#, "malformed"),
        (r#"{"refreshToken":"gAAAAABrAu"}"#, "undecryptable"),
        // Members that are only hints may be anything.
        (
            r#"{"refreshToken":"0.a","expiresOn":[],"expiresIn":{},"oid":9,"isMRRT":"yes","userId":null}"#,
            "token",
        ),
        (
            r#"{"refreshToken":"0.a","unknown":{"deep":[[[]]]}}"#,
            "token",
        ),
    ];
    for (entry, outcome) in table {
        let content = format!(r#"[{entry},{{"tokenType":"Bearer","refreshToken":"0.z"}}]"#);
        let store = Store::new(content);
        let rows = store.rows(Some(SourceKind::AdalPython)).unwrap();
        let found = match &rows[0] {
            Row::Record(_) => "token",
            Row::Skipped { reason, .. } => reason.code(),
            _ => unreachable!("a new kind of row"),
        };
        assert_eq!(found, outcome, "{entry}");
        assert!(matches!(rows[1], Row::Record(_)), "{entry}");
        assert_eq!(rows[1].locator().place().to_string(), "#/1");
    }
}

#[test]
fn what_is_wrong_in_a_cache_costs_that_entry() {
    let content = r#"{
        "RefreshToken": {"a": null, "b": {"secret": 1}, "c": {"secret": "0.a", "user_assertion_hash": "h"},
            "d": {"secret": "0.a", "client_id": null, "home_account_id": 4, "environment": []},
            "e": {"secret": "0.a", "client_id": "c", "home_account_id": "u-b2c_1_x.t"}},
        "Account": {"a": 1, "b": {"home_account_id": {}}}, "AccessToken": [], "IdToken": "x", "Other": 1
    }"#;
    assert_eq!(
        outcomes(content),
        ["malformed", "malformed", "obo", "token", "b2c"]
    );
}

#[test]
fn nesting_is_no_danger() {
    let depth = 100_000;
    let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(
        outcomes(format!(
            r#"[{{"tokenType":"B","refreshToken":"0.a","x":{nested}}}]"#
        )),
        ["token"]
    );
    assert_eq!(
        outcomes(format!(r#"[{{"tokenType":"B","refreshToken":{nested}}}]"#)),
        ["malformed"]
    );
    assert_eq!(
        outcomes(format!(
            r#"[{{"access_token":"x","scope":{nested},"refresh_token":"0.a"}}]"#
        )),
        ["malformed"]
    );
    let store = Store::new(&nested);
    let from = Some(SourceKind::AdalPython);
    assert!(matches!(
        store.rows(from).unwrap()[0],
        Row::Skipped {
            reason: SkipReason::Malformed(_),
            ..
        }
    ));
    assert!(matches!(
        error("[".repeat(depth)),
        SourceError::Truncated { .. }
    ));
    assert!(matches!(
        error(r#"{"a":"#.repeat(depth)),
        SourceError::Truncated { .. }
    ));
}

#[test]
fn huge_values_are_bounded() {
    let huge = "x".repeat(1 << 20);
    let token = format!(r#"[{{"tokenType":"B","refreshToken":"{huge}"}}]"#);
    assert_eq!(outcomes(token), ["malformed"]);
    let access = format!(r#"[{{"tokenType":"B","accessToken":"{huge}","refreshToken":"0.a"}}]"#);
    assert_eq!(outcomes(access), ["token"]);
    let entry = format!(
        r#"[{{"tokenType":"B","accessToken":"{}"}}]"#,
        "x".repeat(40 << 20)
    );
    assert!(error(entry).to_string().contains("larger than"));
}

#[test]
fn every_unicode_encoding_is_read() {
    for whole in [ADAL, MSAL, TOKENS, CSV] {
        let expected = outcomes(whole);
        assert!(expected.contains(&"token"));
        let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            format!("\u{feff}{whole}")
                .encode_utf16()
                .flat_map(bytes)
                .collect()
        };
        assert_eq!(outcomes(format!("\u{feff}{whole}")), expected);
        assert_eq!(outcomes(wide(u16::to_le_bytes)), expected);
        assert_eq!(outcomes(wide(u16::to_be_bytes)), expected);
        assert_eq!(outcomes(format!("{whole}\r\n")), expected);
    }
    assert!(matches!(error(b"\xff\xfe[\0]"), SourceError::Io { .. }));
}

#[test]
fn bytes_that_are_not_utf_8_cost_their_entry() {
    let content = b"[{\"tokenType\":\"B\",\"refreshToken\":\"\xff\"},{\"refreshToken\":\"0.a\"}]";
    assert_eq!(outcomes(content), ["malformed", "token"]);
    assert_eq!(
        outcomes(b"refresh_token,x\n0.a,\xff\n0.b,\n"),
        ["malformed", "token"]
    );
}

#[test]
fn text_that_is_not_json_is_an_error_with_its_place() {
    for (content, message) in [
        (
            r#"[{"_clientId":"c","x":tru}]"#,
            "byte 1: expected well-formed JSON in the value that starts here",
        ),
        (
            r#"[{"_clientId":"c"} {"_clientId":"c"}]"#,
            "byte 19: expected `,` or the end of the list",
        ),
        (
            r#"[{"_clientId":"c"},]"#,
            "byte 19: expected a value after `,`",
        ),
        (
            r#"[{"_clientId":"c"}] x"#,
            "byte 20: expected the end of the text",
        ),
        (r#"{"RefreshToken":{"k" 1}}"#, "byte 21: expected `:`"),
        (
            r#"{"RefreshToken":{k:1}}"#,
            "byte 17: expected a member's name in quotation marks",
        ),
    ] {
        let error = error(content);
        assert!(
            error.to_string().ends_with(message),
            "{error} for {content}"
        );
    }
}

#[test]
fn a_wrong_kind_is_said_to_be_one() {
    let table = [
        (ADAL, SourceKind::MsalCache),
        (CSV, SourceKind::AdalPython),
        (CSV, SourceKind::TokenJson),
        (MSAL, SourceKind::AdalPython),
        (MSAL, SourceKind::TokenJson),
        (TOKENS, SourceKind::MsalCache),
    ];
    for (content, kind) in table {
        let error = Store::new(content).rows(Some(kind)).unwrap_err();
        assert!(
            matches!(error, SourceError::WrongKind { .. }),
            "{error} for {kind}"
        );
    }
}

#[test]
fn token_responses_come_in_every_container() {
    let one = r#"{"refresh_token":"0.a","access_token":"x"}"#;
    let table = [
        (one.to_owned(), vec!["token"]),
        (format!("[{one},{one}]"), vec!["token"; 2]),
        (format!("{one}\n{one}\n"), vec!["token"; 2]),
        (format!("{one}{one}"), vec!["token"; 2]),
        (format!(r#"{{"a@x":{one},"b@x":{one}}}"#), vec!["token"; 2]),
        (format!(r#"{{"token":{one},"user":"a@x"}}"#), vec!["token"]),
        (r#"{"AccessToken":"x","RefreshToken":"0.a","Expiry":"2026-11-22T14:30:05Z"}"#.to_owned(), vec!["token"]),
        (r#"{"token":"x","refresh_token":"0.a","expires":true}"#.to_owned(), vec!["token"]),
        (r#"[{"provider_name":"google","refresh_token":"1//a"},{"provider_name":"aad","refresh_token":"0.a"}]"#.to_owned(), vec!["other_provider", "token"]),
    ];
    for (content, expected) in table {
        assert_eq!(outcomes(&content), expected, "{content}");
    }
}

#[test]
fn another_providers_tokens_are_left_out_of_a_table_of_several() {
    let table = "refresh_token,client_id,provider,issuer,tenant\n\
        0.a,c,microsoft,,t.example\n\
        0.b,c,google-oauth2,,t.example\n\
        0.c,c,,https://accounts.google.com,t.example\n\
        1//0d,c,,,t.example\n\
        1//0e,c,azure-ad,,t.example\n";
    assert_eq!(
        outcomes(table),
        [
            "token",
            "other_provider",
            "other_provider",
            "other_provider",
            "token"
        ]
    );
    let objects = r#"[
        {"refresh_token":"0.a","oauth_name":"microsoft"},
        {"refresh_token":"0.b","oauth_name":"GitHub"},
        {"refresh_token":"1//c","token_uri":"https://oauth2.googleapis.com/token","tenant":"t"},
        {"refresh_token":"1//d"},
        {"refresh_token":"0.e","token_uri":"https://login.microsoftonline.com/t/oauth2/v2.0/token"}]"#;
    assert_eq!(
        outcomes(objects),
        [
            "token",
            "other_provider",
            "other_provider",
            "other_provider",
            "token"
        ]
    );
    // The user knows better.
    let store = Store::new(r#"{"refresh_token":"1//a","provider":"google"}"#);
    let mut options = SourceOptions::default();
    options.map =
        Mapping::parse(["refresh_token=refresh_token", "provider=const:microsoft"]).unwrap();
    let found = rows(&*open(&store.path(), &options).unwrap()).unwrap();
    assert!(matches!(found[..], [Row::Record(_)]));
}

#[test]
fn names_of_a_map_and_of_files_are_user_names() {
    let store = Store::new(r#"{"alice@x":{"refresh_token":"0.a"},"17":{"refresh_token":"0.b"}}"#);
    let found: Vec<_> = store
        .rows(None)
        .unwrap()
        .iter()
        .map(|row| match row {
            Row::Record(record) => (
                record.user.username.clone(),
                record.locator.key().map(str::to_owned),
            ),
            row => panic!("{row:?}"),
        })
        .collect();
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(
        found,
        [(name("alice@x"), name("alice@x")), (None, name("17"))]
    );
}

#[test]
fn a_directory_is_read_file_by_file() {
    let directory = tempfile::tempdir().unwrap();
    let write =
        |name: &str, content: &[u8]| fs::write(directory.path().join(name), content).unwrap();
    write("a@x.example", br#"{"refresh_token":"0.a"}"#);
    write(
        "b@x.example.json",
        br#"[{"refresh_token":"0.b"},{"refresh_token":"0.c"}]"#,
    );
    write("c.gpg", b"\x85\x01\x0c");
    write("d.json", br#"{"refresh_token":"0.d"#);
    write("e.txt", b"");
    fs::create_dir(directory.path().join("f")).unwrap();
    let source = open(directory.path(), &SourceOptions::default()).unwrap();
    let found: Vec<_> = rows(&*source)
        .unwrap()
        .iter()
        .map(|row| match row {
            Row::Record(record) => format!(
                "{} {}",
                record.locator.place(),
                record.user.username.as_deref().unwrap()
            ),
            row => format!("{} {}", row.locator().place(), row.locator().key().unwrap()),
        })
        .collect();
    assert_eq!(
        found,
        [
            "[0]#/0 a@x.example",
            "[1]#/0 b@x.example",
            "[1]#/1 b@x.example",
            "[2]#/0 c.gpg",
            "[3]#/0 d.json",
            "[4]#/0 e.txt"
        ]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_with_a_name_that_is_not_utf_8_is_read() {
    use std::os::unix::ffi::OsStrExt;

    let directory = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"\xff");
    fs::write(directory.path().join(name), TOKENS).unwrap();
    let source = open(directory.path(), &SourceOptions::default()).unwrap();
    assert!(matches!(rows(&*source).unwrap()[..], [Row::Record(_)]));
}

#[test]
fn a_logged_source_names_nobody() {
    let cache = Store::new(MSAL).open(None).unwrap();
    rows(&*cache).unwrap();
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a@x"), TOKENS).unwrap();
    let directory = open(directory.path(), &SourceOptions::default()).unwrap();
    for source in [cache, directory] {
        let logged = format!("{source:?}");
        assert!(!logged.contains("a@x"), "{logged}");
    }
}

#[test]
fn what_cannot_be_opened_is_said_with_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    let error = open(&missing, &SourceOptions::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with(&missing.display().to_string())
    );
    assert!(matches!(error, SourceError::Io { .. }));
    let mut options = SourceOptions::default();
    options.from = Some(SourceKind::AdalPython);
    let error = open(directory.path(), &options).unwrap_err();
    assert!(matches!(error, SourceError::Directory { .. }));
}

#[cfg(unix)]
#[test]
fn what_can_be_read_only_once_is_refused_without_waiting_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    for path in [pipe.as_path(), Path::new("/dev/null")] {
        let error = open(path, &SourceOptions::default()).unwrap_err();
        assert!(matches!(error, SourceError::NotRegular { .. }));
    }
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_followed() {
    let store = Store::new(ADAL);
    let link = store.path().with_file_name("link");
    std::os::unix::fs::symlink(store.path(), &link).unwrap();
    assert_eq!(
        rows(&*open(&link, &SourceOptions::default()).unwrap())
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn mappings_that_do_not_fit_are_refused_with_what_there_is() {
    let mapped = |content: &str, map: &[&str]| -> String {
        let store = Store::new(content);
        let mut options = SourceOptions::default();
        options.map = Mapping::parse(map).unwrap();
        let opened = open(&store.path(), &options).and_then(|source| rows(&*source));
        let error = opened.unwrap_err().to_string();
        error.rsplit(": ").next().unwrap().to_owned()
    };
    let csv = "rt,Client,client,Nom d'usager\n0.a,c,d,e\n";
    assert_eq!(
        mapped(csv, &["refresh_token=token"]),
        "there is no `token`; there are rt, Client, client, Nom d'usager"
    );
    assert_eq!(
        mapped(csv, &["refresh_token=rt", "client_id=CLIENT"]),
        "two columns are called `CLIENT`"
    );
    assert_eq!(
        mapped(csv, &["refresh_token=/rt"]),
        "there is no `/rt`; there are rt, Client, client, Nom d'usager"
    );
    assert_eq!(
        mapped(r#"{"a":{"rt":"0.a"}}"#, &["refresh_token=/a/token"]),
        "there is no `/a/token`; there are a"
    );
    let store = Store::new(ADAL);
    let mut options = SourceOptions::default();
    options.map = Mapping::parse(["refresh_token=x"]).unwrap();
    options.from = Some(SourceKind::AdalPython);
    assert!(open(&store.path(), &options).is_err());
}

#[test]
fn mappings_that_make_no_sense_are_refused() {
    let table: [(&[&str], MappingError); 5] = [
        (&["refresh_token"], MappingError::Syntax),
        (&["refresh_token="], MappingError::Syntax),
        (&["refresh_token=const:0.a"], MappingError::ConstantToken),
        (&["client_id=c"], MappingError::NoRefreshToken),
        (&[], MappingError::NoRefreshToken),
    ];
    for (parts, error) in table.iter().take(4) {
        assert_eq!(Mapping::parse(*parts).unwrap_err(), *error, "{parts:?}");
    }
    assert!(matches!(
        Mapping::parse(["refresh_token=a", "refresh_token=b"]).unwrap_err(),
        MappingError::Twice { .. }
    ));
    assert!(matches!(
        Mapping::parse(["password=a"]).unwrap_err(),
        MappingError::UnknownField { .. }
    ));
    assert!(Mapping::parse([""; 0]).unwrap().is_empty());
}

#[test]
fn a_table_without_a_header_shows_nothing_of_its_first_line() {
    let token = "0.AXYA".repeat(30);
    let store = Store::new(format!("alice@contoso.example,{token},c\n"));
    let mut options = SourceOptions::default();
    options.map = Mapping::parse(["refresh_token=rt"]).unwrap();
    let error = open(&store.path(), &options).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "there are names that are not shown, because one may be a person or a token"
        )
    );
}

#[test]
fn a_table_with_unknown_names_says_which_there_are_and_which_it_may_be() {
    let real = "0.AXYA0123456789abcdefghijkl";
    for (content, columns, likely) in [
        (
            "id,ms_refresh,who\n1,x,a\n".to_owned(),
            "id, ms_refresh, who",
            Some("ms_refresh"),
        ),
        (
            "refresh_token_expires_in,o_token,x\n1,2,3\n".to_owned(),
            "refresh_token_expires_in, o_token, x",
            Some("o_token"),
        ),
        (
            "access_token,id_token,blob\na,b,c\n".to_owned(),
            "access_token, id_token, blob",
            None,
        ),
        // The value tells more than the names.
        (
            format!("some_token,value\nx,{real}\n"),
            "some_token, value",
            Some("value"),
        ),
        (format!("a,b\r\n\"x\",\"{real}\"\r\n"), "a, b", Some("b")),
    ] {
        let error = error(&content);
        let said = error.to_string();
        assert!(said.ends_with(&format!("there are {columns}")), "{said}");
        let hint = error.hint().unwrap();
        match likely {
            Some(likely) => assert!(
                hint.ends_with(&format!("--map refresh_token={likely}")),
                "{hint}"
            ),
            None => assert!(hint.contains("--map refresh_token=COLUMN"), "{hint}"),
        }
        // What it proposes is taken.
        let Some(likely) = likely else { continue };
        let store = Store::new(&content);
        let mut options = SourceOptions::default();
        options.map = Mapping::parse([format!("refresh_token={likely}")]).unwrap();
        assert_eq!(
            rows(&*open(&store.path(), &options).unwrap())
                .unwrap()
                .len(),
            1
        );
    }
    let error = error(r#"[{"id":1,"msRefresh":"x"}]"#);
    assert!(
        error
            .hint()
            .unwrap()
            .ends_with("--map refresh_token=msRefresh"),
        "{error}"
    );
    // No table: two lines of prose, one line, names that may be persons.
    for content in [
        "Dear all, hello\nworld\n",
        "a,b,c\n",
        "hello",
        "alice,hunter2\nbob,s3cret\n",
    ] {
        let error = Store::new(content).rows(None).unwrap_err();
        assert!(matches!(error, SourceError::Unrecognised { .. }), "{error}");
    }
    let people = format!("alice@contoso.example,{real}\nbob@contoso.example,{real}\n");
    let error = Store::new(people).rows(None).unwrap_err();
    let said = format!("{error} {:?}", error.hint());
    assert!(!said.contains("alice") && !said.contains(real), "{said}");
}

#[test]
fn what_to_do_with_a_store_is_true_of_all_that_it_holds() {
    let hint = |content: &str| error(content).hint().unwrap();
    // DavMail keeps some tokens in the clear and some encrypted.
    for mixed in [
        "davmail.oauth.a@x.refreshToken=0.plain\ndavmail.oauth.b@x.refreshToken={AES}2VFT\n",
        "#Oauth tokens\na@x=0.plain\n",
    ] {
        let hint = hint(mixed);
        assert!(hint.contains("CSV") && hint.contains("{AES}"), "{hint}");
    }
    // ADAL.NET shows nobody its refresh tokens, and MSAL.NET reads its cache.
    let path = tempfile::tempdir().unwrap();
    fs::write(path.path().join("x"), b"\x03\0\0\0\x01\0\0\0\x1ehttps://").unwrap();
    let error = open(&path.path().join("x"), &SourceOptions::default()).unwrap_err();
    assert!(error.hint().unwrap().contains("SerializeMsalV3"), "{error}");
}

#[test]
fn other_separators_are_recognised() {
    for separator in [";", "\t"] {
        let error = error(CSV.replace(',', separator));
        assert!(
            matches!(error, SourceError::UnsupportedFormat { .. }),
            "{error}"
        );
    }
}

#[test]
fn encrypted_and_packed_files_are_recognised() {
    let table: [(&[u8], &str); 14] = [
        (
            b"\x01\0\0\0\xd0\x8c\x9d\xdf\x01\x15\xd1\x11\x8c\x7a\0\xc0\x4f\xc2\x97\xeb..",
            "DPAPI",
        ),
        (b"\x02\0\0\0\x01\0\0\0\x8e\x01https://", "ADAL.NET"),
        (b"\x03\0\0\0\x01\0\0\0\x1ehttps://", "ADAL.NET"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQEMA", "OpenPGP"),
        (b"\x85\x01\x0c\x03", "OpenPGP"),
        (b"age-encryption.org/v1\n-> X25519", "age"),
        (b"SQLite format 3\0", "SQLite"),
        (b"\x80\x04\x95", "pickle"),
        (b"(dp0\nVrefresh_token\np1\n", "pickle"),
        (b"\xac\xed\0\x05sr", "Java"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"gAAAAABrAu_5", "Fernet"),
        (b"U2FsdGVkX18", "password"),
        (br#"{"iv":"a","value":"b","mac":"c"}"#, "Laravel"),
    ];
    for (content, name) in table {
        let error = error(content);
        assert!(
            matches!(error, SourceError::UnsupportedFormat { .. }),
            "{error}"
        );
        assert!(error.to_string().contains(name), "{error}");
    }
    let dictionary = r#"[{"Key":"refresh_tokens","Value":["{}"]}]"#;
    assert!(error(dictionary).to_string().contains("MSAL.NET 2.x"));
    assert!(
        error(r#""[{\"refreshToken\":\"0.a\"}]""#)
            .to_string()
            .contains("JSON string")
    );
}

/// Text that looks like the start of something.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "\"",
        "\\",
        "\\u",
        "null",
        "1",
        "-",
        "\n",
        "\r\n",
        " ",
        "\u{feff}",
        "é",
        "\"refreshToken\"",
        "\"RefreshToken\"",
        "\"refresh_token\"",
        "\"secret\"",
        "\"token\"",
        "\"_clientId\"",
        "\"0.a\"",
        "refresh_token,client_id\n",
        "[section]\n",
        "a = b\n",
        "\"Key\"",
        "\"Value\"",
        "{\"RefreshToken\":{",
        "\"scope\"",
        "/",
        "\0",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

fn changed() -> impl Strategy<Value = Vec<u8>> {
    let whole = prop::sample::select(vec![ADAL, MSAL, TOKENS, CSV]);
    (
        whole,
        any::<prop::sample::Index>(),
        any::<u8>(),
        any::<bool>(),
    )
        .prop_map(|(whole, at, byte, cut)| {
            let mut bytes = whole.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            bytes
        })
}

/// Stores with a token in every place where one can stand, by mistake or not.
fn holding(token: &str) -> Vec<String> {
    vec![
        ADAL.replace("0.a", token),
        MSAL.replace("0.a", token),
        TOKENS.replace("0.a", token),
        CSV.replace("0.a", token),
        format!("{token},c\n{token},d\n"),
        format!("refresh_token,id\n0.a,{token}\n,{token}\n"),
        format!(r#"{{"{token}":{{"refresh_token":"0.a"}}}}"#),
        format!(r#"{{"{token}":1,"x":2}}"#),
        format!(
            r#"[{{"_clientId":"{token}","_authority":"https://{token}/","resource":"{token}"}}]"#
        ),
        format!(r#"{{"refresh_token":["{token}"],"scope":"{token} {token}"}}"#),
        format!("[section]\ntoken = {token}\n"),
        token.to_owned(),
    ]
}

/// All that a program could print of a source and its rows.
fn printed(store: &Store, options: &SourceOptions) -> String {
    let error = |error: SourceError| format!("{error} {error:?} {:?}", error.hint());
    let source = match open(&store.path(), options) {
        Ok(source) => source,
        Err(refused) => return error(refused),
    };
    match rows(&*source) {
        Ok(rows) => rows
            .iter()
            .map(|row| format!("{} {}", row.locator(), row.locator().place()))
            .chain([format!("{source:?}")])
            .collect(),
        Err(damaged) => error(damaged),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_message_holds_a_token(
        place in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in prop::sample::select(b"\"\\,{}[]:\n x".to_vec()),
        cut in any::<bool>(),
        mapped in any::<bool>(),
    ) {
        let marker = "AXYAsecret";
        let token = format!("0.{}", marker.repeat(12));
        let stores = holding(&token);
        let mut content = place.get(&stores).clone().into_bytes();
        let at = at.index(content.len());
        content[at] = byte;
        if cut {
            content.truncate(at);
        }
        let store = Store::new(content);
        for from in [None].into_iter().chain(SourceKind::ALL.iter().copied().map(Some)) {
            let mut options = SourceOptions::default();
            options.from = from;
            if mapped {
                options.map = Mapping::parse(["refresh_token=refresh_token", "key=/id"]).unwrap();
            }
            let printed = printed(&store, &options);
            // What damage makes so short that it could be a name is no token any more.
            prop_assert!(!printed.contains(&marker.repeat(5)), "{}", printed);
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(
        content in prop_oneof![prop::collection::vec(any::<u8>(), 0..200), plausible(), changed()],
        mapped in any::<bool>(),
    ) {
        let store = Store::new(content);
        for from in [None].into_iter().chain(SourceKind::ALL.iter().copied().map(Some)) {
            let mut options = SourceOptions::default();
            options.from = from;
            if mapped {
                options.map = Mapping::parse(["refresh_token=refresh_token", "scopes=/scope/0", "key=client_id:/x"]).unwrap();
            }
            let Ok(source) = open(&store.path(), &options) else { continue };
            let first = rows(&*source).map(|rows| format!("{rows:?}")).map_err(|error| error.to_string());
            let second = rows(&*source).map(|rows| format!("{rows:?}")).map_err(|error| error.to_string());
            prop_assert_eq!(first, second);
        }
    }
}
