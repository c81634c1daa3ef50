"""What ADAL Python left, MSAL Node goes on with, from a cache written in its dialect."""

import json

import pytest

from harness import node_app
from harness.directory import CONTOSO, DESKTOP, FABRIKAM, GRAPH, WEB, tenant_of
from harness.migration import migrate
from harness.population import populate
from harness.python_app import claims

SCOPE = f"{GRAPH}/.default"


@pytest.fixture
def population(emulator, tmp_path):
    return populate(emulator, tmp_path / "adal.cache.json")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "node.cache.json"


def test_each_refresh_token_is_redeemed_once_and_never_again(emulator, population, target):
    counter = emulator.counting()

    outcome = migrate(emulator, population.path, target, "--sdk", "node")

    assert outcome.code == 0, outcome.text
    counts = counter.redemptions()
    assert (len(counts), set(counts.values())) == (len(population.refresh_tokens), {1})
    written, counter = target.read_bytes(), emulator.counting()
    assert migrate(emulator, population.path, target, "--sdk", "node").code == 0
    assert counter.token_requests() == []
    assert target.read_bytes() == written


@pytest.mark.parametrize("client", [DESKTOP, WEB], ids=["public", "confidential"])
@pytest.mark.parametrize("force_refresh", [False, True], ids=["silent", "refreshed"])
def test_msal_node_lists_the_users_and_gets_a_token_for_each(emulator, population, target, client, force_refresh):
    assert migrate(emulator, population.path, target, "--sdk", "node").code == 0

    for tenant in [CONTOSO, FABRIKAM]:
        answer = node_app.silent(emulator, client, target, tenant, SCOPE, force_refresh)
        assert sorted(account["username"] for account in answer["accounts"]) == sorted(population.users)
        for user in population.users_of[client]:
            if tenant_of(user) == tenant:
                result = answer["results"][user]
                assert "error" not in result, (user, result)
                token = claims(result["accessToken"])
                assert (token["upn"], token["appid"]) == (user, client.id)


@pytest.mark.parametrize("sdk", node_app.LIBRARIES)
def test_what_msal_node_writes_takes_the_place_of_what_we_wrote(emulator, population, target, sdk):
    """Under another key a refreshed entry would stand beside the old one, which MSAL Node then goes on using."""

    def cache():
        return json.loads(target.read_text())

    def keys():
        return {section: set(entries) for section, entries in cache().items()}

    assert migrate(emulator, population.path, target, "--sdk", sdk).code == 0
    before, tokens = keys(), {entry["secret"] for entry in cache()["RefreshToken"].values()}

    answer = node_app.silent(emulator, DESKTOP, target, CONTOSO, SCOPE, force_refresh=True, save=True, sdk=sdk)

    after = keys()
    assert len(after.pop("AccessToken")) == len(before.pop("AccessToken"))
    assert after == before
    renewed = {entry["secret"] for entry in cache()["RefreshToken"].values()} - tokens
    users = [user for user in population.users_of[DESKTOP] if tenant_of(user) == CONTOSO]
    assert [user for user in users if "error" in answer["results"][user]] == []
    assert len(renewed) == len(users) > 0
