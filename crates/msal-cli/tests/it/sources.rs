//! What is read: mapping files, standard input, commands, and what is known.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::msal::{Run, msal, msal_where, run};

const TABLE: &str =
    "id;provider;token\n1;azure;0.AXYA-first\n2;google;1//x\n3;azure;0.AXYA-second\n";
const MAPPING: &str = "[input]\ndelimiter = \";\"\n[map]\nrefresh_token = \"token\"\nprovider = \"provider\"\n\
     [defaults]\nclient_id = \"0a1b2c3d-0000-4000-8000-5e6f70819200\"\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tokens.csv"), TABLE).unwrap();
    fs::write(folder.path().join("tokens.toml"), MAPPING).unwrap();
    folder
}

fn plan<'a>(folder: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Run {
    let all = ["migrate", "plan", "--format", "json"];
    msal(folder, all.into_iter().chain(arguments))
}

#[track_caller]
fn assert_two_tokens(run: &Run) {
    assert_eq!(run.status, 0, "{}", run.stderr);
    let squeezed = run.stdout.replace([' ', '\n'], "");
    assert!(squeezed.contains("\"tokens\":2"), "{}", run.stdout);
    assert!(
        squeezed.contains("\"reason\":\"other_provider\""),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("AXYA") && !run.stderr.contains("AXYA"));
}

#[test]
fn a_mapping_file_says_how_a_table_is_read() {
    let folder = folder();
    assert_two_tokens(&plan(
        folder.path(),
        ["tokens.csv", "--from", "tokens.toml"],
    ));
    assert_eq!(
        fs::read_to_string(folder.path().join("tokens.csv")).unwrap(),
        TABLE
    );
    let typed = [
        "tokens.csv",
        "--delimiter",
        ";",
        "--map",
        "refresh_token=token",
        "--where",
        "provider=azure*",
        "--client-id",
        "x",
    ];
    assert_two_tokens(&plan(folder.path(), typed));
}

#[test]
fn standard_input_and_the_output_of_a_command_are_read() {
    let folder = folder();
    let mut child = Command::new(env!("CARGO_BIN_EXE_msal"))
        .current_dir(folder.path())
        .args([
            "migrate",
            "plan",
            "-",
            "--from",
            "tokens.toml",
            "--list",
            "--format",
            "json",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(TABLE.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let read = Run {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    assert_two_tokens(&read);
    assert!(read.stdout.contains("standard input:2"), "{}", read.stdout);
    let command = ["--input-command", "cat tokens.csv", "--from", "tokens.toml"];
    assert_two_tokens(&plan(folder.path(), command));
}

#[test]
fn a_command_that_fails_is_told_and_its_output_is_not_used() {
    let folder = folder();
    let command = "cat tokens.csv; printf 'no \\033[2Jsecret key\\n' >&2; exit 3";
    let failed = msal(
        folder.path(),
        [
            "migrate",
            "plan",
            "--from",
            "tokens.toml",
            "--input-command",
            command,
        ],
    );
    assert_eq!(
        (failed.status, failed.stdout.as_str()),
        (2, ""),
        "{}",
        failed.stderr
    );
    assert!(
        failed.stderr.starts_with("command: no \\u{1b}[2Jsecret key\nerror: the command failed with exit status 3, and nothing of its output is used\n"),
        "{}",
        failed.stderr
    );
    let killed = plan(folder.path(), ["--input-command", "kill -9 $$"]);
    assert_eq!(killed.status, 2);
    assert!(
        killed.stderr.contains("was ended by a signal"),
        "{}",
        killed.stderr
    );
    let nothing = plan(folder.path(), ["--input-command", "true"]);
    assert_eq!(nothing.status, 1);
    assert!(
        nothing
            .stderr
            .contains("the output of the command: is empty"),
        "{}",
        nothing.stderr
    );
    let both = plan(folder.path(), ["tokens.csv", "--input-command", "true"]);
    assert_eq!(both.status, 2);
    assert_eq!(plan(folder.path(), [""; 0]).status, 2);
}

#[test]
fn what_a_command_leaves_behind_is_not_waited_for() {
    let folder = folder();
    let started = std::time::Instant::now();
    let command = "sleep 300 > /dev/null & echo $! > left; cat tokens.csv";
    let read = plan(
        folder.path(),
        ["--input-command", command, "--from", "tokens.toml"],
    );
    let left = fs::read_to_string(folder.path().join("left")).unwrap();
    let ended = Command::new("kill").arg(left.trim()).status().unwrap();
    assert!(ended.success(), "the command had left nothing behind");
    assert_two_tokens(&read);
    assert!(started.elapsed().as_secs() < 200);
}

#[test]
fn mistakes_are_told_with_what_to_type() {
    let folder = folder();
    fs::write(
        folder.path().join("wrong.toml"),
        "[map]\nrefresh_tokne = \"a\"\n",
    )
    .unwrap();
    for (arguments, expected) in [
        (
            &["--from", "nextaut"][..],
            "`nextaut` is not a source; did you mean `nextauth`?",
        ),
        (
            &["--from", "wrong.toml"],
            "wrong.toml: line 2: `refresh_tokne` is no field; did you mean `refresh_token`?",
        ),
        (
            &["--from", "none.toml"],
            "cannot read the mapping file none.toml: ",
        ),
        (
            &["--delimiter", "ab"],
            "the arguments: the delimiter is one character",
        ),
        (
            &["--records", "a"],
            "the arguments: `records` is a JSON pointer",
        ),
        (
            &["--where", "a"],
            "the arguments: a condition is COLUMN=VALUE",
        ),
    ] {
        let refused = msal(
            folder.path(),
            ["migrate", "plan", "tokens.csv"].iter().chain(arguments),
        );
        assert_eq!(refused.status, 2, "{arguments:?}");
        assert!(
            refused.stderr.starts_with(&format!("error: {expected}")),
            "{}",
            refused.stderr
        );
        assert!(refused.stderr.contains("\nhint: "), "{}", refused.stderr);
    }
}

#[test]
fn the_key_of_what_is_encrypted_comes_from_the_environment_or_a_private_file() {
    let folder = folder();
    // The key and the token of Fernet's specification.
    let key = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
    let token = "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==";
    let table = format!("id;provider;token\n1;azure;{token}\n");
    fs::write(folder.path().join("tokens.csv"), table).unwrap();
    for source in ["env:APP_KEY", "file:key"] {
        let _none_at_first = fs::remove_file(folder.path().join("key"));
        let mapping = format!("{MAPPING}[decode]\nsteps = [\"fernet({source})\"]\n");
        fs::write(folder.path().join("tokens.toml"), mapping).unwrap();
        let arguments = [
            "migrate",
            "plan",
            "tokens.csv",
            "--from",
            "tokens.toml",
            "--format",
            "json",
        ];
        let refused = msal(folder.path(), arguments);
        assert_eq!(refused.status, 2, "{}", refused.stderr);
        fs::write(folder.path().join("key"), format!("{key}\n")).unwrap();
        fs::set_permissions(folder.path().join("key"), fs::Permissions::from_mode(0o644)).unwrap();
        if source == "file:key" {
            let exposed = msal(folder.path(), arguments);
            assert!(
                exposed
                    .stderr
                    .contains("other users may read or write the file"),
                "{}",
                exposed.stderr
            );
        }
        fs::set_permissions(folder.path().join("key"), fs::Permissions::from_mode(0o600)).unwrap();
        let read = msal_where(folder.path(), &[("APP_KEY", key)], arguments);
        assert_eq!(read.status, 0, "{}", read.stderr);
        assert!(
            read.stdout
                .replace([' ', '\n'], "")
                .contains("\"tokens\":1"),
            "{}",
            read.stdout
        );
    }
}

#[test]
fn what_can_be_read_is_listed_and_a_preset_is_a_file_to_begin_with() {
    let folder = folder();
    let list = msal(folder.path(), ["sources", "list"]);
    assert_eq!((list.status, list.stderr.as_str()), (0, ""));
    for name in ["nextauth", "django-allauth", "csv", "adal-python"] {
        assert!(
            list.stdout.contains(&format!("\n  {name} ")),
            "{}",
            list.stdout
        );
    }
    let as_json = msal(folder.path(), ["sources", "list", "--format", "json"]);
    assert!(
        as_json.stdout.contains("\"name\": \"moodle\""),
        "{}",
        as_json.stdout
    );
    let shown = msal(folder.path(), ["sources", "show", "nextauth"]);
    fs::write(folder.path().join("copy.toml"), &shown.stdout).unwrap();
    fs::write(
        folder.path().join("accounts.jsonl"),
        r#"{"provider":"azure-ad","providerAccountId":"s","refresh_token":"0.A","scope":"User.Read","id_token":null,"expires_at":1,"email":"a@x"}"#,
    )
    .unwrap();
    for from in ["nextauth", "copy.toml"] {
        let read = plan(
            folder.path(),
            ["accounts.jsonl", "--from", from, "--client-id", "x"],
        );
        assert_eq!(read.status, 0, "{}", read.stderr);
    }
    let as_json = msal(
        folder.path(),
        ["sources", "show", "nextauth", "--format", "json"],
    );
    assert!(as_json.stdout.contains("\"toml\": "), "{}", as_json.stdout);
    let format = msal(folder.path(), ["sources", "show", "csv"]);
    assert_eq!(format.status, 2);
    assert!(
        format.stderr.starts_with("error: `csv` is a format, "),
        "{}",
        format.stderr
    );
    let unknown = msal(folder.path(), ["sources", "show", "nothing"]);
    assert!(
        unknown.stderr.contains("hint: there are aspnet-identity, "),
        "{}",
        unknown.stderr
    );
}

#[test]
fn nothing_of_standard_input_is_left_in_the_folder_for_temporary_files() {
    let folder = folder();
    let mut command = Command::new("sh");
    command
        .current_dir(folder.path())
        .env("TMPDIR", folder.path())
        .args([
            "-c",
            "\"$0\" migrate plan - --from tokens.toml < tokens.csv",
            env!("CARGO_BIN_EXE_msal"),
        ]);
    let before = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(run(&mut command).status, 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
}
