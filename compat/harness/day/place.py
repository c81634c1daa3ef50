"""Where the day happens: an emulator with its admin API, a folder with the table, and somebody at a terminal."""

import json
import shutil

from ..certificates import client_certificate
from ..directory import WEB
from ..emulator import Emulator
from .administration import Administration
from .facts import directory
from .operator import Operator
from .rows import Rows

#: As long as nothing that may be shown happens to be alike.
PIECE = 24
WRONG = "not-the-secret-of-this-client~"


class Place:
    def __init__(self, folder):
        certificate = client_certificate("web")
        self.emulator = Emulator(folder / "emulator", directory(certificate.certificate), audited=False)
        self.administration = Administration(self.emulator.started["admin_url"])
        self.folder = folder / "work"
        self.folder.mkdir(mode=0o700)
        shutil.copy(self.emulator.ca, self.folder / "ca.pem")
        self.private("web.pem", certificate.key + certificate.certificate)
        self.private("web.secret", WEB.secret)
        self.source, self.target = self.folder / "tokens.csv", self.folder / "cache.json"
        self.operator = Operator(self.folder)

    def make_rows(self):
        self.rows = Rows(self.administration)
        self.rows.write(self.source)

    def private(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)

    def settings(self):
        """What would be typed every time, and is in a file instead."""
        authority = f'authority = "{self.emulator.url}"'
        tables = [f"[migrate.{command}]\n{authority}" for command in ["plan", "run", "finish"]]
        self.private("msal.toml", "\n".join(['ca-file = "ca.pem"', authority, *tables]))
        return {"MSAL_CONFIG_FILE": "msal.toml"}

    def read(self, name):
        """A report in a file, which nobody else can read."""
        path = self.folder / name
        assert path.stat().st_mode & 0o777 == 0o600
        return path.read_text()

    def leave(self):
        self.operator.go()
        self.administration.close()
        self.emulator.stop()

    def secrets(self):
        """Every token that is in the table or in a cache, and what proves the client."""
        found = {row.token for row in self.rows.rows if row.token} | {WEB.secret, WRONG}
        for cache in self.folder.glob("*cache.json"):
            entries = json.loads(cache.read_text())
            found |= {entry["secret"] for kind in entries.values() for entry in kind.values() if "secret" in entry}
        return found

    def shown(self):
        """All that was seen, and all reports."""
        reports = [(path.name, path.read_text()) for path in self.folder.glob("report*")]
        return [*self.operator.seen, *reports]


def leaks(secrets, shown):
    """What was shown that has a piece of a secret in it: its end, or some of its middle."""
    pieces = {piece for secret in secrets for piece in [secret[-PIECE:], secret[80 : 80 + PIECE]]}
    return {
        name: text[at : at + PIECE]
        for name, text in shown
        for at in range(len(text) - PIECE + 1)
        if text[at : at + PIECE] in pieces
    }
