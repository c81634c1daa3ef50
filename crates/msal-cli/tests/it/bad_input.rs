//! Bad input: one line that names the file and the place, a hint, and nothing changed.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::path::Path;

use crate::msal::{Run, msal, msal_where};

fn plan(folder: &Path, content: &[u8]) -> Run {
    fs::write(folder.join("input"), content).unwrap();
    msal(folder, ["migrate", "plan", "input"])
}

#[test]
fn what_cannot_be_read_is_named_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    for (content, expected) in [
        (&b""[..], "error: input: is empty"),
        (b"[{\"refreshToken\":\"0.A", "error: input: is cut off"),
        (b"hello", "error: input: "),
        (
            b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00",
            "error: input: ",
        ),
        (b"SQLite format 3\0", "error: input: "),
    ] {
        let run = plan(folder.path(), content);
        assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{content:?}");
        assert!(
            run.stderr.starts_with(expected),
            "{content:?}: {}",
            run.stderr
        );
        assert!(
            run.stderr.contains("\nhint: "),
            "{content:?}: {}",
            run.stderr
        );
    }
}

#[test]
fn a_pickle_is_refused_with_how_to_dump_it_anew() {
    let folder = tempfile::tempdir().unwrap();
    let run = plan(
        folder.path(),
        b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00",
    );
    assert!(
        run.stderr.contains("pickle") && run.stderr.contains("json"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_missing_file_is_an_error_in_json_too() {
    let folder = tempfile::tempdir().unwrap();
    let run = msal(
        folder.path(),
        ["--format", "json", "migrate", "plan", "nowhere.json"],
    );
    assert_eq!((run.status, run.stdout.as_str()), (1, ""));
    let error: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert!(error["error"].as_str().unwrap().contains("nowhere.json"));
    assert!(error["hint"].is_string());
}

#[test]
fn a_target_that_is_no_file_of_ours_is_refused_before_any_token_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let entry = r#"[{"refreshToken":"0.FAKE","_clientId":"c","_authority":"https://localhost:1/t","resource":"r"}]"#;
    fs::write(folder.path().join("input"), entry).unwrap();
    fs::create_dir(folder.path().join("directory")).unwrap();
    fs::write(folder.path().join("real"), "{}").unwrap();
    std::os::unix::fs::symlink("real", folder.path().join("link")).unwrap();
    for target in ["directory", "link"] {
        let run = msal(
            folder.path(),
            [
                "migrate",
                "run",
                "input",
                "--to",
                target,
                "--authority",
                "https://localhost:1",
            ],
        );
        assert_eq!(run.status, 1, "{target}");
        assert!(
            run.stderr.starts_with("error: ") && run.stderr.contains(target),
            "{}",
            run.stderr
        );
    }
    assert_eq!(
        fs::read_to_string(folder.path().join("real")).unwrap(),
        "{}"
    );
}

/// The locks of the target would have names that are longer than names may be.
#[test]
fn a_target_that_cannot_be_written_is_found_before_any_token_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let entry = r#"[{"refreshToken":"0.FAKE","_clientId":"c","_authority":"https://localhost:1/t","resource":"r"}]"#;
    fs::write(folder.path().join("input"), entry).unwrap();
    let target = "t".repeat(250);
    let arguments = [
        "migrate",
        "run",
        "input",
        "--journal",
        "journal",
        "--to",
        &target,
    ];
    let authority = ["--authority", "https://localhost:1"];
    let run = msal(folder.path(), arguments.into_iter().chain(authority));
    assert_eq!(run.status, 1, "{}", run.stdout);
    assert!(
        run.stderr.starts_with(&format!("error: {target}: ")),
        "{}",
        run.stderr
    );
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "the input alone");
}

#[test]
fn a_file_beside_the_input_is_named_when_it_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let entry = r#"[{"refreshToken":"0.FAKE","_clientId":"c","_authority":"https://localhost:1/t","resource":"r"}]"#;
    fs::write(folder.path().join("input"), entry).unwrap();
    fs::write(folder.path().join("ruins"), "{\"AccessToken\": {").unwrap();
    fs::write(folder.path().join("no.pem"), "no certificate").unwrap();
    let host = ["--authority", "https://localhost:1"];
    for (file, status, arguments) in [
        ("ruins", 1, vec!["--to", "ruins"]),
        (
            "missing.pem",
            2,
            vec!["--to", "t", "--ca-file", "missing.pem"],
        ),
        ("no.pem", 2, vec!["--to", "t", "--ca-file", "no.pem"]),
    ] {
        let command = ["migrate", "run", "input"].into_iter().chain(host);
        let run = msal(folder.path(), command.chain(arguments));
        assert_eq!(run.status, status, "{file}: {}", run.stderr);
        assert!(
            run.stderr.starts_with("error: ") && run.stderr.contains(file),
            "{}",
            run.stderr
        );
        assert!(!folder.path().join("t").exists());
    }
    assert_eq!(
        fs::read_to_string(folder.path().join("ruins")).unwrap(),
        "{\"AccessToken\": {"
    );
}

#[test]
fn json_of_something_else_is_not_a_token_cache_without_accounts() {
    let folder = tempfile::tempdir().unwrap();
    for content in [
        "{\"name\": \"app\", \"version\": 1}",
        "{\"accounts\": []}",
        "[]",
        "42",
    ] {
        fs::write(folder.path().join("app.json"), content).unwrap();
        for arguments in [
            &["accounts", "app.json"][..],
            &["token", "app.json", "--account", "a@b", "--scope", "s"],
            &["migrate", "verify", "app.json", "--offline"],
        ] {
            let run = msal(folder.path(), arguments);
            assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{run:?}");
            assert!(run.stderr.contains("is not a token cache"), "{run:?}");
        }
        let kept = fs::read_to_string(folder.path().join("app.json")).unwrap();
        assert_eq!(kept, content);
    }
    fs::write(folder.path().join("app.json"), "{}").unwrap();
    assert_eq!(msal(folder.path(), ["accounts", "app.json"]).status, 0);
}

#[test]
fn a_secret_that_is_not_there_is_bad_usage() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("input"), "[]").unwrap();
    let run = msal(
        folder.path(),
        [
            "migrate",
            "run",
            "input",
            "--to",
            "t",
            "--client-secret-env",
            "app=NO_SUCH_VARIABLE",
        ],
    );
    assert_eq!(run.status, 2);
    assert!(
        run.stderr.contains("NO_SUCH_VARIABLE") && run.stderr.contains("hint: "),
        "{}",
        run.stderr
    );
}

#[test]
fn an_unknown_host_is_skipped_and_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let entry = r#"[{"refreshToken":"0.FAKE","_clientId":"c","_authority":"https://evil.example/t","resource":"r"}]"#;
    let run = plan(folder.path(), entry.as_bytes());
    assert_eq!(run.status, 4);
    assert!(run.stdout.contains("unknown_authority"), "{}", run.stdout);
    assert!(!run.stdout.contains("0.FAKE"));
}

#[test]
fn a_plan_that_does_not_understand_all_has_something_to_correct() {
    let folder = tempfile::tempdir().unwrap();
    let good = r#"{"refresh_token":"0.FAKE","client_id":"c","tenant":"t.example"}"#;
    for (content, status, said) in [
        (format!("[{good}]"), 0, "1 token would be redeemed"),
        (
            format!(r#"[{good},{{"access_token":"x"}}]"#),
            0,
            "no_refresh_token",
        ),
        (
            r#"[{"access_token":"x"}]"#.to_owned(),
            4,
            "no_refresh_token",
        ),
        (
            format!(r#"[{good},{{"access_token":"gAAAAABr"}}]"#),
            4,
            "not_understood",
        ),
        (
            format!(r#"[{good},{{"refresh_token":"gAAAAABr"}}]"#),
            4,
            "undecryptable",
        ),
        // It is understood that it is no entry, and it is named.
        (format!("[{good},17]"), 0, "malformed"),
        (
            r#"[{"refresh_token":7,"client_id":"c","tenant":"t.example"}]"#.to_owned(),
            4,
            "malformed",
        ),
        (
            format!(r#"[{good},{{"refresh_token":"0.B"}}]"#),
            0,
            "no_client_id",
        ),
        (r#"[{"refresh_token":"0.B"}]"#.to_owned(), 4, "no_client_id"),
        (
            r#"{"AccessToken":{},"RefreshToken":null}"#.to_owned(),
            4,
            "not_understood",
        ),
        (
            r#"{"AccessToken":{},"RefreshToken":{}}"#.to_owned(),
            4,
            "0 tokens",
        ),
    ] {
        let run = plan(folder.path(), content.as_bytes());
        assert_eq!(run.status, status, "{content}: {}", run.stderr);
        assert!(run.stdout.contains(said), "{content}: {}", run.stdout);
        let mut arguments = vec!["migrate", "plan", "input", "--format", "json"];
        assert_eq!(msal(folder.path(), arguments.clone()).status, status);
        arguments.push("--list");
        assert_eq!(msal(folder.path(), arguments).status, status);
    }
    for content in ["[]", "{}"] {
        let run = plan(folder.path(), content.as_bytes());
        assert_eq!(run.status, 4, "{content}");
        assert!(run.stdout.contains("not_understood"), "{}", run.stdout);
    }
}

#[cfg(unix)]
#[test]
fn the_password_of_an_encrypted_input_comes_from_the_environment_or_a_private_file() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    // By rclone 1.60.
    let encrypted =
        include_bytes!("../../../msal-migrate/tests/fixtures/rclone/rclone-odd-password.conf");
    fs::write(folder.path().join("rclone.conf"), encrypted).unwrap();
    let password = "\u{ff50}ass \u{c5} \u{fb01}";
    let secret = folder.path().join("password");
    fs::write(&secret, format!("{password}\n")).unwrap();
    let with_mode = |mode| fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).unwrap();
    let plan = |variable: &str, arguments: &[&str]| {
        let all = ["migrate", "plan", "rclone.conf"].iter().chain(arguments);
        msal_where(folder.path(), &[("RCLONE_CONFIG_PASS", variable)], all)
    };

    let run = plan(password, &["--password-env", "RCLONE_CONFIG_PASS"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stdout
            .contains("1 token would be redeemed, from 2 rows of rclone")
    );
    with_mode(0o600);
    let run = plan("", &["--password-file", "password"]);
    assert_eq!(run.status, 0, "{}", run.stderr);

    for (variable, arguments, expected) in [
        (
            password,
            &[][..],
            "error: rclone.conf: is encrypted, and no password is given\n",
        ),
        (
            "x",
            &["--password-env", "RCLONE_CONFIG_PASS"],
            "error: rclone.conf: the password does not open it\n",
        ),
        (
            "",
            &["--password-env", "RCLONE_CONFIG_PASS"],
            "error: the environment variable `RCLONE_CONFIG_PASS` holds no password\n",
        ),
        (
            "",
            &["--password-file", "nowhere"],
            "error: cannot read the password in `nowhere`",
        ),
    ] {
        let run = plan(variable, arguments);
        assert_ne!(run.status, 0);
        assert!(run.stderr.starts_with(expected), "{}", run.stderr);
        assert!(run.stderr.contains("\nhint: "), "{}", run.stderr);
    }
    with_mode(0o644);
    let run = plan("", &["--password-file", "password"]);
    let refused =
        "error: the password in `password` is not used: other users may read or write the file";
    assert!(run.stderr.starts_with(refused), "{}", run.stderr);
}
