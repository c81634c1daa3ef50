"""A network of its own, in which the names of Microsoft's clouds are this machine and nothing else exists.

Programs in it see a private `/etc/hosts` and a loopback interface on which every port is free; no packet leaves.
"""

import os
import subprocess
import sys

#: The hosts that clients ask on their defaults.
NAMES = [
    "login.microsoftonline.com",
    "login.windows.net",
    "management.azure.com",
    "graph.microsoft.com",
]

# Makes the namespaces and keeps them until its standard input ends.
KEEPER = 'ip link set lo up && mount --bind "$1" /etc/hosts && echo ready && exec cat'


class SealedNetwork:
    """A mount and a network namespace that live as long as this object does. Clients are on their defaults there."""

    name = NAMES[0]
    port = 443
    defaults = True
    names = NAMES

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        hosts = folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost {' '.join(NAMES)}\n")
        self._keeper = subprocess.Popen(
            ["unshare", "--mount", "--net", "sh", "-c", KEEPER, "keeper", str(hosts)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._keeper.stdout.readline() != "ready\n":
            raise RuntimeError("no namespace could be made")

    def command(self, command):
        """A command line that runs a program inside."""
        return ["nsenter", "--target", str(self._keeper.pid), "--mount", "--net", "--", *map(str, command)]

    def stop(self):
        self._keeper.stdin.close()
        self._keeper.wait(timeout=10)
        self._keeper.stdout.close()


def why_not():
    """Why there can be none here; `None` where there can."""
    if not sys.platform.startswith("linux"):
        return "namespaces are Linux's"
    if os.geteuid() != 0:
        return "only root may make namespaces"
    probe = subprocess.run(
        ["unshare", "--mount", "--net", "sh", "-c", "ip link set lo up"], capture_output=True, text=True
    )
    return probe.stderr.strip() or "unshare is refused" if probe.returncode else None
