//! Signing users in: at a browser, with a device code, with a password.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use msal_emulator::{Fault, sample};
use serde_json::Value;

use crate::issuer::Issuer;
use crate::msal::{Run, msal, msal_command, msal_where, msal_with_input};

/// What the system opens addresses with. It keeps them instead.
const OPENER: &str = "#!/bin/sh\nprintf %s \"$1\" > opened.new && mv opened.new opened\n";

/// A folder with an emulator's certificate, and a program that takes the place of a browser.
struct Desk {
    folder: tempfile::TempDir,
    issuer: Issuer,
}

impl Desk {
    fn new() -> Self {
        Self::polled_every(Duration::from_secs(1))
    }

    /// As [`new`](Self::new), where who waits for a device's sign-in asks so often.
    fn polled_every(interval: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let issuer = Issuer::polled_every(folder.path(), interval);
        let opener = folder.path().join("xdg-open");
        fs::write(&opener, OPENER).unwrap();
        fs::set_permissions(&opener, Permissions::from_mode(0o700)).unwrap();
        Self { folder, issuer }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let url = self.issuer.url();
        let client = ["login", "cache.json", "--client-id", sample::DESKTOP];
        let arguments = client
            .into_iter()
            .chain(["--authority", &url, "--ca-file", "ca.pem"]);
        arguments
            .chain(more.iter().copied())
            .map(str::to_owned)
            .collect()
    }

    /// Starts a sign-in where these variables are set.
    fn start(&self, variables: &[(&str, &str)], more: &[&str]) -> SigningIn {
        let path = std::env::var("PATH").unwrap();
        let mut command = msal_command(self.path());
        command
            .args(self.arguments(more))
            .env("PATH", format!("{}:{path}", self.path().display()))
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        SigningIn {
            child,
            stderr,
            said: String::new(),
        }
    }

    fn with_password(&self, password: &str, more: &[&str]) -> Run {
        let more = [&["--tenant", sample::CONTOSO], more].concat();
        msal_with_input(self.path(), password.as_bytes(), self.arguments(&more))
    }

    /// The address that the browser was opened with.
    fn opened(&self) -> String {
        let opened = self.path().join("opened");
        eventually(|| fs::read_to_string(&opened).ok())
    }

    /// Signs the user of the address in, and brings the answer to the command. Answers with what was sent there.
    fn browse(&self, address: &str) -> String {
        let request = http::Request::get(address)
            .body(bytes::Bytes::new())
            .unwrap();
        let answer = self.issuer.emulator().handle(request, SystemTime::now());
        let form = form_of(&String::from_utf8_lossy(answer.body()));
        let page = post(port_of(address), &form);
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        form
    }

    /// Enters the code of a device, as Alice.
    fn enter(&self, code: &str) {
        let emulator = self.issuer.emulator();
        assert!(emulator.approve_device(code, sample::ALICE, SystemTime::now()));
    }

    /// Waits until a request with this grant was answered so, whenever the answer comes.
    fn wait_for(&self, grant: &str, status: u16) {
        eventually(|| {
            let requests = self.issuer.emulator().audit();
            let mut answered = requests.iter().filter(|request| {
                let sent = request.grant_type.as_deref().unwrap_or_default();
                sent.ends_with(grant) && request.status == status
            });
            answered.next().map(|_| ())
        });
    }

    fn cache(&self) -> Value {
        let text = fs::read_to_string(self.path().join("cache.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}

/// A command that waits for its user.
struct SigningIn {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
}

impl SigningIn {
    /// The next line on standard error that `is_meant`.
    fn hear(&mut self, is_meant: impl Fn(&str) -> bool) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(
                self.stderr.read_line(&mut line).unwrap(),
                0,
                "{}",
                self.said
            );
            self.said.push_str(&line);
            if is_meant(line.trim_end()) {
                return line.trim_end().to_owned();
            }
        }
    }

    fn address(&mut self) -> String {
        self.hear(|line| line.starts_with("https://"))
    }

    fn interrupt(&self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
    }

    fn end(mut self) -> Run {
        let mut stdout = String::new();
        let mut out = self.child.stdout.take().unwrap();
        out.read_to_string(&mut stdout).unwrap();
        self.stderr.read_to_string(&mut self.said).unwrap();
        Run {
            status: self.child.wait().unwrap().code().unwrap_or(-1),
            stdout,
            stderr: std::mem::take(&mut self.said),
        }
    }
}

/// The code that a command shows.
fn code_shown(signing_in: &mut SigningIn) -> String {
    let line = signing_in.hear(|line| line.contains("enter the code "));
    let code = line.split_once("the code ").unwrap().1;
    code.split(' ').next().unwrap().to_owned()
}

fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "it did not come");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The fields of the page's one form, as a browser sends them.
fn form_of(page: &str) -> String {
    let attribute = |tag: &str, name: &str| {
        let behind = tag
            .split_once(&format!("{name}=\""))
            .map(|(_, behind)| behind);
        behind
            .and_then(|behind| behind.split('"').next())
            .unwrap_or_default()
            .to_owned()
    };
    let form = page.split_once("<form").unwrap().1;
    let inputs = form.split("<input").skip(1);
    let pairs = inputs
        .map(|input| (attribute(input, "name"), attribute(input, "value")))
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| format!("{name}={}", encoded(&value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.replace("&amp;", "&").bytes().map(byte).collect()
}

fn port_of(address: &str) -> u16 {
    let port = address.split_once("localhost%3A").unwrap().1;
    port.split('&').next().unwrap().parse().unwrap()
}

fn post(port: u16, form: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n",
        form.len()
    );
    stream
        .write_all(format!("{head}{form}").as_bytes())
        .unwrap();
    let mut page = Vec::new();
    let _closed_or_reset = stream.read_to_end(&mut page);
    String::from_utf8(page).unwrap()
}

/// Every secret of a cache.
fn secrets_of(cache: &Value) -> Vec<String> {
    let sections = cache.as_object().unwrap().values();
    let entries = sections.flat_map(|section| section.as_object().unwrap().values());
    entries
        .filter_map(|entry| entry["secret"].as_str().map(str::to_owned))
        .collect()
}

const ALICE: &[&str] = &["--login-hint", sample::ALICE];
const DESKTOP: &[(&str, &str)] = &[("DISPLAY", ":0")];

#[test]
fn a_person_signs_in_at_the_browser_and_is_told_what_to_type_next() {
    let desk = Desk::new();
    let signing_in = desk.start(DESKTOP, ALICE);
    let address = desk.opened();
    desk.browse(&address);
    let run = signing_in.end();
    assert_eq!(run.status, 0, "{}", run.stderr);
    for text in [
        "alice@contoso.example is signed in",
        sample::DESKTOP,
        "kept in  cache.json",
    ] {
        assert!(run.stdout.contains(text), "{text}: {}", run.stdout);
    }
    assert!(
        run.stderr.contains("Opening a browser: sign in there."),
        "{}",
        run.stderr
    );
    assert_eq!(
        fs::metadata(desk.file("cache.json"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o600
    );

    let token = type_next(&desk, &run, "");
    assert_eq!(token["source"], "cache");
}

/// Types what the command has said to type next, with these arguments behind it.
fn type_next(desk: &Desk, run: &Run, more: &str) -> Value {
    let next = run
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("next: msal "));
    let bin = env!("CARGO_BIN_EXE_msal");
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            &format!("{bin} {} --format json {more}", next.unwrap()),
        ])
        .current_dir(desk.path());
    let asked = crate::msal::run(&mut shell);
    let answer = serde_json::from_str(&asked.stdout);
    answer.map_err(|_not_json| asked.stderr).unwrap()
}

#[test]
fn what_to_type_next_asks_where_a_guest_has_signed_in() {
    let desk = Desk::new();
    for (user, tenant, asked) in [
        (sample::CAROL, sample::FABRIKAM, sample::FABRIKAM_ID),
        (sample::CAROL, sample::CONTOSO, sample::CONTOSO_ID),
        (sample::ALICE, "organizations", "organizations"),
    ] {
        let more = ["--login-hint", user, "--tenant", tenant];
        let signing_in = desk.start(DESKTOP, &more);
        desk.browse(&desk.opened());
        let run = signing_in.end();
        assert_eq!(run.status, 0, "{}", run.stderr);
        let token = type_next(&desk, &run, "");
        assert_eq!(token["source"], "cache", "{}", run.stderr);
        type_next(&desk, &run, "--force-refresh");
        let requests = desk.issuer.emulator().audit();
        let place = format!("/{asked}/oauth2/v2.0/token");
        assert_eq!(requests.last().map(|it| it.path.clone()), Some(place));
        fs::remove_file(desk.file("opened")).unwrap();
    }
}

#[test]
fn what_to_type_next_writes_the_cache_as_the_sign_in_did() {
    for sdk in ["python", "node", "node3"] {
        let desk = Desk::new();
        let run = desk.with_password(
            sample::PASSWORD,
            &["--username", sample::ALICE, "--sdk", sdk],
        );
        assert_eq!(run.status, 0, "{}", run.stderr);
        let before = desk.cache();
        let token = type_next(&desk, &run, "--force-refresh");
        assert_eq!(token["source"], "identity_provider");
        assert_eq!(
            keys_of(&desk.cache()),
            keys_of(&before),
            "{sdk}: {}",
            run.stderr
        );
    }
}

/// The keys of every section.
fn keys_of(cache: &Value) -> Vec<&String> {
    let sections = cache.as_object().unwrap().values();
    let keys = sections.flat_map(|section| section.as_object().unwrap().keys());
    keys.collect()
}

#[test]
fn a_cache_that_is_there_is_added_to_and_json_tells_who_came() {
    let desk = Desk::new();
    assert_eq!(
        desk.with_password(sample::PASSWORD, &["--username", "user1@contoso.example"])
            .status,
        0
    );
    let signing_in = desk.start(DESKTOP, &[ALICE, &["--format", "json"]].concat());
    desk.browse(&desk.opened());
    let run = signing_in.end();
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["account"]["username"], sample::ALICE);
    assert_eq!(document["client_id"], sample::DESKTOP);
    assert_eq!(run.stderr, "");
    let accounts = msal(desk.path(), ["accounts", "cache.json"]);
    assert_eq!(accounts.stdout.lines().count(), 2);
}

#[test]
fn where_no_browser_is_the_address_is_shown_with_what_to_do() {
    let desk = Desk::new();
    // No program of the name is on the path in WSL.
    for (variables, more, advice) in [
        (
            &[("SSH_CONNECTION", "1 2 3 4")][..],
            &[][..],
            "There is no browser over ssh",
        ),
        (
            &[("KUBERNETES_SERVICE_HOST", "1.2.3.4")],
            &[],
            "--device-code",
        ),
        (
            &[("WSL_DISTRO_NAME", "Debian"), ("PATH", "")],
            &[],
            "install wslu (wslview)",
        ),
        (
            &[("DISPLAY", ":0"), ("PATH", "")],
            &[],
            "The system opened no browser",
        ),
        (DESKTOP, &["--no-browser"], "It works where localhost:"),
    ] {
        let mut signing_in = desk.start(variables, &[ALICE, more, &["--quiet"]].concat());
        let address = signing_in.address();
        signing_in.hear(|line| line.contains(advice));
        desk.browse(&address);
        let run = signing_in.end();
        assert_eq!(run.status, 0, "{advice}");
        if advice.contains("ssh") {
            let forwarding = format!("ssh -L {0}:localhost:{0} HOST", port_of(&address));
            assert!(run.stderr.contains(&forwarding), "{}", run.stderr);
        }
    }
    assert!(!desk.file("opened").exists());
}

#[test]
fn programs_get_the_address_as_a_line_of_json() {
    let desk = Desk::new();
    let mut signing_in = desk.start(
        &[],
        &[ALICE, &["--no-browser", "--format", "json"]].concat(),
    );
    let told: Value = serde_json::from_str(&signing_in.hear(|_| true)).unwrap();
    let address = told["open"].as_str().unwrap();
    assert_eq!(told["port"], port_of(address));
    desk.browse(address);
    let run = signing_in.end();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1);
}

#[test]
fn who_stops_it_finds_the_port_free_and_nothing_signed_in() {
    for more in [&["--no-browser"][..], &["--device-code"]] {
        let desk = Desk::new();
        let mut signing_in = desk.start(&[], more);
        let heard = signing_in.hear(|line| line.contains("https://"));
        signing_in.hear(|line| line == "waiting for the sign-in, 10 min 0 s at most");
        signing_in.interrupt();
        let run = signing_in.end();
        assert_eq!(run.status, 3, "{}", run.stderr);
        assert!(
            run.stderr.contains("error: stopped: nobody has signed in"),
            "{}",
            run.stderr
        );
        assert!(!desk.file("cache.json").exists());
        if heard.contains("localhost%3A") {
            TcpListener::bind(("127.0.0.1", port_of(&heard))).unwrap();
        }
    }
}

#[test]
fn a_fixed_port_is_used_and_one_that_is_taken_is_told() {
    let desk = Desk::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let more = [ALICE, &["--no-browser", "--port", &port]].concat();
    let run = desk.start(&[], &more).end();
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(
        run.stderr
            .contains(&format!("port {port} of this machine is in use")),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("\nhint: name a free port with --port"),
        "{}",
        run.stderr
    );
    drop(taken);
    let mut signing_in = desk.start(&[], &more);
    let address = signing_in.address();
    assert_eq!(port_of(&address).to_string(), port);
    desk.browse(&address);
    assert_eq!(signing_in.end().status, 0);
}

#[test]
fn what_is_asked_for_stands_in_the_address() {
    let desk = Desk::new();
    let more = [
        "--no-browser",
        "--prompt",
        "select-account",
        "--scope",
        "api://orders/Orders.Read",
        "--tenant",
        sample::CONTOSO,
    ];
    let mut signing_in = desk.start(&[], &[ALICE, &more].concat());
    let address = signing_in.address();
    for part in [
        "/c0ffee00-0001-4000-8000-000000000000/oauth2/v2.0/authorize?",
        "prompt=select_account",
        "Orders.Read",
        "login_hint=alice%40contoso.example",
        "code_challenge_method=S256",
        "response_mode=form_post",
    ] {
        assert!(address.contains(part), "{part}: {address}");
    }
    signing_in.interrupt();
    signing_in.end();
}

#[test]
fn who_takes_too_long_is_told() {
    let desk = Desk::new();
    for more in ["--no-browser", "--device-code"] {
        let run = desk.start(&[], &[more, "--timeout", "1"]).end();
        assert_eq!(run.status, 3, "{}", run.stderr);
        assert!(run.stderr.contains("in time"), "{}", run.stderr);
        assert!(
            run.stderr.contains("--timeout gives more time"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_refusal_at_the_page_is_no_sign_in() {
    let desk = Desk::new();
    let mut signing_in = desk.start(&[], &["--no-browser"]);
    let address = signing_in.address();
    let state = address
        .split_once("state=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap();
    let form = format!(
        "error=access_denied&error_description=AADSTS65004%3A+declined%0Aerror%3A+forged+%1B%5B2J&state={state}"
    );
    post(port_of(&address), &form);
    let run = signing_in.end();
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(
        run.stderr.contains("access_denied") && run.stderr.contains("\nhint: "),
        "{}",
        run.stderr
    );
    assert!(
        !run.stderr.contains("\nerror: forged") && !run.stderr.contains('\u{1b}'),
        "{}",
        run.stderr
    );
    assert!(!desk.file("cache.json").exists());
}

#[test]
fn a_code_is_entered_on_another_device() {
    let desk = Desk::new();
    let mut signing_in = desk.start(&[], &["--device-code"]);
    let message = signing_in.hear(|line| line.contains("enter the code "));
    let code = message
        .split_once("enter the code ")
        .unwrap()
        .1
        .split(' ')
        .next()
        .unwrap();
    signing_in.hear(|line| line.contains("enter it only if you typed this command"));
    assert!(
        desk.issuer
            .emulator()
            .approve_device(code, sample::ALICE, SystemTime::now())
    );
    let run = signing_in.end();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stdout.starts_with("alice@contoso.example is signed in"),
        "{}",
        run.stdout
    );

    let mut declined = desk.start(&[], &["--device-code", "--format", "json"]);
    let told: Value = serde_json::from_str(&declined.hear(|_| true)).unwrap();
    assert!(
        told["verification_uri"]
            .as_str()
            .unwrap()
            .starts_with("https://")
    );
    let code = told["user_code"].as_str().unwrap();
    assert!(
        desk.issuer
            .emulator()
            .decline_device(code, SystemTime::now())
    );
    let run = declined.end();
    assert_eq!((run.status, run.stdout.as_str()), (3, ""), "{}", run.stderr);
}

#[test]
fn a_password_is_read_from_standard_input() {
    let desk = Desk::new();
    for input in [
        "Sample-Passw0rd",
        "Sample-Passw0rd\n",
        "Sample-Passw0rd\r\nmore",
    ] {
        let run = desk.with_password(input, &["--username", sample::ALICE]);
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert!(
            run.stdout.starts_with("alice@contoso.example is signed in"),
            "{}",
            run.stdout
        );
    }
    let users = msal(desk.path(), ["accounts", "cache.json"]);
    assert_eq!(users.stdout.lines().count(), 1);
}

#[test]
fn a_password_that_is_not_good_is_told_with_what_to_do() {
    let desk = Desk::new();
    for (password, user, status, hint) in [
        (
            "wrong-passw0rd",
            sample::ALICE,
            3,
            "check the user's name and password",
        ),
        ("", sample::ALICE, 2, "pipe it into the command"),
        ("\n", sample::ALICE, 2, "pipe it into the command"),
        (sample::PASSWORD, sample::DAN, 3, "disabled"),
    ] {
        let run = desk.with_password(password, &["--username", user]);
        assert_eq!(run.status, status, "{user}: {}", run.stderr);
        assert!(run.stderr.contains(hint), "{user}: {}", run.stderr);
        assert!(!run.stderr.contains("passw0rd"), "{}", run.stderr);
        assert!(!desk.file("cache.json").exists());
    }
}

/// Types something where a password is asked for, and prints what the terminal shows, and whether it still hides what is
/// typed.
const AT_A_TERMINAL: &str = "\
import fcntl, os, pty, sys, termios
master, slave = pty.openpty()
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for number in range(3):
        os.dup2(slave, number)
    os.execv(sys.argv[2], sys.argv[2:])
seen = b''
while b'Password for ' not in seen:
    seen += os.read(master, 4096)
os.write(master, sys.argv[1].encode())
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
is_shown = termios.tcgetattr(slave)[3] & termios.ECHO
os.write(slave, b'\\0')
while not seen.endswith(b'\\0'):
    seen += os.read(master, 4096)
sys.stdout.buffer.write(seen + (b'shown again' if is_shown else b'hidden'))
sys.exit(status)
";

/// A shell that starts the command as a job of its own: one that the terminal can stop.
const SHELL: [&str; 4] = [
    "/bin/sh",
    "-c",
    "set -m; \"$0\" \"$@\"; status=$?; kill -9 %1; exit $status",
    env!("CARGO_BIN_EXE_msal"),
];

fn type_at_a_terminal(desk: &Desk, typed: &str) -> Run {
    let arguments = desk.arguments(&["--username", sample::ALICE, "--tenant", sample::CONTOSO]);
    let mut python = Command::new("python3");
    python
        .args(["-c", AT_A_TERMINAL, typed])
        .args(SHELL)
        .args(arguments)
        .current_dir(desk.path());
    crate::msal::run(&mut python)
}

#[test]
fn a_password_is_asked_for_on_a_terminal_and_not_shown() {
    let desk = Desk::new();
    let run = type_at_a_terminal(&desk, "Sample-Passw0rd\n");
    assert_eq!(run.status, 0, "{run:?}");
    let seen = run.stdout;
    assert!(
        seen.contains("Password for alice@contoso.example: \r\n"),
        "{seen:?}"
    );
    assert!(seen.contains("is signed in"), "{seen:?}");
    assert!(!seen.contains(sample::PASSWORD), "{seen:?}");
    assert!(seen.ends_with("shown again"), "{seen:?}");
}

#[test]
fn who_stops_it_at_the_password_has_their_terminal_back() {
    let desk = Desk::new();
    let run = type_at_a_terminal(&desk, "Sample\u{3}");
    assert_eq!(run.status, 3, "{run:?}");
    let seen = run.stdout;
    assert!(
        seen.contains("Password for alice@contoso.example: \r\n"),
        "{seen:?}"
    );
    assert!(seen.contains("stopped: nobody has signed in"), "{seen:?}");
    assert!(!seen.contains("Sample"), "{seen:?}");
    assert!(seen.ends_with("shown again"), "{seen:?}");
}

#[test]
fn no_key_leaves_the_shell_a_terminal_that_shows_nothing() {
    for key in ["\u{1a}", "\u{1c}"] {
        let desk = Desk::new();
        let run = type_at_a_terminal(&desk, &format!("Sample{key}\n"));
        assert_eq!(run.status, 3, "{run:?}");
        let seen = run.stdout;
        assert!(seen.contains("check the user's name"), "{seen:?}");
        assert!(!seen.contains("Sample"), "{seen:?}");
        assert!(seen.ends_with("shown again"), "{seen:?}");
    }
}

#[test]
fn who_stops_it_when_the_code_is_spent_is_signed_in() {
    for grant in ["authorization_code", "*device_code"] {
        let desk = Desk::new();
        let slow = Fault::slow(Duration::from_secs(3)).grant(grant);
        desk.issuer.emulator().add_fault(slow);
        let mut signing_in = match grant {
            "authorization_code" => {
                let signing_in = desk.start(DESKTOP, ALICE);
                desk.browse(&desk.opened());
                signing_in
            }
            _ => {
                let mut signing_in = desk.start(&[], &["--device-code"]);
                desk.enter(&code_shown(&mut signing_in));
                signing_in
            }
        };
        desk.wait_for(grant.trim_start_matches('*'), 200);
        signing_in.interrupt();
        signing_in.hear(|line| line.starts_with("stopping: "));
        let run = signing_in.end();
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert!(run.stdout.contains("is signed in"), "{}", run.stdout);
        assert_eq!(desk.cache()["RefreshToken"].as_object().unwrap().len(), 1);
    }
}

#[test]
fn a_code_that_is_spent_when_the_time_is_over_signs_the_user_in() {
    // The second question finds the code entered, and is answered when the time is over.
    let desk = Desk::polled_every(Duration::from_secs(6));
    let mut signing_in = desk.start(&[], &["--device-code", "--timeout", "9"]);
    let code = code_shown(&mut signing_in);
    desk.wait_for("device_code", 400);
    let slow = Fault::slow(Duration::from_secs(6)).grant("*device_code");
    desk.issuer.emulator().add_fault(slow);
    desk.enter(&code);
    let run = signing_in.end();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(desk.cache()["RefreshToken"].as_object().unwrap().len(), 1);
}

#[test]
fn a_place_that_can_keep_nothing_is_told_before_anybody_is_asked() {
    let desk = Desk::new();
    let shared = desk.file("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, Permissions::from_mode(0o777)).unwrap();
    fs::write(desk.file("other.json"), r#"{"settings": 1}"#).unwrap();
    let before = desk.issuer.emulator().audit().len();
    for (target, why) in [
        ("shared/cache.json", "chmod go-w"),
        ("other.json", "no section of a token cache"),
    ] {
        let mut arguments = desk.arguments(ALICE);
        target.clone_into(&mut arguments[1]);
        let run = msal_where(desk.path(), DESKTOP, &arguments);
        assert_eq!(run.status, 1, "{target}: {}", run.stderr);
        assert!(run.stderr.contains(why), "{target}: {}", run.stderr);
    }
    assert!(!desk.file("opened").exists());
    assert_eq!(desk.issuer.emulator().audit().len(), before);
}

#[test]
fn what_cannot_be_meant_is_bad_usage() {
    let desk = Desk::new();
    for more in [
        &["--device-code", "--username", "a"][..],
        &["--device-code", "--port", "1"],
        &["--username", "a", "--no-browser"],
        &["--username", "a", "--password", "b"],
        &["--port", "0"],
        &["--port", "65536"],
        &["--timeout", "0"],
        &["--prompt", "none"],
        &["--tenant", "../x"],
        &["--format", "csv"],
    ] {
        let run = msal(desk.path(), desk.arguments(more));
        assert_eq!(run.status, 2, "{more:?}: {}", run.stderr);
    }
    let policy = "https://contoso.b2clogin.com/contoso.example/B2C_1_susi";
    let run = msal(
        desk.path(),
        [
            "login",
            "c",
            "--client-id",
            "x",
            "--authority",
            policy,
            "--tenant",
            "a.example",
        ],
    );
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("no tenants to choose from"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_busy_server_is_to_be_asked_again() {
    let desk = Desk::new();
    let busy = Fault::unavailable(None).grant("password");
    desk.issuer.emulator().add_fault(busy);
    let run = desk.with_password(sample::PASSWORD, &["--username", sample::ALICE]);
    assert_eq!(run.status, 75, "{}", run.stderr);
}

/// What others can see of a command while it waits, and all that it leaves behind but the cache.
#[cfg(target_os = "linux")]
#[test]
fn a_sign_in_shows_no_secret_to_anybody() {
    let desk = Desk::new();
    let loud = [
        ("RUST_LOG", "trace"),
        ("MSAL_LOG", "trace"),
        ("DISPLAY", ":0"),
    ];
    let mut seen = Vec::new();
    let mut secrets = vec![sample::PASSWORD.to_owned()];
    let mut look = |signing_in: &SigningIn| {
        for file in ["cmdline", "environ"] {
            let path = format!("/proc/{}/{file}", signing_in.child.id());
            let text = fs::read(path).unwrap_or_default();
            seen.push(String::from_utf8_lossy(&text).into_owned());
        }
    };

    let signing_in = desk.start(&loud, ALICE);
    let address = desk.opened();
    look(&signing_in);
    let form = desk.browse(&address);
    let code = form.split('&').find_map(|pair| pair.strip_prefix("code="));
    secrets.push(code.unwrap().to_owned());
    let at_browser = signing_in.end();
    secrets.extend(secrets_of(&desk.cache()));

    let mut signing_in = desk.start(&loud, &["--device-code"]);
    let message = signing_in.hear(|line| line.contains("enter the code "));
    look(&signing_in);
    let code = message
        .split_once("enter the code ")
        .unwrap()
        .1
        .split(' ')
        .next()
        .unwrap();
    assert!(
        desk.issuer
            .emulator()
            .approve_device(code, sample::ALICE, SystemTime::now())
    );
    let on_device = signing_in.end();
    secrets.extend(secrets_of(&desk.cache()));

    // Its password comes when everything has been looked at.
    let (end, input) = std::io::pipe()
        .map(|(end, input)| (Some(end), Some(input)))
        .unwrap();
    let mut command = msal_command(desk.path());
    let arguments = ["--username", sample::ALICE, "--tenant", sample::CONTOSO];
    command
        .args(desk.arguments(&arguments))
        .envs(loud)
        .stdin(Stdio::from(end.unwrap()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(command);
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let signing_in = SigningIn {
        child,
        stderr,
        said: String::new(),
    };
    look(&signing_in);
    let mut input = input.unwrap();
    input.write_all(sample::PASSWORD.as_bytes()).unwrap();
    drop(input);
    let by_password = signing_in.end();
    secrets.extend(secrets_of(&desk.cache()));

    for run in [at_browser, on_device, by_password] {
        assert_eq!(run.status, 0, "{}", run.stderr);
        seen.push(run.stdout);
        seen.push(run.stderr);
    }
    assert!(
        seen.iter().any(|text| text.contains("login")),
        "something was looked at"
    );
    for entry in fs::read_dir(desk.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file()
            && path.file_name().unwrap() != "cache.json"
            && !path.ends_with("adal.json")
        {
            seen.push(String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned());
        }
    }
    assert!(secrets.len() > 8);
    for secret in &secrets {
        for text in &seen {
            assert!(!text.contains(secret.as_str()), "{text}");
        }
    }
}
