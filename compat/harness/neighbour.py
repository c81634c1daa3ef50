"""A program on MSAL Python that shares a cache file with others, while they write it."""

from concurrent.futures import ThreadPoolExecutor

from .directory import CONTOSO, DESKTOP, PASSWORD
from .loopback import Loopback
from .worker import python_worker


class Neighbour:
    """One process, which does what it is asked in the background. Several of them are as many processes."""

    def __init__(self, emulator, folder):
        trust = {"REQUESTS_CA_BUNDLE": str(emulator.ca)}
        self._worker = python_worker(Loopback(), "shared_file_flows", trust, folder / "neighbour.stderr.txt")
        self._thread = ThreadPoolExecutor(1)
        self._told = {
            "url": emulator.url,
            "tenant": CONTOSO,
            "user": f"user1@{CONTOSO}",
            "password": PASSWORD,
            "desktop": {"id": DESKTOP.id, "redirectUri": DESKTOP.redirect_uri},
        }

    def sign_in(self, cache, users):
        """Has people sign in. The result is of the future that is returned."""
        return self._asked("sign-in", cache, users=users)

    def refreshed(self, cache):
        """Has everybody's token renewed; returns whose token each user got."""
        return self._asked("refreshed", cache).result()

    def _asked(self, flow, cache, **question):
        return self._thread.submit(self._worker.ask, flow, server=self._told, cache=str(cache), **question)

    def stop(self):
        self._thread.shutdown()
        self._worker.stop()
