"""`kill -9` in the middle of a migration, and the same command again."""

import json
import os
import random
import signal
import subprocess
import time

import pytest

from harness.adal_app import AdalApp
from harness.command import MSAL, msal, remember
from harness.directory import CONTOSO, DESKTOP, GRAPH, users
from harness.migration import arguments, environment
from harness.python_app import PythonApp

SCOPE = f"{GRAPH}/.default"
USERS = users(60, CONTOSO)
WIDTH = 4
KILLS = 3


@pytest.fixture
def source(tmp_path):
    return tmp_path / "adal.cache.json"


@pytest.fixture
def target(tmp_path):
    return tmp_path / "msal.cache.json"


def sign_in(emulator, source):
    app = AdalApp(emulator)
    for user in USERS:
        app.sign_in(user)
    app.save(source)


class Run:
    """One migration that is killed now and then and started again."""

    def __init__(self, emulator, source, target, *more):
        self.emulator = emulator
        self.arguments = [str(argument) for argument in arguments(emulator, source, target, *more)]
        self.kills = 0

    def kill_after(self, redemptions):
        """Starts the command and kills it once it has made this many more requests."""
        enough = len(self.emulator.audited()) + redemptions
        process = subprocess.Popen(
            [MSAL, *self.arguments],
            env={**os.environ, **environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while process.poll() is None and len(self.emulator.audited()) < enough:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
        remember(self.arguments, out, err)
        assert process.returncode == -signal.SIGKILL, f"it ended before it could be killed: {err}"
        self.kills += 1

    def finish(self):
        """Repeats the command for as long as it says that something is left to retry."""
        for _ in range(5):
            outcome = msal(*self.arguments, env=environment())
            if outcome.code != 75:
                return outcome
        raise AssertionError(f"it never finishes: {outcome.text}")


def working_users(emulator, target):
    """The users for whom MSAL Python gets a fresh token from the target."""
    app = PythonApp(emulator, DESKTOP, target, CONTOSO)
    return {user for user in app.users() if "access_token" in (app.silent(user, SCOPE, force_refresh=True) or {})}


def reported_users(target):
    """The users whom the report names as not migrated."""
    journal = f"{target}.journal"
    outcome = msal("migrate", "report", journal, "--show-users", "--format", "json", secret_output=True)
    assert outcome.code == 0, outcome.text
    return {user for user in USERS if f"{user}" in outcome.out}


@pytest.mark.parametrize("seed", range(4))
def test_entra_loses_nobody(start_emulator, source, target, seed):
    emulator = start_emulator(latency_ms=20)
    sign_in(emulator, source)
    counter, points = emulator.counting(), random.Random(seed)
    run = Run(emulator, source, target, "--concurrency", WIDTH)

    for _ in range(KILLS):
        run.kill_after(points.randint(1, 15))
    outcome = run.finish()

    assert outcome.code == 0, outcome.text
    counts = counter.redemptions()
    assert len(counts) == len(USERS)
    assert sum(counts.values()) - len(USERS) <= WIDTH * KILLS, "only what was in flight is asked for again"
    assert working_users(emulator, target) == set(USERS)


@pytest.mark.parametrize("rotation", ["single-use", "single-use-with-reuse-detection"])
@pytest.mark.parametrize("seed", range(2))
def test_strict_rotation_loses_nobody_in_silence(start_emulator, source, target, rotation, seed):
    emulator = start_emulator(latency_ms=20, rotation=rotation)
    sign_in(emulator, source)
    counter, points = emulator.counting(), random.Random(100 + seed)
    run = Run(emulator, source, target, "--rotation", "single-use", "--concurrency", WIDTH)

    for _ in range(KILLS):
        run.kill_after(points.randint(1, 15))
    outcome = run.finish()

    assert outcome.code in (0, 3), outcome.text
    counts = counter.redemptions()
    assert sum(counts.values()) - len(counts) <= WIDTH * KILLS, "only what was in flight is asked for again"
    migrated, reported = working_users(emulator, target), reported_users(target)
    assert migrated | reported == set(USERS)
    assert not migrated & reported
    assert len(reported) <= WIDTH * KILLS
    assert (outcome.code == 0) == (not reported)
