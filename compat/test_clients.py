"""The same client programs against two servers: our emulator, and a certified one that nobody here wrote.

Each at two places: at a port of this machine, where clients are told so, and at `login.microsoftonline.com`, where
they are on their defaults.
"""

import pytest

from harness.directory import CONTOSO
from harness.flows import FLOWS, NEEDS_443, NOT_OIDC, REFUSALS, REFUSED_CLIENTS
from harness.worker import FlowFailed

USER = f"user1@{CONTOSO}"
SERVERS = ["ours", "oidc-provider"]
PLACES = ["port", "defaults"]


def cases(can):
    return [
        pytest.param(server, place, client, flow, id=f"{server}-{place}-{client.split('_flows')[0]}-{flow.name}")
        for place in PLACES
        for server in SERVERS
        for client, flows in FLOWS.items()
        for flow in flows
        if (place == "defaults" or (client, flow.name) not in NEEDS_443)
        and can == (server == "ours" or flow.name not in NOT_OIDC)
    ]


@pytest.mark.parametrize(["server", "place", "client", "flow"], cases(can=True))
def test_a_client_gets_the_token_it_asks_for(servers, server, place, client, flow):
    server = servers(server, place)
    server.grants()

    result = server.ask(client, flow.name)

    assert tuple(server.grants()) == flow.grants
    assert result["user"] == (USER if flow.account else None)
    token = server.ask("resource", "who", token=result["access_token"])
    assert (token["client"], token["user"]) == (flow.application, USER if flow.person else None)


@pytest.mark.parametrize(["server", "place", "client", "flow"], cases(can=False))
def test_what_only_ours_can_do_is_refused_by_the_other(servers, server, place, client, flow):
    with pytest.raises(FlowFailed, match=NOT_OIDC[flow.name]):
        servers(server, place).ask(client, flow.name)


def place_for(client, refusal):
    return "defaults" if refusal == "wrong-password" and (client, "password") in NEEDS_443 else "port"


REFUSED = [
    pytest.param(server, place_for(client, name), client, name, id=f"{server}-{client.split('_flows')[0]}-{name}")
    for server in SERVERS
    for client in REFUSED_CLIENTS
    for name in REFUSALS
]


@pytest.mark.parametrize(["server", "place", "client", "name"], REFUSED)
def test_what_nobody_may_have_is_refused_by_both(servers, server, place, client, name):
    server = servers(server, place)
    server.grants()

    assert server.ask(client, name)["error"] == REFUSALS[name]

    assert server.grants() == (["authorization_code"] if name == "spent-code" else [])
