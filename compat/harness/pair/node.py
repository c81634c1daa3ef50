"""@azure/msal-node 7 on a cache: the program `node/shared_cache.cjs`."""

import sys

from harness.directory import PASSWORD
from harness.loopback import Loopback
from harness.worker import start


class Node:
    """A program that stays up: the library takes a second to load."""

    def __init__(self, world):
        self._world = world
        environment = {
            "NODE_EXTRA_CA_CERTS": str(world.emulator.ca),
            # For the person, who is another program.
            "HTTPS_PROXY": world.recorder.unrecorded,
            "NO_PROXY": "localhost",
            "REQUESTS_CA_BUNDLE": str(world.ca),
        }
        self._worker = start(Loopback(), "shared_cache.cjs", environment, world.folder / "node.stderr.txt")

    def fill(self, settings, user, by, **question):
        return self._ask("fill", settings, user, by=by, **question)

    def use(self, settings, user, cache, by, **question):
        return self._ask("use", settings, user, by=by, cache=cache, **question)

    def stop(self):
        self._worker.stop()

    def _ask(self, what, settings, user, **question):
        client = {"id": settings.client.id, "secret": settings.client.secret}
        if settings.certificate:
            certificate = self._world.certificate
            client["certificate"] = {"privateKey": certificate.key, "thumbprintSha256": certificate.thumbprint_sha256}
        return self._worker.ask(
            what,
            server={"user": user, "password": PASSWORD, "python": sys.executable},
            client=client,
            authority=self._world.authority(settings.tenant),
            port=self._world.port,
            redirectUri=settings.client.redirect_uri,
            **question,
        )
