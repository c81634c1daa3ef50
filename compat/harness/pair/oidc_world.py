"""oidc-provider, as both sides see it: at the URLs that it has itself."""

from urllib.parse import urlsplit

from harness.directory import PASSWORD
from harness.person import Person

from .recorder import Recorder


class OidcWorld:
    """A server that nobody here wrote, with what records the requests to it."""

    def __init__(self, server, folder):
        folder.mkdir(parents=True, exist_ok=True)
        address = urlsplit(server.url)
        self.recorder = Recorder(folder, {address.netloc: address.port}, server.ca)
        self.certificate = server.certificate
        self.issuer = f"{server.url}/op"

    @property
    def ca(self):
        return self.recorder.ca

    def person(self, name):
        return Person(name, PASSWORD, proxy=self.recorder.unrecorded, ca=self.ca)

    def calm(self):
        """Nobody disturbs it."""

    def pass_time(self, seconds):
        """It has the time of this machine, and answers whoever asks in haste."""

    def stop(self):
        self.recorder.stop()
