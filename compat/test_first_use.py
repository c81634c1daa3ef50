"""Users whose tokens are redeemed when they come back, while the command migrates all of them: one journal for both."""

import json
import os
import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.command import MSAL, msal, remember
from harness.directory import CONTOSO, DESKTOP, GRAPH, PASSWORD, users
from harness.first_use import Server
from harness.migration import arguments, environment
from harness.python_app import PythonApp

SCOPE = f"{GRAPH}/.default"
FEW = 60
WIDTH = 4
KILLS = 4


class Place:
    """One store of old tokens, the target of the command, and the caches that the servers keep, one for each user."""

    def __init__(self, emulator, folder, count):
        self.emulator = emulator
        self.source, self.target = folder / "tokens.csv", folder / "msal.cache.json"
        self.caches = folder / "caches"
        self.users = users(count, CONTOSO)
        with ThreadPoolExecutor(8) as pool:
            self.tokens = dict(zip(self.users, pool.map(self._sign_in, self.users)))
        rows = [f"{user},{token}" for user, token in self.tokens.items()]
        self.source.write_text("\n".join(["username,refresh_token", *rows]))

    def _sign_in(self, user):
        fields = {"grant_type": "password", "client_id": DESKTOP.id, "username": user, "password": PASSWORD}
        url = f"{self.emulator.authority(CONTOSO)}/oauth2/v2.0/token"
        answer = self.emulator.http.post(url, data={**fields, "scope": f"{SCOPE} offline_access"})
        return answer.json()["refresh_token"]

    def serve(self, visitors, *more, at_once=WIDTH):
        visits = [(user, self.tokens[user]) for user in visitors]
        return Server(self.emulator, self.caches, self.target, visits, *more, at_once=at_once)

    def arguments(self, *more):
        more = ["--client-id", DESKTOP.id, *more]
        return [str(argument) for argument in arguments(self.emulator, self.source, self.target, *more)]

    def start_batch(self, *more):
        return subprocess.Popen(
            [MSAL, *self.arguments(*more)],
            env={**os.environ, **environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish_batch(self, *more):
        """Repeats the command for as long as it says that something is left to retry."""
        for _ in range(5):
            outcome = msal(*self.arguments(*more), env=environment())
            if outcome.code != 75:
                return outcome
        raise AssertionError(f"it never finishes: {outcome.text}")

    def files(self):
        own = sorted(self.caches.glob("*.json")) if self.caches.exists() else []
        return [file for file in [self.target, *own] if file.exists()]

    def cached(self, file):
        return PythonApp(self.emulator, DESKTOP, file, CONTOSO).users()

    def signed_in(self, **options):
        """The users whom MSAL Python gets a token for, from whichever cache has them."""
        found = set()
        for file in self.files():
            app = PythonApp(self.emulator, DESKTOP, file, CONTOSO)
            found |= {user for user in app.users() if "access_token" in (app.silent(user, SCOPE, **options) or {})}
        return found


def said(process):
    if process.stdout.closed:
        return process.returncode, ""
    out, err = process.communicate(timeout=300)
    remember(["migrate", "run"], out, err)
    return process.returncode, out + err


@pytest.mark.parametrize("rotation, many", [("reusable", 2000), ("single-use", 500)])
def test_servers_and_the_command_at_once_redeem_each_token_once(start_emulator, tmp_path, rotation, many):
    emulator = start_emulator(latency_ms=10, rotation=rotation, signatures="cheap")
    place = Place(emulator, tmp_path, many)
    counter = emulator.counting()
    strict = ["--rotation", "single-use", "--concurrency", "16"] if rotation == "single-use" else []
    more = ["single-use"] if rotation == "single-use" else []

    batch = place.start_batch(*strict)
    before = len(emulator.audited())
    while len(emulator.audited()) == before and batch.poll() is None:
        time.sleep(0.001)
    # It has the journal for itself when the others come: each from another end of the list.
    visitors = [place.users[::-1], place.users[many // 2 :] + place.users[: many // 2]]
    servers = [place.serve(order, *more, at_once=16) for order in visitors]
    for server in servers:
        assert server.wait(300) == (0, "")
    code, text = said(batch)
    assert code in (0, 75), text
    outcome = place.finish_batch(*strict)

    assert outcome.code == 0, outcome.text
    counts = counter.redemptions()
    assert set(counts.values()) == {1}
    assert len(counts) == many
    # Each user is in one cache, and both have had some.
    in_target, own = place.cached(place.target), [user for file in place.files()[1:] for user in place.cached(file)]
    assert sorted(in_target + own) == sorted(place.users)
    assert in_target and own
    for server in servers:
        told = {user for user, answer in server.answers.items() if answer.startswith("signed in, with ")}
        assert told <= set(own)
        assert len(server.answers) == many
    assert place.signed_in() == set(place.users)
    report = msal("migrate", "report", f"{place.target}.journal", "--format", "json")
    assert json.loads(report.out)["counts"]["migrated"] == many, report.text


class Both:
    """The command and a server, of which one is killed now and then and started again."""

    def __init__(self, place, points, strict):
        self.place, self.points = place, points
        self.strict = ["--rotation", "single-use"] if strict else []
        self.more = ["single-use"] if strict else []
        self.start_command()
        self.start_server()

    def stop(self):
        """Leaves nothing running, however the test has ended."""
        self.command.kill()
        said(self.command)
        self.server.kill()

    def start_command(self):
        self.command = self.place.start_batch(*self.strict, "--concurrency", str(WIDTH))

    def start_server(self):
        self.server = self.place.serve(self.points.sample(self.place.users, FEW), *self.more)

    def kill_one(self):
        """After so many more requests, whoever has made them; false when both have ended before that."""
        audited = self.place.emulator.audited
        enough = len(audited()) + self.points.randint(1, 12)
        while len(audited()) < enough:
            if self.command.poll() is not None and self.server.process.poll() is not None:
                return False
            time.sleep(0.001)
        if self.points.random() < 0.5:
            self.command.send_signal(signal.SIGKILL)
            said(self.command)
            self.start_command()
        else:
            self.server.kill()
            self.start_server()
        return True

    def finish(self):
        assert self.server.wait() == (0, "")
        said(self.command)
        outcome = self.place.finish_batch(*self.strict)
        # Now that no command runs, who comes back finds what was left.
        last = self.place.serve(self.place.users, *self.more)
        assert last.wait() == (0, "")
        return outcome


def killed_now_and_then(place, points, strict):
    both = Both(place, points, strict)
    try:
        return sum(both.kill_one() for _ in range(KILLS)), both.finish()
    finally:
        both.stop()


@pytest.mark.parametrize("seed", range(4))
def test_whoever_is_killed_loses_nobody(start_emulator, tmp_path, seed):
    place = Place(start_emulator(latency_ms=20), tmp_path, FEW)
    counter = place.emulator.counting()
    kills, outcome = killed_now_and_then(place, random.Random(seed), strict=False)

    assert kills, "nobody was killed in the middle"
    assert outcome.code == 0, outcome.text
    counts = counter.redemptions()
    assert len(counts) == FEW
    assert sum(counts.values()) - FEW <= WIDTH * kills, "only what was in flight is asked for again"
    assert place.signed_in() == set(place.users)


@pytest.mark.parametrize("seed", range(4))
def test_whoever_is_killed_sends_no_token_twice_that_is_spent_by_use(start_emulator, tmp_path, seed):
    """What was in flight may be spent with its answer lost: it is in doubt, is named, and is not sent again."""
    place = Place(start_emulator(latency_ms=20, rotation="single-use"), tmp_path, FEW)
    counter = place.emulator.counting()
    kills, outcome = killed_now_and_then(place, random.Random(200 + seed), strict=True)

    assert kills, "nobody was killed in the middle"
    counts = counter.redemptions()
    assert set(counts.values()) == {1}
    report = msal("migrate", "report", f"{place.target}.journal", "--format", "json")
    classes = [token["class"] for token in json.loads(report.out)["tokens"]]
    assert set(classes) <= {"in_doubt"}
    assert len(classes) <= WIDTH * kills
    assert outcome.code == (1 if classes else 0), outcome.text
    assert len(place.signed_in()) == FEW - len(classes)
