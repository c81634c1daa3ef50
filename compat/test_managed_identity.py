"""Managed identities: the same code on every kind of machine, against ours only, for oidc-provider has no machines."""

import pytest

from harness import machines
from harness.machines import WORKER

PYTHON, NODE = "managed_identity_flows", "managed_identity_flows.cjs"
MSAL, AZURE_IDENTITY, DEFAULT, MSAL_NODE = "msal", "azure-identity", "azure-identity-default", "msal-node"
ALL = [MSAL, AZURE_IDENTITY, MSAL_NODE]
ITS_OWN, ASSIGNED = None, WORKER

# Where, on which machine, by which library, as which identity. Azure Arc, Cloud Shell and Service Fabric have
# one identity, so nobody can be asked for another there.
TABLE = [
    ("port", machines.app_service, ALL, [ITS_OWN, ASSIGNED]),
    ("port", machines.machine_learning, ALL, [ITS_OWN, ASSIGNED]),
    ("port", machines.service_fabric, ALL, [ITS_OWN]),
    ("port", machines.cloud_shell, [AZURE_IDENTITY, MSAL_NODE], [ITS_OWN]),
    ("defaults", machines.cloud_shell, ["msal-cloud-shell"], [ITS_OWN]),
    ("port", machines.virtual_machine, ALL, [ITS_OWN, ASSIGNED]),
    ("defaults", machines.virtual_machine_by_default, [*ALL, DEFAULT], [ITS_OWN, ASSIGNED]),
    ("defaults", machines.arc, ALL, [ITS_OWN]),
]
CASES = [
    pytest.param(
        *(place, machine, library, identity),
        id=f"{machine.__name__}-{library}-{'assigned' if identity else 'own'}",
    )
    for place, machine, libraries, identities in TABLE
    for library in libraries
    for identity in identities
]


@pytest.mark.parametrize(["place", "machine", "library", "identity"], CASES)
def test_code_on_a_machine_gets_a_token_without_a_secret(servers, place, machine, library, identity):
    server = servers("ours", place)

    client = NODE if library == MSAL_NODE else PYTHON
    result = server.ask(client, library, variables=machine(server), clientId=identity)

    token = server.ask("resource", "who", token=result["access_token"])
    assert (token["user"], token["audience"]) == (None, "https://graph.microsoft.com")
    assert (token["client"] == WORKER) == (identity == ASSIGNED)


def test_cloud_shell_refuses_in_words_that_msal_reads(servers):
    server = servers("ours", "defaults")
    result = server.ask(PYTHON, "msal-cloud-shell-refused", variables=machines.cloud_shell(server))
    assert (result["error"], "resource" in result["error_description"]) == ("invalid_request", True)
