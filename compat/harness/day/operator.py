"""Somebody who types commands, looks at what comes, and does what it says."""

from .hints import Hints
from .terminal import COLUMNS, Typed


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
