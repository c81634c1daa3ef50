"""Trouble on demand looks to real clients as Entra's does: how each library takes it is known, and is what they do."""

import pytest
import requests

from harness.directory import DESKTOP, WEB
from harness.worker import FlowFailed

ADAL, MSAL, MSAL_NODE, AZURE_IDENTITY = "adal_flows", "msal_flows", "msal_node_flows.cjs", "azure_identity_flows"


@pytest.fixture
def server(servers):
    server = servers("ours", "port")
    server.grants()
    yield server
    requests.delete(f"{server.admin_url}/faults", timeout=30).raise_for_status()


def order(server, **fault):
    requests.post(f"{server.admin_url}/faults", json=fault, timeout=30).raise_for_status()


THROTTLED, UNAVAILABLE, TRANSIENT = {"throttle": 60}, {"unavailable": 60}, {"aadsts": 90033}
PROXY, CUT = {"not_json": True}, {"cut": 100}

# The body of a 429 is text, which both MSALs take for JSON.
REACTIONS = [
    (THROTTLED, ADAL, "HTTPError: 429 Client Error"),
    (THROTTLED, MSAL, "JSONDecodeError"),
    (THROTTLED, MSAL_NODE, 'token_parsing_error: .*"Too Many Requests" is not valid JSON'),
    (UNAVAILABLE, ADAL, "AdalError: .* 503"),
    (UNAVAILABLE, MSAL, "MsalServiceError: HTTP Error: 503"),
    (UNAVAILABLE, MSAL_NODE, "token_parsing_error"),
    (TRANSIENT, ADAL, "AdalError: .*AADSTS90033"),
    (TRANSIENT, MSAL, "MsalServiceError: HTTP Error: 503"),
    (TRANSIENT, MSAL_NODE, "ServerError: temporarily_unavailable"),
    (PROXY, ADAL, "JSONDecodeError"),
    (PROXY, MSAL, "JSONDecodeError"),
    (PROXY, MSAL_NODE, "token_parsing_error: .*<!DOCTYPE"),
    (PROXY, AZURE_IDENTITY, "ClientAuthenticationError"),
    (CUT, ADAL, "IncompleteRead"),
    (CUT, MSAL, "IncompleteRead"),
    (CUT, MSAL_NODE, "token_parsing_error: .*terminated"),
]


@pytest.mark.parametrize(
    ["fault", "client", "reaction"],
    [pytest.param(*case, id=f"{next(iter(case[0]))}-{case[1].split('_flows')[0]}") for case in REACTIONS],
)
def test_a_library_takes_trouble_as_it_takes_entras(server, fault, client, reaction):
    order(server, client=WEB.id, first=1, **fault)
    with pytest.raises(FlowFailed, match=reaction):
        server.ask(client, "client-secret")
    server.ask(client, "client-secret")


PASSING = [{"throttle": 1}, {"unavailable": 1}, TRANSIENT, CUT]


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: next(iter(fault)))
def test_azure_identity_tries_again(server, fault):
    order(server, client=WEB.id, first=1, **fault)
    server.ask(AZURE_IDENTITY, "client-secret")
    tries = [record for record in server.requests() if record["client_id"] == WEB.id][-2:]
    assert [record["faulted"] for record in tries] == [True, False]


ANOTHER_NONCE = {"set_claims": {"id_token": {"nonce": "another"}}}
LIES = {
    "nonce-msal": (ANOTHER_NONCE, MSAL, "should match our nonce"),
    "nonce-msal_node": (ANOTHER_NONCE, MSAL_NODE, "nonce_mismatch"),
    "no-token-adal": ({"drop": ["access_token"]}, ADAL, "missing access_token"),
}


@pytest.mark.parametrize(["lie", "client", "reaction"], LIES.values(), ids=LIES)
def test_a_library_sees_through_a_lie(server, lie, client, reaction):
    order(server, client=DESKTOP.id, grant="authorization_code", first=1, tamper=lie)
    with pytest.raises(FlowFailed, match=reaction):
        server.ask(client, "authorization-code")
