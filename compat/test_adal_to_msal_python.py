"""What ADAL Python left, MSAL Python goes on with."""

import hashlib

import pytest

from harness.directory import CONTOSO, DESKTOP, FABRIKAM, GRAPH, WEB, tenant_of
from harness.measure import Replacements
from harness.migration import migrate
from harness.population import populate
from harness.python_app import PythonApp, app_of, claims

SCOPE = f"{GRAPH}/.default"


@pytest.fixture
def population(emulator, tmp_path):
    return populate(emulator, tmp_path / "adal.cache.json")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "msal.cache.json"


def test_each_refresh_token_is_redeemed_once_and_the_source_stays_as_it_is(emulator, population, target):
    before = hashlib.sha256(population.path.read_bytes()).digest()
    counter = emulator.counting()

    outcome = migrate(emulator, population.path, target)

    assert outcome.code == 0, outcome.text
    counts = counter.redemptions()
    assert set(counts.values()) == {1}
    assert len(counts) == len(population.refresh_tokens)
    assert hashlib.sha256(population.path.read_bytes()).digest() == before


def test_the_target_is_written_once_however_many_users_it_gets(emulator, population, target):
    with Replacements(target) as replacements:
        assert migrate(emulator, population.path, target).code == 0
        assert replacements.count() == 1


def test_a_second_run_asks_for_nothing_and_changes_no_byte(emulator, population, target):
    assert migrate(emulator, population.path, target).code == 0
    written, counter = target.read_bytes(), emulator.counting()

    outcome = migrate(emulator, population.path, target)

    assert outcome.code == 0, outcome.text
    assert counter.token_requests() == []
    assert target.read_bytes() == written


def test_msal_python_lists_exactly_the_users_that_adal_knew(emulator, population, target):
    assert migrate(emulator, population.path, target).code == 0

    for client in [DESKTOP, WEB]:
        assert PythonApp(emulator, client, target, CONTOSO).users() == sorted(population.users)


def test_accounts_carry_the_identity_of_the_home_tenant(emulator, population, target):
    assert migrate(emulator, population.path, target).code == 0

    app = PythonApp(emulator, DESKTOP, target, FABRIKAM).app
    home = {
        entry["userId"]: f"{entry['oid']}.{entry['tenantId']}"
        for entry in population.entries
        if "userId" in entry and entry["_authority"].endswith(tenant_of(entry["userId"]))
    }
    assert {account["username"]: account["home_account_id"] for account in app.get_accounts()} == home


@pytest.mark.parametrize("client", [DESKTOP, WEB], ids=["public", "confidential"])
@pytest.mark.parametrize("force_refresh", [False, True], ids=["silent", "refreshed"])
def test_msal_python_gets_a_token_for_every_user(emulator, population, target, client, force_refresh):
    assert migrate(emulator, population.path, target).code == 0

    python_of = app_of(emulator, client, target)
    for user in population.users_of[client]:
        result = python_of(user).silent(user, SCOPE, force_refresh)
        assert "access_token" in (result or {}), (user, result)
        token = claims(result["access_token"])
        assert (token["upn"], token["appid"]) == (user, client.id)


@pytest.mark.parametrize("client", [DESKTOP, WEB], ids=["public", "confidential"])
def test_each_user_has_a_file_that_msal_python_reads(emulator, population, tmp_path, client):
    folder = tmp_path / "caches"
    template = folder / "{home_account_id}.json"
    assert migrate(emulator, population.path, template).code == 0

    found = {}
    for file in folder.glob("*.json"):
        app = PythonApp(emulator, client, file, CONTOSO)
        for account in app.app.get_accounts():
            assert file.stem == account["home_account_id"]
            found.setdefault(account["username"], file)
    assert set(found) == population.users
    assert len(set(found.values())) == len(found) == len(list(folder.glob("*.json")))
    for user in population.users_of[client]:
        for force_refresh in [False, True]:
            result = app_of(emulator, client, found[user])(user).silent(user, SCOPE, force_refresh)
            assert "access_token" in (result or {}), (user, result)
            assert claims(result["access_token"])["upn"] == user


def test_signing_out_in_msal_python_leaves_nothing_of_a_migrated_user(emulator, population, target):
    assert migrate(emulator, population.path, target).code == 0
    (user,) = {"user5@contoso.example"} & (population.users_of[DESKTOP] - population.users_of[WEB])
    python = PythonApp(emulator, DESKTOP, target, CONTOSO)
    identity = python.account(user)["home_account_id"]

    python.remove(user)
    python.save()

    assert identity.lower() not in target.read_text().lower()
    assert python.users() == sorted(population.users - {user})
