"""Programs on MSAL Python and on ours that write one file at the same time: nothing of anybody is lost."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.adal_app import AdalApp
from harness.command import msal
from harness.directory import CONTOSO, GRAPH, users
from harness.migration import migrate
from harness.neighbour import Neighbour

#: How often a run meets another writer of its target.
RACES = int(os.environ.get("MSAL_TEST_RACES", 5))
EVERYBODY = users(60, CONTOSO)


@pytest.fixture
def start_neighbour(tmp_path):
    """Starts programs on MSAL Python, which end with the test."""
    running = []

    def start(emulator):
        running.append(Neighbour(emulator, tmp_path))
        return running[-1]

    yield start
    for neighbour in running:
        neighbour.stop()


def test_a_run_and_msal_python_write_one_target_and_lose_nobody(emulator, start_neighbour, tmp_path):
    migrated, others = EVERYBODY[:6], EVERYBODY[6:16]
    neighbour, source = start_neighbour(emulator), tmp_path / "adal.cache.json"
    adal = AdalApp(emulator)
    for user in migrated:
        adal.sign_in(user)
    adal.save(source)
    met = 0

    for race in range(RACES):
        target = tmp_path / f"{race}.cache.json"
        signing_in = neighbour.sign_in(target, others)
        # The run finds a file that is being written every other time, and else may be the first to write it.
        while race % 2 and not target.exists():
            assert not signing_in.done()
        outcome = migrate(emulator, source, target)
        met += not signing_in.done()
        signing_in.result()
        assert outcome.code == 0, f"{race}: {outcome.text}"
        assert neighbour.refreshed(target) == {user: user for user in migrated + others}, race
    assert met, "no run was at work while the other was"


def test_four_programs_on_msal_python_and_four_of_ours_lose_nothing(start_emulator, start_neighbour, tmp_path):
    """Each refresh token is good for once, so a user whose newest is lost has none."""
    emulator, cache = start_emulator(rotation="single-use"), tmp_path / "shared.cache.json"
    neighbours = [start_neighbour(emulator) for _ in range(4)]
    ours, theirs = EVERYBODY[:4], [EVERYBODY[n : n + 5] for n in range(4, 24, 5)]
    neighbours[0].sign_in(cache, ours).result()

    signing_in = [neighbour.sign_in(cache, people) for neighbour, people in zip(neighbours, theirs, strict=True)]
    with ThreadPoolExecutor(len(ours)) as threads:
        renewals = [threads.submit(renew, emulator, cache, user, signing_in) for user in ours]
    for each in signing_in + renewals:
        each.result()

    assert all(renewal.result() > 1 for renewal in renewals)
    everybody = ours + [user for people in theirs for user in people]
    assert neighbours[0].refreshed(cache) == {user: user for user in everybody}


def renew(emulator, cache, user, until):
    """Renews a user's token again and again until the others are done; returns how often."""
    authority = ["--authority", emulator.authority(CONTOSO), "--ca-file", emulator.ca]
    arguments = ["token", cache, "--account", user, "--scope", f"{GRAPH}/.default", "--force-refresh", *authority]
    count = 0
    while count == 0 or not all(future.done() for future in until):
        outcome = msal(*arguments, "--format", "json", secret_output=True)
        assert outcome.code == 0, outcome.text
        assert json.loads(outcome.out)["access_token"]
        count += 1
    return count
