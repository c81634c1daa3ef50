//! `msal migrate verify` and `msal token` against an emulator: what is asked, of whom, and what is said of the answers.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use msal_emulator::{App, Directory, Emulator, Fault, Tenant, User, sample};
use serde_json::{Value, json};

use crate::msal::{Run, msal, msal_command};
use crate::run::Bench;
use crate::signals::send;

const GRAPH: &str = "https://graph.microsoft.com/.default";

impl Bench {
    /// Runs a command that asks the server.
    fn ask(&self, arguments: &[&str]) -> Run {
        let url = self.server.url();
        let all = arguments.iter().copied().map(str::to_owned);
        let all: Vec<String> = match arguments.contains(&"--authority") {
            true => all.map(|it| it.replace("SERVER", &url)).collect(),
            false => all.chain(["--authority".to_owned(), url]).collect(),
        };
        let trusting = all.iter().map(String::as_str);
        msal(self.folder.path(), trusting.chain(["--ca-file", "ca.pem"]))
    }

    fn verify(&self, more: &[&str]) -> Run {
        self.ask(&[&["migrate", "verify", "cache.json"], more].concat())
    }

    /// Asks, and answers with what is said for programs.
    fn verified(&self, more: &[&str]) -> (i32, Value) {
        let run = self.verify(&[&["--format", "json"], more].concat());
        assert!(run.stdout.starts_with('{'), "{run:?}");
        (run.status, serde_json::from_str(&run.stdout).unwrap())
    }

    /// Lets every access token of the target expire.
    fn expire(&self) {
        self.change(|cache| {
            for token in cache["AccessToken"].as_object_mut().unwrap().values_mut() {
                token["expires_on"] = "1".into();
            }
        });
    }

    fn refresh_tokens(&self) -> Vec<Value> {
        let text = fs::read(self.folder.path().join("cache.json")).unwrap();
        let cache: Value = serde_json::from_slice(&text).unwrap();
        let entries = cache["RefreshToken"].as_object().unwrap().values();
        entries.map(|entry| entry["secret"].clone()).collect()
    }

    fn change(&self, change: impl FnOnce(&mut Value)) {
        let path = self.folder.path().join("cache.json");
        let mut cache: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut cache);
        fs::write(&path, cache.to_string()).unwrap();
    }
}

/// Each silent call of `--list`: the tenant at which it was asked, and how it was answered.
fn listed(document: &Value) -> Vec<(String, String)> {
    let text = |entry: &Value, member: &str| entry[member].as_str().unwrap().to_owned();
    let entries = document["list"].as_array().unwrap().iter();
    let mut listed: Vec<_> = entries
        .map(|entry| (text(entry, "tenant"), text(entry, "answer")))
        .collect();
    listed.sort();
    listed
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(tenant, answer): &(&str, &str)| ((*tenant).to_owned(), (*answer).to_owned());
    expected.iter().map(owned).collect()
}

#[test]
fn an_account_is_asked_at_each_tenant_it_has_tokens_for() {
    for sdk in ["python", "node", "node3"] {
        let bench = Bench::new();
        for tenant in ["fabrikam.example", "contoso.example"] {
            bench.input(&[sample::CAROL]);
            let run = bench.run(tenant, &["--sdk", sdk]);
            assert_eq!(run.status, 0, "{sdk} {run:?}");
        }
        let verified = |more: &[&str]| {
            let (status, document) = bench.verified(&[&["--list", "--sdk", sdk], more].concat());
            (status, listed(&document))
        };
        let both = |one, other| pairs(&[(sample::CONTOSO_ID, one), (sample::FABRIKAM_ID, other)]);
        assert_eq!(verified(&[]), (0, both("cached", "cached")), "{sdk}");
        bench.change(|cache| {
            for token in cache["AccessToken"].as_object_mut().unwrap().values_mut() {
                if token["realm"] == sample::CONTOSO_ID {
                    token["expires_on"] = "1".into();
                }
            }
        });
        assert_eq!(
            verified(&["--offline"]),
            (0, both("untried", "cached")),
            "{sdk}"
        );
        assert_eq!(bench.emulator.redemptions().seen(), 2);
        assert_eq!(verified(&[]), (0, both("renewed", "cached")), "{sdk}");
        assert_eq!(verified(&[]), (0, both("cached", "cached")), "{sdk}");
        assert_eq!(bench.emulator.redemptions().seen(), 3);
    }
}

#[test]
fn an_application_that_signs_in_at_organizations_is_asked_as_that() {
    for (sdk, first) in [("python", "renewed"), ("node", "cached")] {
        for tenant in ["organizations", "common"] {
            let authority = format!("SERVER/{tenant}");
            let asked_there = ["--list", "--sdk", sdk, "--authority", &authority];
            let bench = Bench::new();
            bench.input(&[sample::ALICE]);
            // Under the user's own tenant, where MSAL Python does not look then.
            assert_eq!(bench.run("contoso.example", &["--sdk", sdk]).status, 0);
            let offline = [&asked_there[..], &["--offline"]].concat();
            let (_, document) = bench.verified(&offline);
            let untried = if first == "cached" {
                "cached"
            } else {
                "untried"
            };
            assert_eq!(listed(&document), pairs(&[(tenant, untried)]), "{sdk}");
            assert_eq!(bench.emulator.redemptions().seen(), 1);
            for answer in [first, "cached"] {
                let (status, document) = bench.verified(&asked_there);
                assert_eq!(status, 0, "{document}");
                assert_eq!(listed(&document), pairs(&[(tenant, answer)]), "{sdk}");
            }
            let shown = bench.verify(&asked_there).stdout;
            assert!(shown.contains("from the cache, no request"), "{shown}");

            // Migrated as that application, there is nothing to renew.
            let bench = Bench::new();
            bench.input(&[sample::ALICE]);
            assert_eq!(bench.run(tenant, &["--sdk", sdk]).status, 0);
            let (status, document) = bench.verified(&asked_there);
            assert_eq!(status, 0, "{document}");
            assert_eq!(listed(&document), pairs(&[(tenant, "cached")]), "{sdk}");
            assert_eq!(bench.emulator.redemptions().seen(), 1);
        }
    }
}

#[test]
fn personal_accounts_are_migrated_and_asked_at_consumers() {
    const PAT: &str = "pat@outlook.example";
    const ERIN: &str = "erin@work.example";
    let personal = Tenant::new("outlook.example").id("9188040d-6c67-4c5b-b112-36a304b66dad");
    let directory = Directory::builder()
        .tenant(personal.user(User::new(PAT, sample::PASSWORD)))
        .tenant(Tenant::new("work.example").user(User::new(ERIN, sample::PASSWORD)))
        .app(App::public(sample::DESKTOP));
    let bench = Bench::of(Emulator::new(directory.build().unwrap()));
    bench.input(&[PAT, ERIN]);
    let run = bench.run("organizations", &[]);
    assert_eq!(run.status, 0, "{run:?}");
    for answer in ["cached", "renewed"] {
        let (status, document) = bench.verified(&["--list", "--authority", "SERVER/organizations"]);
        assert_eq!(status, 0, "{document}");
        let both = pairs(&[("consumers", answer), ("organizations", answer)]);
        assert_eq!(listed(&document), both);
        bench.expire();
    }
}

#[test]
fn accounts_that_the_journal_does_not_know_decide_nothing() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, sample::BOB]);
    // One who has signed out elsewhere, and one whose host nobody may be sent to.
    let stranger = |id: &str, host: &str| {
        json!({
            "home_account_id": id, "environment": host, "realm": sample::CONTOSO_ID,
            "local_account_id": "u", "username": "old@contoso.example", "authority_type": "MSSTS",
        })
    };
    let token = json!({
        "credential_type": "RefreshToken", "secret": "0.OLD", "home_account_id": "v.t",
        "environment": "evil.example", "client_id": "c", "target": "User.Read",
    });
    let before = json!({
        "Account": {
            "1": stranger("u.t", "login.microsoftonline.com"),
            "2": stranger("v.t", "evil.example"),
        },
        "RefreshToken": { "1": token },
    });
    let target = bench.folder.path().join("cache.json");
    fs::write(&target, before.to_string()).unwrap();
    assert_eq!(bench.run("contoso.example", &[]).status, 0);

    let (status, document) = bench.verified(&["--list"]);
    assert_eq!(status, 0, "{document}");
    for (member, count) in [
        ("accounts", 2),
        ("asked", 2),
        ("cached", 2),
        ("broken", 0),
        ("untrusted", 0),
        ("users_needed", 0),
        ("missing", 0),
        ("others", 2),
        ("others_broken", 2),
    ] {
        assert_eq!(document[member], count, "{member} {document}");
    }
    let shown = bench.verify(&[]).stdout;
    assert!(shown.contains("2 of 2 silent calls answered"), "{shown}");
    assert!(shown.contains("came from elsewhere"), "{shown}");

    // Without a journal nobody knows whose they are.
    let journal = bench.folder.path().join("cache.json.journal");
    let moved = bench.folder.path().join("moved");
    fs::rename(&journal, &moved).unwrap();
    let run = bench.verify(&[]);
    assert_eq!(run.status, 4, "{run:?}");
    assert!(run.stdout.contains("all of them count"), "{run:?}");
    assert!(run.stdout.contains("1 user must sign in again"), "{run:?}");
    // A journal of no use is not taken for none.
    fs::write(&journal, "{}").unwrap();
    let run = bench.verify(&[]);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(!run.stdout.contains("verified"), "{run:?}");
    fs::remove_file(&journal).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", &journal).unwrap();
        let run = bench.verify(&[]);
        assert_eq!((run.status, &*run.stdout), (1, ""), "{run:?}");
        fs::remove_file(&journal).unwrap();
    }
    let named = bench.verify(&["--journal", "nowhere"]);
    assert_eq!(named.status, 1, "{named:?}");
    assert!(!named.stdout.contains("verified"), "{named:?}");
}

#[test]
fn what_is_not_asked_offline_is_told_as_that_for_every_kind_of_account() {
    const HOME: &str = "11111111-aaaa-4bbb-8ccc-222222222222";
    let bench = Bench::new();
    let account = |home: &str, host: &str, realm: &str| {
        json!({
            "home_account_id": home, "environment": host, "realm": realm,
            "local_account_id": "u", "username": "u", "authority_type": "MSSTS",
        })
    };
    let token = |kind: &str, home: &str, host: &str, realm: &str| {
        json!({
            "credential_type": kind, "secret": "0.FAKE", "home_account_id": home, "environment": host,
            "client_id": "c", "realm": realm, "target": "User.Read", "expires_on": "1",
        })
    };
    let user = format!("u.{HOME}");
    let policy = format!("u-b2c_1_susi.{HOME}");
    let hosts = [
        (&*user, "LOGIN.Windows.NET", HOME),
        (&user, "login.microsoftonline.us", HOME),
        (&user, "login.example:8443", HOME),
        (&user, "contoso.ciamlogin.com", HOME),
        (&policy, "contoso.b2clogin.com", HOME),
        ("sub", "fs.example", "adfs"),
    ];
    let (mut cache, mut refresh, mut access) = (json!({}), json!({}), json!({}));
    for (number, (home, host, realm)) in hosts.into_iter().enumerate() {
        let number = number.to_string();
        cache[&number] = account(home, host, realm);
        refresh[&number] = token("RefreshToken", home, host, "");
        // An entry of a tenant that is none does not keep the others from being asked.
        access[&number] = token("AccessToken", home, host, realm);
        access[number + "odd"] = token("AccessToken", home, host, "../evil");
    }
    let target = json!({"Account": cache, "RefreshToken": refresh, "AccessToken": access});
    let path = bench.folder.path().join("cache.json");
    fs::write(path, target.to_string()).unwrap();
    let run = bench.verify(&["--offline", "--list"]);
    assert_eq!(run.status, 0, "{run:?}");
    let lines = run.stdout.lines();
    let untried = lines.filter(|line| line.ends_with("would have to be renewed first"));
    assert_eq!(untried.count(), hosts.len() + 1, "{}", run.stdout);
    for (_, host, realm) in hosts {
        let place = format!("  {host}/{realm}  ");
        assert!(run.stdout.contains(&place), "{place} {}", run.stdout);
    }
    let (_, document) = bench.verified(&["--offline", "--list"]);
    assert_eq!(document["list"][0]["why"], Value::Null, "{document}");
}

#[test]
fn a_renewal_is_proven_when_it_is_asked_for_and_said_to_be_unproven_else() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, sample::BOB]);
    let run = bench.run("contoso.example", &[]);
    // What is to be typed is all that it takes.
    let typed = run.stdout.lines().map(str::trim);
    let typed = typed.filter_map(|line| line.strip_prefix("msal migrate verify "));
    let typed: Vec<_> = typed.collect();
    let words = ["migrate", "verify"].into_iter();
    let proven = msal(bench.folder.path(), words.chain(typed[0].split(' ')));
    assert_eq!(proven.status, 0, "{typed:?}: {proven:?}");
    assert!(
        proven.stdout.contains("every renewal is proven"),
        "{proven:?}"
    );
    let shown = bench.verify(&[]).stdout;
    assert!(shown.contains("no renewal is proven"), "{shown}");
    assert!(
        shown.contains("hint: the same command with --renew"),
        "{shown}"
    );
    assert_eq!(bench.emulator.redemptions().seen(), 4);

    let before = bench.refresh_tokens();
    let shown = bench.verify(&["--renew"]).stdout;
    assert!(
        shown.contains("2 of 2 silent calls answered, none from the cache and 2 by a renewal"),
        "{shown}"
    );
    assert!(shown.contains("every renewal is proven"), "{shown}");
    assert!(!shown.contains("hint: "), "{shown}");
    assert_eq!(bench.emulator.redemptions().seen(), 6);
    let after = bench.refresh_tokens();
    assert_eq!(after.len(), 2);
    assert!(before.iter().all(|token| !after.contains(token)));

    // One that is not renewed is told apart.
    bench.change(|cache| {
        let token = cache["RefreshToken"].as_object_mut().unwrap().values_mut();
        for token in token.take(1) {
            token["secret"] = "0.DEAD".into();
        }
    });
    let (status, document) = bench.verified(&["--renew"]);
    assert_eq!(status, 3, "{document}");
    assert_eq!(
        (
            &document["renewed"],
            &document["broken"],
            &document["cached"]
        ),
        (&json!(1), &json!(1), &json!(0)),
        "{document}"
    );
    let both = bench.verify(&["--renew", "--offline"]);
    assert_eq!(both.status, 2, "{both:?}");
}

#[test]
fn a_migrated_account_that_is_gone_is_missed() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, sample::BOB]);
    assert_eq!(bench.run("contoso.example", &[]).status, 0);
    bench.change(|cache| *cache = json!({}));
    let (status, document) = bench.verified(&[]);
    assert_eq!((status, &document["missing"]), (4, &json!(2)), "{document}");
    let shown = bench.verify(&[]).stdout;
    assert!(
        shown.contains("2 migrated accounts not in the target"),
        "{shown}"
    );
}

#[test]
fn a_tenant_that_does_not_exist_is_the_operators_to_correct() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE]);
    assert_eq!(bench.run("contoso.example", &[]).status, 0);
    let at = ["--authority", "SERVER/nowhere.example"];
    let account = ["--account", sample::ALICE, "--scope", GRAPH];
    let token = bench.ask(&[&["token", "cache.json"], &account[..], &at].concat());
    for (run, status) in [(token, 1), (bench.verify(&at), 4)] {
        assert_eq!(run.status, status, "{run:?}");
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains("correct --authority"), "{said}");
    }
    assert_eq!(bench.emulator.redemptions().seen(), 1);
}

#[test]
fn a_user_of_several_clients_is_one_who_must_sign_in() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, sample::BOB]);
    assert_eq!(bench.run("contoso.example", &[]).status, 0);
    bench.expire();
    bench.change(|cache| {
        let tokens = cache["RefreshToken"].as_object_mut().unwrap();
        let second: Vec<_> = tokens.values().cloned().collect();
        for (number, mut token) in second.into_iter().enumerate() {
            token["client_id"] = sample::FAMILY_MAIL.into();
            tokens.insert(number.to_string(), token);
        }
    });
    bench.emulator.add_fault(Fault::aadsts(700_082));
    let (status, document) = bench.verified(&[]);
    assert_eq!(status, 3, "{document}");
    assert_eq!(
        (&document["broken"], &document["users_needed"]),
        (&json!(4), &json!(2)),
        "{document}"
    );
}

#[test]
fn a_server_that_cannot_answer_is_no_verdict_about_an_account() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE]);
    assert_eq!(bench.run("contoso.example", &[]).status, 0);
    bench.expire();
    bench
        // Longer than anybody waits for a server.
        .emulator
        .add_fault(Fault::respond(503, [("retry-after", "3600")], ""));
    let run = bench.verify(&[]);
    assert_eq!(run.status, 75, "{run:?}");
    assert!(run.stdout.contains("HTTP 503"), "{run:?}");
}

#[test]
fn no_token_is_sent_whose_successor_could_not_be_kept() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE]);
    assert_eq!(bench.run("contoso.example", &[]).status, 0);
    // A lock that cannot be taken, however mighty the user is.
    let lock = bench.folder.path().join("cache.json.lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let token = |more: &[&str]| {
        let account = ["--account", sample::ALICE, "--scope", GRAPH];
        bench.ask(&[&["token", "cache.json"], &account[..], more].concat())
    };
    assert_eq!(bench.verify(&[]).status, 0, "what is cached is readable");
    assert_eq!(token(&[]).status, 0);
    let forced = token(&["--force-refresh"]);
    bench.expire();
    for run in [forced, token(&[]), bench.verify(&[])] {
        assert_eq!((run.status, &*run.stdout), (1, ""), "{run:?}");
        assert!(run.stderr.contains("cache.json"), "{run:?}");
    }
    assert_eq!(bench.emulator.redemptions().seen(), 1);
}

#[test]
fn who_stops_it_keeps_the_renewal_in_flight_and_no_other_is_sent() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, sample::BOB]);
    assert_eq!(bench.run("contoso.example", &[]).status, 0);
    bench.expire();
    let before = bench.refresh_tokens();
    let asked = || bench.emulator.redemptions().seen();
    let migrated = asked();
    let slow = Fault::slow(Duration::from_secs(3)).grant("refresh_token");
    bench.emulator.add_fault(slow);
    let mut child = msal_command(bench.folder.path())
        .args(["migrate", "verify", "cache.json", "--ca-file", "ca.pem"])
        .args(["--authority", &bench.server.url()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while asked() == migrated {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it sent");
        thread::sleep(Duration::from_millis(5));
    }
    send("INT", &child);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(75), "{stderr}");
    assert!(stderr.contains("error: stopped: "), "{stderr}");
    assert_eq!(asked(), migrated + 1);
    let after = bench.refresh_tokens();
    let renewed = before.iter().filter(|token| !after.contains(token));
    assert_eq!((renewed.count(), after.len()), (1, 2));
}

#[test]
fn a_refusal_of_the_place_is_not_told_as_one_of_the_user() {
    for (code, words) in [
        (7_000_012, "another tenant"),
        (50_020, "not in this tenant"),
        (700_016, "--client-id"),
    ] {
        let bench = Bench::new();
        bench.input(&[sample::ALICE]);
        assert_eq!(bench.run("contoso.example", &[]).status, 0);
        bench.expire();
        let kind = [("content-type", "application/json")];
        let body = format!(r#"{{"error":"invalid_grant","error_codes":[{code}]}}"#);
        bench.emulator.add_fault(Fault::respond(400, kind, body));
        let token = bench.ask(&[
            "token",
            "cache.json",
            "--account",
            sample::ALICE,
            "--scope",
            "User.Read",
        ]);
        for (run, status) in [(token, 1), (bench.verify(&[]), 4)] {
            assert_eq!(run.status, status, "{run:?}");
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(!said.contains("sign in"), "{said}");
            assert!(said.contains(&format!("AADSTS{code}")), "{said}");
            assert!(said.contains(words), "{said}");
        }
    }
}
