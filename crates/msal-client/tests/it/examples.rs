//! Every program in `examples/`, run against the emulator's server as a newcomer would run it.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{Digest, SHA256, digest};
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use msal::UnixTime;
use msal_emulator::sample::{ALICE, BOB, DAN, DESKTOP, PASSWORD, WEB, WEB_REDIRECT, WEB_SECRET};
use msal_emulator::{App, Directory, Emulator, Fault, Server, Settings, Tenant};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
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
        Self::of(Directory::sample(), settings).await
    }

    async fn of(directory: Directory, settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let emulator = Emulator::with_settings(directory, settings);
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

    /// An example that trusts the emulator.
    fn command(&self, example: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program(example));
        command
            .args(arguments)
            // What the platform trusts: the way to trust an emulator without a line of code.
            .env("SSL_CERT_FILE", self.folder.path().join("ca.pem"))
            .env_remove("HTTPS_PROXY")
            .envs(secret_for(arguments))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Starts an example and gives it all of its input.
    async fn start(&self, example: &str, arguments: &[&str], input: &str) -> Child {
        let mut child = self.command(example, arguments).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that reads nothing has closed its end.
        let _ = stdin.write_all(format!("{input}\n").as_bytes()).await;
        child
    }
}

/// A confidential client finds its secret in the environment.
fn secret_for(arguments: &[&str]) -> Option<(&'static str, &'static str)> {
    arguments
        .contains(&WEB)
        .then_some(("CLIENT_SECRET", WEB_SECRET))
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

    use msal::Browser as _;
    use msal::fakes::FakeBrowser;

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

/// What a program has printed up to its first line with this in it.
async fn line_with(
    text: &str,
    lines: &mut tokio::io::Lines<BufReader<impl tokio::io::AsyncRead + Unpin>>,
) -> String {
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains(text) {
            return line;
        }
    }
    panic!("it printed no {text}")
}

#[tokio::test]
async fn both_kinds_of_client_sign_users_in_with_a_code() {
    let place = Place::new().await;
    let authority = place.authority();
    for (client, redirect_uri) in [(DESKTOP, "http://localhost"), (WEB, WEB_REDIRECT)] {
        let arguments = [&*authority, client, SCOPE, redirect_uri, ALICE];
        let mut program = place.command("auth_code", &arguments).spawn().unwrap();
        let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
        let address = line_with("https://", &mut lines).await;
        let request = http::Request::get(address).body(bytes::Bytes::new());
        let emulator = place.server.emulator();
        let answer = emulator.handle(request.unwrap(), SystemTime::now());
        let end = crate::auth_code::end_of(&answer);
        assert!(end.starts_with(redirect_uri), "{end}");
        let mut stdin = program.stdin.take().unwrap();
        let pasted = format!(" {end} \n");
        stdin.write_all(pasted.as_bytes()).await.unwrap();
        let line = line_with("is signed in until 20", &mut lines).await;
        assert!(line.starts_with(ALICE), "{line}");
        assert!(program.wait().await.unwrap().success());
    }
}

#[tokio::test]
async fn the_sign_in_of_another_library_is_taken_over() {
    let place = Place::new().await;
    let (authority, cache) = (place.authority(), place.cache());
    let arguments = [&*authority, DESKTOP, SCOPE, &cache];
    let output = place
        .run("refresh_token", &arguments, &place.token(ALICE))
        .await;
    let expected = format!("{ALICE} is signed in: silent calls go on from here\n");
    assert_eq!(printed(&output), expected);
    let silent = place.run("silent", &arguments, "").await;
    assert!(printed(&silent).starts_with(&format!("{ALICE}: a token from the cache")));

    let output = place.run("refresh_token", &arguments, "not-a-token").await;
    assert!(!output.status.success());
    assert!(told(&output).contains("InteractionRequired"));
}

#[tokio::test]
async fn a_user_enters_a_code_on_another_device() {
    let settings = Settings::default().device_code_interval(Duration::from_secs(1));
    let place = Place::with(settings).await;
    let (authority, cache) = (place.authority(), place.cache());
    let arguments = [&*authority, DESKTOP, SCOPE, &cache, "60"];
    let mut program = place.start("device_code", &arguments, "").await;
    let mut lines = BufReader::new(program.stderr.take().unwrap()).lines();
    let message = line_with("enter the code", &mut lines).await;
    let code = message.split("enter the code ").nth(1).unwrap();
    let code = code.split_whitespace().next().unwrap();
    let emulator = place.server.emulator();
    assert!(emulator.approve_device(code, ALICE, SystemTime::now()));
    let output = program.wait_with_output().await.unwrap();
    assert!(printed(&output).starts_with(&format!("{ALICE} is signed in until 20")));

    // Nobody comes.
    let arguments = [&*authority, DESKTOP, SCOPE, &cache, "0"];
    let output = place.run("device_code", &arguments, "").await;
    assert!(!output.status.success());
    assert!(told(&output).contains("nobody has entered the code"));
}

#[tokio::test]
async fn a_password_signs_in_whom_it_is_enough_for() {
    let place = Place::new().await;
    let authority = format!("{}/organizations", place.server.url());
    let cache = place.cache();
    let arguments = [&*authority, DESKTOP, SCOPE, &cache, ALICE];
    let output = place.run("username_password", &arguments, PASSWORD).await;
    assert!(printed(&output).starts_with("signed in until 20"));
    for (username, password) in [(ALICE, "wrong"), (DAN, PASSWORD)] {
        let arguments = [&*authority, DESKTOP, SCOPE, &cache, username];
        let output = place.run("username_password", &arguments, password).await;
        let printed = printed(&output);
        assert!(
            printed.starts_with("the user must sign in at a browser: "),
            "{printed}"
        );
    }
}

#[tokio::test]
async fn a_file_is_shared_signed_out_of_and_never_overwritten_in_ruins() {
    let place = Place::new().await;
    let (authority, cache) = (place.authority(), place.cache());
    for upn in [ALICE, BOB] {
        let arguments = [&*authority, DESKTOP, SCOPE, &cache];
        let output = place
            .run("refresh_token", &arguments, &place.token(upn))
            .await;
        assert!(output.status.success());
    }
    let all = [&*authority, DESKTOP, &cache];
    let both = format!("{ALICE} is signed in\n{BOB} is signed in\n");
    assert_eq!(printed(&place.run("file_store", &all, "").await), both);
    let arguments = [&*authority, DESKTOP, &cache, BOB];
    let output = place.run("file_store", &arguments, "").await;
    assert!(printed(&output).ends_with(&format!("{BOB} was signed out\n")));
    let left = printed(&place.run("file_store", &all, "").await).to_owned();
    assert_eq!(left, format!("{ALICE} is signed in\n"));

    std::fs::write(&cache, "").unwrap();
    let output = place.run("file_store", &all, "").await;
    assert_eq!(printed(&output), "");
    assert!(told(&output).contains("everybody must sign in again"));
    assert!(!Path::new(&cache).exists());
    assert!(Path::new(&format!("{cache}.corrupt-1")).exists());
}

#[tokio::test]
async fn an_application_is_told_whom_to_trust() {
    let place = Place::new().await;
    let authority = place.authority();
    let ca = place.folder.path().join("ca.pem");
    let mut program = place.command("options", &[&authority, DESKTOP, SCOPE]);
    program
        .arg(&ca)
        .env_remove("SSL_CERT_FILE")
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .env("TMPDIR", place.folder.path());
    let mut child = program.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let token = place.token(ALICE);
    stdin.write_all(token.as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(printed(&output), format!("{ALICE} is signed in\n"));
    let cache = "options.example/a-user-of-this-service.json";
    assert!(place.folder.path().join(cache).exists());
}

/// For its store.
#[path = "../../examples/encrypted_store.rs"]
#[expect(dead_code, reason = "what is not about the store runs as a program")]
mod encrypted_store;

#[tokio::test]
async fn an_encrypted_cache_is_read_with_its_key_alone() {
    let place = Place::new().await;
    let (authority, cache) = (place.authority(), place.cache());
    let [key, other] = ["key", "other"].map(|name| {
        let file = place.folder.path().join(name);
        std::fs::write(&file, [name.len() as u8; 32]).unwrap();
        file.to_str().unwrap().to_owned()
    });
    let arguments = [&*authority, DESKTOP, SCOPE, &cache, &key];
    let signed_in = format!("{ALICE} is signed in\n");
    for token in [place.token(ALICE), String::new()] {
        let output = place.run("encrypted_store", &arguments, &token).await;
        assert_eq!(printed(&output), signed_in);
    }
    let stored = std::fs::read(&cache).unwrap();
    assert!(!String::from_utf8_lossy(&stored).contains("RefreshToken"));

    let arguments = [&*authority, DESKTOP, SCOPE, &cache, &other];
    let output = place
        .run("encrypted_store", &arguments, &place.token(BOB))
        .await;
    assert!(!output.status.success());
    assert!(told(&output).contains("not sealed with this key"));
    assert_eq!(std::fs::read(&cache).unwrap(), stored, "nothing is lost");
}

#[tokio::test]
async fn the_encrypted_store_is_a_store() {
    let folder = tempfile::tempdir().unwrap();
    msal::conformance::run(|name| {
        let files = msal::FileStore::directory(folder.path().join(name)).any_content();
        Arc::new(encrypted_store::Encrypted::new(files, &[7; 32]).unwrap())
    })
    .await;
}

/// The authority of the tenant that a service acts in.
fn of_contoso(place: &Place) -> String {
    format!("{}/contoso.example", place.server.url())
}

#[tokio::test]
async fn a_service_asks_once_for_a_token_of_its_own() {
    let place = Place::new().await;
    let arguments = [&*of_contoso(&place), WEB, SCOPE];
    let output = place.run("client_secret", &arguments, "").await;
    let lines: Vec<_> = printed(&output).lines().collect();
    assert!(lines[0].starts_with("a token from the server, good until 20"));
    assert!(lines[1].starts_with("a token from the cache, good until 20"));
    assert!(!format!("{output:?}").contains(WEB_SECRET));
}

const DAEMON: &str = "00c0ffee-0000-4000-8000-0000000000da";

fn certificate(name: &str) -> String {
    format!("{}/tests/certificates/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A place with a daemon whose certificate is registered.
async fn place_of_daemon() -> Place {
    let pem = std::fs::read_to_string(certificate("rsa.crt")).unwrap();
    let registered = msal_emulator::Certificate::from_pem(&pem).unwrap();
    let directory = Directory::builder()
        .tenant(Tenant::new("contoso.example"))
        .app(App::with_certificate(DAEMON, registered));
    Place::of(directory.build().unwrap(), Settings::default()).await
}

#[tokio::test]
async fn a_service_proves_itself_with_a_certificate() {
    let place = place_of_daemon().await;
    let authority = of_contoso(&place);
    for (name, passphrase) in [("rsa-bags.pem", ""), ("rsa.pfx", "passphrase")] {
        let file = certificate(name);
        let arguments = [&*authority, DAEMON, SCOPE, &file];
        let mut program = place.command("client_certificate", &arguments);
        if !passphrase.is_empty() {
            program.env("PASSPHRASE", passphrase);
        }
        let output = program.output().await.unwrap();
        let lines: Vec<_> = printed(&output).lines().collect();
        assert!(lines[0].starts_with("the certificate expires 2"), "{name}");
        assert!(lines[1].starts_with("a token until 20"), "{name}");
    }
    let (file, other) = (certificate("rsa.pfx"), certificate("ec-pkcs8.pem"));
    for (file, passphrase, expected) in [
        (&file, "wrong", "passphrase"),
        (&other, "", "invalid_client"),
    ] {
        let arguments = [&*authority, DAEMON, SCOPE, file];
        let mut program = place.command("client_certificate", &arguments);
        let output = program.env("PASSPHRASE", passphrase).output().await;
        let output = output.unwrap();
        assert!(!output.status.success());
        let told = told(&output).to_lowercase();
        assert!(told.contains(expected), "{told}");
    }
}

/// The key of `rsa.crt`.
fn key() -> RsaKeyPair {
    let pem = std::fs::read_to_string(certificate("rsa-pkcs8.pem")).unwrap();
    let lines = pem
        .lines()
        .skip_while(|line| !line.contains("BEGIN PRIVATE"));
    let lines = lines.skip(1).take_while(|line| !line.contains("END"));
    let der = STANDARD.decode(lines.collect::<String>()).unwrap();
    RsaKeyPair::from_pkcs8(&der).unwrap()
}

#[tokio::test]
async fn a_workload_shows_what_its_platform_wrote_down() {
    let place = place_of_daemon().await;
    let file = place.folder.path().join("token");
    let run = || {
        let mut program = place.command("workload", &[SCOPE]);
        program
            .env("AZURE_AUTHORITY_HOST", format!("{}/", place.server.url()))
            .env("AZURE_TENANT_ID", "contoso.example")
            .env("AZURE_CLIENT_ID", DAEMON)
            .env("AZURE_FEDERATED_TOKEN_FILE", &file);
        async move { program.output().await.unwrap() }
    };
    let pem = std::fs::read_to_string(certificate("rsa.crt")).unwrap();
    let lines = pem.lines().skip_while(|line| !line.contains("BEGIN"));
    let lines = lines.skip(1).take_while(|line| !line.contains("END"));
    let der = STANDARD.decode(lines.collect::<String>()).unwrap();
    let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &der));
    let now = UnixTime::from(SystemTime::now()).as_secs();
    let header = json!({ "alg": "RS256", "typ": "JWT", "x5t#S256": thumbprint });
    let claims = json!({
        "aud": format!("{}/oauth2/v2.0/token", of_contoso(&place)), "iss": DAEMON, "sub": DAEMON,
        "jti": "1", "nbf": now, "iat": now, "exp": now + 300,
    });
    let parts = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = parts.join(".");
    let key = key();
    let mut signature = vec![0; key.public_modulus_len()];
    let random = aws_lc_rs::rand::SystemRandom::new();
    key.sign(
        &RSA_PKCS1_SHA256,
        &random,
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    let signature = URL_SAFE_NO_PAD.encode(signature);
    std::fs::write(&file, format!("{message}.{signature}\n")).unwrap();
    let output = run().await;
    assert!(printed(&output).starts_with("a token until 20"));
    assert!(!format!("{output:?}").contains(&signature));

    std::fs::remove_file(&file).unwrap();
    let output = run().await;
    assert!(!output.status.success());
    assert!(told(&output).contains("Credential"), "{}", told(&output));
}

#[tokio::test]
async fn a_vault_signs_for_a_service() {
    use axum::http::{HeaderMap, StatusCode};
    use axum::{Router, routing};

    // Azure Key Vault's answer to "sign", with the key of the certificate.
    let sign = async |headers: HeaderMap, body: String| {
        if headers["authorization"] != "Bearer vault-token" {
            return Err(StatusCode::UNAUTHORIZED);
        }
        let request: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(request["alg"], "PS256");
        let value = request["value"].as_str().unwrap();
        let digest = URL_SAFE_NO_PAD.decode(value).unwrap();
        let key = key();
        let mut signature = vec![0; key.public_modulus_len()];
        let digest = Digest::import_less_safe(&digest, &SHA256).unwrap();
        key.sign_digest(&RSA_PSS_SHA256, &digest, &mut signature)
            .unwrap();
        Ok(json!({ "value": URL_SAFE_NO_PAD.encode(signature) }).to_string())
    };
    let router = Router::new().route("/keys/app/1/sign", routing::post(sign));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let vault = format!("http://{}/keys/app/1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });

    let place = place_of_daemon().await;
    let (authority, file) = (of_contoso(&place), certificate("rsa.crt"));
    for token in ["vault-token", "another"] {
        let arguments = [&*authority, DAEMON, SCOPE, &file, &vault];
        let mut program = place.command("key_vault", &arguments);
        let output = program.env("VAULT_TOKEN", token).output().await.unwrap();
        match token {
            "another" => assert!(told(&output).contains("401"), "{}", told(&output)),
            _ => assert!(printed(&output).starts_with("a token until 20")),
        }
    }
}

#[tokio::test]
async fn an_api_acts_on_behalf_of_who_called_it() {
    let place = Place::new().await;
    let authority = of_contoso(&place);
    let called_by = async |upn| {
        let ca = std::fs::read(place.folder.path().join("ca.pem")).unwrap();
        let settings = msal::HttpSettings::default().authorities_pem(&ca).unwrap();
        let http = msal::HttpsClient::new(settings.no_proxy());
        let app = msal::PublicClientApplication::builder(DESKTOP)
            .known_authority(msal::Authority::parse(&authority).unwrap())
            .runtime(msal::Runtime::with_http(http))
            .build()
            .unwrap();
        let call =
            app.acquire_token_by_refresh_token(place.token(upn), [format!("api://{WEB}/.default")]);
        call.await.unwrap().access_token
    };
    let arguments = |scope| [authority.clone(), WEB.to_owned(), scope];
    for (upn, scope, expected) in [
        (ALICE, SCOPE, format!("a token of {ALICE} until 20")),
        (
            BOB,
            "https://vault.azure.net/.default",
            "the user must take part: ".to_owned(),
        ),
    ] {
        let arguments = arguments(scope.to_owned());
        let arguments = arguments.each_ref().map(String::as_str);
        let assertion = called_by(upn).await;
        let output = place
            .run("on_behalf_of", &arguments, assertion.expose_secret())
            .await;
        assert!(printed(&output).starts_with(&expected), "{output:?}");
    }
}
