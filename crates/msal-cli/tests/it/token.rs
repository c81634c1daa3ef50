//! Tokens in the forms that scripts and mail programs take, read by other programs.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use msal_emulator::{Fault, sample};
use serde_json::Value;

use crate::issuer::Issuer;
use crate::msal::{Run, msal, msal_with_input, run};

const READ: &str = "https://graph.microsoft.com/User.Read";

/// A cache of Alice's, and the emulator that it is from.
struct Bench {
    folder: tempfile::TempDir,
    issuer: Issuer,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Issuer::start(folder.path());
        let bench = Self { folder, issuer };
        bench.sign_in(sample::ALICE);
        bench
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn sign_in(&self, user: &str) {
        let url = self.issuer.url();
        let tenant = user.split_once('@').unwrap().1;
        let login = [
            "login",
            "cache.json",
            "--client-id",
            sample::DESKTOP,
            "--authority",
            &url,
        ];
        let user = [
            "--ca-file",
            "ca.pem",
            "--scope",
            READ,
            "--username",
            user,
            "--tenant",
            tenant,
        ];
        let run = msal_with_input(
            self.path(),
            sample::PASSWORD.as_bytes(),
            login.iter().chain(&user),
        );
        assert_eq!(run.status, 0, "{}", run.stderr);
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let url = self.issuer.url();
        let token = [
            "token",
            "cache.json",
            "--authority",
            &url,
            "--ca-file",
            "ca.pem",
        ];
        let token = token.into_iter().chain(["--scope", READ]);
        token
            .chain(more.iter().copied())
            .map(str::to_owned)
            .collect()
    }

    fn token(&self, more: &[&str]) -> Run {
        msal(self.path(), self.arguments(more))
    }

    /// What a shell and Python make of what was printed; `$1` is the file with it.
    fn read_by(&self, program: &[&str], printed: &str) -> String {
        fs::write(self.path().join("printed"), printed).unwrap();
        let mut command = Command::new(program[0]);
        command
            .args(&program[1..])
            .arg("printed")
            .current_dir(self.path());
        let read = run(&mut command);
        assert_eq!(read.status, 0, "{}", read.stderr);
        read.stdout
    }
}

const EVAL: &[&str] = &[
    "bash",
    "-euc",
    r#"eval "$(cat "$1")"; bash -c 'printf "%s|%s|%s" "$MSAL_ACCESS_TOKEN" "$MSAL_TOKEN_TYPE" "$MSAL_EXPIRES_ON"'"#,
    "bash",
];
const XOAUTH2: &[&str] = &[
    "python3",
    "-c",
    "import base64, sys\n\
     user, auth, *rest = base64.b64decode(open(sys.argv[1]).read().strip(), validate=True).decode().split('\\1')\n\
     assert rest == ['', ''], rest\n\
     print(user.removeprefix('user='), auth.removeprefix('auth=Bearer '), sep='|', end='')",
];
const HEADER: &[&str] = &[
    "python3",
    "-c",
    "import http.client, sys\n\
     headers = http.client.parse_headers(open(sys.argv[1], 'rb'))\n\
     assert headers.keys() == ['Authorization'], headers.keys()\n\
     print(headers['Authorization'], end='')",
];

#[test]
fn other_programs_read_every_form() {
    let bench = Bench::new();
    let plain = bench.token(&[]);
    assert_eq!(plain.status, 0, "{}", plain.stderr);
    let token = plain.stdout.trim_end();
    let json: Value = serde_json::from_str(&bench.token(&["--format", "json"]).stdout).unwrap();
    assert_eq!(
        (json["access_token"].as_str(), &json["source"]),
        (Some(token), &"cache".into())
    );
    for (form, reader, read) in [
        (
            "env",
            EVAL,
            format!("{token}|Bearer|{}", json["expires_on"]),
        ),
        ("header", HEADER, format!("Bearer {token}")),
        ("xoauth2", XOAUTH2, format!("alice@contoso.example|{token}")),
    ] {
        let run = bench.token(&["--as", form]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        assert_eq!(bench.read_by(reader, &run.stdout), read, "{form}");
    }
    let shared = bench.token(&["--as", "xoauth2", "--mailbox", "sales@contoso.example"]);
    let read = bench.read_by(XOAUTH2, &shared.stdout);
    assert_eq!(read, format!("sales@contoso.example|{token}"));
}

#[test]
fn a_token_that_a_shell_would_run_is_quoted_and_one_that_breaks_lines_is_refused() {
    let bench = Bench::new();
    let issue = |token: &str| {
        let emulator = bench.issuer.emulator();
        emulator.clear_faults();
        emulator.add_fault(Fault::tamper().set_member("access_token", token));
        bench.token(&["--force-refresh", "--as", "env"])
    };
    let run = issue("'$(touch,ran)`touch${IFS}ran`\\\"!");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let read = bench.read_by(EVAL, &run.stdout);
    assert!(
        read.starts_with("'$(touch,ran)`touch${IFS}ran`\\\"!|Bearer|"),
        "{read}"
    );
    assert!(!bench.path().join("ran").exists());
    for broken in ["a\r\nHost: evil.example", "a b", "a\u{1}b"] {
        let run = issue(broken);
        assert_eq!(
            (run.status, run.stdout.as_str()),
            (1, ""),
            "{broken:?}: {}",
            run.stderr
        );
        for form in ["header", "xoauth2"] {
            let run = bench.token(&["--as", form]);
            assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{broken:?}");
            assert!(!run.stderr.contains("evil"), "{}", run.stderr);
        }
    }
}

#[test]
fn the_account_may_be_left_out_where_there_is_one() {
    let bench = Bench::new();
    assert_eq!(bench.token(&[]).status, 0);
    bench.sign_in("user1@contoso.example");
    let run = bench.token(&[]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("several accounts") && run.stderr.contains("--account"),
        "{}",
        run.stderr
    );
    assert_eq!(
        bench.token(&["--account", "USER1@contoso.example"]).status,
        0
    );
    fs::write(bench.path().join("empty.json"), "{}").unwrap();
    let run = msal(bench.path(), ["token", "empty.json", "--scope", "s"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(run.stderr.contains("msal login"), "{}", run.stderr);
}

#[test]
fn what_is_to_be_done_is_the_exit_status() {
    let bench = Bench::new();
    bench
        .issuer
        .refuse(400, r#"{"error":"invalid_grant","error_codes":[70008]}"#);
    let run = bench.token(&["--force-refresh"]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    bench.issuer.refuse(503, "busy");
    let run = bench.token(&["--force-refresh"]);
    assert_eq!(run.status, 75, "{}", run.stderr);
    bench
        .issuer
        .refuse(400, r#"{"error":"invalid_scope","error_codes":[70011]}"#);
    let run = bench.token(&["--force-refresh"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
}

#[test]
fn a_token_of_another_directory_and_for_a_challenge_is_asked_for() {
    let bench = Bench::new();
    bench.sign_in(sample::CAROL);
    let carol = ["--account", sample::CAROL, "--format", "json"];
    let run = bench.token(&[&carol[..], &["--tenant", sample::CONTOSO]].concat());
    let guest: Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
    assert_eq!(guest["source"], "identity_provider");

    let challenge = r#"HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ=="
"#;
    let more = [
        "--claims-challenge",
        "-",
        "--account",
        sample::ALICE,
        "--format",
        "json",
    ];
    let run = msal_with_input(bench.path(), challenge.as_bytes(), bench.arguments(&more));
    let fresh: Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
    assert_eq!(fresh["source"], "identity_provider");
    let asked = bench.issuer.emulator().audit();
    assert!(
        format!("{:?}", asked.last()).contains("refresh_token"),
        "{:?}",
        asked.last()
    );
    let run = msal_with_input(bench.path(), b"nothing", bench.arguments(&more));
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("holds no claims challenge"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_form_of_text_is_not_json() {
    let bench = Bench::new();
    let run = bench.token(&["--as", "env", "--format", "json"]);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{}", run.stderr);
}
