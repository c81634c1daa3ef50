//! `msal migrate verify` and `msal token` against an emulator: what is asked, of whom, and what is said of the answers.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs;

use msal_emulator::{Fault, sample};
use serde_json::Value;

use crate::msal::{Run, msal};
use crate::run::Bench;

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
        let document = serde_json::from_str(&run.stdout);
        (run.status, document.unwrap_or_else(|_| panic!("{run:?}")))
    }

    /// Lets every access token of the target expire.
    fn expire(&self) {
        self.change(|cache| {
            for token in cache["AccessToken"].as_object_mut().unwrap().values_mut() {
                token["expires_on"] = "1".into();
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Value)) {
        let path = self.folder.path().join("cache.json");
        let mut cache: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut cache);
        fs::write(&path, cache.to_string()).unwrap();
    }
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
        for run in [token, bench.verify(&[])] {
            assert_eq!(run.status, 1, "{run:?}");
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(!said.contains("sign in"), "{said}");
            assert!(said.contains(&format!("AADSTS{code}")), "{said}");
            assert!(said.contains(words), "{said}");
        }
    }
}
