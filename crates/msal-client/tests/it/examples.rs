//! Every program in `examples/`, run against the emulator's server as a newcomer would run it.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};

use msal_emulator::sample::{ALICE, BOB, DESKTOP};
use msal_emulator::{Directory, Emulator, Fault, Server, Settings};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

const SCOPE: &str = "https://graph.microsoft.com/.default";

/// The emulator's server, and a folder for its certificate and for caches.
struct Place {
    server: Server,
    folder: TempDir,
}

impl Place {
    async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let emulator = Emulator::with_settings(Directory::sample(), settings);
        let builder = Server::builder(emulator).ca_out(folder.path().join("ca.pem"));
        let server = builder.start().await.unwrap();
        Self { server, folder }
    }

    fn authority(&self) -> String {
        format!("{}/common", self.server.url())
    }

    fn cache(&self) -> String {
        let path = self.folder.path().join("cache.json");
        path.to_str().unwrap().to_owned()
    }

    fn token(&self, upn: &str) -> String {
        self.token_of(upn, DESKTOP)
    }

    fn token_of(&self, upn: &str, client_id: &str) -> String {
        let emulator = self.server.emulator();
        let now = SystemTime::now();
        emulator.issue_refresh_token(upn, client_id, now).unwrap()
    }

    /// Runs an example with these arguments and this input; it must not show the input again.
    async fn run(&self, example: &str, arguments: &[&str], input: &str) -> Output {
        let child = self.start(example, arguments, input).await;
        let output = child.wait_with_output().await.unwrap();
        let shown = format!("{output:?}");
        assert!(input.is_empty() || !shown.contains(input), "{shown}");
        output
    }

    /// Starts an example and gives it all of its input.
    async fn start(&self, example: &str, arguments: &[&str], input: &str) -> Child {
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
        // A program that reads nothing has closed its end.
        let _ = stdin.write_all(format!("{input}\n").as_bytes()).await;
        child
    }
}

/// Where cargo puts an example: beside the folder of this test.
fn program(example: &str) -> PathBuf {
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

fn printed(output: &Output) -> &str {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The status that a program ended with, and its last line.
fn end(output: &Output) -> (Option<i32>, String) {
    let printed = String::from_utf8_lossy(&output.stdout);
    let last = printed.lines().last().unwrap_or_default().to_owned();
    (output.status.code(), last)
}

#[tokio::test]
async fn a_command_asks_no_user() {
    let place = Place::new().await;
    let (authority, cache) = (place.authority(), place.cache());
    let arguments = [authority.as_str(), DESKTOP, SCOPE, cache.as_str()];
    let nobody = place.run("silent", &arguments, "").await;
    assert_eq!(printed(&nobody), "");
    for upn in [ALICE, BOB] {
        let output = place.run("errors", &arguments, &place.token(upn)).await;
        assert_eq!(printed(&output), format!("{upn} is signed in\n"));
    }
    let output = place.run("silent", &arguments, "").await;
    for (line, upn) in printed(&output).lines().zip([ALICE, BOB]) {
        let expected = format!("{upn}: a token from the cache, good until 20");
        assert!(line.starts_with(&expected), "{line}");
    }

    let elsewhere = "https://vault.azure.net/.default";
    let arguments = [authority.as_str(), DESKTOP, elsewhere, cache.as_str()];
    let output = place.run("silent", &arguments, "").await;
    let lines: Vec<_> = printed(&output).lines().collect();
    assert!(lines[0].starts_with(&format!("{ALICE}: a token from the server")));
    assert_eq!(
        lines[1],
        format!("{BOB} must sign in again"),
        "a policy keeps him out"
    );
}

#[tokio::test]
async fn every_error_leads_to_what_is_to_be_done() {
    let place = Place::with(Settings::default().refresh_token_life(Duration::from_secs(60))).await;
    let (authority, cache) = (place.authority(), place.cache());
    let arguments = [authority.as_str(), DESKTOP, SCOPE, cache.as_str()];
    let emulator = place.server.emulator();
    let fresh = place.token(ALICE);

    let old = SystemTime::now() - Duration::from_secs(3600);
    let dead = emulator.issue_refresh_token(ALICE, DESKTOP, old).unwrap();
    let output = place.run("errors", &arguments, &dead).await;
    assert_eq!(
        end(&output),
        (
            Some(3),
            "let the user sign in, with these claims: None".to_owned()
        )
    );

    emulator.add_fault(Fault::throttle(17));
    let output = place.run("errors", &arguments, &fresh).await;
    assert_eq!(end(&output), (Some(75), "start again in 17 s".to_owned()));
    emulator.clear_faults();

    emulator.add_fault(Fault::not_json());
    let output = place.run("errors", &arguments, &fresh).await;
    let (status, line) = end(&output);
    assert_eq!(status, Some(76));
    assert!(line.starts_with("tell the server's operator: "), "{line}");
    emulator.clear_faults();

    let correct = (Some(78), "correct it before the next start".to_owned());
    let stranger = [authority.as_str(), "nobody", SCOPE, cache.as_str()];
    let output = place.run("errors", &stranger, &fresh).await;
    assert_eq!(end(&output), correct);
    assert!(told(&output).contains("unauthorized_client"));
    let plain = [
        "http://login.microsoftonline.com/common",
        DESKTOP,
        SCOPE,
        &cache,
    ];
    assert_eq!(end(&place.run("errors", &plain, &fresh).await), correct);
    let no_folder = [authority.as_str(), DESKTOP, SCOPE, "/dev/null/cache.json"];
    assert_eq!(end(&place.run("errors", &no_folder, &fresh).await), correct);

    let output = place.run("errors", &["https://x"], "").await;
    assert!(!output.status.success() && told(&output).contains("usage: "));
    assert!(
        !Path::new(&cache).exists(),
        "nothing was written for any of them"
    );
}

fn told(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[tokio::test]
async fn a_client_of_ones_own_sends_the_requests() {
    let place = Place::new().await;
    let authority = place.authority();
    let arguments = [authority.as_str(), DESKTOP, SCOPE];
    let token = place.token(ALICE);
    let output = place.run("custom_http_client", &arguments, &token).await;
    assert_eq!(printed(&output), format!("{ALICE} is signed in\n"));
    assert_eq!(place.server.emulator().redemptions().succeeded(), 1);

    place.server.emulator().add_fault(Fault::oversized(2 << 20));
    let output = place.run("custom_http_client", &arguments, &token).await;
    assert!(
        told(&output).contains("kind: Response"),
        "{}",
        told(&output)
    );
}

/// The system's browser is a program that is found by its name: here it writes down what it was started with.
#[cfg(unix)]
#[tokio::test]
async fn a_user_signs_in_at_the_systems_browser_once() {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;

    use msal::fakes::FakeBrowser;
    use msal::{Browser as _, UnixTime};

    let place = Place::new().await;
    let (authority, cache) = (place.authority(), place.cache());
    let (opened, browser) = (
        place.folder.path().join("opened"),
        place.folder.path().join("xdg-open"),
    );
    let script = r#"#!/bin/sh
printf '%s\n' "$@" > "$OPENED.new" && mv "$OPENED.new" "$OPENED"
"#;
    std::fs::write(&browser, script).unwrap();
    std::fs::set_permissions(&browser, PermissionsExt::from_mode(0o700)).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let start = || {
        Command::new(program("interactive"))
            .args([authority.as_str(), DESKTOP, SCOPE, &cache, ALICE])
            .env("SSL_CERT_FILE", place.folder.path().join("ca.pem"))
            .env("PATH", format!("{}:{path}", place.folder.path().display()))
            .env("OPENED", &opened)
            .env("DISPLAY", ":0")
            .env_remove("WSL_DISTRO_NAME")
            .env_remove("HTTPS_PROXY")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
            .wait_with_output()
    };
    let signed_in = start();
    let user = async {
        let arguments = loop {
            match std::fs::read_to_string(&opened) {
                Ok(arguments) => break arguments,
                Err(_not_opened_yet) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        // One argument, whatever is in it.
        let [address] = arguments.lines().collect::<Vec<_>>()[..] else {
            panic!("{arguments}")
        };
        let emulator = Arc::clone(place.server.emulator());
        let fake = FakeBrowser::new(move |address| {
            let request = http::Request::get(address)
                .body(bytes::Bytes::new())
                .unwrap();
            let answer = emulator.handle(request, SystemTime::now());
            crate::auth_code::end_of(&answer)
        });
        fake.open(address).await.unwrap();
        fake.pages(1).await.remove(0)
    };
    let (output, page) = tokio::join!(signed_in, user);
    assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
    let output = output.unwrap();
    let expected = format!("{ALICE} is signed in until ");
    let until = printed(&output).strip_prefix(&expected).unwrap().trim();
    assert!(until > UnixTime::from(SystemTime::now()).to_string().as_str());
    std::fs::remove_file(&opened).unwrap();
    let again = start().await.unwrap();
    assert!(printed(&again).starts_with(&expected));
    assert!(!opened.exists(), "nobody was asked again");
}
