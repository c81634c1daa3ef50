//! Text from outside: nothing of it is obeyed by a terminal, whichever command prints it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::msal::{Run, msal_where};

/// A window's title, a colour, a line of its own in three ways, a control of eight bits, a turned direction.
const HOSTILE: &str = "x\x1b]0;owned\x07\x1b[31m\nFORGED a\r\nFORGED b\rFORGED c\u{9b}2J\u{7f}\u{202e}\u{2028}FORGED d";

/// Everything of `HOSTILE` that a URL, a client id and the like might lose on the way.
fn hostile(name: &str) -> String {
    format!("{name}{HOSTILE}")
}

fn coloured(folder: &Path, arguments: &[&str]) -> Run {
    msal_where(folder, &[("CLICOLOR_FORCE", "1")], arguments)
}

/// Nothing but text, line breaks and our own styles, and no line that somebody else began.
#[track_caller]
fn assert_tame(run: &Run) {
    for out in [&run.stdout, &run.stderr] {
        let mut text = out.clone();
        for style in ["0", "1", "2", "4", "31", "32", "33", "36"] {
            // A style of ours ends, and there is no end of theirs.
            text = text.replace(&format!("\x1b[{style}m"), "");
        }
        let obeyed = |character: char| {
            (character.is_control() && character != '\n')
                || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!text.contains(obeyed), "{text:?}");
        assert!(
            !text.lines().any(|line| line.starts_with("FORGED")),
            "{text}"
        );
        assert!(!out.contains("x\x1b[31m"), "{out:?}");
    }
}

fn cache() -> Value {
    let account = |number: u32| {
        json!({
            "home_account_id": hostile(&format!("u{number}.t")), "environment": hostile("login.microsoftonline.com"),
            "realm": hostile("t"), "local_account_id": hostile("u"), "username": hostile("alice@contoso.example"),
            "authority_type": "MSSTS",
        })
    };
    let refresh_token = |client: &str| {
        json!({
            "credential_type": "RefreshToken", "secret": "0.FAKE", "home_account_id": hostile("u1.t"),
            "environment": hostile("login.microsoftonline.com"), "client_id": hostile(client), "target": "",
        })
    };
    json!({
        "Account": {"a": account(1), "b": account(2)},
        "RefreshToken": {"r": refresh_token("c"), "s": refresh_token("d")},
    })
}

#[test]
fn a_cache_with_hostile_names_is_listed_tamely() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cache"), cache().to_string()).unwrap();
    let listed = coloured(folder.path(), &["accounts", "cache"]);
    assert_eq!(
        (listed.status, listed.stdout.lines().count()),
        (0, 2),
        "{listed:?}"
    );
    assert_tame(&listed);
    assert!(
        listed.stdout.contains("\\u{1b}]0;owned\\u{7}"),
        "{}",
        listed.stdout
    );
    let json = coloured(folder.path(), &["accounts", "cache", "--format", "json"]);
    assert_tame(&json);
    let document: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        document["accounts"][0]["username"],
        hostile("alice@contoso.example"),
        "JSON says the same"
    );
}

#[test]
fn a_cache_with_hostile_names_is_asked_tamely() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cache"), cache().to_string()).unwrap();
    let (first, client) = (hostile("u1.t"), hostile("c"));
    let token = ["token", "cache", "--scope", "s", "--account"];
    for more in [
        vec!["nobody"],
        vec![first.as_str()],
        vec![&first, "--client-id", &client],
        vec![
            &first,
            "--client-id",
            &client,
            "--authority",
            "https://localhost:1/t",
        ],
    ] {
        let arguments: Vec<_> = token.into_iter().chain(more).collect();
        for format in ["text", "json"] {
            let run = coloured(
                folder.path(),
                &[&arguments[..], &["--format", format]].concat(),
            );
            assert!(matches!(run.status, 2 | 3), "{run:?}");
            assert_tame(&run);
        }
    }
    for more in [
        vec!["--offline"],
        vec!["--authority", "https://localhost:1"],
    ] {
        for format in ["text", "json"] {
            let verify = ["migrate", "verify", "cache", "--format", format];
            let arguments: Vec<_> = verify.into_iter().chain(more.iter().copied()).collect();
            assert_tame(&coloured(folder.path(), &arguments));
        }
    }
}

#[test]
fn a_source_with_hostile_rows_is_planned_tamely() {
    let folder = tempfile::tempdir().unwrap();
    let row = |host: &str, token: &str| {
        let authority = format!("https://{host}/t");
        json!({
            "refresh_token": token, "client_id": hostile("c"), "authority": authority, "scope": hostile("s"),
            "username": hostile("alice"), "key": hostile("k"), "resource": hostile("r"), "tenant": hostile("t"),
        })
    };
    let rows = json!([
        row("login.microsoftonline.com", "0.FAKE-A"),
        row("login.microsoftonline.com", "0.FAKE-A"),
        row(&hostile("evil.example"), "0.FAKE-B"),
        {"refresh_token": "0.FAKE-C", "client_id": hostile("c"), "scope": "User.Read"},
        {"refresh_token": "0.FAKE-D", "client_id": "c", "resource": hostile("https://r.example")},
    ]);
    let name = "rows\x1b]0;owned\x07\nFORGED";
    fs::write(folder.path().join(name), rows.to_string()).unwrap();
    for arguments in [
        vec!["migrate", "plan", name],
        vec!["migrate", "plan", name, "--list"],
        vec!["migrate", "plan", name, "--list", "--format", "json"],
        vec![
            "migrate",
            "plan",
            name,
            "--from",
            "jsonl",
            "--map",
            "refresh_token=x\x1b[2J",
        ],
        vec!["migrate", "plan", name, "--from", "adal-python"],
    ] {
        let run = coloured(folder.path(), &arguments);
        assert!(matches!(run.status, 0 | 1 | 4), "{run:?}");
        assert_tame(&run);
    }
}

#[test]
fn hostile_columns_are_named_tamely() {
    let folder = tempfile::tempdir().unwrap();
    let header = "x\x1b[2J,\u{202e}b,\"c\nFORGED\"\n1,2,3\n";
    fs::write(folder.path().join("table.csv"), header).unwrap();
    for map in [
        "refresh_token=gone\x1b[2J\nFORGED",
        "\x1b[2J\nFORGED=a",
        "refresh_token=\u{202e}",
    ] {
        let run = coloured(
            folder.path(),
            &[
                "migrate",
                "plan",
                "table.csv",
                "--from",
                "csv",
                "--map",
                map,
            ],
        );
        assert!(matches!(run.status, 1 | 2), "{run:?}");
        assert_tame(&run);
    }
}

#[test]
fn hostile_file_names_are_named_tamely() {
    let folder = tempfile::tempdir().unwrap();
    let name = HOSTILE;
    for arguments in [
        vec!["accounts", name],
        vec!["migrate", "report", name],
        vec!["migrate", "verify", name],
        vec!["migrate", "plan", name],
        vec!["emulator", "serve", "--config", name],
        vec!["token", name, "--account", "a", "--scope", "s"],
        vec![
            "token",
            "t",
            "--account",
            "a",
            "--scope",
            "s",
            "--ca-file",
            name,
        ],
        vec![
            "token",
            "t",
            "--account",
            "a",
            "--scope",
            "s",
            "--client-secret-file",
            name,
        ],
        vec![
            "token",
            "t",
            "--account",
            "a",
            "--scope",
            "s",
            "--client-secret-env",
            name,
        ],
        vec!["migrate", "verify", "t", "--authority", name],
        vec!["migrate", "plan", "t", "--map-resource", name],
        vec!["migrate", "plan", "t", "--from", name],
        vec!["migrate", "plan", "t", "--default-scope", name],
    ] {
        for format in ["text", "json"] {
            let run = coloured(
                folder.path(),
                &[&arguments[..], &["--format", format]].concat(),
            );
            assert!(matches!(run.status, 1 | 2), "{arguments:?}: {run:?}");
            assert_tame(&run);
        }
    }
}

#[test]
fn what_was_typed_wrongly_is_repeated_tamely() {
    let folder = tempfile::tempdir().unwrap();
    let option = format!("--{HOSTILE}");
    let value = format!("--concurrency={HOSTILE}");
    for arguments in [
        vec![HOSTILE],
        vec![option.as_str()],
        vec!["migrate", "run", "i", "--to", "t", &value],
        vec!["migrate", "run", "i", "--to", "t", "--sdk", HOSTILE],
        vec!["accounts", "a", HOSTILE],
    ] {
        let run = coloured(folder.path(), &arguments);
        assert_eq!(run.status, 2, "{run:?}");
        assert_tame(&run);
    }
}

#[test]
fn what_a_server_says_is_reported_tamely() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    let target = "cache\x1b]0;owned\x07\nFORGED";
    let body = json!({"error": hostile("invalid_grant"), "suberror": hostile("s"), "error_codes": [700082]});
    issuer.refuse(400, body.to_string());
    for format in ["text", "json"] {
        let run = issuer.migrate(folder, "adal.json", target, &["--format", format]);
        assert!(matches!(run.status, 3 | 4), "{run:?}");
        assert_tame(&run);
    }
    let journal = format!("{target}.journal");
    for format in ["text", "json", "csv"] {
        let report = coloured(
            folder,
            &[
                "migrate",
                "report",
                &journal,
                "--show-users",
                "--format",
                format,
            ],
        );
        assert_eq!(report.status, 0, "{report:?}");
        assert_tame(&report);
        assert!(report.stdout.contains("700082"), "{}", report.stdout);
    }
}

#[test]
fn what_a_metadata_document_says_is_told_tamely() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    let url = issuer.url();
    let document = |issuer: &str, endpoint: &str| {
        json!({"issuer": issuer, "token_endpoint": endpoint, "authorization_endpoint": endpoint})
            .to_string()
    };
    let token_endpoint = format!("{url}/contoso.example/oauth2/v2.0/token");
    for (number, (status, body)) in [
        (
            200,
            document(&hostile("https://evil.example"), &token_endpoint),
        ),
        (200, document(&url, &hostile("https://evil.example/"))),
        (400, json!({"error": hostile("invalid_tenant")}).to_string()),
        (400, format!("{HOSTILE}{}", "long".repeat(100_000))),
    ]
    .into_iter()
    .enumerate()
    {
        issuer.describe(status, body);
        for format in ["text", "json"] {
            let target = format!("cache{number}{format}");
            let run = issuer.migrate(folder, "adal.json", &target, &["--format", format]);
            assert_ne!(run.status, 0, "{run:?}");
            assert_tame(&run);
        }
    }
    assert_eq!(issuer.asked(), 0);
}

#[test]
fn a_token_that_a_server_echoes_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let issuer = Issuer::start(folder);
    let source = fs::read_to_string(folder.join("adal.json")).unwrap();
    let source: Value = serde_json::from_str(&source).unwrap();
    let token = source[0]["refreshToken"].as_str().unwrap();
    let echoes = [
        json!({"error": token}),
        json!({"error": "invalid_grant", "suberror": token}),
        json!({"error": format!("invalid_grant: {token}")}),
        json!({"error": &token[..40]}),
        json!({"error": "invalid_grant", "error_description": token, "error_codes": [700082]}),
    ];
    for (number, body) in echoes.iter().enumerate() {
        issuer.refuse(400, body.to_string());
        let target = format!("cache{number}");
        let journal = format!("{target}.journal");
        let mut out = format!("{:?}", issuer.migrate(folder, "adal.json", &target, &[]));
        for format in ["text", "json", "csv"] {
            let report = [
                "migrate",
                "report",
                &journal,
                "--all",
                "--show-users",
                "--format",
                format,
            ];
            out.push_str(&format!("{:?}", coloured(folder, &report)));
        }
        assert!(!out.contains(&token[..40]), "{body}: {out}");
        assert!(
            out.contains("http_400") || out.contains("invalid_grant"),
            "{out}"
        );
    }
}
