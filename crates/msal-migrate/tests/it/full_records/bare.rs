//! Tokens and nothing else.

use msal_migrate::{SourceKind, SourceOptions};

use super::{hash, refusal, rows_of};

fn named() -> SourceOptions {
    let mut options = SourceOptions::default();
    options.from = Some(SourceKind::Bare);
    options
}

fn at(line: u64, token: &str) -> String {
    format!("at=:{line}\n    token={}", hash(token.as_bytes()))
}

#[test]
fn each_line_is_a_token_and_comments_are_none() {
    let content = "\u{feff}# of the mail job\r\n\r\n  1.AXeva \r\nM.C5_adam!*$\r\n1.AX two\r\ngAAAAABfernet\n\t# end\n1.AXlast";
    let expected = [
        at(3, "1.AXeva"),
        at(4, "M.C5_adam!*$"),
        "at=:5 skip=malformed".to_owned(),
        "at=:6 skip=undecryptable".to_owned(),
        at(8, "1.AXlast"),
    ];
    assert_eq!(rows_of(content.as_bytes(), &named()).unwrap(), expected);
    let not_text = rows_of(b"1.AX\xff\n1.AXeva\n", &named()).unwrap();
    assert_eq!(
        not_text,
        ["at=:1 skip=malformed".to_owned(), at(2, "1.AXeva")]
    );
}

#[test]
fn a_single_long_word_is_one_without_being_named() {
    let token = format!("0.AXeva.{}", "Ab9_-".repeat(40));
    let found = rows_of(format!("{token}\n").as_bytes(), &SourceOptions::default()).unwrap();
    assert_eq!(found, [at(1, &token)]);
    // A token of no Microsoft's is skipped, and what is encrypted is told.
    for (content, row) in [
        ("1//0gGoogleGoogleGoogleGoogle", "at=:1 skip=other_provider"),
        (&"0a".repeat(60), "at=:1 skip=undecryptable"),
    ] {
        assert_eq!(
            rows_of(content.as_bytes(), &SourceOptions::default()).unwrap(),
            [row]
        );
    }
}

#[test]
fn what_is_another_format_is_not_taken_for_tokens() {
    let refused = |content: &str| refusal(content.as_bytes(), &named());
    assert!(refused(r#"{"refresh_token":"1.AXeva"}"#).contains("it is JSON"));
    assert!(refused("gAAAAABrAu_5").starts_with("is encrypted (a Fernet token)"));
    assert!(refused("-----BEGIN PGP MESSAGE-----").starts_with("is encrypted with OpenPGP"));
    assert!(refused("").starts_with("is empty"));
}
