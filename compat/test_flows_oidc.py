"""What oidc-provider has of the flows, through MSAL Python and through ours."""

from urllib.parse import urlsplit

import pytest

from harness.directory import CONTOSO, DESKTOP, GRAPH, MANAGEMENT, WEB, Client
from harness.pair import Pair
from harness.pair.oidc_world import OidcWorld
from harness.pair.side import Settings
from harness.pair.world import SIGNED

USER = f"user1@{CONTOSO}"
SCOPE = f"{GRAPH}/.default"


@pytest.fixture(scope="module")
def provider(servers, tmp_path_factory):
    world = OidcWorld(servers("oidc-provider", "port"), tmp_path_factory.mktemp("oidc"))
    yield world
    world.stop()


@pytest.fixture
def pair(provider, tmp_path):
    return Pair(provider, tmp_path)


@pytest.fixture
def settings(provider, tmp_path):
    pem = tmp_path / "client.pem"
    pem.write_text(provider.certificate.key + provider.certificate.certificate)
    clients = {
        "public": {"client": DESKTOP},
        "secret": {"client": WEB},
        "certificate": {"client": SIGNED, "certificate": str(pem), "send_chain": True},
    }
    return lambda name: Settings(oidc_authority=provider.issuer, **clients[name])


def sign_in(side, **options):
    return side.sign_in(USER, [SCOPE], prompt="consent", **options)


@pytest.mark.parametrize("client", ["public", "secret", "certificate"])
def test_a_user_signs_in(pair, settings, client):
    def case(side):
        sign_in(side)
        side.accounts()

    pair(f"oidc-code-{client}", case, settings(client))


def test_the_answer_is_posted(pair, settings):
    pair("oidc-form-post", lambda side: sign_in(side, response_mode="form_post"), settings("secret"))


def test_a_token_from_the_cache(pair, settings):
    def case(side):
        sign_in(side)
        side.silent(USER, [SCOPE])

    pair("oidc-silent", case, settings("public"))


@pytest.mark.parametrize("client", ["public", "secret", "certificate"])
def test_a_renewal(pair, settings, client):
    def case(side):
        sign_in(side)
        side.silent(USER, [SCOPE], force_refresh=True)
        # The server takes each refresh token once: this is the first one's successor.
        side.silent(USER, [SCOPE], force_refresh=True)

    pair(f"oidc-renewal-{client}", case, settings(client))


def test_a_device(pair, settings):
    def case(side):
        flow, shown = side.begin_device([SCOPE])
        side.world.person(USER).enter(shown["verification_uri"], shown["user_code"])
        side.finish_device(flow)
        side.accounts()

    pair("oidc-device", case, settings("public"))


@pytest.mark.parametrize("client", ["secret", "certificate"])
def test_an_application(pair, settings, client):
    def case(side):
        side.for_client([SCOPE])
        side.for_client([SCOPE])
        # The same application once more: the server takes each assertion once.
        side.for_client([f"{MANAGEMENT}/.default"])

    pair(f"oidc-client-{client}", case, settings(client))


def test_an_answer_of_another_issuer(pair, settings):
    """RFC 9207 §2.4: one authorization server must not be taken for another one."""

    def case(side):
        flow, address, _ = side.begin(USER, [SCOPE], prompt="consent")
        side.finish(flow, address.replace("&iss=", "&iss=https%3A%2F%2Fevil.example%2F"))

    pair("oidc-another-issuer", case, settings("public"), ["sign_in"])


def test_an_answer_without_its_issuer(pair, settings):
    def case(side):
        flow, address, _ = side.begin(USER, [SCOPE], prompt="consent")
        query = [part for part in urlsplit(address).query.split("&") if not part.startswith("iss=")]
        side.finish(flow, f"{DESKTOP.redirect_uri}/?{'&'.join(query)}")

    pair("oidc-no-issuer", case, settings("public"), ["sign_in"])


def test_a_wrong_secret(pair, provider):
    client = Client(WEB.id, "wrong", WEB.redirect_uri)
    pair("oidc-wrong-secret", sign_in, Settings(client, oidc_authority=provider.issuer), ["invalid_client"])


def test_a_code_that_is_used_twice(pair, settings):
    def case(side):
        flow, address, _ = side.begin(USER, [SCOPE], prompt="consent")
        side.finish(flow, address)
        again, _, _ = side.begin(USER, [SCOPE], prompt="consent")
        state = side.kept.pages[-1].split("state=")[1].split("&")[0]
        parts = [part if not part.startswith("state=") else f"state={state}" for part in urlsplit(address).query.split("&")]
        side.finish(again, f"{DESKTOP.redirect_uri}/?{'&'.join(parts)}")

    pair("oidc-code-used-twice", case, settings("public"), ["tokens", "invalid_grant"])
