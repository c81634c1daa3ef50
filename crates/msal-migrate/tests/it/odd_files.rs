//! Files of odd shapes: too wide, too long, ambiguous, packed.

use std::fs;
use std::ops::ControlFlow;

use msal_migrate::{Row, SkipReason, SourceError, SourceOptions, open};

const CLIENT: &str = "00c0ffee-0000-4000-8000-000000000001";

/// Why each row is skipped; `token` for one that is not.
fn read(content: impl AsRef<[u8]>) -> Result<Vec<String>, SourceError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens");
    fs::write(&path, content).unwrap();
    let mut rows = Vec::new();
    open(&path, &SourceOptions::default())?.read(&mut |row| {
        rows.push(match row {
            Row::Skipped { reason, .. } => reason.explanation().to_owned(),
            _ => "token".to_owned(),
        });
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

#[test]
fn a_line_of_very_many_columns_costs_itself_only() {
    let wide = ",".repeat(100_000);
    let table = format!("refresh_token,client_id\n0.A,{CLIENT}\n{wide}\n0.B,{CLIENT}\n");
    let malformed = "the line has more or fewer columns than the header";
    assert_eq!(read(table).unwrap(), ["token", malformed, "token"]);
}

#[test]
fn a_header_of_very_many_columns_is_refused() {
    let wide = ",x".repeat(20_000);
    let error = read(format!("refresh_token{wide}\n0.A{wide}\n")).unwrap_err();
    assert!(matches!(error, SourceError::Syntax { .. }), "{error}");
    assert!(error.to_string().contains("line 1"), "{error}");
    assert!(error.to_string().contains("16384 columns"), "{error}");
}

#[test]
fn a_table_whose_lines_end_with_a_carriage_return_alone_is_not_taken_for_an_empty_one() {
    for table in [
        format!("refresh_token,client_id\r0.A,{CLIENT}\r0.B,{CLIENT}\r"),
        format!("client_id,refresh_token\r{CLIENT},0.A\r"),
        "refresh_token\r0.A\r0.B".to_owned(),
    ] {
        let error = read(&table).unwrap_err();
        assert!(matches!(error, SourceError::Syntax { .. }), "{error}");
        assert!(error.to_string().contains("carriage return"), "{error}");
    }
}

#[test]
fn of_two_refresh_tokens_in_one_row_none_is_chosen() {
    let rest = format!(r#""client_id":"{CLIENT}""#);
    for (content, ambiguous) in [
        (
            format!(r#"{{"refresh_token":"0.A","refresh_token":"0.B",{rest}}}"#),
            true,
        ),
        (
            format!(r#"{{"refresh_token":"0.A","refreshToken":"0.B",{rest}}}"#),
            true,
        ),
        (
            format!("refresh_token,refresh_token,client_id\n0.A,0.B,{CLIENT}\n"),
            true,
        ),
        (
            format!("RefreshToken,refresh_token,client_id\n0.A,0.B,{CLIENT}\n"),
            true,
        ),
        (
            format!(r#"{{"refresh_token":"0.A","refresh_token":"0.A",{rest}}}"#),
            false,
        ),
        (
            format!("refresh_token,refreshToken,client_id\n0.A,,{CLIENT}\n"),
            false,
        ),
        (
            format!("refresh_token,refreshToken,client_id\n,0.A,{CLIENT}\n"),
            false,
        ),
    ] {
        let expected = match ambiguous {
            true => "the row has two different refresh tokens",
            false => "token",
        };
        assert_eq!(read(&content).unwrap(), [expected], "{content}");
    }
    let two_clients = format!(r#"{{"refresh_token":"0.A","client_id":"a",{rest}}}"#);
    assert_eq!(
        read(two_clients).unwrap(),
        ["the row has two different client ids"]
    );
    let one_client = format!(
        r#"{{"refresh_token":"0.A","clientId":"{}",{rest}}}"#,
        CLIENT.to_uppercase()
    );
    assert_eq!(read(one_client).unwrap(), ["token"]);
}

/// As most programs write them.
#[test]
fn a_table_whose_names_stand_in_quotation_marks_is_one() {
    for table in [
        format!("\"refresh_token\",\"client_id\"\n\"0.A\",\"{CLIENT}\"\n"),
        format!("\"id\",refresh_token,client_id\r\n1,0.A,{CLIENT}\r\n"),
        format!("\u{feff}\"client_id\",\"refresh_token\"\n{CLIENT},0.A\n"),
        "\"refresh_token\"\n\"0.A\"\n".to_owned(),
    ] {
        assert_eq!(read(&table).unwrap(), ["token"], "{table}");
    }
    for quote in ["", "\""] {
        let table = format!("{quote}refresh_token{quote}\tclient_id\n0.A\t{CLIENT}\n");
        assert_eq!(read(&table).unwrap(), ["token"], "{table}");
    }
    for separator in [";", "|"] {
        for quote in ["", "\""] {
            let header = format!("{quote}refresh_token{quote}{separator}{quote}client_id{quote}\n");
            let error = read(header).unwrap_err().to_string();
            assert!(error.contains("not separated by commas"), "{error}");
        }
    }
    let unknown = read("\"uid\",\"ms_rt\"\n1,0.AXXXXXXXXXXXXXXXXXXXXXXXXXXXX\n").unwrap_err();
    assert!(matches!(unknown, SourceError::Mapping { .. }), "{unknown}");
    for json in [r#""[{\"refreshToken\":\"0.a\"}]""#, r#""0.A""#] {
        let error = read(json).unwrap_err().to_string();
        assert!(error.contains("JSON string"), "{error}");
    }
}

#[test]
fn a_token_is_the_same_with_white_space_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.csv");
    // As a database pads what it exports, and as people write lists.
    fs::write(
        &path,
        "client_id, refresh_token\na, 0.A\nb,0.A   \nc,\"0.A\n\"\nd, \"0.A\"\n",
    )
    .unwrap();
    let mut tokens = Vec::new();
    let source = open(&path, &SourceOptions::default()).unwrap();
    let visit = &mut |row| {
        if let Row::Record(record) = row {
            tokens.push(record.refresh_token.expose_secret().to_owned());
        }
        ControlFlow::Continue(())
    };
    source.read(visit).unwrap();
    assert_eq!(tokens, ["0.A"; 4]);
}

#[test]
fn what_databases_and_programs_write_for_nothing_is_no_token() {
    let none = [
        "null",
        "NULL",
        "None",
        "none",
        "nil",
        "undefined",
        "\\N",
        "(null)",
        "<null>",
        "[NULL]",
        "NaN",
        "N/A",
    ];
    for text in none {
        let table = format!("refresh_token,client_id\n{text},{CLIENT}\n");
        let reason = SkipReason::NoRefreshToken.explanation();
        assert_eq!(read(table).unwrap(), [reason], "{text}");
    }
}

#[test]
fn what_names_googles_client_or_scopes_is_not_microsofts() {
    let other = SkipReason::OtherProvider.explanation();
    let row = |members: &str| format!(r#"{{"refresh_token":"some.token",{members}}}"#);
    for (members, expected) in [
        (
            r#""client_id":"1234-abc.apps.googleusercontent.com""#,
            other,
        ),
        (
            r#""client_id":"c","scope":"https://www.googleapis.com/auth/gmail.readonly""#,
            other,
        ),
        (
            r#""client_id":"c","scope":["openid","https://mail.google.com/"]"#,
            other,
        ),
        (
            r#""client_id":"c","scope":"https://graph.microsoft.com/User.Read""#,
            "token",
        ),
        (
            r#""client_id":"c","scope":"https://api.contoso.example/read""#,
            "token",
        ),
        // The operator's word, or the row's, counts more.
        (
            r#""client_id":"c","provider":"microsoft","scope":"https://mail.google.com/""#,
            "token",
        ),
    ] {
        assert_eq!(read(row(members)).unwrap(), [expected], "{members}");
    }
}

#[test]
fn a_cache_with_an_encrypted_part_is_not_read_as_if_that_were_nothing() {
    let token = format!(
        r#"{{"k":{{"secret":"0.A","client_id":"{CLIENT}","environment":"login.microsoftonline.com","home_account_id":"u.t"}}}}"#
    );
    let part = "a member beside the sections of the cache is encrypted, or holds a refresh token";
    for (more, expected) in [
        (
            r#""Protected":"AQAAANCMnd8BFdERjHoAwE/Cl+sBAAAA""#,
            vec!["token", part],
        ),
        (
            r#""Backup":"{\"RefreshToken\":{\"k\":{\"secret\":\"0.AXXXXXXXXXXXXXXXXXXXXXXXXXXXX\"}}}""#,
            vec!["token", part],
        ),
        (r#""version":"1.0","note":"written by us""#, vec!["token"]),
        (r#""Extra":{"a":1}"#, vec!["token"]),
    ] {
        let cache = format!(r#"{{"RefreshToken":{token},{more}}}"#);
        assert_eq!(read(&cache).unwrap(), expected, "{more}");
    }
}

/// Python writes them wherever a number is none (`json.dumps(float("nan"))`).
#[test]
fn numbers_that_json_has_not_cost_nobody_their_token() {
    let entry =
        |more: &str| format!(r#"{{"refresh_token":"0.A NaN","client_id":"{CLIENT}",{more}}}"#);
    for number in ["NaN", "Infinity", "-Infinity", "[NaN,{\"a\":-Infinity}]"] {
        let odd = entry(&format!(r#""expires_in":{number}"#));
        let usual = entry(r#""expires_in":3599"#);
        let expected = ["token", "token", "token"];
        assert_eq!(
            read(format!("[{usual},{odd},{usual}]")).unwrap(),
            expected,
            "{number}"
        );
        assert_eq!(
            read(format!("{usual}\n{odd}\n{usual}\n")).unwrap(),
            expected,
            "{number}"
        );
    }
    let error = read(format!("[{}]", entry(r#""expires_in":Nan"#))).unwrap_err();
    assert!(matches!(error, SourceError::Syntax { .. }), "{error}");
}

#[test]
fn members_that_are_far_too_long_cost_their_row() {
    let words = |count: usize| (0..count).map(|n| format!("s{n}")).collect::<Vec<_>>();
    let row =
        |member: &str| format!(r#"[{{"refresh_token":"0.A","client_id":"{CLIENT}",{member}}}]"#);
    for member in [
        format!(r#""scope":"{}""#, words(20_000).join(" ")),
        format!(r#""scope":["{}"]"#, words(20_000).join(r#"",""#)),
        format!(r#""authority":"{}""#, "a".repeat(1 << 20)),
        format!(r#""resource":"{}""#, "a".repeat(1 << 20)),
    ] {
        let reason = SkipReason::Malformed("a member is far too long for what it is called");
        assert_eq!(read(row(&member)).unwrap(), [reason.explanation()]);
    }
    let usual = format!(r#""scope":"{}""#, words(200).join(" "));
    assert_eq!(read(row(&usual)).unwrap(), ["token"]);
}

#[test]
fn packed_files_are_said_to_be_so() {
    let mut tar = vec![0; 512];
    tar[..8].copy_from_slice(b"one.json");
    tar[257..262].copy_from_slice(b"ustar");
    for content in [
        tar.as_slice(),
        b"PK\x05\x06\0\0\0\0",
        b"PK\x07\x08PK\x03\x04",
        b"7z\xbc\xaf\x27\x1c\0\x04",
        b"\x04\x22\x4d\x18\x64",
        b"Rar!\x1a\x07\x01\0",
    ] {
        let error = read(content).unwrap_err();
        assert!(
            matches!(error, SourceError::UnsupportedFormat { .. }),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("unpack"), "{error}");
    }
}
