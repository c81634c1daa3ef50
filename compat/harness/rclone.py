"""rclone, with its configuration in a folder of its own."""

import configparser
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .directory import CONTOSO, PASSWORD

USER = f"user1@{CONTOSO}"
PERSON = Path(__file__).parent / "person.py"
PATIENCE = 60


class Rclone:
    """The program, used by one person for one OneDrive, where the names of Microsoft's clouds are a server's."""

    def __init__(self, server, client):
        self._server = server
        self._client = client
        self._folder = tempfile.TemporaryDirectory()
        self._file = Path(self._folder.name) / "rclone.conf"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RCLONE_")},
            **server.trust(),
            "RCLONE_CONFIG": str(self._file),
        }

    @property
    def file(self):
        return self._file

    def authorize(self):
        """Signs in at the browser that it opens, or would; it listens at a port of its own. Returns the token."""
        arguments = ["authorize", "onedrive", self._client.id, self._client.secret, "--auth-no-open-browser"]
        with open(Path(self._folder.name) / "stdout", "w+") as out:
            with self._start(*arguments, stdout=out, stderr=subprocess.PIPE) as process:
                try:
                    self._sign_in(process.stderr)
                    errors = process.communicate(timeout=PATIENCE)[1]
                finally:
                    process.kill()
            out.seek(0)
            printed = out.read()
        assert process.returncode == 0, errors
        return json.loads(re.search(r"--->\s*(\{.*\})\s*<---End paste", printed, re.DOTALL)[1])

    def _sign_in(self, printed):
        """Opens the page that the program names, and goes through to its end.

        The program may close its port before its last page is written, which the person sees as an error: whether it has
        a token, it says itself.
        """
        page = None
        while page is None and (line := printed.readline()):
            page = re.search(r"http://127\.0\.0\.1:\d+/auth\S+", line)
        assert page, "it names no page to open"
        person = self._server.command([sys.executable, PERSON, page[0]])
        names = {"PERSON_NAME": USER, "PERSON_PASSWORD": PASSWORD}
        subprocess.run(person, env={**self._environment, **names}, timeout=PATIENCE)

    def configure(self, token):
        """Takes a token as its own, of a drive that nobody has."""
        drive = {
            "type": "onedrive",
            "client_id": self._client.id,
            "client_secret": self._client.secret,
            "token": json.dumps(token),
            "drive_id": "b!nobodys",
            "drive_type": "business",
        }
        lines = [f"{name} = {value}" for name, value in drive.items()]
        self._file.write_text("\n".join(["[drive]", *lines, ""]))

    def list(self):
        """Lists the drive, for which it needs a token that is good. Returns what went wrong, and the token it has then."""
        process = self._start("lsd", "drive:", "--retries", "1", "--low-level-retries", "1", stderr=subprocess.PIPE)
        errors = process.communicate(timeout=PATIENCE)[1]
        config = configparser.RawConfigParser()
        config.read(self._file)
        return errors, json.loads(config["drive"]["token"])

    def stop(self):
        self._folder.cleanup()

    def _start(self, *arguments, **pipes):
        command = self._server.command(["rclone", *arguments])
        return subprocess.Popen(command, env=self._environment, stdin=subprocess.DEVNULL, text=True, **pipes)
