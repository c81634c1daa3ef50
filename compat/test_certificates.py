"""Certificates that `openssl` made, in every form, and who accepts what is signed with them."""

import uuid

import jwt
import pytest
import requests

from harness.directory import CONTOSO, GRAPH, TENANT_IDS, Client
from harness.openssl import CHAIN, FORMS, KINDS, PASSPHRASE, make
from harness.pair import Ours
from harness.pair.oidc_world import OidcWorld
from harness.pair.side import Settings

SCOPE = f"{GRAPH}/.default"
ALGORITHMS = {"rsa-2048": "PS256", "rsa-3072": "PS256", "p-256": "ES256"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("openssl")
    return {kind: make(kind, folder / kind) for kind in KINDS}


def token(world, settings, cache):
    """What the application gets, and what it proved itself with."""
    world.recorder.take()
    side = Ours(world, settings, cache)
    try:
        result = side.for_client([SCOPE])
    finally:
        requests = side.ended().requests
    assert "access_token" in result, result
    (request,) = [request for request in requests if request.method == "POST"]
    return request.url, dict(request.form)["client_assertion"]


def settings_for(client_id, made, form, **more):
    passphrase = PASSPHRASE if form.startswith(("encrypted", "pfx")) else None
    return Settings(Client(client_id), certificate=str(made.files[form]), passphrase=passphrase, **more)


@pytest.fixture(scope="module")
def registered(started_world, made):
    """The client id of the application that has each certificate."""
    clients = {kind: str(uuid.uuid4()) for kind in KINDS}
    apps = [{"client_id": client, "certificates": [made[kind].pem]} for kind, client in clients.items()]
    started_world.admin("/directory", app=apps)
    return clients


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_entra_and_pyjwt_take_what_is_signed(world, made, registered, tmp_path, kind, form):
    tenant, client = TENANT_IDS[CONTOSO], registered[kind]
    settings = settings_for(client, made[kind], form, tenant=tenant, send_chain=form in CHAIN)
    url, assertion = token(world, settings, tmp_path / "cache.json")

    claims = jwt.decode(assertion, made[kind].public_key, algorithms=[ALGORITHMS[kind]], audience=url, issuer=client)
    assert claims["sub"] == client
    chain = jwt.get_unverified_header(assertion).get("x5c", [])
    assert len(chain) == (2 if form in CHAIN else 0)


@pytest.fixture(scope="module")
def provider(servers, tmp_path_factory):
    world = OidcWorld(servers("oidc-provider", "port"), tmp_path_factory.mktemp("oidc"))
    yield world
    world.stop()


@pytest.fixture(scope="module")
def registered_there(provider, servers, made):
    """The same at oidc-provider, by RFC 7591."""

    def register(key):
        metadata = {
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [key]},
            "redirect_uris": [],
            "response_types": [],
            "grant_types": ["client_credentials"],
            "scope": SCOPE,
        }
        answer = requests.post(f"{provider.issuer}/reg", json=metadata, verify=str(servers("oidc-provider", "port").ca))
        assert answer.status_code == 201, answer.text
        return answer.json()["client_id"]

    return {kind: register(public_jwk(made[kind].public_key)) for kind in KINDS}


def public_jwk(key):
    """RFC 7518 §6, without what lets a server choose: our library's header names no key."""
    algorithm = jwt.algorithms.ECAlgorithm if hasattr(key, "curve") else jwt.algorithms.RSAAlgorithm
    return {name: value for name, value in algorithm.to_jwk(key, as_dict=True).items() if name != "key_ops"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_oidc_provider_takes_what_is_signed(provider, made, registered_there, tmp_path, kind, form):
    settings = settings_for(registered_there[kind], made[kind], form, oidc_authority=provider.issuer)
    _, assertion = token(provider, settings, tmp_path / "cache.json")
    assert jwt.get_unverified_header(assertion)["alg"] == ALGORITHMS[kind]
