"""Fixtures. The suite runs the real libraries, over TLS, against the emulator; nothing is replaced."""

import os

import pytest

from harness.directory import config
from harness.emulator import Emulator

# `requests` and Node would take these for the certificates to trust, before what a test says.
for name in ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"]:
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


def pytest_collection_modifyitems(items):
    """Moves what looks back at all other tests to the end."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)
