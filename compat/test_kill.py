"""A migration that is killed or interrupted in the middle, and the same command again."""

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


def sign_in(emulator, source, people=USERS):
    app = AdalApp(emulator)
    for user in people:
        app.sign_in(user)
    app.save(source)


class Run:
    """One migration that is killed now and then and started again."""

    def __init__(self, emulator, source, target, *more):
        self.emulator = emulator
        self.arguments = [str(argument) for argument in arguments(emulator, source, target, *more)]

    def kill_after(self, redemptions):
        """Starts the command and kills it once it has made this many more requests."""
        code, _ = self.signal_after(redemptions, signal.SIGKILL)
        assert code == -signal.SIGKILL

    def signal_after(self, redemptions, number):
        """Starts the command, sends it a signal after this many requests, and returns how it ended, and how soon."""
        self.emulator.requests()  # so that all before is in the log
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
        assert process.poll() is None, "it ended before it could be interrupted"
        process.send_signal(number)
        start = time.monotonic()
        try:
            out, err = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
        remember(self.arguments, out, err)
        return process.returncode, time.monotonic() - start

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


def reported_users(source, target):
    """The users whose row the report names as not migrated, with the class of each."""
    outcome = msal("migrate", "report", f"{target}.journal", "--format", "json")
    assert outcome.code == 0, outcome.text
    entries = json.loads(source.read_text())
    rows = {token["row"].removeprefix("#/"): token["class"] for token in json.loads(outcome.out)["tokens"]}
    return {entries[int(row)]["userId"]: reported for row, reported in rows.items()}


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
    """What was in flight may be spent with its answer lost: it is in doubt, is named, and is not sent again."""
    emulator = start_emulator(latency_ms=20, rotation=rotation)
    sign_in(emulator, source)
    counter, points = emulator.counting(), random.Random(100 + seed)
    run = Run(emulator, source, target, "--rotation", "single-use", "--concurrency", WIDTH)

    for _ in range(KILLS):
        run.kill_after(points.randint(1, 15))
    outcome = run.finish()

    assert set(counter.redemptions().values()) == {1}
    migrated, reported = working_users(emulator, target), reported_users(source, target)
    assert migrated | set(reported) == set(USERS)
    assert not migrated & set(reported)
    assert len(reported) <= WIDTH * KILLS
    assert set(reported.values()) <= {"in_doubt"}
    assert outcome.code == (4 if reported else 0), outcome.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_an_interrupted_run_brings_home_what_is_in_flight(start_emulator, source, target, number):
    """Under strict rotation a lost answer is a lost user, so a polite end must lose none."""
    emulator = start_emulator(latency_ms=100, rotation="single-use-with-reuse-detection")
    people = USERS[:24]
    sign_in(emulator, source, people)
    counter = emulator.counting()
    run = Run(emulator, source, target, "--rotation", "single-use", "--concurrency", WIDTH)

    code, seconds = run.signal_after(10, number)

    assert code == 75
    assert seconds < 5
    assert len(counter.redemptions()) < len(people)
    assert run.finish().code == 0
    assert set(counter.redemptions().values()) == {1}
    assert working_users(emulator, target) == set(people)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_run_that_waits_for_the_server_can_be_interrupted(start_emulator, source, target, number):
    fault = '[[fault]]\nthrottle = 300\ngrant = "refresh_token"\n'
    emulator = start_emulator(faults=fault)
    sign_in(emulator, source)

    code, seconds = Run(emulator, source, target).signal_after(1, number)

    assert code == 75
    assert seconds < 5
