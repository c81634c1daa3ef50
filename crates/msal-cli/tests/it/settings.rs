//! What is set by variables and a file, and what comes first.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::path::Path;

use crate::msal::{Run, msal_where};

const SOURCES: &[&str] = &["sources", "list"];

/// Runs a command with this file named, and these variables.
fn with(folder: &Path, file: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    fs::write(folder.join("s.toml"), file).unwrap();
    let file = [("MSAL_CONFIG_FILE", "s.toml")];
    msal_where(folder, &[&file, variables].concat(), arguments)
}

fn is_json(run: &Run) -> bool {
    run.stdout.starts_with('{')
}

#[test]
fn what_is_typed_comes_before_variables_and_these_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    for (file, variable, typed, json) in [
        ("", None, None, false),
        ("format = 'json'", None, None, true),
        ("format = 'json'", Some("text"), None, false),
        ("format = 'text'", Some("json"), None, true),
        (
            "format = 'text'\n[sources.list]\nformat = 'json'",
            None,
            None,
            true,
        ),
        ("[sources.list]\nformat = 'json'", Some("text"), None, false),
        ("[sources.show]\nformat = 'json'", None, None, false),
        ("format = 'json'", Some("json"), Some("text"), false),
        ("format = 'text'", Some("text"), Some("json"), true),
        ("", Some(""), None, false),
    ] {
        let variables: Vec<_> = variable
            .map(|value| ("MSAL_FORMAT", value))
            .into_iter()
            .collect();
        for early in [true, false] {
            let typed: Vec<_> = typed
                .into_iter()
                .flat_map(|format| ["--format", format])
                .collect();
            let arguments = match early {
                true => [&typed, SOURCES].concat(),
                false => [SOURCES, &typed].concat(),
            };
            let run = with(folder.path(), file, &variables, &arguments);
            assert_eq!(
                (run.status, is_json(&run)),
                (0, json),
                "{file} {variables:?} {arguments:?}: {run:?}"
            );
        }
    }
}

#[test]
fn the_file_is_the_one_that_was_typed_and_none_is_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "msal.toml",
        ".msal.toml",
        ".config/msal.toml",
        ".config/msal/config.toml",
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "format = 'json'").unwrap();
    }
    let home = folder.path().to_str().unwrap();
    let unasked = msal_where(
        folder.path(),
        &[("HOME", home), ("XDG_CONFIG_HOME", home)],
        SOURCES,
    );
    assert!(!is_json(&unasked), "{unasked:?}");
    let typed = [SOURCES, &["--config-file", "msal.toml"]].concat();
    assert!(is_json(&with(
        folder.path(),
        "format = 'text'",
        &[],
        &typed
    )));
    let missing = [SOURCES, &["--config-file", "gone.toml"]].concat();
    let missing = msal_where(folder.path(), &[], missing);
    assert_eq!(missing.status, 2, "{missing:?}");
    assert!(
        missing.stderr.contains("gone.toml: cannot be read"),
        "{}",
        missing.stderr
    );
}

#[test]
fn what_is_set_wrongly_is_refused_with_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    for (file, said) in [
        (
            "formt = 'json'",
            "s.toml: `formt` is no setting; did you mean `format`?",
        ),
        (
            "format = 'jsn'",
            "s.toml: format: `jsn` is no value for it; did you mean `json`?",
        ),
        ("format = 1.5", "s.toml: format: write a text"),
        ("client-secret = 's3cret'", "`client-secret` is no setting"),
        (
            "[migrte]\nformat = 'json'",
            "`migrte` is no setting; did you mean `migrate`?",
        ),
        (
            "[migrate.verfy]\nsdk = 'node'",
            "`verfy` is no setting; did you mean `verify`?",
        ),
        (
            "[migrate.run]\nconcurency = 3",
            "[migrate.run]: `concurency` is no setting; did you mean `concurrency`?",
        ),
        (
            "[migrate.run]\nconcurrency = 0",
            "migrate.run.concurrency: `0` is no value for it",
        ),
        (
            "[migrate.run]\nretry = ['failed']",
            "[migrate.run]: `retry` is no setting",
        ),
        (
            "[accounts]\nsdk = 'node'",
            "[accounts]: `sdk` is no setting",
        ),
        ("format = 's3cret", "s.toml: "),
        ("[migrate]\nrun = 3", "`migrate.run` is a table"),
    ] {
        let run = with(folder.path(), file, &[], SOURCES);
        assert_eq!(
            (run.status, run.stdout.as_str()),
            (2, ""),
            "{file}: {run:?}"
        );
        assert!(run.stderr.contains(said), "{file}: {}", run.stderr);
        assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
    }
    let variable = with(folder.path(), "", &[("MSAL_SDK", "pyton")], SOURCES);
    assert_eq!(variable.status, 2, "{variable:?}");
    assert!(
        variable
            .stderr
            .contains("MSAL_SDK: `pyton` is no value for it; did you mean `python`?"),
        "{}",
        variable.stderr
    );
}

#[test]
fn help_says_what_is_set_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = "sdk = 'node'\n[login]\nclient-id = 'the-app'\nscope = ['User.Read', 'Mail.Read']";
    let run = with(
        folder.path(),
        file,
        &[("MSAL_AUTHORITY", "https://login.example/t")],
        &["login", "--help"],
    );
    assert_eq!(run.status, 0, "{run:?}");
    let help = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        "[set: node by sdk in s.toml]",
        "[set: the-app by login.client-id in s.toml]",
        "[set: User.Read Mail.Read by login.scope in s.toml]",
        "[set: https://login.example/t by MSAL_AUTHORITY]",
    ] {
        assert!(help.contains(told), "{told}: {help}");
    }
}

#[test]
fn what_is_set_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = "ca-file = 'gone.pem'\n[token]\nscope = 'User.Read'\nclient-id = 'c'";
    // Nothing but the cache was typed, and the certificates are looked for where the file says.
    let run = with(folder.path(), file, &[], &["token", "cache.json"]);
    assert!(run.stderr.contains("gone.pem"), "{run:?}");
    let typed = with(
        folder.path(),
        file,
        &[],
        &["token", "cache.json", "--ca-file", "other.pem"],
    );
    assert!(
        typed.stderr.contains("other.pem") && !typed.stderr.contains("gone.pem"),
        "{typed:?}"
    );
    let unset = with(folder.path(), "", &[], &["token", "cache.json"]);
    assert!(unset.stderr.contains("--scope"), "{unset:?}");
}

#[test]
fn what_is_set_for_all_holds_where_it_can_be_done() {
    let folder = tempfile::tempdir().unwrap();
    let script = with(
        folder.path(),
        "format = 'json'\nquiet = true\nsdk = 'node'",
        &[],
        &["completions", "bash"],
    );
    assert_eq!(
        (script.status, script.stderr.as_str()),
        (0, ""),
        "{script:?}"
    );
    let man = with(
        folder.path(),
        "",
        &[("MSAL_QUIET", "true")],
        &["man", "--out", "m"],
    );
    assert_eq!((man.status, man.stderr.as_str()), (0, ""), "{man:?}");
    let listed = with(folder.path(), "", &[("MSAL_FORMAT", "csv")], SOURCES);
    assert_eq!((listed.status, is_json(&listed)), (0, false), "{listed:?}");
}

#[test]
fn a_certificate_that_is_set_takes_the_passphrase_that_is_typed() {
    let folder = tempfile::tempdir().unwrap();
    let token = ["token", "--client-id", "c", "--tenant", "t.example"];
    let token = [&token[..], &["--scope", "s/.default"]].concat();
    for option in [
        &["--certificate-passphrase-env", "P"][..],
        &["--certificate-passphrase-file", "p"],
        &["--send-chain"],
    ] {
        let typed = [&token[..], option].concat();
        let set = "[token]\ncertificate = 'gone.pfx'";
        let run = with(folder.path(), set, &[], &typed);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.stderr.contains("`gone.pfx`"), "{run:?}");
        let run = with(folder.path(), "", &[], &typed);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.stderr.contains("none is named"), "{run:?}");
    }
}

#[test]
fn a_secret_where_its_name_belongs_is_refused_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    for (option, secret) in [
        (
            "client-secret-env",
            "abC8Q~s3cr3tValueOfForty.Characters-000",
        ),
        ("client-secret-env", "the-app=abC8Q~s3cr3tValueOfForty.Char"),
        (
            "client-secret-file",
            "abC8Q~s3cr3tValueOfForty.Characters-000",
        ),
    ] {
        let set = format!("[migrate.run]\n{option} = '{secret}'");
        let run = with(folder.path(), &set, &[], &["migrate", "run", "--help"]);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(
            run.stderr.contains(&format!("migrate.run.{option}")),
            "{run:?}"
        );
        assert!(!format!("{run:?}").contains("s3cr3t"), "{run:?}");
    }
    let set = "[migrate.run]\nclient-secret-env = 'the-app=CONTOSO_SECRET_2'\nclient-secret-file = '/run/secrets/a'";
    let run = with(folder.path(), set, &[], &["migrate", "run", "--help"]);
    assert_eq!(run.status, 0, "{run:?}");
}

#[test]
fn what_is_typed_comes_before_what_is_set_and_cannot_stand_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = ["migrate", "run", "gone.json", "--to", "target.json"];
    let set = "[migrate.run]\nclient-secret-env = 'A'\nconcurrency = 4\ndefault-scope = 's'\nrotation = 'single-use'";
    let copy = with(
        folder.path(),
        set,
        &[],
        &[&run[..], &["--mode", "copy"]].concat(),
    );
    assert!(copy.stderr.contains("gone.json"), "{copy:?}");
    assert!(
        !copy.stderr.contains("says how tokens are redeemed"),
        "{copy:?}"
    );
    // What is typed is refused as before.
    for option in [["--concurrency", "4"], ["--certificate", "a.pem"]] {
        let typed = [&run[..], &["--mode", "copy"], &option].concat();
        let copy = with(folder.path(), set, &[], &typed);
        assert!(
            copy.stderr.contains(&format!("{} says how", option[0])),
            "{copy:?}"
        );
    }

    fs::write(
        folder.path().join("t.jsonl"),
        r#"{"refresh_token":"0.A","client_id":"c","tenant":"contoso.example"}"#,
    )
    .unwrap();
    let run = ["migrate", "run", "t.jsonl", "--to", "target.json"];
    let typed = [&run[..], &["--certificate", "gone.pem"]].concat();
    let run = with(folder.path(), set, &[], &typed);
    assert!(run.stderr.contains("`gone.pem`"), "{run:?}");
}

#[test]
fn an_authority_that_is_set_for_all_does_not_say_where_tokens_are_redeemed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("t.jsonl"),
        r#"{"refresh_token":"0.A","client_id":"c","tenant":"contoso.example"}"#,
    )
    .unwrap();
    let tenants = |file: &str, variables: &[(&str, &str)]| {
        let plan = ["migrate", "plan", "t.jsonl", "--format", "json"];
        let run = with(folder.path(), file, variables, &plan);
        let told = with(folder.path(), file, variables, &plan[..3]);
        let is_own = file.starts_with('[');
        let is_told = told.stderr.contains("is not heeded here");
        assert_eq!(is_told, !is_own, "{told:?}");
        let plan: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        plan["tenants"][0]["name"].as_str().map(str::to_owned)
    };
    let url = "https://login.microsoftonline.com/fabrikam.example";
    let set = format!("authority = '{url}'");
    let contoso = Some("contoso.example".to_owned());
    assert_eq!(tenants(&set, &[]), contoso);
    assert_eq!(tenants("", &[("MSAL_AUTHORITY", url)]), contoso);
    let own = tenants(&format!("[migrate.plan]\n{set}"), &[]);
    assert_eq!(own, Some("fabrikam.example".to_owned()));
}
