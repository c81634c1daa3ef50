//! Where tokens are sent: wrong tenants, wrong clients, wrong addresses.

use std::fs;
use std::time::{Duration, SystemTime};

use msal_emulator::{Fault, sample};

use super::{MISTAKE, Mistake, make_all, path, rename, write};
use crate::run::Bench;

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn servers() {
    make_all(SERVERS);
}

const SERVERS: &[Mistake] = &[
    Mistake {
        what: "the token endpoint is given as the authority, which is understood",
        typed: "run input.jsonl --to cache.json --ca-file ca.pem --authority {url}/contoso.example/oauth2/v2.0/token",
        status: 0,
        says: &[
            "/oauth2/v2.0/token is no part of it",
            "2 of 2 tokens migrated",
        ],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the version is given behind the tenant, which is understood",
        typed: "run input.jsonl --to cache.json --ca-file ca.pem --authority {url}/contoso.example/v2.0",
        status: 0,
        says: &["/v2.0 is no part of it", "2 of 2 tokens migrated"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the authority is not encrypted",
        typed: "run input.jsonl --to cache.json --authority http://localhost:1/contoso.example",
        says: &["https"],
        ..MISTAKE
    },
    Mistake {
        what: "the authority has no scheme",
        typed: "run input.jsonl --to cache.json --authority login.microsoftonline.com/contoso.example",
        says: &["https://HOST"],
        ..MISTAKE
    },
    Mistake {
        what: "the certificate's authority is unknown",
        typed: "run input.jsonl --to cache.json --authority {url}/contoso.example",
        status: 1,
        says: &["an authority that is not trusted here", "--ca-file"],
        ..MISTAKE
    },
    Mistake {
        what: "the certificate's authority is another",
        before: |bench| {
            let other = Bench::new();
            fs::copy(path(&other, "ca.pem"), path(bench, "other.pem")).unwrap();
        },
        typed: "run input.jsonl --to cache.json --authority {url}/contoso.example --ca-file other.pem",
        status: 1,
        says: &["an authority that is not trusted here", "--ca-file"],
        ..MISTAKE
    },
    Mistake {
        what: "there is no such tenant",
        typed: "run input.jsonl --to cache.json --authority {url}/nobody.example --ca-file ca.pem",
        status: 4,
        says: &[
            "AADSTS90002",
            "there is no such tenant",
            "nobody.example",
            "--authority",
        ],
        never: &["registration", "secret"],
        ..MISTAKE
    },
    Mistake {
        what: "it is another tenant",
        typed: "run input.jsonl --to cache.json --authority {url}/fabrikam.example --ca-file ca.pem",
        status: 4,
        says: &["fabrikam.example", "not in this tenant", "--authority"],
        never: &["registration", "secret"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the client id has a slip",
        typed: "run input.jsonl --to cache.json --client-id 11111111-1111-4111-8111-111111111111 {server}",
        status: 4,
        says: &["client"],
        ..MISTAKE
    },
    Mistake {
        what: "the clients of the input are unknown to the server",
        before: |bench| {
            let text = fs::read_to_string(path(bench, "input.jsonl")).unwrap();
            rename(bench, "input.jsonl", "kept");
            let other = text.replace(sample::DESKTOP, "11111111-1111-4111-8111-111111111111");
            write(bench, "input.jsonl", other.as_bytes());
        },
        status: 4,
        says: &[
            "AADSTS700016",
            "11111111-1111-4111-8111-111111111111",
            "--client-id",
        ],
        spent: 2,
        after: |bench| rename(bench, "kept", "input.jsonl"),
        ..MISTAKE
    },
    Mistake {
        what: "the server wants to be left alone for longer than a run waits",
        before: |bench| bench.emulator.add_fault(Fault::throttle(900)),
        status: 75,
        says: &["http_429", "asked too often", "--rate"],
        never: &["secret", "reached"],
        spent: 2,
        after: |bench| bench.emulator.clear_faults(),
        ..MISTAKE
    },
    Mistake {
        what: "this machine's clock is a day behind",
        before: |bench| bench.emulator.advance_clock(DAY),
        status: 0,
        says: &["note: this machine's clock is 24 hours behind the server's: set it"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "this machine's clock is a day ahead",
        before: |bench| {
            let now = SystemTime::now();
            bench.emulator.set_clock(now - DAY, now);
        },
        status: 0,
        says: &["note: this machine's clock is 24 hours ahead of the server's: set it"],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "no secret is given, and then the right one",
        before: |bench| bench.emulator.add_fault(Fault::aadsts(7_000_218)),
        status: 4,
        says: &[
            "AADSTS7000218",
            "no secret was given",
            "--client-secret-env 00c0ffee",
        ],
        spent: 2,
        after: |bench| bench.emulator.clear_faults(),
        ..MISTAKE
    },
    Mistake {
        what: "the clock spoils the client's assertion",
        before: |bench| bench.emulator.add_fault(Fault::aadsts(700_024)),
        status: 4,
        says: &["AADSTS700024", "clock"],
        spent: 2,
        after: |bench| bench.emulator.clear_faults(),
        ..MISTAKE
    },
    Mistake {
        what: "something stands in between",
        before: |bench| {
            let page = Fault::respond(403, [("content-type", "text/html")], "<html>blocked");
            bench.emulator.add_fault(page);
        },
        status: 4,
        says: &["http_403", "between here and the server"],
        never: &["blocked"],
        spent: 2,
        after: |bench| bench.emulator.clear_faults(),
        ..MISTAKE
    },
];
