"""A server that nobody here wrote, as the other one that client programs run against."""

import json
import subprocess
from pathlib import Path

from .certificates import server_certificate
from .directory import CONTOSO, DAEMON, DESKTOP, LOOPBACK, PASSWORD, RESOURCES, TENANT_IDS, WEB
from .identity_server import AZURE_CLI, GRANT_TYPE, WEB_API, IdentityServer, base64url

PEER = Path(__file__).parent.parent / "peer" / "server.mjs"


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
        person = ["authorization_code", "refresh_token", f"{GRANT_TYPE}device_code", "password"]
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
                "redirect_uris": [WEB.redirect_uri],
                "grant_types": [*person, "client_credentials"],
            },
        ]


def number(value):
    """An integer as JSON Web Keys have it (RFC 7518 §2, Base64urlUInt)."""
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))
