"""A cache that one library filled by a flow, used by the others without a request."""

import json
from dataclasses import dataclass, replace

import pytest

from harness.directory import CONTOSO, DESKTOP, GRAPH, PASSWORD, TENANT_IDS, WEB
from harness.pair import Ours, Theirs
from harness.pair.node import Node
from harness.pair.side import SCOPE, Settings
from harness.directory import WEB_API
from harness.pair.world import SIGNED

USER = f"user1@{CONTOSO}"
DEFAULT = f"{GRAPH}/.default"
#: By its id: under the domain's name, MSAL Node finds only its own tokens of an application.
TENANT = TENANT_IDS[CONTOSO]


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


def silently(side):
    return side.silent(USER, [SCOPE])


def for_client(side):
    return side.for_client([DEFAULT])


@dataclass(frozen=True)
class Flow:
    """How a cache is filled here, how it is used then, and what MSAL Node calls both, if it has the flow."""

    fill: object
    settings: Settings = Settings(DESKTOP)
    node: str | None = None
    use: object = silently
    node_use: str = "silent"
    scope: str = SCOPE


FLOWS = {
    "code": Flow(by_code, node="code"),
    "code-of-any-tenant": Flow(by_code, Settings(DESKTOP, tenant="organizations"), "code"),
    "code-secret": Flow(by_code, Settings(WEB), "code"),
    "interactive": Flow(lambda side: side.interactive(USER), node="interactive"),
    "device": Flow(by_device, node="device"),
    "password": Flow(lambda side: side.password(USER, PASSWORD, [SCOPE]), node="password"),
    "refresh-token": Flow(by_refresh_token, node="refresh-token"),
    "renewed": Flow(renewed),
    "client-secret": Flow(for_client, Settings(WEB, tenant=TENANT), "client", for_client, "client", DEFAULT),
    "client-certificate": Flow(
        for_client,
        Settings(SIGNED, tenant=TENANT, certificate="of the world"),
        "client",
        for_client,
        "client",
        DEFAULT,
    ),
}


def application(library, world, flow, cache):
    settings = FLOWS[flow].settings
    if settings.certificate:
        settings = replace(settings, certificate=str(world.certificate_file))
    return library(world, settings, cache)


def filled(library, world, flow, cache):
    """The token with which a library filled a cache."""
    side = application(library, world, flow, cache)
    try:
        return FLOWS[flow].fill(side)["access_token"]
    finally:
        side.ended()


def used(library, world, flow, cache):
    """What a library gives for a cache, and the addresses of what it posted."""
    world.recorder.take()
    side = application(library, world, flow, cache)
    try:
        result = FLOWS[flow].use(side)
    finally:
        requests = side.ended().requests
    return result.get("access_token"), [request.url for request in requests if request.method == "POST"]


def used_by_node(node, flow, cache):
    flow = FLOWS[flow]
    return node.use(flow.settings, USER, cache.read_text(), by=flow.node_use, scopes=[flow.scope])


#: Where MSAL Node finds no access token, by whichever of the other two it was stored. MSAL Python stores a user's token under
#: the tenant that it asked at, and Node looks for the tenant that it is of; an application's has null for its user, and Node
#: looks for an empty text, which Python does not find.
NODE_ASKS = ["code-of-any-tenant", "client-secret", "client-certificate"]


@pytest.mark.parametrize("flow", FLOWS)
def test_what_ours_filled_the_others_use(world, node, tmp_path, flow):
    cache = tmp_path / "cache.json"
    token = filled(Ours, world, flow, cache)
    text = cache.read_text()

    assert used(Theirs, world, flow, cache) == (token, [])
    assert cache.read_text() == text
    if flow not in NODE_ASKS:
        assert used_by_node(node, flow, cache) == {"token": token, "cached": True, "posted": []}


@pytest.mark.parametrize("library", [Theirs, Ours])
@pytest.mark.parametrize("flow", NODE_ASKS)
def test_msal_node_asks_for_what_it_does_not_find_in_either_cache(world, node, tmp_path, flow, library):
    cache = tmp_path / "cache.json"
    token = filled(library, world, flow, cache)
    result = used_by_node(node, flow, cache)
    assert (result["token"] != token, len(result["posted"])) == (True, 1)


@pytest.mark.parametrize("flow", FLOWS)
def test_what_msal_python_filled_ours_uses(world, tmp_path, flow):
    cache = tmp_path / "cache.json"
    token = filled(Theirs, world, flow, cache)
    text = cache.read_text()

    assert used(Ours, world, flow, cache) == (token, [])
    assert cache.read_text() == text


def filled_by_node(node, world, flow, cache, **question):
    settings, by, scope = FLOWS[flow].settings, FLOWS[flow].node, FLOWS[flow].scope
    filled = node.fill(settings, USER, by, scopes=[scope], **question)
    cache.write_text(filled["cache"])
    return filled["token"]


@pytest.mark.parametrize("flow", [name for name, flow in FLOWS.items() if flow.node])
def test_what_msal_node_filled_ours_uses(world, node, tmp_path, flow):
    cache = tmp_path / "cache.json"
    token = filled_by_node(node, world, flow, cache, refreshToken=refresh_token(world))
    stored = json.loads(cache.read_text())

    assert used(Ours, world, flow, cache) == (token, [])
    assert json.loads(cache.read_text()) == stored


@pytest.fixture
def assertion(world, tmp_path):
    """The token that a desktop program calls the web application with."""
    side = Theirs(world, Settings(DESKTOP), tmp_path / "desktop.json")
    return side.sign_in(USER, [f"{WEB_API}/access_as_user"])["access_token"]


@pytest.fixture
def on_behalf_of(world, assertion, tmp_path):
    """What a library gets on behalf of the user with the cache at hand, and what it posted for it."""
    cache = tmp_path / "service.json"

    def acquire(library):
        world.recorder.take()
        side = library(world, Settings(WEB), cache)
        try:
            token = side.on_behalf_of(assertion, [DEFAULT])["access_token"]
        finally:
            requests = side.ended().requests
        return token, len([request for request in requests if request.method == "POST"])

    acquire.cache = cache
    return acquire


def test_ours_finds_what_node_got_on_behalf_of_a_user(node, assertion, on_behalf_of):
    filled = node.fill(Settings(WEB), USER, "on-behalf-of", scopes=[DEFAULT], assertion=assertion)
    on_behalf_of.cache.write_text(filled["cache"])
    assert on_behalf_of(Ours) == (filled["token"], 0)


def test_node_finds_what_ours_got_on_behalf_of_a_user(node, assertion, on_behalf_of):
    token, _ = on_behalf_of(Ours)
    text = on_behalf_of.cache.read_text()
    result = node.use(Settings(WEB), USER, text, by="on-behalf-of", scopes=[DEFAULT], assertion=assertion)
    assert result == {"token": token, "cached": True, "posted": []}


def test_msal_python_gives_nobody_what_ours_got_on_behalf_of_a_user(world, on_behalf_of):
    """It finds tokens by the user, not by the assertion, and so must not find these."""
    on_behalf_of(Ours)
    side = Theirs(world, Settings(WEB), on_behalf_of.cache)
    assert side.silent(USER, [DEFAULT])["said"] == "None"
    # It asks for its own, and leaves what it does not know alone.
    entries = json.loads(on_behalf_of.cache.read_text())["AccessToken"]
    token, posted = on_behalf_of(Theirs)
    after = json.loads(on_behalf_of.cache.read_text())["AccessToken"]
    assert posted == 1
    assert {key: after[key] for key in entries} == entries


def test_ours_gives_nobody_by_assertion_what_python_got_for_the_user(on_behalf_of):
    """Python's entry does not say which assertion it was got for."""
    token, _ = on_behalf_of(Theirs)
    other, posted = on_behalf_of(Ours)
    assert (posted, other != token) == (1, True)
