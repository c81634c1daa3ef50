"""Somebody who types commands, looks at what comes, and does what it says."""

import re

from .hints import Hints
from .terminal import COLUMNS, Typed


def is_broken_anywhere(line):
    """Whether the terminal breaks a line where it happens to end, although there is a blank to break it at.

    What is copied stays whole: a command, and what stands in backquotes.
    """
    words = re.sub(r"`[^`]*`", "`", line.strip())
    return len(line) > COLUMNS and " " in words and not re.search(r"(^| )msal ", words)


class Operator:
    def __init__(self, folder):
        self.folder = folder
        self.hints = Hints()
        #: All that was seen, as (command, what the terminal was sent).
        self.seen = []
        self._running = []

    def start(self, line, **env):
        """Types a command that is looked at while it runs."""
        self.hints.typed(line)
        typed = Typed(line, self.folder, env)
        self._running.append(typed)
        return typed

    def finish(self, typed, status):
        typed.finish()
        self.seen.append((typed.line, typed.raw))
        # Help is a list of what there is, of which nothing is to be done.
        if not typed.line.endswith("--help"):
            self.hints.tell(typed.line, typed.text)
        assert typed.status == status, f"$ {typed.line}\n{typed.text}"
        if "--format json" not in typed.line:
            broken = [line for line in typed.text.splitlines() if is_broken_anywhere(line)]
            assert not broken, f"$ {typed.line}\n" + "\n".join(broken[:5])
        # What the terminal shows of Ctrl-C is not the command's.
        drawn = [line.removesuffix("^C") for line in typed.screen.drawn]
        wide = [line for line in drawn if len(line) > COLUMNS]
        assert not wide, f"what is drawn anew is wider than the terminal: {wide[:3]}"
        return typed.text

    def type(self, line, status=0, **env):
        """Types a command, and answers with the screen it has left."""
        return self.finish(self.start(line, **env), status)

    def go(self):
        """Leaves nothing running, however the day has ended."""
        for typed in self._running:
            typed.stop()
