//! The programs in `examples/`, run against the emulator's server as a newcomer would run them.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};

use msal_emulator::sample::{ALICE, BOB, DESKTOP};
use msal_emulator::{Directory, Emulator, Server};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

/// The emulator's server, and a folder for its certificate and for the target.
struct Surroundings {
    server: Server,
    folder: TempDir,
}

impl Surroundings {
    async fn new() -> Self {
        Self::with_latency(Duration::ZERO).await
    }

    async fn with_latency(latency: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let emulator = Emulator::new(Directory::sample());
        let builder = Server::builder(emulator).ca_out(folder.path().join("ca.pem"));
        let builder = builder.latency(latency);
        let server = builder.start().await.unwrap();
        Self { server, folder }
    }

    fn token(&self, upn: &str) -> String {
        let emulator = self.server.emulator();
        let now = SystemTime::now();
        emulator.issue_refresh_token(upn, DESKTOP, now).unwrap()
    }

    /// `count` users with a token each.
    fn users(&self, count: usize) -> Vec<(String, String)> {
        let upns = (1..=count).map(|number| format!("user{number}@contoso.example"));
        upns.map(|upn| {
            let token = self.token(&upn);
            (upn, token)
        })
        .collect()
    }

    /// How often each token of the old store was presented, one after the other. An application that was signed in with it
    /// may renew its successor as often as it likes.
    fn sent(&self, rows: &[(&str, &str)]) -> Vec<u32> {
        let emulator = self.server.emulator();
        let redemptions = emulator.redemptions();
        let of_token = |token| {
            let id = emulator.refresh_token_id(token).unwrap();
            let rows = redemptions.rows().iter();
            rows.filter(|row| row.token == id).map(|row| row.seen).sum()
        };
        rows.iter().map(|(_, token)| of_token(token)).collect()
    }

    /// Runs an example; it must not show its input again.
    async fn run(&self, example: &str, arguments: &[&str], input: &[(&str, &str)]) -> Output {
        let child = self.start(example, arguments, input).await;
        let output = child.wait_with_output().await.unwrap();
        let shown = format!("{output:?}");
        for (_, token) in input {
            assert!(!shown.contains(token), "{shown}");
        }
        output
    }

    async fn start(&self, example: &str, arguments: &[&str], input: &[(&str, &str)]) -> Child {
        let mut child = Command::new(program(example))
            .args(arguments)
            // What the platform trusts: the way to trust an emulator without a line of code.
            .env("SSL_CERT_FILE", self.folder.path().join("ca.pem"))
            .env_remove("HTTPS_PROXY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        for (user, token) in input {
            let row = format!("{user} {token}\n");
            stdin.write_all(row.as_bytes()).await.unwrap();
        }
        drop(stdin);
        child
    }
}

/// Where cargo puts an example: beside the folder of this test.
fn program(example: &str) -> std::path::PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let name = format!("{example}{}", std::env::consts::EXE_SUFFIX);
    let program = profile.join("examples").join(name);
    assert!(
        program.exists(),
        "`cargo test` builds the examples; `cargo test --test it` alone does not"
    );
    program
}

fn printed(output: &Output) -> Vec<&str> {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let mut lines: Vec<_> = std::str::from_utf8(&output.stdout)
        .unwrap()
        .lines()
        .collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn what_is_in_memory_is_migrated_and_not_sent_again() {
    let place = Surroundings::new().await;
    let authority = format!("{}/organizations", place.server.url());
    let target = place.folder.path().join("cache.json");
    let arguments = [&*authority, DESKTOP, target.to_str().unwrap()];
    let (alices, bobs) = (place.token(ALICE), place.token(BOB));
    let rows = [
        (ALICE, &*alices),
        (BOB, &*bobs),
        ("carol@contoso.example", "0.NONE"),
    ];
    let output = place.run("from_memory", &arguments, &rows).await;
    let expected = [
        "2 of 3 migrated: UsersNeeded".to_owned(),
        format!("{ALICE}: Concluded(Migrated) "),
        format!("{BOB}: Concluded(Migrated) "),
        "carol@contoso.example: Concluded(NeedsUser) invalid_grant".to_owned(),
    ];
    assert_eq!(printed(&output), expected);
    let sent = place.server.emulator().redemptions().seen();

    let output = place.run("from_memory", &arguments, &rows).await;
    assert_eq!(printed(&output), ["2 of 3 migrated: UsersNeeded"]);
    assert_eq!(place.server.emulator().redemptions().seen(), sent);
    let stored = std::fs::read_to_string(&target).unwrap();
    assert!(stored.contains(ALICE) && stored.contains(BOB));
}

#[tokio::test]
async fn what_is_typed_wrong_is_told() {
    let place = Surroundings::new().await;
    for (arguments, told) in [
        (vec![], "usage: from_memory"),
        (
            vec!["http://a.example/t", DESKTOP, "cache.json"],
            "NotHttps",
        ),
    ] {
        let output = place.run("from_memory", &arguments, &[]).await;
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(told), "{error}");
    }
}

/// The arguments of a batch, and of those who redeem when a user comes back, with one journal.
struct Shared {
    authority: String,
    target: String,
    journal: String,
    caches: String,
}

impl Shared {
    fn new(place: &Surroundings) -> Self {
        let path = |name: &str| {
            let path = place.folder.path().join(name);
            path.into_os_string().into_string().unwrap()
        };
        Self {
            authority: format!("{}/organizations", place.server.url()),
            target: path("cache.json"),
            journal: path("cache.json.journal"),
            caches: path("caches"),
        }
    }

    fn batch(&self) -> [&str; 3] {
        [&self.authority, DESKTOP, &self.target]
    }

    fn first_use(&self) -> [&str; 5] {
        [
            &self.authority,
            DESKTOP,
            &self.caches,
            &self.journal,
            &self.target,
        ]
    }
}

fn rows(users: &[(String, String)]) -> Vec<(&str, &str)> {
    users
        .iter()
        .map(|(upn, token)| (&**upn, &**token))
        .collect()
}

#[tokio::test]
async fn a_user_who_comes_back_is_signed_in_with_the_old_token() {
    let place = Surroundings::new().await;
    let shared = Shared::new(&place);
    let alices = place.token(ALICE);
    let requests = [(ALICE, &*alices), (ALICE, &*alices), (BOB, "0.NONE")];
    for _ in 0..2 {
        let output = place
            .run("on_first_use", &shared.first_use(), &requests)
            .await;
        let lines = printed(&output);
        let [alice, again, bob] = lines.as_slice() else {
            panic!("{lines:?}");
        };
        assert!(alice.starts_with(&format!("{ALICE}: signed in, with ")));
        assert_eq!(alice, again);
        assert!(bob.starts_with(&format!("{BOB}: has to sign in: NeedsUser")));
    }
    assert_eq!(place.sent(&requests[..1]), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_and_a_batch_that_run_at_once_send_each_token_once() {
    let place = Surroundings::with_latency(Duration::from_millis(100)).await;
    let shared = Shared::new(&place);
    let users = place.users(200);
    let (there, mut back) = (rows(&users), rows(&users));
    back.reverse();
    let (batch, servers) = (shared.batch(), shared.first_use());
    // The batch has the journal for itself when the others come.
    let running = place.start("from_memory", &batch, &there).await;
    while place.server.emulator().redemptions().seen() == 0 {
        tokio::task::yield_now().await;
    }
    let (batch_output, one, other) = tokio::join!(
        running.wait_with_output(),
        place.run("on_first_use", &servers, &there),
        place.run("on_first_use", &servers, &back),
    );
    printed(&batch_output.unwrap());
    let answers = [printed(&one), printed(&other)].concat();
    let output = place.run("from_memory", &batch, &there).await;
    assert_eq!(printed(&output), ["200 of 200 migrated: Complete"]);
    assert_eq!(place.sent(&there), [1; 200]);
    let target = std::fs::read_to_string(&shared.target).unwrap_or_default();
    for (user, _) in &users {
        let signed_in = format!("{user}: signed in, with ");
        let is_signed_in = answers.iter().any(|line| line.starts_with(&signed_in));
        assert!(is_signed_in || target.contains(user), "{user}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_loses_nobody() {
    for lines in [1, 10, 30] {
        let place = Surroundings::with_latency(Duration::from_millis(20)).await;
        let shared = Shared::new(&place);
        let users = place.users(40);
        let there = rows(&users);
        let mut server = place
            .start("on_first_use", &shared.first_use(), &there)
            .await;
        let mut printed_lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let mut signed_in = Vec::new();
        while signed_in.len() < lines {
            let line = printed_lines.next_line().await.unwrap().unwrap();
            let (user, answer) = line.split_once(": ").unwrap();
            assert!(answer.starts_with("signed in"), "{line}");
            signed_in.push(user.to_owned());
        }
        // SIGKILL: nothing of the process gets to do anything any more.
        server.kill().await.unwrap();
        let output = place.run("from_memory", &shared.batch(), &there).await;
        let told = printed(&output);
        assert!(told.contains(&"40 of 40 migrated: Complete"), "{told:?}");

        // Who is not in a cache of their own is in the batch's.
        let output = place.run("on_first_use", &shared.first_use(), &there).await;
        let target = std::fs::read_to_string(&shared.target).unwrap_or_default();
        for line in printed(&output) {
            let (user, answer) = line.split_once(": ").unwrap();
            let is_signed_in = answer.starts_with("signed in");
            assert!(is_signed_in || target.contains(user), "{line}");
            assert!(
                is_signed_in || !signed_in.contains(&user.to_owned()),
                "{line}"
            );
        }
    }
}
