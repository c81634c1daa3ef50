"""Fixtures. The suite runs the real libraries, over TLS, against the emulator; nothing is replaced."""

import os

import pytest

from harness import sealed_network
from harness.directory import config
from harness.emulator import Emulator
from harness.loopback import Loopback
from harness.oidc_provider import OidcProvider
from harness.ours import Ours
from harness.pair import Pair
from harness.pair.world import World
from harness.sealed_network import SealedNetwork

# `requests` and Node would take these for the certificates to trust, before what a test says.
for name in ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]:
    os.environ.pop(name, None)


@pytest.fixture
def start_emulator(tmp_path):
    """Starts emulators, which end with the test."""
    running = []

    def start(**settings):
        emulator = Emulator(tmp_path / f"emulator-{len(running)}", config(**settings))
        running.append(emulator)
        return emulator

    yield start
    for emulator in running:
        emulator.stop()


@pytest.fixture
def emulator(start_emulator):
    """An emulator that behaves as Entra does."""
    return start_emulator()


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    """Servers by name and place, each started when it is first asked for."""
    running = {}

    def server(name, place):
        if (name, place) not in running:
            running[name, place] = start(name, place, tmp_path_factory.mktemp(f"{name}-{place}"))
        return running[name, place]

    yield server
    for each in running.values():
        each.stop()
        each.place.stop()


@pytest.fixture(scope="session")
def started_world(tmp_path_factory):
    """Our emulator, and what records the requests of both libraries to it."""
    world = World(tmp_path_factory.mktemp("world"))
    yield world
    world.stop()


@pytest.fixture
def world(started_world):
    """As it is when nobody has signed in, and nothing is wrong."""
    started_world.calm()
    return started_world


@pytest.fixture
def pair(world, tmp_path):
    """Runs a case through both libraries, and compares: a function from the case's name, what it does, and for whom."""
    return Pair(world, tmp_path)


def start(name, place, folder):
    if place == "defaults" and (reason := sealed_network.why_not()):
        pytest.skip(f"no network of our own for login.microsoftonline.com: {reason}")
    here = SealedNetwork(folder / "network") if place == "defaults" else Loopback()
    return {"ours": Ours, "oidc-provider": OidcProvider}[name](here, folder)


def pytest_collection_modifyitems(items):
    """Moves what looks back at all other tests to the end."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)
