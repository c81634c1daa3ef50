"""A person at a real browser."""

import os
import shutil
from pathlib import Path

from .loopback import Loopback
from .worker import node_worker

EXECUTABLE = shutil.which("chromium")


class Chromium:
    """One browser; `start` gives it to somebody else. What Chromium complains of is kept until then."""

    def __init__(self, errors):
        self._worker = node_worker(Loopback(), "browser.cjs", {}, errors)
        # Beside what else is made for the suite, to be looked at.
        self._pictures = Path(os.environ["NODE_PATH"]).parents[1] / "screenshots"
        self._pictures.mkdir(exist_ok=True)

    def start(self, script=True, colors="light"):
        self._ask("start", executable=EXECUTABLE, script=script, colors=colors)
        return self

    def open(self, url):
        self._ask("open", url=url)

    def fill(self, label, text):
        self._ask("fill", label=label, text=text)

    def press(self, name):
        self._ask("press", name=name)

    def follow(self, name):
        """A link."""
        self._ask("follow", name=name)

    def enter(self):
        """The key."""
        self._ask("enter")

    def see(self, heading, picture=None):
        """Waits for a page by its heading, and takes its picture, on which nothing may be out of sight."""
        self._ask("heading", text=heading)
        if picture:
            hidden = self._ask("shot", path=str(self._pictures / picture))
            assert max(hidden) <= 0, f"{picture} is {hidden} pixels too wide"

    def arrive(self, prefix):
        self._ask("arrive", prefix=prefix)

    def open_table(self, url):
        """How many milliseconds it takes until the first line of the table of a page is there."""
        return self._ask("openTable", url=url)

    def search(self, text):
        """Types letter by letter; the milliseconds that the slowest letter took, and what the page says then."""
        return self._ask("search", text=text)

    def lines(self):
        """The lines of a table that are drawn, as lists of texts."""
        return self._ask("lines")

    def paper(self, picture):
        """Takes the picture of what would be printed, and says how many lines of the table are on it."""
        return self._ask("paper", path=str(self._pictures / picture))

    def requests(self):
        return self._ask("requests")

    def alert(self):
        return self._ask("alert")

    def text(self):
        return self._ask("text")

    def title(self):
        return self._ask("title")

    def focused(self):
        """The label of the field that has the focus."""
        return self._ask("focused")

    def complaints(self, origin):
        """What Chromium had to say against pages of an origin."""
        return [complaint["text"] for complaint in self._ask("complaints") if complaint["url"].startswith(origin)]

    def stop(self):
        self._ask("stop")
        self._worker.stop()

    def _ask(self, step, **question):
        return self._worker.ask(step, server={}, **question)
