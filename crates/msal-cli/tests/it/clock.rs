//! A clock that is far from the server's: every command that asks a server says so, once.

use std::fs;
use std::time::Duration;

use msal_emulator::sample;
use serde_json::{Value, json};

use crate::msal::{Run, msal, msal_with_input};
use crate::run::Bench;

const DAY: Duration = Duration::from_secs(86_400);

const NOTE: &str = "note: this machine's clock is 24 hours behind the server's";

fn assert_told_once(run: &Run) {
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stderr.matches(NOTE).count(), 1, "{}", run.stderr);
    assert!(!run.stdout.contains("clock"), "{}", run.stdout);
}

#[test]
fn every_command_that_asks_a_server_says_once_that_the_clock_is_off() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE, "user1@contoso.example"]);
    bench.emulator.advance_clock(DAY);
    let folder = bench.folder.path();
    assert_told_once(&bench.run("contoso.example", &[]));

    // What has expired is renewed.
    let path = folder.join("cache.json");
    let mut cache: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for token in cache["AccessToken"].as_object_mut().unwrap().values_mut() {
        token["expires_on"] = json!("1");
        token["extended_expires_on"] = json!("1");
    }
    fs::write(&path, cache.to_string()).unwrap();
    let url = bench.server.url();
    let server = ["--authority", &url, "--ca-file", "ca.pem"];
    let verify = ["migrate", "verify", "cache.json"];
    assert_told_once(&msal(folder, verify.iter().chain(&server)));

    let scope = "https://graph.microsoft.com/User.Read";
    let token = ["token", "cache.json", "--account", sample::ALICE];
    let forced = ["--scope", scope, "--force-refresh"];
    let token: Vec<_> = token.iter().chain(&forced).chain(&server).collect();
    assert_told_once(&msal(folder, &token));

    let authority = format!("{url}/contoso.example");
    let login = ["login", "other.json", "--client-id", sample::DESKTOP];
    let user = ["--username", sample::ALICE, "--ca-file", "ca.pem"];
    let at = ["--authority", &authority];
    let login = login.iter().chain(&user).chain(&at);
    assert_told_once(&msal_with_input(
        folder,
        format!("{}\n", sample::PASSWORD).as_bytes(),
        login,
    ));

    let programs = ["--format", "json"];
    let run = msal(folder, token.iter().copied().chain(&programs));
    assert_eq!(run.stderr, "");
}

#[test]
fn a_clock_that_agrees_is_not_spoken_of() {
    let bench = Bench::new();
    bench.input(&[sample::ALICE]);
    let run = bench.run("contoso.example", &[]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(!run.stderr.contains("clock"), "{}", run.stderr);
}
