"""The example program `on_first_use`: a server that redeems a user's old token when that user comes back."""

import contextlib
import os
import subprocess
import threading
from pathlib import Path

from .command import MSAL, remember
from .directory import DESKTOP

PROGRAM = Path(MSAL).parent / "examples" / "on_first_use"


class Server:
    """One process of it. So many users are there at once; the next one comes when one of them has been answered."""

    def __init__(self, emulator, folder, target, visits, *more, at_once=4):
        """`visits`: pairs of a user and the old token."""
        self.answers = {}
        self._visits, self._free = list(visits), threading.Semaphore(at_once)
        arguments = [
            *[f"{emulator.url}/organizations", DESKTOP.id, str(folder)],
            *[f"{target}.journal", str(target), *more],
        ]
        self.process = subprocess.Popen(
            [str(PROGRAM), *arguments],
            env={**os.environ, "SSL_CERT_FILE": str(emulator.ca)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._errors = []
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in [self._ask, self._listen, self._hear_errors]
        ]
        for thread in self._threads:
            thread.start()

    def _ask(self):
        try:
            for user, token in self._visits:
                self._free.acquire()
                self.process.stdin.write(f"{user} {token}\n")
        except BrokenPipeError:
            pass  # it was killed
        finally:
            # What could not be written is still in the buffer of a program that was killed.
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()

    def _listen(self):
        for line in self.process.stdout:
            user, answer = line.rstrip("\n").split(": ", 1)
            self.answers[user] = answer
            self._free.release()
        # Nobody answers any more.
        for _ in self._visits:
            self._free.release()

    def _hear_errors(self):
        self._errors.extend(self.process.stderr)

    def kill(self):
        """SIGKILL: nothing of it gets to do anything any more."""
        if not self.process.stdout.closed:
            self.process.kill()
            self.wait()

    def wait(self, timeout=120):
        """Waits until all were answered, and returns how it ended and what it said of that."""
        code = self.process.wait(timeout)
        for thread in self._threads:
            thread.join(timeout)
        self.process.stdout.close()
        self.process.stderr.close()
        errors = "".join(self._errors)
        remember(["on_first_use"], "\n".join(self.answers.values()), errors)
        return code, errors
