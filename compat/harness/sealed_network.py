"""A network of its own, in which the names of Microsoft's clouds are this machine and nothing else exists.

Programs in it see a private `/etc/hosts` and a loopback interface on which every port is free; no packet leaves. For
managed identities the machine has the address where virtual machines ask, and the key file of Azure Arc.
"""

import os
import subprocess
import sys
from pathlib import Path

from .machines import ARC_KEY, HEADER

#: Where a virtual machine asks for tokens, on port 80.
VIRTUAL_MACHINE = "169.254.169.254"
KEEPER, RELAY = Path(__file__).parent / "namespace_keeper.py", Path(__file__).parent / "relay.py"
#: The hosts that clients ask on their defaults.
NAMES = [
    "login.microsoftonline.com",
    "login.windows.net",
    "login.microsoft.com",
    "sts.windows.net",
    "management.azure.com",
    "graph.microsoft.com",
    "westus2.login.microsoft.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "login.chinacloudapi.cn",
    "contoso.b2clogin.com",
    "contoso.ciamlogin.com",
    "adfs.contoso.example",
]


class SealedNetwork:
    """A mount and a network namespace that live as long as this object does. Clients are on their defaults there."""

    name = NAMES[0]
    port = 443
    #: Where MSAL Python asks in Cloud Shell, whatever the variables say.
    machine_port = 50342
    defaults = True
    names = NAMES

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        hosts = folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost {' '.join(NAMES)}\n")
        self._keeper = keeper(hosts)
        self._keeper.stdin.write(f"{HEADER}\n")
        self._keeper.stdin.flush()
        if self._keeper.stdout.readline() != "ready\n":
            raise RuntimeError("no namespace could be made")
        self._relay = None

    def relay_virtual_machine(self, port):
        """Has a server on a port of this machine answer at the address where virtual machines ask."""
        command = self.command([sys.executable, RELAY, VIRTUAL_MACHINE, 80, port])
        self._relay = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if self._relay.stdout.readline() != "ready\n":
            raise RuntimeError(f"nothing can listen at {VIRTUAL_MACHINE}")

    def command(self, command):
        """A command line that runs a program inside."""
        return ["nsenter", "--target", str(self._keeper.pid), "--mount", "--net", "--", *map(str, command)]

    def stop(self):
        if self._relay:
            self._relay.terminate()
            self._relay.wait(timeout=10)
            self._relay.stdout.close()
        self._keeper.stdin.close()
        self._keeper.wait(timeout=10)
        self._keeper.stdout.close()
        self._keeper.stderr.close()


def keeper(hosts):
    """Starts the program that keeps the namespaces."""
    program = [sys.executable, KEEPER, str(hosts), VIRTUAL_MACHINE, ARC_KEY]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(["unshare", "--mount", "--net", *program], text=True, **pipes)


def why_not():
    """Why there can be none here; `None` where there can."""
    if not sys.platform.startswith("linux"):
        return "namespaces are Linux's"
    if os.geteuid() != 0:
        return "only root may make namespaces"
    out, err = keeper("/etc/hosts").communicate(HEADER)
    if out == "ready\n":
        return None
    refused = [line for line in err.splitlines() if "not permitted" in line or "denied" in line]
    if not refused:
        raise RuntimeError(f"the namespaces could not be made:\n{err}")
    return refused[0]
