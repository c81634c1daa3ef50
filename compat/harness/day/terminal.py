"""A terminal of eighty columns, at which commands are typed and looked at."""

import codecs
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time
from threading import Condition, Thread

from ..command import MSAL, remember

COLUMNS, LINES = 80, 24
ESCAPE = re.compile(r"\x1b\[[0-9;?]*([A-Za-z])")


class Screen:
    """What is seen of what a program writes: its lines, and those that were drawn and taken away again."""

    def __init__(self):
        self.lines = [""]
        self.drawn = []
        self._row = 0
        self._column = 0
        self._pending = ""

    def write(self, text):
        text, self._pending = self._pending + text, ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                escape = ESCAPE.match(text, at)
                if not escape:
                    self._pending = text[at:]
                    return
                self._obey(escape)
                at = escape.end()
            else:
                self._put(text[at])
                at += 1

    def _obey(self, escape):
        number = int(re.sub(r"\D", "", escape[0]) or 0)
        match escape[1]:
            case "K":
                self._take_away(0 if number == 2 else self._column)
            case "A":
                self._row = max(0, self._row - (number or 1))
            case "J":
                self._take_away(self._column)
                del self.lines[self._row + 1 :]

    def _take_away(self, column):
        line = self.lines[self._row]
        if line[column:].strip():
            self.drawn.append(line)
        self.lines[self._row] = line[:column]

    def _put(self, character):
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._row += 1
            if self._row == len(self.lines):
                self.lines.append("")
        else:
            line = self.lines[self._row].ljust(self._column)
            self.lines[self._row] = line[: self._column] + character + line[self._column + 1 :]
            self._column += 1

    @property
    def text(self):
        return "\n".join(line.rstrip() for line in self.lines)


class Typed:
    """A command that was typed into a shell, while it runs and after it."""

    def __init__(self, line, folder, env):
        self.line = line
        self.screen = Screen()
        self.raw = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        path = f"{os.path.dirname(MSAL)}:{os.environ['PATH']}"
        self._process = subprocess.Popen(
            ["sh", "-c", f"exec {line}"],
            cwd=folder,
            env={**os.environ, "TERM": "xterm", "PATH": path, **env},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.status = None
        self._has_ended = False
        self._changed = Condition()
        # A terminal takes what it is sent, whether or not somebody looks at it.
        self._reader = Thread(target=self._read)
        self._reader.start()

    def wait_for(self, pattern, seconds=180):
        """Looks at the screen until these words are seen on it."""
        with self._changed:
            self._changed.wait_for(lambda: re.search(pattern, prose(self.text)) or self._has_ended, seconds)
            found = re.search(pattern, prose(self.text))
            assert found, f"never seen: {pattern}\n{self.screen.text}\nstatus {self._process.poll()}"
            return found

    def answer(self, text):
        """Types something that is asked for."""
        os.write(self._master, f"{text}\n".encode())

    def interrupt(self):
        """Ctrl-C, which the terminal makes a signal of."""
        os.write(self._master, b"\x03")

    def finish(self, seconds=180):
        """Looks until it ends."""
        with self._changed:
            has_ended = self._changed.wait_for(lambda: self._has_ended, seconds)
            assert has_ended, f"it does not end: {self.line}\n{self.screen.text}"
        self.status = self._process.wait(timeout=30)
        self.stop()
        remember([self.line], self.raw)
        return self

    def _read(self):
        while data := self._next():
            text = self._decoder.decode(data)
            with self._changed:
                self.raw += text
                self.screen.write(text)
                self._changed.notify_all()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()

    def _next(self):
        try:
            return os.read(self._master, 65536)
        except OSError:  # Linux: nobody has the other end any more.
            return b""

    def stop(self):
        """Ends it, if it has not ended."""
        if self._master is None:
            return
        if not self._has_ended:
            self._process.kill()
        self._process.wait()
        self._reader.join()
        os.close(self._master)
        self._master = None

    @property
    def text(self):
        return self.screen.text


def prose(text):
    """The words of a screen, wherever its lines are broken."""
    return " ".join(text.split())
