"""`msal emulator serve` as a process, and the requests it has seen."""

import json
import subprocess
import uuid

import requests

from .command import MSAL


class Emulator:
    """A running emulator: the one place that knows how it is started and what it says."""

    def __init__(self, folder, config, audited=True, port=0, within=list):
        """Without a configuration, it has its sample directory.

        `within` makes a command line one that runs elsewhere, as in a network of its own.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.ca = folder / "ca.pem"
        self.errors = folder / "stderr.txt"
        self._audit = folder / "audit.jsonl"
        self._audit.touch()
        settings = []
        if config is not None:
            config_file = folder / "emulator.toml"
            config_file.write_text(config)
            settings = ["--config", str(config_file)]
        audit = ["--audit", str(self._audit)] if audited else []
        with open(self.errors, "w") as errors:
            self._process = subprocess.Popen(
                within(
                    [MSAL, "emulator", "serve", "--port", str(port), "--format", "json"]
                    + [*settings, "--ca-out", str(self.ca), *audit]
                ),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.started = self._first_document()
        self.url = self.started["url"]
        self.http = requests.Session()
        self.http.verify = str(self.ca)

    def _first_document(self):
        text = ""
        for line in self._process.stdout:
            text += line
            try:
                return json.loads(text)
            except json.JSONDecodeError:
                continue
        raise RuntimeError(f"the emulator did not start:\n{text}{self.errors.read_text()}")

    def authority(self, tenant):
        return f"{self.url}/{tenant}"

    @property
    def host_and_port(self):
        return self.url.removeprefix("https://")

    def stop(self):
        self.http.close()
        self._process.terminate()
        self._process.wait(timeout=10)
        self._process.stdout.close()

    @property
    def pid(self):
        return self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def requests(self):
        """Every request answered so far, in order.

        A request of our own marks the end: the log is in order, so once it shows the mark it is complete.
        """
        mark = f"/mark/{uuid.uuid4()}"
        self._get(self.url + mark)
        while True:
            lines = self._audit.read_text().splitlines(keepends=True)
            records = [json.loads(line) for line in lines if line.endswith("\n")]
            if any(record["path"] == mark for record in records):
                return [record for record in records if not record["path"].startswith("/mark/")]

    def _get(self, url):
        self.http.get(url)

    def counting(self):
        """Counts what is asked from now on."""
        return Counter(self)

    def audited(self):
        """The token requests in the log by now, without waiting for the ones under way."""
        lines = self._audit.read_text().splitlines(keepends=True)
        return [record for line in lines if line.endswith("\n") and (record := json.loads(line))["grant_type"]]


class Counter:
    """The requests since a moment."""

    def __init__(self, emulator):
        self._emulator = emulator
        self._before = len(emulator.requests())

    def requests(self):
        return self._emulator.requests()[self._before :]

    def redemptions(self):
        """How often each refresh token was presented by each client: {(token, client): count}."""
        counts = {}
        for record in self.requests():
            if record["grant_type"] == "refresh_token":
                key = (record["refresh_token"], record["client_id"])
                counts[key] = counts.get(key, 0) + 1
        return counts

    def token_requests(self):
        return [record for record in self.requests() if record["grant_type"]]
