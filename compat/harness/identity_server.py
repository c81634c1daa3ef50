"""The two servers that the same client scripts run against, at either place."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from .certificates import client_certificate, server_certificate
from .directory import (
    CONTOSO,
    DAEMON,
    DESKTOP,
    LOOPBACK,
    MANAGEMENT,
    PASSWORD,
    RESOURCES,
    TENANT_IDS,
    WEB,
    config,
)
from .emulator import Emulator
from .machines import WORKER
from .worker import node_worker, python_worker

#: Azure CLI's, and that of programs on azure-identity which bring none. It is in every directory.
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
#: The web application as an API that others call, and that calls others on behalf of the caller.
WEB_API = f"api://{WEB.id}"
#: A tenant whose people sign in at AD FS, and one with rules for some resources. Only ours has them.
FEDERATED, STRICT = "adatum.example", "woodgrove.example"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:"
PEER = Path(__file__).parent.parent / "peer" / "server.mjs"


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
        """What a client library makes of a flow. `client` is a program of `clients/` or `node/`.

        `variables` are of the environment that it starts with, `told` is what it is told differently.
        """
        key = (client, *sorted((variables or {}).items()))
        if key not in self._workers:
            start = node_worker if client.endswith(".cjs") else python_worker
            errors = self.folder / f"{client}.stderr.txt"
            self._workers[key] = start(self, client, {**self.trust(), **(variables or {})}, errors)
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


class Ours(IdentityServer, Emulator):
    """`msal emulator serve`."""

    name = "ours"

    def __init__(self, place, folder):
        IdentityServer.__init__(self, place, folder)
        more = f"""
[[app]]
client_id = "{DAEMON.id}"
certificates = ['''{self.certificate.certificate}''']

[[resource]]
uri = "{WEB_API}"
id = "{WEB.id}"
scopes = ["access_as_user"]

[[tenant]]
domain = "{FEDERATED}"
federated = true
users = {{ pattern = "user{{n}}@{FEDERATED}", count = 10, password = "{PASSWORD}" }}

[[tenant]]
domain = "{STRICT}"
users = {{ pattern = "user{{n}}@{STRICT}", count = 10, password = "{PASSWORD}" }}
policy = [
    {{ requires = "mfa", resources = ["{MANAGEMENT}"] }},
    {{ requires = "block", resources = ["https://vault.azure.net"] }},
    {{ requires = "consent", resources = ["https://storage.azure.com"] }},
]

[[managed_identity]]
tenant = "{CONTOSO}"

[[managed_identity]]
tenant = "{CONTOSO}"
client_id = "{WORKER}"
"""
        settings = config(
            sign_in="pages",
            tokens="device_code_interval_seconds = 1",
            server=f"names = {json.dumps(place.names)}\nmanaged_identity_port = {place.machine_port}\nadmin_port = 0",
            more=more,
        )
        Emulator.__init__(self, folder / "emulator", settings, port=place.port, within=place.command)
        #: Where machines ask for tokens.
        self.machine_url = self.started["managed_identity_url"]
        self.admin_url = self.started["admin_url"]
        if place.defaults:
            self.url = f"https://{place.name}"
            place.relay_virtual_machine(urlsplit(self.machine_url).port)

    def stop(self):
        IdentityServer.stop(self)
        Emulator.stop(self)

    def _token_requests(self):
        return [record for record in self.requests() if record["grant_type"]]

    def _get(self, url):
        self.ask("resource", "get", url=url)


class OidcProvider(IdentityServer):
    """npm's oidc-provider behind a rewrite of URLs: `peer/`."""

    name = "oidc-provider"

    def __init__(self, place, folder):
        super().__init__(place, folder)
        self.ca = folder / "ca.pem"
        self._log = folder / "grants.jsonl"
        self._log.touch()
        certificate, authority = server_certificate([place.name, *place.names])
        self.ca.write_text(authority)
        settings = {
            "name": place.name,
            "port": place.port,
            "key": certificate.key,
            "certificate": certificate.certificate,
            "log": str(self._log),
            "clients": self._clients(),
            "scopes": [f"{resource}/.default" for resource in [*RESOURCES, WEB_API]],
            "tenantId": TENANT_IDS[CONTOSO],
            "password": PASSWORD,
        }
        with open(folder / "stderr.txt", "w") as errors:
            self._process = subprocess.Popen(
                place.command(["node", PEER]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self._process.stdin.write(json.dumps(settings))
        self._process.stdin.close()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"oidc-provider did not start:\n{(folder / 'stderr.txt').read_text()}")
        self.url = json.loads(line)["url"]

    def stop(self):
        super().stop()
        self._process.terminate()
        self._process.wait(timeout=10)
        self._process.stdout.close()

    def _token_requests(self):
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def _clients(self):
        person = ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code", "password"]
        public = {
            "application_type": "native",
            "token_endpoint_auth_method": "none",
            # RFC 8252 §7.3: any port of a loopback address, but the path counts.
            "redirect_uris": [LOOPBACK, f"{LOOPBACK}/"],
            "response_types": ["code"],
            "grant_types": person,
        }
        numbers = self.certificate.public_numbers()
        key = {"kty": "RSA", "e": number(numbers.e), "n": number(numbers.n)}
        return [
            {**public, "client_id": DESKTOP.id},
            {**public, "client_id": AZURE_CLI},
            {
                "client_id": WEB.id,
                "client_secret": WEB.secret,
                "token_endpoint_auth_method": "client_secret_post",
                "redirect_uris": [WEB.redirect_uri],
                "grant_types": [*person, "client_credentials"],
            },
            {
                "client_id": DAEMON.id,
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks": {"keys": [key]},
                "redirect_uris": [],
                "response_types": [],
                "grant_types": ["client_credentials"],
            },
        ]


def number(value):
    """An integer as JSON Web Keys have it (RFC 7518 §2, Base64urlUInt)."""
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def base64url(octets):
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")
