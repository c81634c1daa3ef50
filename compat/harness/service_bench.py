"""The figures of services: hits of the cache for an application's own tokens, and assertions that are signed.

Each is taken beside its peers', in turns.
"""

import os
import statistics
import sys
from pathlib import Path

from harness.measure import run
from harness.openssl import make

SERVICE_HITS = os.environ["SERVICE_HITS_BIN"]
AZURE_IDENTITY_HITS = os.environ["AZURE_IDENTITY_HITS_BIN"]
ASSERTIONS = os.environ["ASSERTIONS_BIN"]
PROGRAMS = Path(__file__).parent.parent
#: How many tenants, users or accounts the cache has.
SIZES = [1, 1000]


def measure_hits(rounds):
    """Microseconds of a hit by the size of the cache, each the median of many batches. For users there is no peer in Rust."""
    programs = {
        "msal, for client": [SERVICE_HITS, "for-client"],
        "azure_identity, for client": [AZURE_IDENTITY_HITS],
        "MSAL Python, for client": [sys.executable, PROGRAMS / "msal_python_hits.py"],
        "msal, on behalf of": [SERVICE_HITS, "on-behalf-of"],
        "msal, silent": [SERVICE_HITS, "silent"],
    }

    def figures(size):
        return {name: lambda command=command: hit(command, size) for name, command in programs.items()}

    return {size: in_turns(rounds, figures(size)) for size in SIZES}


def measure_assertions(folder, rounds):
    """PS256 with a key of 2048 bits, signatures a second: of processor time, as `openssl speed` counts it, so that other work
    on the machine is not counted."""
    certificate = make("rsa-2048", folder / "certificate").files["pkcs8"]
    msal_python = [sys.executable, PROGRAMS / "msal_python_assertions.py"]
    return in_turns(
        rounds,
        {
            "msal": lambda: signed_by([ASSERTIONS], certificate, 4000),
            "openssl": signed_by_openssl,
            "MSAL Python, as documented": lambda: signed_by(msal_python, certificate, 30),
        },
    )


def in_turns(rounds, figures):
    """The medians of figures."""
    found = [{name: figure() for name, figure in figures.items()} for _ in range(rounds)]
    return {name: statistics.median(each[name] for each in found) for name in figures}


def hit(command, size):
    return float(finished([*command, size]).out) / 1000


def signed_by(command, certificate, count):
    """Without what the program costs that signs nothing."""
    idle, busy = (finished([*command, certificate, number]) for number in [0, count])
    return count / (seconds(busy) - seconds(idle))


def seconds(cost):
    return cost.user_seconds + cost.system_seconds


def signed_by_openssl():
    printed = finished(["openssl", "speed", "-mr", "-seconds", 5, "rsa2048"]).out
    # A row has the bits of the key, how many it signs in a second, and how many it verifies.
    [row] = [line for line in printed.splitlines() if line.startswith("+F2:")]
    return float(row.split(":")[3])


def finished(command):
    cost = run(command)
    if cost.code != 0:
        sys.exit(f"error: {Path(command[0]).name} failed with exit code {cost.code}")
    return cost
