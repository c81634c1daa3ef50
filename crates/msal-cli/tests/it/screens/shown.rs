//! A screen in all its variants, in one file: on terminals of two widths, with colours, into a file, quiet, as JSON.

use std::process::Stdio;

use tempfile::TempDir;

use super::assert_screen;
use crate::issuer::Issuer;
use crate::msal::{Run, msal_command, run};
use crate::signals::send;
use crate::terminal::{NO_COLOR, Shown, on_a_terminal};

/// A command in its place. Each variant has a new one.
pub(super) struct Scene {
    folder: TempDir,
    issuer: Issuer,
    arguments: Vec<String>,
    /// What is awaited on a terminal, and what is typed then, which is on standard input elsewhere.
    typing: &'static [&'static str],
    is_stopped: bool,
}

impl Scene {
    pub(super) fn new<A: Into<String>>(
        folder: TempDir,
        issuer: Issuer,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            folder,
            issuer,
            arguments: arguments.into_iter().map(Into::into).collect(),
            typing: &[],
            is_stopped: false,
        }
    }

    pub(super) fn typing(self, typing: &'static [&'static str]) -> Self {
        Self { typing, ..self }
    }

    /// The command goes on until somebody presses Ctrl-C, which somebody does when it says how.
    pub(super) fn until_stopped(self) -> Self {
        Self {
            typing: &["Ctrl-C", "\u{3}"],
            is_stopped: true,
            ..self
        }
    }

    fn on_a_terminal(&self, columns: usize) -> (i32, String) {
        let folder = self.folder.path();
        let shown = on_a_terminal(folder, columns, NO_COLOR, self.typing, &self.arguments);
        // Before lines are broken where the screen ends.
        let shown = Shown {
            bytes: self.steady(&shown.bytes),
            ..shown
        };
        (shown.status, shown.screen())
    }

    /// Where no terminal is, with these arguments besides.
    fn elsewhere(&self, more: &[&str]) -> (i32, String) {
        let folder = self.folder.path();
        let mut command = msal_command(folder);
        command.args(&self.arguments).args(more);
        let Run {
            status,
            stdout,
            stderr,
        } = match self.is_stopped {
            true => stopped(command),
            false => {
                let typed = self.typing.get(1).copied().unwrap_or_default();
                std::fs::write(folder.join("typed"), typed).unwrap();
                run(command.stdin(std::fs::File::open(folder.join("typed")).unwrap()))
            }
        };
        let stderr = match stderr.is_empty() {
            true => stderr,
            false => format!("-- standard error\n{stderr}"),
        };
        (status, self.steady(&visible(&format!("{stdout}{stderr}"))))
    }

    /// Without what is of the day, the machine or chance, and as long.
    fn steady(&self, text: &str) -> String {
        let url = self.issuer.url();
        let (_, port) = url.rsplit_once(':').unwrap();
        let mut text = text
            .replace(&*self.folder.path().to_string_lossy(), "/tmp/.tmpFOLDER")
            .replace(port, PORT);
        for (pattern, with) in PASSING {
            text = replaced(&text, pattern, with);
        }
        text
    }
}

/// What passes: `#` stands for digits, `?` for one character, `*` for what
/// no blank or quotation mark is in.
const PASSING: &[(&str, &str)] = &[
    ("####-##-##T##:##:##Z", "2026-01-01T00:00:00Z"),
    ("localhost:#", "localhost:48443"),
    ("127.0.0.1:#", "127.0.0.1:48443"),
    ("\"seconds\": #.#", "\"seconds\": 1.0"),
    ("_on\": #", "_on\": 1767225600"),
    ("valid_until\": #", "valid_until\": 1767225600"),
    ("_stored\": #", "_stored\": 1767225600"),
    ("\"at\": #", "\"at\": 1767225600"),
    ("\"at\":#", "\"at\":1767225600"),
    ("in # ms", "in 1.0 s"),
    ("in #.# s", "in 1.0 s"),
    ("pause of #.# s", "pause of 1.0 s"),
    ("# s ago", "1 s ago"),
    ("eyJ*", "eyJ…"),
    ("thumbprint\": \"*", "thumbprint\": \"0"),
    ("msal-emulator-??????.pem", "msal-emulator-FOLDER.pem"),
];

/// The port of every server, which has five digits.
const PORT: &str = "48443";

/// Puts `with` wherever the pattern is found.
fn replaced(text: &str, pattern: &str, with: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(next) = rest.chars().next() {
        // In the middle of a number none begins.
        let is_inside =
            pattern.starts_with('#') && out.ends_with(|last: char| last.is_ascii_digit());
        match found(rest, pattern).filter(|_| !is_inside) {
            Some(behind) => {
                out.push_str(with);
                rest = behind;
            }
            None => {
                out.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    out
}

/// What is behind the pattern, where the text begins with it.
fn found<'a>(text: &'a str, pattern: &str) -> Option<&'a str> {
    let mut rest = text;
    let mut pattern = pattern.chars().peekable();
    while let Some(next) = pattern.next() {
        rest = match next {
            // Several stand for as many digits, one for any number of them.
            '#' if pattern.peek() == Some(&'#') => {
                rest.strip_prefix(|digit: char| digit.is_ascii_digit())?
            }
            '#' => {
                let behind = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
                (behind.len() < rest.len()).then_some(behind)?
            }
            '?' => rest.strip_prefix(|any: char| !any.is_whitespace())?,
            '*' => {
                let end = rest.find(|end: char| end.is_whitespace() || end == '"' || end == '\'');
                let behind = &rest[end.unwrap_or(rest.len())..];
                (behind.len() < rest.len()).then_some(behind)?
            }
            literal => rest.strip_prefix(literal)?,
        };
    }
    Some(rest)
}

/// Styles by their names.
fn visible(text: &str) -> String {
    let mut text = text.to_owned();
    for (code, name) in [
        ("0", "/"),
        ("1", "bold"),
        ("2", "dim"),
        ("4", "underlined"),
        ("31", "red"),
        ("32", "green"),
        ("33", "yellow"),
        ("36", "cyan"),
    ] {
        text = text.replace(&format!("\u{1b}[{code}m"), &format!("<{name}>"));
    }
    assert!(!text.contains('\u{1b}'), "a style without a name: {text:?}");
    text
}

/// Runs the command until it has printed, and sends what Ctrl-C sends.
fn stopped(mut command: std::process::Command) -> Run {
    use std::io::Read as _;
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut first = [0; 64 << 10];
    // All is written at once.
    let read = stdout.read(&mut first).unwrap();
    let mut text = first[..read].to_vec();
    send("INT", &child);
    stdout.read_to_end(&mut text).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(text).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Compares all variants of a screen with what is kept of them.
pub(super) fn assert_screens(name: &str, scene: &dyn Fn() -> Scene) {
    assert_screen(name, &variants(scene));
}

/// All variants of a screen. One that is like another says so.
pub(super) fn variants(scene: &dyn Fn() -> Scene) -> String {
    let mut out = String::new();
    let mut known: Vec<(&str, String)> = Vec::new();
    let mut statuses = Vec::new();
    for (variant, look) in VARIANTS {
        let scene = scene();
        let (status, text) = look(&scene);
        statuses.push(status);
        let like = known.iter().find(|(_, other)| *other == text);
        out.push_str(&format!("===== {variant}"));
        match like {
            Some((other, _)) => out.push_str(&format!(": as {other}\n\n")),
            None => out.push_str(&format!("\n{text}\n")),
        }
        known.push((variant, text));
        if out.starts_with("=====") {
            let typed: Vec<_> = scene
                .arguments
                .iter()
                .map(|text| scene.steady(text))
                .collect();
            out.insert_str(0, &format!("$ msal {}\n\n", typed.join(" ")));
        }
    }
    statuses.dedup();
    out.push_str(&format!("===== exit status {statuses:?}\n"));
    out
}

type Look = fn(&Scene) -> (i32, String);

const VARIANTS: &[(&str, Look)] = &[
    ("80 columns", |scene| scene.on_a_terminal(80)),
    ("120 columns", |scene| scene.on_a_terminal(120)),
    ("elsewhere", |scene| scene.elsewhere(&[])),
    ("elsewhere, in colours", |scene| {
        scene.elsewhere(&["--color", "always"])
    }),
    ("elsewhere, quiet", |scene| scene.elsewhere(&["--quiet"])),
    ("elsewhere, as JSON", |scene| {
        scene.elsewhere(&["--format", "json"])
    }),
];
