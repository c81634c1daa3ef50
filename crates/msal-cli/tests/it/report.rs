//! `msal migrate report`, of a journal that is kept: its screens are the same on every day.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::msal::{Run, msal, msal_command};
use crate::schema::{flaws, schema_behind};
use crate::screens::assert_screen;

const JOURNAL: &str = "cache.json.journal";

/// A folder with a journal of 15 rows: two migrated tokens and one of everything else that can be had without waiting.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journal");
    for name in [JOURNAL, "cache.json.journal.key"] {
        fs::copy(kept.join(name), folder.path().join(name)).unwrap();
        let close = std::process::Command::new("chmod")
            .args(["600", name])
            .current_dir(&folder)
            .status();
        assert!(close.unwrap().success());
    }
    folder
}

fn report(folder: &TempDir, more: &[&str]) -> Run {
    let command = ["migrate", "report", JOURNAL];
    let run = msal(folder.path(), command.iter().chain(more));
    assert_eq!(run.status, 0, "{more:?}: {}", run.stderr);
    run
}

fn json(folder: &TempDir, more: &[&str]) -> Value {
    let run = report(folder, &[more, &["--format", "json"]].concat());
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn reports_are_as_they_were_looked_at() {
    let folder = folder();
    for (name, more) in [
        ("migrate-report", &[][..]),
        ("migrate-report-with-names", &["--show-users", "--all"]),
        ("migrate-report-by-user", &["--show-users", "--by", "user"]),
        ("migrate-report-csv", &["--show-users", "--format", "csv"]),
        ("migrate-report-json", &["--show-users", "--format", "json"]),
    ] {
        let run = report(&folder, more);
        assert_screen(name, &format!("{}{}", run.stdout, run.stderr));
    }
    let help = msal(folder.path(), ["migrate", "report", "--help"]);
    let lines: Vec<_> = help.stdout.lines().map(str::trim_end).collect();
    assert_screen("migrate-report-help", &(lines.join("\n") + "\n"));
}

#[test]
fn every_row_of_the_input_has_one_line() {
    let folder = folder();
    let all = json(&folder, &["--all"]);
    let mut lines: Vec<u64> = ["tokens", "skipped"]
        .iter()
        .flat_map(|kind| all[kind].as_array().unwrap())
        .map(|row| row["line"].as_u64().unwrap())
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, (2..=15).collect::<Vec<_>>());
    let csv = report(&folder, &["--all", "--format", "csv"]).stdout;
    assert_eq!(csv.lines().count(), 1 + 14);
    let text = report(&folder, &["--all"]).stdout;
    let rows = text.lines().filter(|line| line.contains("tokens.csv:"));
    assert_eq!(rows.count(), 14);
}

#[test]
fn text_says_of_each_skipped_row_why_where_the_same_is_to_be_done_for_others() {
    let folder = tempfile::tempdir().unwrap();
    let rows = b"refresh_token,client_id,username\nshort\n1.a,x,caf\xe9\nshort\n";
    fs::write(folder.path().join("tokens.csv"), rows).unwrap();
    let run = ["migrate", "run", "tokens.csv", "--to", "cache.json"];
    assert_eq!(msal(folder.path(), run).status, 4);
    let text = report(&folder, &[]).stdout;
    let groups: Vec<_> = text.split("\n\n").collect();
    let of = |line: &str| groups.iter().find(|group| group.contains(line)).unwrap();
    for (line, why) in [
        ("tokens.csv:2 ", "more or fewer columns"),
        ("tokens.csv:3 ", "not UTF-8"),
        ("tokens.csv:4 ", "more or fewer columns"),
    ] {
        assert!(of(line).contains(why), "{line}: {text}");
    }
    // Nor need the folder be told with each line where all are of one file.
    let named = report(&folder, &["--show-users"]).stdout;
    assert!(named.contains("\n    tokens.csv:2 "), "{named}");
    // Those of one reason stand together.
    assert_eq!(of("tokens.csv:2 "), of("tokens.csv:4 "), "{text}");
}

#[test]
fn no_name_is_in_a_report_that_was_not_asked_for_it() {
    let folder = folder();
    for format in ["text", "csv", "json", "html"] {
        for by in ["token", "user"] {
            let more = ["--all", "--by", by, "--format", format];
            let hidden = report(&folder, &more);
            let shown = report(&folder, &[&more[..], &["--show-users"]].concat());
            for name in ["alice", "bob", "noah", "olga", "hana"] {
                let both = format!("{}{}", hidden.stdout, hidden.stderr);
                assert!(!both.contains(&format!("{name}@")), "{more:?}: {name}");
                assert!(
                    shown.stdout.contains(&format!("{name}@contoso.example")),
                    "{more:?}: {name}"
                );
            }
        }
    }
    assert_eq!(json(&folder, &[])["users_hidden"], 12);
    assert_eq!(json(&folder, &["--show-users"])["users_hidden"], 0);
}

#[test]
fn nobody_is_asked_who_has_a_good_token() {
    let folder = folder();
    let by_user = json(&folder, &["--by", "user", "--show-users"]);
    let users: Vec<_> = by_user["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["user"]["username"].as_str().unwrap())
        .collect();
    assert!(!users.contains(&"alice@contoso.example"), "{users:?}");
    assert!(users.contains(&"karl@contoso.example"), "{users:?}");
    assert_eq!(by_user["counts"]["superseded"], 1);
}

#[test]
fn a_report_in_a_file_is_private_and_takes_the_place_of_nothing() {
    let folder = folder();
    for (name, format) in [
        ("a.txt", "text"),
        ("a.csv", "csv"),
        ("a.json", "json"),
        ("a.html", "html"),
    ] {
        let more = ["--show-users", "--format", format];
        let printed = report(&folder, &more).stdout;
        let run = report(&folder, &[&more[..], &["--out", name]].concat());
        assert_eq!(run.stdout, "");
        assert_eq!(
            fs::read_to_string(folder.path().join(name)).unwrap(),
            printed
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(folder.path().join(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
    for name in [JOURNAL, "cache.json.journal.key", "a.txt"] {
        let before = fs::read(folder.path().join(name)).unwrap();
        let run = msal(folder.path(), ["migrate", "report", JOURNAL, "--out", name]);
        assert_eq!(run.status, 2, "{}", run.stderr);
        assert!(run.stderr.contains("is there already"), "{}", run.stderr);
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), before);
    }
}

#[test]
fn a_page_asks_nobody_for_anything_and_runs_its_own_script_only() {
    let folder = folder();
    let page = report(&folder, &["--show-users", "--all", "--format", "html"]).stdout;
    for outside in [
        "http://", "https://", "src=", "href=", "@import", "url(", "style=\"", "onclick",
    ] {
        // An authority of the data is none that is asked, and the name of SVG is no address.
        let own = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!own.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    let data = page.split("type=\"application/json\">").nth(1).unwrap();
    let data = data.split("</script>").next().unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["place"].as_array().unwrap().len(), 14);
}

#[test]
fn json_is_what_the_book_says() {
    let book = include_str!("../../../../docs/report.md");
    let schema = schema_behind(book, "## For programs\n");
    let folder = folder();
    for more in [
        &[][..],
        &["--all", "--show-users"],
        &["--by", "user", "--show-users"],
    ] {
        let document = json(&folder, more);
        assert_eq!(flaws(&schema, &document), [""; 0], "{more:?}");
    }
    // It would say so.
    let mut odd = json(&folder, &["--all"]);
    odd["version"] = 2.into();
    odd["tokens"][0]["new"] = 1.into();
    odd["tokens"][1]["class"] = "lost".into();
    odd["skipped"][0]["aadsts"] = Value::Null;
    odd["counts"].as_object_mut().unwrap().remove("total");
    assert_eq!(flaws(&schema, &odd).len(), 5);
}

#[test]
fn all_formats_tell_the_same_facts() {
    let folder = folder();
    let all = json(&folder, &["--all", "--show-users"]);
    let text = report(&folder, &["--all", "--show-users"]).stdout;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let csv = report(&folder, &["--all", "--show-users", "--format", "csv"]).stdout;
    let page = report(&folder, &["--all", "--show-users", "--format", "html"]).stdout;
    let lines = ["tokens", "skipped"].map(|kind| all[kind].as_array().unwrap().clone());
    for line in lines.into_iter().flatten() {
        let fact = |fact: &Value| fact.as_str().unwrap_or_default().to_owned();
        let user = fact(&line["user"]["username"]);
        for fact in [
            &line["what_to_do"],
            &line["tenant"],
            &line["client_id"],
            &line["class"],
        ]
        .map(fact)
        .into_iter()
        .chain([user])
        {
            for (format, shown) in [("text", &text), ("csv", &csv), ("html", &page)] {
                assert!(shown.contains(&fact), "{format}: {fact}");
            }
        }
        let codes = line["aadsts"].as_array().unwrap();
        assert!(
            codes
                .iter()
                .all(|code| text.contains(code.as_str().unwrap()))
        );
    }
}

#[test]
fn other_commands_print_no_page() {
    let folder = folder();
    let run = msal(folder.path(), ["sources", "list", "--format", "html"]);
    assert_eq!(run.status, 2);
    assert!(
        run.stderr.contains("[possible values: text, json]"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_report_that_cannot_be_printed_is_no_success_in_any_form() {
    let folder = folder();
    for format in ["text", "csv", "json", "html"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full");
        let mut command = msal_command(folder.path());
        command.args(["migrate", "report", JOURNAL, "--format", format]);
        let output = command.stdout(full.unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("cannot write to standard output: "), "{said}");
    }
}
