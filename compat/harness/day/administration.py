"""The emulator's admin API: issuing tokens, ending them, faults, and what was redeemed."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from threading import local
from urllib.parse import quote, urlsplit

#: Longer ago than a refresh token lives.
LONG_AGO = 100 * 24 * 3600


class Administration:
    def __init__(self, url):
        self._address = urlsplit(url).netloc
        self._own = local()
        self._connections = []

    def close(self):
        for connection in self._connections:
            connection.close()

    def ask(self, method, path, **body):
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection(self._address, timeout=60)
            self._connections.append(self._own.connection)
        self._own.connection.request(method, path, json.dumps(body))
        answer = self._own.connection.getresponse()
        text = answer.read()
        assert answer.status == 200, f"{path}: {text}"
        return json.loads(text)

    def tokens(self, whose):
        """A refresh token for each of these users of a client."""
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda each: self._token(*each), whose))

    def _token(self, upn, client):
        return self.ask("POST", "/refresh-tokens", upn=upn, client_id=client)["refresh_token"]

    def long_ago(self):
        """What is issued from now on is older than a token gets."""
        self.ask("POST", "/clock", set=int(time.time()) - LONG_AGO)

    def today(self):
        self.ask("POST", "/clock", reset=True)

    def revoke(self, token):
        self.ask("POST", "/refresh-tokens/revoke", refresh_token=token)

    def change_password(self, upn):
        self.ask("POST", f"/users/{quote(upn)}/password", password="Another-Passw0rd")

    def enable(self, upn, enabled):
        self.ask("POST", f"/users/{quote(upn)}/enabled", enabled=enabled)

    def add_app(self, client_id):
        self.ask("POST", "/directory", app=[{"client_id": client_id}])

    def fault(self, **plan):
        self.ask("POST", "/faults", grant="refresh_token", **plan)

    def no_faults(self):
        self.ask("DELETE", "/faults")

    def redemptions(self):
        return self.ask("GET", "/redemptions")

    def audit(self):
        """The token requests so far."""
        return [record for record in self.ask("GET", "/audit") if record["grant_type"]]
