"""Azure CLI, with a configuration of its own that is gone afterwards."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .directory import CONTOSO, PASSWORD

PERSON = Path(__file__).parent / "person.py"
USER = f"user1@{CONTOSO}"
#: How long a command may take.
PATIENCE = 30
#: A browser is opened for whoever has a screen.
SCREEN = ":0"


class AzureCli:
    """`az` on its defaults, in the network where `login.microsoftonline.com` is a server of ours."""

    def __init__(self, server):
        self._server = server
        self._folder = tempfile.TemporaryDirectory()
        self._environment = {
            **os.environ,
            **server.trust(),
            "AZURE_CONFIG_DIR": self._folder.name,
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "DISPLAY": SCREEN,
            "BROWSER": f"{sys.executable} {PERSON} %s &",
            "PERSON_NAME": USER,
            "PERSON_PASSWORD": PASSWORD,
        }

    @property
    def folder(self):
        return self._folder.name

    def run(self, *arguments):
        """Runs a command to its end and returns what it prints, as JSON."""
        return ended(self._start(*arguments))

    def login(self, *arguments):
        return self.run("login", "--allow-no-subscriptions", *arguments)

    def login_by_device_code(self):
        """Reads what is printed for a person, and does as it says."""
        process = self._start("login", "--allow-no-subscriptions", "--use-device-code")
        message = process.stderr.readline()
        page, code = re.search(r"open the page (\S+) and enter the code (\S+) to", message).groups()
        person = self._server.command([sys.executable, PERSON, page])
        subprocess.run(person, env={**self._environment, "PERSON_CODE": code}, check=True, timeout=PATIENCE)
        return ended(process)

    def token(self, resource):
        return self.run("account", "get-access-token", "--resource", resource)["accessToken"]

    def secret_file(self, secret):
        """An argument that names a file with a secret, so that the secret is no argument itself."""
        path = Path(self._folder.name) / "secret"
        path.write_text(secret)
        return f"@{path}"

    def stop(self):
        self._folder.cleanup()

    def _start(self, *arguments):
        return subprocess.Popen(
            self._server.command(["az", *arguments]),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def ended(process):
    """What a command printed, as JSON."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    if process.returncode:
        raise AzureCliFailed(err)
    return json.loads(out or "null")


class AzureCliFailed(AssertionError):
    """`az` said no."""
