"""What `msal migrate verify` says of an application, the application itself does."""

import json

import pytest

from harness.adal_app import AdalApp
from harness.command import msal
from harness.directory import CONTOSO, DESKTOP, GRAPH, TENANT_IDS, users
from harness.python_app import PythonApp

SCOPE = f"{GRAPH}/.default"
USERS = users(3, CONTOSO)


@pytest.fixture
def source(emulator, tmp_path):
    app = AdalApp(emulator)
    for user in USERS:
        app.sign_in(user)
    path = tmp_path / "adal.cache.json"
    app.save(path)
    return path


def migrate(emulator, source, target, tenant):
    at = ["--authority", emulator.authority(tenant), "--ca-file", emulator.ca]
    outcome = msal("migrate", "run", source, "--to", target, *at)
    assert outcome.code == 0, outcome.text


def answers(emulator, target, tenant):
    """How each silent call of an application at this tenant is answered, according to the command."""
    at = ["--authority", emulator.authority(tenant), "--ca-file", emulator.ca]
    outcome = msal("migrate", "verify", target, *at, "--list", "--format", "json")
    assert outcome.code == 0, outcome.text
    return {entry["answer"] for entry in json.loads(outcome.out)["list"]}


@pytest.mark.parametrize("reader", ["organizations", "common", CONTOSO, TENANT_IDS[CONTOSO]])
@pytest.mark.parametrize("migrated", ["organizations", "common", CONTOSO])
def test_msal_python_asks_just_where_verify_says_so(emulator, source, tmp_path, migrated, reader):
    target = tmp_path / "msal.cache.json"
    migrate(emulator, source, target, migrated)

    said = answers(emulator, target, reader)

    assert said == ({"cached"} if asks_nothing(emulator, source, tmp_path, migrated, reader) else {"renewed"})
    # The command has left nothing to renew for the application, nor for itself.
    counter = emulator.counting()
    assert answers(emulator, target, reader) == {"cached"}
    app = PythonApp(emulator, DESKTOP, target, reader)
    assert all("access_token" in (app.silent(user, SCOPE) or {}) for user in USERS)
    assert counter.token_requests() == []


def asks_nothing(emulator, source, folder, migrated, reader):
    """Whether MSAL Python is answered from the cache alone, where nothing but the migration has written it."""
    target = folder / "untouched.json"
    migrate(emulator, source, target, migrated)
    counter = emulator.counting()
    app = PythonApp(emulator, DESKTOP, target, reader)
    assert all("access_token" in (app.silent(user, SCOPE) or {}) for user in USERS)
    return counter.token_requests() == []
