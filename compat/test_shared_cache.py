"""One cache used by MSAL Python and by `msal token` in turns."""

import json

import pytest

from harness.command import msal
from harness.directory import CONTOSO, DESKTOP, GRAPH
from harness.python_app import PythonApp

SCOPE = f"{GRAPH}/User.Read"
USERS = ["user1@contoso.example", "user2@contoso.example"]


@pytest.fixture
def cache(emulator, tmp_path):
    """A cache that MSAL Python wrote after two people signed in."""
    app = PythonApp(emulator, DESKTOP, tmp_path / "shared.cache.json", CONTOSO)
    for user in USERS:
        app.sign_in(user, SCOPE)
    app.save()
    return app.path


def token(emulator, cache, user, *more):
    authority = ["--authority", emulator.authority(CONTOSO), "--ca-file", emulator.ca]
    arguments = ["token", cache, "--account", user, "--scope", SCOPE, *authority, *more, "--format", "json"]
    outcome = msal(*arguments, secret_output=True)
    assert outcome.code == 0, outcome.text
    return json.loads(outcome.out)["access_token"]


def test_a_token_that_python_left_is_found_without_asking_the_server(emulator, cache):
    stored, counter = cache.read_bytes(), emulator.counting()

    found = token(emulator, cache, USERS[0])

    assert found == PythonApp(emulator, DESKTOP, cache, CONTOSO).silent(USERS[0], SCOPE)["access_token"]
    assert counter.token_requests() == []
    assert cache.read_bytes() == stored


def test_a_token_refreshed_by_us_is_the_one_that_python_finds(emulator, cache):
    old = PythonApp(emulator, DESKTOP, cache, CONTOSO).silent(USERS[0], SCOPE)["access_token"]

    new = token(emulator, cache, USERS[0], "--force-refresh")

    counter = emulator.counting()
    assert new != old
    assert PythonApp(emulator, DESKTOP, cache, CONTOSO).silent(USERS[0], SCOPE)["access_token"] == new
    assert counter.token_requests() == []


def test_python_refreshes_with_the_refresh_token_that_we_stored(start_emulator, tmp_path):
    """Under strict rotation the old refresh token is dead, so the new one must be where Python looks."""
    emulator = start_emulator(rotation="single-use")
    app = PythonApp(emulator, DESKTOP, tmp_path / "strict.cache.json", CONTOSO)
    app.sign_in(USERS[0], SCOPE)
    app.save()

    new = token(emulator, app.path, USERS[0], "--force-refresh")

    result = PythonApp(emulator, DESKTOP, app.path, CONTOSO).silent(USERS[0], SCOPE, force_refresh=True)
    assert "error" not in result
    assert result["access_token"] != new


def test_the_other_user_is_left_alone(emulator, cache):
    def entries():
        sections = json.loads(cache.read_text()).values()
        everything = [(key, entry) for section in sections for key, entry in section.items()]
        account = PythonApp(emulator, DESKTOP, cache, CONTOSO).account(USERS[1])
        return [item for item in everything if item[1].get("home_account_id") == account["home_account_id"]]

    before = entries()

    token(emulator, cache, USERS[0], "--force-refresh")

    assert len(before) == 4
    assert entries() == before


def test_signing_out_in_python_leaves_nothing_behind(emulator, cache):
    token(emulator, cache, USERS[0], "--force-refresh")
    app = PythonApp(emulator, DESKTOP, cache, CONTOSO)
    identity = app.account(USERS[0])["home_account_id"]

    app.remove(USERS[0])
    app.save()

    assert identity.lower() not in cache.read_text().lower()
    assert app.users() == USERS[1:]


def test_accounts_lists_whom_python_lists(emulator, cache):
    outcome = msal("accounts", cache, "--format", "json")

    assert outcome.code == 0, outcome.text
    assert sorted(account["username"] for account in json.loads(outcome.out)["accounts"]) == USERS
