"""`msal login` by each of its ways, then MSAL Python on the same cache, then `msal logout`.

The browser is a real Chromium, which opens what the system would have opened, and enters the codes of devices.
"""

import base64
import json
import os
import re
import subprocess
import time

import pytest

from harness.chromium import EXECUTABLE, Chromium
from harness.command import MSAL, msal, remember
from harness.directory import CONTOSO, DESKTOP, GRAPH, PASSWORD
from harness.emulator import Emulator
from harness.python_app import PythonApp

ALICE, BOB = "alice@contoso.example", "bob@contoso.example"
SCOPE = f"{GRAPH}/User.Read"
#: What the system opens addresses with.
OPENER = """#!/bin/sh
printf '%s' "$1" > "$OPENED.new" && mv "$OPENED.new" "$OPENED"
"""
CHROMIUM = pytest.mark.skipif(
    EXECUTABLE is None, reason="Chromium is not installed; on Debian: apt-get install chromium"
)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with Emulator(tmp_path_factory.mktemp("login"), config=None) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    if EXECUTABLE is None:
        yield None
        return
    chromium = Chromium(tmp_path_factory.mktemp("chromium") / "stderr.txt")
    yield chromium
    chromium.stop()


class Desk:
    """Where somebody types `msal login`, and has a browser."""

    def __init__(self, emulator, chromium, folder):
        self.emulator, self.chromium, self.folder = emulator, chromium, folder
        self.cache = folder / "login.cache.json"
        self.opened = folder / "opened"
        opener = folder / "xdg-open"
        opener.write_text(OPENER)
        opener.chmod(0o700)
        self.environment = {"PATH": f"{folder}:{os.environ['PATH']}", "DISPLAY": ":0", "OPENED": str(self.opened)}

    def start(self, tenant, *more):
        where = ["--authority", self.emulator.authority(tenant), "--ca-file", self.emulator.ca]
        arguments = ["login", self.cache, "--client-id", DESKTOP.id, "--scope", SCOPE, *where, *more]
        self.arguments = [str(argument) for argument in arguments]
        pipes = dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.PIPE)
        self.program = subprocess.Popen([MSAL, *self.arguments], env=self.environment, text=True, **pipes)
        return self.program

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        with self.program:
            self.program.kill()

    def end(self, program, typed=None, said=""):
        out, err = program.communicate(typed, timeout=60)
        remember(self.arguments, out, said, err)
        assert program.returncode == 0, said + err
        return out

    def with_browser(self, tenant):
        self.chromium.start()
        program = self.start(tenant, "--login-hint", ALICE)
        self.chromium.open(address_in(self.opened))
        self.chromium.see("Enter password")
        self.chromium.fill("Password", PASSWORD)
        self.chromium.press("Sign in")
        self.chromium.see("Sign-in received")
        return self.end(program)

    def with_device_code(self, tenant):
        self.chromium.start()
        program = self.start(tenant, "--device-code")
        said = program.stderr.readline()
        page, code = re.search(r"open the page (\S+) and enter the code (\S+)", said).groups()
        self.chromium.open(page)
        self.chromium.see("Enter code to allow access")
        self.chromium.fill("Code", code)
        self.chromium.press("Next")
        self.chromium.see("Sign in")
        self.chromium.fill("Email or sign-in name", ALICE)
        self.chromium.press("Next")
        self.chromium.see("Enter password")
        self.chromium.fill("Password", PASSWORD)
        self.chromium.press("Sign in")
        self.chromium.see("Are you trying to sign in?")
        self.chromium.press("Continue")
        self.chromium.see("You are signed in")
        return self.end(program, said=said)

    def with_password(self, tenant):
        return self.end(self.start(tenant, "--username", ALICE), f"{PASSWORD}\n")


def address_in(file):
    end = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < end, "no browser was opened"
        time.sleep(0.01)
    return file.read_text()


@pytest.mark.parametrize("tenant", ["organizations", CONTOSO])
@pytest.mark.parametrize(
    "way",
    [
        pytest.param(Desk.with_browser, id="browser", marks=CHROMIUM),
        pytest.param(Desk.with_device_code, id="device code", marks=CHROMIUM),
        pytest.param(Desk.with_password, id="password"),
    ],
)
def test_python_uses_what_was_signed_in_and_sees_nobody_after_the_sign_out(emulator, chromium, tmp_path, way, tenant):
    with Desk(emulator, chromium, tmp_path) as desk:
        assert way(desk, tenant).startswith(f"{ALICE} is signed in\n")

    counter = emulator.counting()
    app = PythonApp(emulator, DESKTOP, desk.cache, tenant)
    assert app.users() == [ALICE]
    assert "access_token" in app.silent(ALICE, SCOPE)
    assert counter.token_requests() == []
    assert "error" not in app.silent(ALICE, SCOPE, force_refresh=True)

    assert msal("logout", desk.cache).code == 0
    assert PythonApp(emulator, DESKTOP, desk.cache, tenant).users() == []
    assert set(entries_of(desk.cache)) <= {"AppMetadata"}


def entries_of(cache):
    """The sections that are not empty."""

    return [name for name, entries in json.loads(cache.read_text()).items() if entries]


def test_who_signed_in_with_python_is_signed_out_by_us(emulator, tmp_path):
    app = PythonApp(emulator, DESKTOP, tmp_path / "python.cache.json", CONTOSO)
    for user in [ALICE, BOB]:
        app.sign_in(user, SCOPE)
    app.save()

    outcome = msal("logout", app.path, "--account", ALICE)

    assert outcome.code == 0, outcome.text
    left = PythonApp(emulator, DESKTOP, app.path, CONTOSO)
    assert left.users() == [BOB]
    assert "access_token" in left.silent(BOB, SCOPE)


def test_the_forms_of_a_token_are_read_by_others(emulator, tmp_path):
    app = PythonApp(emulator, DESKTOP, tmp_path / "python.cache.json", CONTOSO)
    app.sign_in(ALICE, SCOPE)
    app.save()
    token = app.silent(ALICE, SCOPE)["access_token"]
    where = ["--authority", emulator.authority(CONTOSO), "--ca-file", emulator.ca]

    def printed(form):
        outcome = msal("token", app.path, "--scope", SCOPE, *where, "--as", form, secret_output=True)
        assert outcome.code == 0, outcome.text
        return outcome.out

    # A shell has it in its environment, and curl sends it.
    shell = subprocess.run(
        ["bash", "-eu", "-c", 'eval "$1"; exec env', "bash", printed("env")], capture_output=True, text=True, check=True
    )
    assert f"MSAL_ACCESS_TOKEN={token}\n" in shell.stdout
    headers = dict([printed("header").rstrip("\n").split(": ", 1)])
    me = emulator.http.get(f"{emulator.url}/v1.0/me", headers=headers)
    assert me.json()["userPrincipalName"] == ALICE
    # Python's own client hands this to a mail server as it is.
    said = base64.b64decode(printed("xoauth2"), validate=False).decode()
    assert said == f"user={ALICE}\1auth=Bearer {token}\1\1"
