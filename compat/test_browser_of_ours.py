"""A real Chromium at the receiver of our library, opened as the system opens a browser.

Every page is photographed at 1280 and at 390 pixels, into `screenshots/` beside the suite's environments.
"""

import os
import subprocess
import time
from pathlib import Path

import pytest

from harness.chromium import EXECUTABLE, Chromium
from harness.directory import DESKTOP, MANAGEMENT, PASSWORD
from harness.emulator import Emulator

pytestmark = pytest.mark.skipif(
    EXECUTABLE is None, reason="Chromium is not installed; on Debian: apt-get install chromium"
)

ALICE, CAROL, MIA = "alice@contoso.example", "carol@fabrikam.example", "mia@contoso.example"
SECOND_FACTOR = "123456"
#: Nobody in Fabrikam has consented to it.
REPORTS = "https://reports.contoso.example/api"
GRAPH = "https://graph.microsoft.com"
#: It is built by `cargo xtask compat`.
PROGRAM = Path(os.environ["MSAL_BIN"]).parent / "examples" / "interactive"
#: What the system opens addresses with.
OPENER = """#!/bin/sh
printf '%s\\n' "$@" > "$OPENED.new" && mv "$OPENED.new" "$OPENED"
"""


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with Emulator(tmp_path_factory.mktemp("browser"), config=None) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    chromium = Chromium(tmp_path_factory.mktemp("chromium") / "stderr.txt")
    yield chromium
    chromium.stop()


@pytest.fixture(params=["light", "dark"])
def browser(chromium, emulator, request):
    """A window without cookies. Chromium must have nothing to say against a page, such as its policies."""
    chromium.start(colors=request.param).colors = request.param
    yield chromium
    assert chromium.complaints("http://localhost:") == []


@pytest.fixture
def sign_in(emulator, browser, tmp_path):
    """Starts our program, and signs a user in at the page that it opens."""
    opener = tmp_path / "xdg-open"
    opener.write_text(OPENER)
    opener.chmod(0o700)
    opened = tmp_path / "opened"
    programs = []

    def start(user, resource):
        environment = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "DISPLAY": ":0",
            "OPENED": str(opened),
            "SSL_CERT_FILE": str(emulator.ca),
        }
        arguments = [emulator.authority("organizations"), DESKTOP.id, f"{resource}/.default", tmp_path / "cache.json", user]
        program = subprocess.Popen(
            [PROGRAM, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        programs.append(program)
        browser.open(address_in(opened))
        browser.see("Enter password")
        browser.fill("Password", PASSWORD)
        browser.press("Sign in")
        return program

    yield start
    for program in programs:
        program.kill()
        program.wait()


def address_in(file):
    end = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < end, "no browser was opened"
        time.sleep(0.01)
    [address] = file.read_text().splitlines()
    return address


def test_a_person_signs_in(browser, sign_in):
    program = sign_in(ALICE, GRAPH)
    browser.see("Sign-in received", f"30-received-{browser.colors}")
    output, _ = program.communicate(timeout=30)
    assert output.startswith(f"{ALICE} is signed in until ")


def test_a_person_shows_a_second_factor(browser, sign_in):
    program = sign_in(MIA, MANAGEMENT)
    browser.see("Enter code")
    browser.fill("Code", SECOND_FACTOR)
    browser.press("Verify")
    browser.see("Sign-in received")
    assert program.communicate(timeout=30)[0].startswith(f"{MIA} is signed in until ")


def test_a_person_declines(browser, sign_in):
    program = sign_in(CAROL, REPORTS)
    browser.see("Permissions requested")
    browser.press("Decline")
    browser.see("You are not signed in", f"31-refused-{browser.colors}")
    _, error = program.communicate(timeout=30)
    assert program.returncode != 0
    assert "access_denied" in error


def test_a_person_consents(browser, sign_in):
    program = sign_in(CAROL, REPORTS)
    # The second time, in the other colours, nobody is asked again.
    if browser.colors == "light":
        browser.see("Permissions requested")
        browser.press("Accept")
    browser.see("Sign-in received")
    assert program.communicate(timeout=30)[0].startswith(f"{CAROL} is signed in until ")
