"""Stores with odd people in them, migrated: every user is found by MSAL Python and MSAL Node, with tokens in the cache."""

import json
import subprocess
from collections import defaultdict

import pytest

from harness.command import MSAL, remember
from harness.directory import DESKTOP
from harness.identity_server import AZURE_CLI
from harness.odd_people import GRAPHS, PEOPLE, PERSONAL, TENANTS
from harness.python_app import claims

#: The program and the library that read what is written for an SDK.
READERS = {
    "python": ("odd_store_flows", None),
    "node": ("odd_store_flows.cjs", "@azure/msal-node"),
    "node3": ("odd_store_flows.cjs", "msal-node-3"),
}
CLIENTS = {"adal-python": DESKTOP.id, "azure-cli": AZURE_CLI}
#: What Azure CLI took out of ADAL's entries before it wrote them.
NOT_IN_AZURE_CLI = ["familyName", "givenName", "isUserIdDisplayable", "tenantId"]


@pytest.fixture(scope="module")
def server(servers):
    return servers("ours", "defaults")


@pytest.fixture(scope="module", params=CLIENTS)
def store(request, server, tmp_path_factory):
    """A file that everybody signed in to, and the client id of its program."""
    client = CLIENTS[request.param]
    sign_ins = [
        {
            "user": person.name,
            "authority": sign_in.authority,
            "resource": GRAPHS[person.cloud],
            "client": client.upper() if sign_in.shouts else client,
        }
        for person in PEOPLE
        for sign_in in person.sign_ins
    ]
    entries = server.ask("odd_store_flows", "fill", sign_ins=sign_ins)
    assert len(entries) == len(sign_ins)
    stored = {person.name: person.stored or person.name for person in PEOPLE}
    for entry in entries:
        entry["userId"] = stored[entry["userId"]]
    if request.param == "azure-cli":
        entries = [{name: value for name, value in entry.items() if name not in NOT_IN_AZURE_CLI} for entry in entries]
        entries.append({"servicePrincipalId": "s", "servicePrincipalTenant": "t", "accessToken": "a secret"})
    path = tmp_path_factory.mktemp(request.param) / "accessTokens.cache.json"
    path.write_text(json.dumps(entries))
    return path, client


@pytest.fixture(params=READERS)
def migrated(request, server, store, tmp_path):
    return Migrated(server, *store, tmp_path / "msal.cache.json", request.param)


class Migrated:
    """A target, and those who read it."""

    def __init__(self, server, source, client, target, sdk):
        self.server, self.source, self.client, self.target, self.sdk = server, source, client, target, sdk

    def run(self, *more):
        arguments = ["migrate", "run", self.source, "--to", self.target, "--sdk", self.sdk]
        if self.client == AZURE_CLI:
            # A program of somebody else's must be named.
            arguments += ["--client-id", self.client]
        arguments = [str(argument) for argument in [*arguments, "--ca-file", self.server.ca, *more]]
        done = subprocess.run(self.server.command([MSAL, *arguments]), capture_output=True, text=True, timeout=120)
        remember(arguments, done.stdout, done.stderr)
        assert done.returncode == 0, done.stdout + done.stderr

    def copied(self, target, sdk):
        """A copy of the target for another SDK, which nobody was asked for."""
        copy = Migrated(self.server, self.target, self.client, target, sdk)
        before = len(self.server.requests())
        copy.run("--mode", "copy")
        assert len(self.server.requests()) == before
        return copy

    def check(self, authority, people, tenant=None, renews=False):
        """Whether an application there gets each of them, with the token of this tenant or else of theirs.

        `renews` is for caches without access tokens.
        """
        program, library = READERS[self.sdk]
        before = len(self.server.requests())
        found = self.server.ask(
            program,
            "silent",
            library=library,
            cache=str(self.target),
            client_id=self.client,
            authority=authority,
            scope=f"{GRAPHS[people[0].cloud]}/.default",
            ids=[person.home_account_id for person in people],
        )
        assert [each for each in found if "access_token" not in each] == []
        tokens = [(each["user"], each["id"], claims(each["access_token"])) for each in found]
        seen = [(user, account, token["oid"], token["tid"], token["appid"]) for user, account, token in tokens]
        where = {person: tenant or person.home for person in people}
        expected = [
            (person.name, person.home_account_id, person.object_id(where[person]), TENANTS[where[person]], self.client)
            for person in people
        ]
        assert sorted(seen) == sorted(expected), authority
        grants = [record["grant_type"] for record in self.server.requests()[before:] if record["grant_type"]]
        assert grants == (["refresh_token"] * len(people) if renews else [])

    def check_at_tenants(self, people, renews=False):
        for (cloud, tenant), group in by(lambda person: (person.cloud, person.tenant), people):
            for spelling in [tenant, TENANTS[tenant]] if tenant != PERSONAL else ["consumers"]:
                self.check(f"https://{cloud}/{spelling}", group, tenant, renews)


def by(attribute, people):
    groups = defaultdict(list)
    for person in people:
        groups[attribute(person)].append(person)
    return groups.items()


def test_everybody_is_found_at_their_tenant(migrated):
    migrated.run()

    migrated.check_at_tenants(PEOPLE)


@pytest.mark.parametrize("cloud", GRAPHS)
def test_everybody_is_found_where_the_application_of_a_cloud_asks_at_organizations(migrated, cloud):
    migrated.run("--authority", f"https://{cloud}/organizations")

    people = [person for person in PEOPLE if person.cloud == cloud and not person.is_personal]
    migrated.check(f"https://{cloud}/organizations", people)
    # A named authority says nothing of other clouds, and personal accounts have none with others.
    migrated.check_at_tenants([person for person in PEOPLE if person not in people])


@pytest.mark.parametrize("reader", READERS)
def test_a_copy_for_any_sdk_serves_everybody_who_was_in_the_cache(migrated, tmp_path, reader):
    migrated.run()

    copy = migrated.copied(tmp_path / "copy.cache.json", reader)

    copy.check_at_tenants(PEOPLE, renews=True)
    before = copy.target.read_bytes()
    migrated.copied(copy.target, reader)
    assert copy.target.read_bytes() == before
