"""The commands of the book and of the README, run as they stand there.

A block of code in the language `console` has commands, which begin with `$`, and what they print; `…` is for whatever
stands there. The commands of a page are run one after another in one folder. What is not as it stands there:

* `cargo run` starts what `cargo xtask compat` has built, and `cargo install` looks whether there is something to install;
* the emulator listens at a free port, in the place of its usual one;
* a person signs in at the browser that is opened, and enters the code that is shown.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.command import MSAL
from harness.directory import PASSWORD

ROOT = Path(__file__).parent.parent
#: Pages about one source, in `docs/migrate/`, need a store of it: the tests of the command run them.
CHAPTERS = [page for page in sorted((ROOT / "docs").rglob("*.md")) if page.parent.name != "migrate"]
PAGES = [ROOT / "README.md", *CHAPTERS]
ALICE = "alice@contoso.example"
PERSON = [sys.executable, str(ROOT / "compat/harness/person.py")]
#: Where the emulator listens unless told otherwise.
USUAL = "localhost:8443"

#: What the system opens addresses with.
OPENER = f"""#!/bin/sh
exec {' '.join(PERSON)} "$1"
"""

CARGO = f"""#!/bin/bash
built={Path(MSAL).parent}
while (($#)); do
    case $1 in
        --example) program=$built/examples/$2; shift ;;
        --bin) program=$built/$2; shift ;;
        --path) [[ $install && -f $2/Cargo.toml ]] && exit ;;
        install) install=yes ;;
        run | --release) ;;
        --) shift; exec "$program" "$@" ;;
        *) break ;;
    esac
    shift
done
echo "not a command of the book: cargo $*" >&2
exit 2
"""


@dataclass
class Command:
    line: int
    text: str
    printed: str


def commands(page):
    """The commands of a page, each with what is said to be printed."""
    found = []
    language = command = None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.startswith("```"):
            language = line.removeprefix("```") if language is None else None
            command = None
        elif language == "console" and line.startswith("$ "):
            command = Command(number, line.removeprefix("$ "), "")
            found.append(command)
        elif command and command.text.endswith("\\"):
            command.text = command.text.removesuffix("\\") + line.strip()
        elif command:
            command.printed += line + "\n"
    return found


def is_shown(printed, shown):
    """Whether that is what a page shows: for a `…` anything, and for what is measured another number."""
    lines = ["(?:.*\n)*?" if line == "…" else pattern_of_line(line) + "\n" for line in shown.strip().splitlines()]
    return re.fullmatch("".join(lines), printed.strip() + "\n" if printed.strip() else "") is not None


def pattern_of_line(line):
    text = re.escape(line).replace("…", ".*")
    text = re.sub(r"localhost:\d+", r"localhost:\\d+", text)
    return re.sub(r"[\d.\\]+\\ m?s\b", r"[\\d.]+ m?s", text)


class Terminal:
    """A shell in a folder that looks like the checkout."""

    def __init__(self, folder):
        self._folder = folder
        self._exports = []
        self._status = 0
        self._port = None
        self._servers = []
        programs = folder / ".programs"
        programs.mkdir()
        for name, text in [("xdg-open", OPENER), ("cargo", CARGO)]:
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        for name in ["docs", "crates"]:
            (folder / name).symlink_to(ROOT / name)
        self._environment = {
            "PATH": f"{programs}:{Path(MSAL).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "DISPLAY": ":0",
            "PERSON_NAME": ALICE,
            "PERSON_PASSWORD": PASSWORD,
            "REQUESTS_CA_BUNDLE": str(folder / "ca.pem"),
        }

    def run(self, command):
        """Runs a command; returns what it printed and its status."""
        if self._port:
            command = command.replace(USUAL, f"localhost:{self._port}")
        if command.startswith("export "):
            self._exports.append(command)
        if command.endswith("&"):
            return self._serve(command.removesuffix("&")), 0
        before = "; ".join([*self._exports, f"(exit {self._status})"])
        printed = ""
        with self._start(f"{before}\n{command}") as process:
            for line in process.stdout:
                printed += line
                self._enter_code(line)
        self._status = process.returncode
        if self._port:
            printed = printed.replace(f"localhost:{self._port}", USUAL)
        return printed, self._status

    def _start(self, command):
        return subprocess.Popen(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _serve(self, command):
        """Starts the emulator, and waits until it listens."""
        self.stop()
        server = self._start(f"exec {command} --port 0")
        self._servers.append(server)
        printed = ""
        for line in server.stdout:
            printed += line
            if line.startswith("Ctrl-C stops it"):
                self._port = re.search(r"localhost:(\d+)", printed)[1]
                return printed.replace(f"localhost:{self._port}", USUAL)
        raise AssertionError(f"it does not serve:\n{printed}")

    def _enter_code(self, line):
        if shown := re.search(r"open the page (\S+) and enter the code (\S+)", line):
            environment = {**self._environment, "PERSON_CODE": shown[2]}
            subprocess.run([*PERSON, shown[1]], env=environment, check=True, timeout=60)

    def stop(self):
        while self._servers:
            server = self._servers.pop()
            server.terminate()
            server.wait(timeout=10)
            server.stdout.close()


@pytest.fixture
def terminal(tmp_path):
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.stop()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_happens(page, terminal):
    shown = commands(page)
    for command, following in zip(shown, [*shown[1:], None]):
        printed, status = terminal.run(command.text)
        where = f"{page.relative_to(ROOT)}:{command.line}: $ {command.text}"
        assert is_shown(printed, command.printed), f"{where}\n{printed}"
        says_status = following and following.text == "echo $?"
        assert status == 0 or says_status, f"{where}: it fails, and the page does not say so"


def test_there_is_something_to_run():
    pages = {page.name: len(commands(page)) for page in PAGES}
    for page in ["README.md", "first-steps.md", "command-line.md", "migrating.md", "testing.md"]:
        assert pages[page], page
