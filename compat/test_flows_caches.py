"""A cache that one library filled by a flow, used by the others without a request."""

import json

import pytest

from harness.directory import CONTOSO, DESKTOP, PASSWORD, WEB
from harness.pair import Ours, Theirs
from harness.pair.node import Node
from harness.pair.side import SCOPE, Settings

USER = f"user1@{CONTOSO}"


@pytest.fixture(scope="module")
def node(started_world):
    node = Node(started_world)
    yield node
    node.stop()


def by_code(side):
    return side.sign_in(USER)


def by_device(side):
    flow, shown = side.begin_device([SCOPE])
    side.world.admin(f"/devices/{shown['user_code']}", upn=USER)
    return side.finish_device(flow)


def by_refresh_token(side):
    return side.by_refresh_token(refresh_token(side.world), [SCOPE])


def refresh_token(world):
    return world.admin("/refresh-tokens", upn=USER, client_id=DESKTOP.id)["refresh_token"]


def renewed(side):
    side.sign_in(USER)
    return side.silent(USER, [SCOPE], force_refresh=True)


#: How each is filled here, for which application, and whether MSAL Node has the flow as well.
FLOWS = {
    "code": (by_code, Settings(DESKTOP), "code"),
    "code-of-any-tenant": (by_code, Settings(DESKTOP, tenant="organizations"), "code"),
    "code-secret": (by_code, Settings(WEB), "code"),
    "interactive": (lambda side: side.interactive(USER), Settings(DESKTOP), "interactive"),
    "device": (by_device, Settings(DESKTOP), "device"),
    "password": (lambda side: side.password(USER, PASSWORD, [SCOPE]), Settings(DESKTOP), "password"),
    "refresh-token": (by_refresh_token, Settings(DESKTOP), "refresh-token"),
    "renewed": (renewed, Settings(DESKTOP), None),
}


#: Where MSAL Node finds no access token but redeems the refresh token, by whichever of the other two they were stored: MSAL
#: Python stores a token under the tenant that it asked at, and Node looks for the tenant that it is of.
NODE_ASKS = ["code-of-any-tenant"]


def filled(library, world, flow, cache):
    """The cache that a library filled, and its token."""
    fill, settings, _ = FLOWS[flow]
    world.calm()
    side = library(world, settings, cache)
    try:
        token = fill(side)["access_token"]
    finally:
        side.ended()
    return token


def used(library, world, flow, cache, user=USER):
    """What a library gives for a cache, and the paths of what it posted."""
    _, settings, _ = FLOWS[flow]
    world.recorder.take()
    side = library(world, settings, cache)
    try:
        result = side.silent(user, [SCOPE])
    finally:
        requests = side.ended().requests
    return result.get("access_token"), [request.url for request in requests if request.method == "POST"]


@pytest.mark.parametrize("flow", FLOWS)
def test_what_ours_filled_the_others_use(world, node, tmp_path, flow):
    cache = tmp_path / "cache.json"
    token = filled(Ours, world, flow, cache)
    text = cache.read_text()

    assert used(Theirs, world, flow, cache) == (token, [])
    assert cache.read_text() == text

    if flow not in NODE_ASKS:
        result = node.use(FLOWS[flow][1], USER, text, by="silent", scopes=[SCOPE])
        assert result == {"token": token, "cached": True, "posted": []}


@pytest.mark.parametrize("library", [Theirs, Ours])
@pytest.mark.parametrize("flow", NODE_ASKS)
def test_msal_node_renews_what_is_under_the_name_of_many_tenants(world, node, tmp_path, flow, library):
    cache = tmp_path / "cache.json"
    token = filled(library, world, flow, cache)
    result = node.use(FLOWS[flow][1], USER, cache.read_text(), by="silent", scopes=[SCOPE])
    assert (result["token"] != token, len(result["posted"])) == (True, 1)


@pytest.mark.parametrize("flow", FLOWS)
def test_what_msal_python_filled_ours_uses(world, tmp_path, flow):
    cache = tmp_path / "cache.json"
    token = filled(Theirs, world, flow, cache)
    text = cache.read_text()

    assert used(Ours, world, flow, cache) == (token, [])
    assert cache.read_text() == text


@pytest.mark.parametrize("flow", [flow for flow, (_, _, by) in FLOWS.items() if by])
def test_what_msal_node_filled_ours_uses(world, node, tmp_path, flow):
    _, settings, by = FLOWS[flow]
    cache = tmp_path / "cache.json"
    filled = node.fill(settings, USER, by, scopes=[SCOPE], refreshToken=refresh_token(world))
    cache.write_text(filled["cache"])

    assert used(Ours, world, flow, cache) == (filled["token"], [])
    assert json.loads(cache.read_text()) == json.loads(filled["cache"])
