//! The command on a terminal, and what is on the screen then.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up should end"
)]

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Runs the command behind it on a terminal of so many columns, and prints what the terminal gets. Of the texts in between,
/// each second one is typed when the one before it has come up; Ctrl-C again and again, where it is the last.
const ON_A_TERMINAL: &str = "\
import fcntl, json, os, pty, select, struct, sys, termios, time
columns, typing = int(sys.argv[1]), json.loads(sys.argv[2])
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 50, columns, 0, 0))
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for number in range(3):
        os.dup2(slave, number)
    os.execv(sys.argv[3], sys.argv[3:])
os.close(slave)
seen, again, at = b'', None, 0
try:
    while True:
        if select.select([master], [], [], 0.2)[0]:
            text = os.read(master, 65536)
            if not text:
                break
            sys.stdout.buffer.write(text)
            seen += text
        if again and time.monotonic() - at > 0.7:
            os.write(master, again)
            at = time.monotonic()
        if typing and typing[0].encode() in seen:
            seen, typed, typing = b'', typing[1].encode(), typing[2:]
            os.write(master, typed)
            at = time.monotonic()
            again = typed if typed == b'\\x03' and not typing else None
except OSError:
    pass
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
";

/// Of a terminal without colours.
pub(crate) const NO_COLOR: &[(&str, &str)] = &[("NO_COLOR", "1")];

/// What a terminal got, and how the command ended.
pub(crate) struct Shown {
    pub(crate) status: i32,
    pub(crate) bytes: String,
    pub(crate) columns: usize,
}

/// Runs the command in `folder` on a terminal of so many columns, with these variables. Of `typing`, each second text is typed
/// when the one before it has come up; Ctrl-C again and again, where it is the last.
pub(crate) fn on_a_terminal<A: AsRef<OsStr>>(
    folder: &Path,
    columns: usize,
    variables: &[(&str, &str)],
    typing: &[&str],
    arguments: impl IntoIterator<Item = A>,
) -> Shown {
    let mut python = Command::new("python3");
    python
        .args(["-c", ON_A_TERMINAL, &columns.to_string()])
        .arg(Value::from(typing).to_string())
        .arg(env!("CARGO_BIN_EXE_msal"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TMPDIR", folder)
        .env("TERM", "xterm-256color")
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    let output = python.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "", "{said}");
    Shown {
        status: output.status.code().unwrap_or(-1),
        bytes: String::from_utf8(output.stdout).unwrap(),
        columns,
    }
}

impl Shown {
    /// What is on the screen in the end, line by line, without colours.
    pub(crate) fn screen(&self) -> String {
        let mut grid = Grid::new(self.columns);
        grid.put(&self.bytes);
        grid.text()
    }

    /// The texts that were too long for one line of the screen.
    pub(crate) fn wrapped(&self) -> Vec<String> {
        let mut grid = Grid::new(self.columns);
        grid.put(&self.bytes);
        grid.wrapped
    }
}

/// The screen of a terminal that is high enough, as far as this command uses one (ECMA-48).
struct Grid {
    columns: usize,
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
    wrapped: Vec<String>,
}

impl Grid {
    fn new(columns: usize) -> Self {
        Self {
            columns,
            rows: vec![Vec::new()],
            row: 0,
            column: 0,
            wrapped: Vec::new(),
        }
    }

    fn put(&mut self, text: &str) {
        let mut rest = text.chars();
        while let Some(next) = rest.next() {
            match next {
                '\u{1b}' => {
                    assert_eq!(rest.next(), Some('['), "an escape of another kind");
                    let mut number = String::new();
                    let end = rest.by_ref().find(|found| {
                        let is_end = found.is_ascii_alphabetic();
                        number.extend((!is_end).then_some(*found));
                        is_end
                    });
                    self.control(end.unwrap_or_default(), &number);
                }
                '\r' => self.column = 0,
                '\n' => self.down(),
                next => self.draw(next),
            }
        }
    }

    fn control(&mut self, end: char, number: &str) {
        let count: usize = number.parse().unwrap_or(1);
        match end {
            'm' | 'h' | 'l' => {}
            'A' => self.row = self.row.saturating_sub(count),
            'B' => (0..count).for_each(|_| self.down()),
            'C' => self.column += count,
            'D' => self.column = self.column.saturating_sub(count),
            'K' if number == "2" => self.rows[self.row].clear(),
            'K' => self.rows[self.row].truncate(self.column),
            other => assert_eq!(other, 'm', "a control of another kind, with {number}"),
        }
    }

    fn down(&mut self) {
        self.row += 1;
        if self.row == self.rows.len() {
            self.rows.push(Vec::new());
        }
    }

    fn draw(&mut self, next: char) {
        if self.column == self.columns {
            self.wrapped.push(self.rows[self.row].iter().collect());
            self.column = 0;
            self.down();
        }
        let row = &mut self.rows[self.row];
        row.resize(row.len().max(self.column + 1), ' ');
        row[self.column] = next;
        self.column += 1;
    }

    fn text(&self) -> String {
        let lines = self.rows.iter().map(|row| row.iter().collect::<String>());
        let lines: Vec<_> = lines.map(|line| line.trim_end().to_owned()).collect();
        format!("{}\n", lines.join("\n").trim_end())
    }
}
