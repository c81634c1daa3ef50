//! What is damaged, hostile or something else is refused in one line, and never half-read.

mod any_input;
mod files;
mod nothing;
mod tables;

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
