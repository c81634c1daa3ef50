"""Running the `msal` command, and remembering everything it prints."""

import os
import subprocess
import sys
from dataclasses import dataclass

if "MSAL_BIN" not in os.environ:
    sys.exit("error: MSAL_BIN does not say which msal to test\nhint: cargo xtask compat")

MSAL = os.environ["MSAL_BIN"]

#: What was printed by every run of the command, as (arguments, text).
transcripts = []


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def text(self):
        return self.out + self.err

    def lines(self, prefix):
        return [line for line in self.err.splitlines() if line.startswith(prefix)]


def msal(*arguments, env=None, secret_output=False, timeout=120):
    """Runs the command. `secret_output`: a token on stdout is what was asked for."""
    arguments = [str(argument) for argument in arguments]
    done = subprocess.run(
        [MSAL, *arguments],
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    remember(arguments, "" if secret_output else done.stdout, done.stderr)
    return Outcome(done.returncode, done.stdout, done.stderr)


def remember(arguments, *texts):
    transcripts.append((" ".join(arguments), "\n".join(texts)))
