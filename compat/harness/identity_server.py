"""What the two servers have in common that the same client programs run against: see `ours.py`, `oidc_provider.py`."""

import base64
import sys

from .certificates import client_certificate
from .directory import CONTOSO, DAEMON, DESKTOP, LOOPBACK, PASSWORD, TENANT_IDS, WEB
from .worker import start as start_worker

#: Azure CLI's, and that of programs on azure-identity which bring none. It is in every directory.
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
#: The web application as an API that others call, and that calls others on behalf of the caller.
WEB_API = f"api://{WEB.id}"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:"


class IdentityServer:
    """A server with the programs that use it."""

    def __init__(self, place, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.place = place
        self.folder = folder
        self.certificate = client_certificate("daemon")
        self._certificate_file = folder / "daemon.pem"
        self._certificate_file.write_text(self.certificate.key + self.certificate.certificate)
        self._workers = {}
        self._seen = 0

    def ask(self, client, flow, variables=None, told=None, **question):
        """What a client library makes of a flow. `client` is a program of `clients/`, `node/` or `go/`.

        `variables` are of the environment that it starts with, `told` is what it is told differently.
        """
        key = (client, *sorted((variables or {}).items()))
        if key not in self._workers:
            errors = self.folder / f"{client}.stderr.txt"
            self._workers[key] = start_worker(self, client, {**self.trust(), **(variables or {})}, errors)
        return self._workers[key].ask(flow, server={**self.told(), **(told or {})}, **question)

    def told(self):
        """What programs are told."""
        return {
            "name": self.name,
            "python": sys.executable,
            "url": self.url,
            "host": self.url.removeprefix("https://"),
            "defaults": self.place.defaults,
            "tenant": CONTOSO,
            "tenantId": TENANT_IDS[CONTOSO],
            "user": f"user1@{CONTOSO}",
            "password": PASSWORD,
            "desktop": {"id": DESKTOP.id, "redirectUri": LOOPBACK},
            "web": {"id": WEB.id, "secret": WEB.secret, "redirectUri": WEB.redirect_uri, "api": WEB_API},
            "daemon": {
                "id": DAEMON.id,
                "file": str(self._certificate_file),
                "key": self.certificate.key,
                "certificate": self.certificate.certificate,
                "thumbprint": self.certificate.thumbprint,
                "x5t": base64url(bytes.fromhex(self.certificate.thumbprint)),
                "thumbprintSha256": self.certificate.thumbprint_sha256,
            },
        }

    def command(self, command):
        return self.place.command(command)

    def trust(self):
        """The environment in which a program trusts the server, and only it."""
        return {
            "REQUESTS_CA_BUNDLE": str(self.ca),
            "SSL_CERT_FILE": str(self.ca),
            "NODE_EXTRA_CA_CERTS": str(self.ca),
        }

    def grants(self):
        """The grants for which the token endpoints gave tokens since this was last asked, by short names."""
        records = self._token_requests()
        new, self._seen = records[self._seen :], len(records)
        return [record["grant_type"].removeprefix(GRANT_TYPE) for record in new if record["status"] == 200]

    def stop(self):
        for worker in self._workers.values():
            worker.stop()


def base64url(octets):
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")
