"""Tokens of applications, and tokens on behalf of users, through MSAL Python and through ours."""

import time

import jwt
import pytest

from harness.directory import CONTOSO, DESKTOP, FABRIKAM, GRAPH, MANAGEMENT, WEB, Client
from harness.pair import Theirs
from harness.pair.side import Settings
from harness.directory import STRICT, WEB_API
from harness.pair.world import SIGNED

USER = f"user1@{CONTOSO}"
SCOPE = f"{GRAPH}/.default"
CLAIMS = '{"access_token": {"nbf": {"essential": true, "value": "1700000000"}}}'


@pytest.fixture
def settings(world, tmp_path):
    certificate = str(world.certificate_file)
    assertion = tmp_path / "assertion.jwt"
    assertion.write_text(signed(world))
    kinds = {
        "secret": Settings(WEB),
        "certificate": Settings(SIGNED, certificate=certificate, send_chain=True),
        "assertion": Settings(SIGNED, assertion_file=str(assertion)),
        "capable": Settings(WEB, capabilities=("CP1",)),
        "wrong-secret": Settings(Client(WEB.id, "wrong")),
    }
    return kinds.__getitem__


def signed(world):
    """What a platform would have signed for the application."""
    now = int(time.time())
    audience = f"https://login.microsoftonline.com/{CONTOSO}/oauth2/v2.0/token"
    claims = {"aud": audience, "iss": SIGNED.id, "sub": SIGNED.id, "jti": "1", "nbf": now, "iat": now, "exp": now + 600}
    thumbprint = jwt.utils.base64url_encode(bytes.fromhex(world.certificate.thumbprint_sha256)).decode()
    return jwt.encode(claims, world.certificate.key, algorithm="PS256", headers={"x5t#S256": thumbprint})


@pytest.mark.parametrize("kind", ["secret", "certificate", "assertion", "capable"])
def test_an_application(pair, settings, kind):
    def case(side):
        side.for_client([SCOPE])
        side.for_client([SCOPE])

    pair(f"client-{kind}", case, settings(kind))


def test_a_claims_challenge(pair, settings):
    def case(side):
        side.for_client([SCOPE])
        side.for_client([SCOPE], claims_challenge=CLAIMS)

    pair("client-claims", case, settings("capable"))


def test_claims_that_are_passed_on(pair, settings):
    def case(side):
        side.for_client([SCOPE], forwarded_client_claims=CLAIMS)
        side.for_client([SCOPE], forwarded_client_claims=CLAIMS)
        side.for_client([SCOPE])

    pair("client-forwarded-claims", case, settings("secret"))


def test_several_tenants(pair, settings):
    def case(side):
        side.for_client([SCOPE])
        side.for_client([SCOPE], tenant=FABRIKAM)
        side.for_client([SCOPE])
        side.for_client([SCOPE], tenant=FABRIKAM)

    pair("client-tenants", case, settings("secret"))


def test_several_apis(pair, settings):
    def case(side):
        side.for_client([SCOPE])
        side.for_client([f"{MANAGEMENT}/.default"])
        side.forget_client()
        side.for_client([SCOPE])

    pair("client-apis", case, settings("secret"))


def test_an_expired_token(pair, settings):
    def case(side):
        side.for_client([SCOPE])
        side.begin_again(lambda entry: entry.update(expires_on=str(int(time.time()) + 200)))
        side.for_client([SCOPE])

    pair("client-expiring", case, settings("secret"))


def test_a_server_that_is_down_while_a_token_is_valid(pair, settings, world):
    def case(side):
        side.for_client([SCOPE])
        side.begin_again(lambda entry: entry.update(refresh_on="1700000000"))
        world.admin("/faults", unavailable=1, grant="client_credentials")
        side.for_client([SCOPE])

    pair("client-fallback", case, settings("secret"))


REFUSED = {
    "wrong-secret": ("wrong-secret", SCOPE, "invalid_client"),
    "no-default": ("secret", f"{GRAPH}/User.Read", "invalid_scope"),
    "unknown-resource": ("secret", "api://nobody/.default", "invalid_resource"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_application_is_refused(pair, settings, name):
    kind, scope, error = REFUSED[name]
    pair(f"client-{name}", lambda side: side.for_client([scope]), settings(kind), [error])


def test_the_users_tokens_stay(pair, settings):
    def case(side):
        side.sign_in(USER)
        side.for_client([SCOPE])
        side.forget_client()
        side.accounts()

    pair("client-forgotten", case, settings("secret"))


@pytest.fixture
def assertion(world, tmp_path):
    """The token that a desktop program calls the web application with."""

    def of(user=USER, tenant=CONTOSO):
        side = Theirs(world, Settings(DESKTOP, tenant=tenant), tmp_path / f"{user}.json")
        token = side.sign_in(user, [f"{WEB_API}/access_as_user"])["access_token"]
        world.recorder.take()
        return token

    return of


def test_on_behalf_of_a_user(pair, settings, assertion):
    token = assertion()
    pair("obo", lambda side: (side.on_behalf_of(token, [SCOPE]), side.accounts()), settings("secret"))


def test_on_behalf_of_a_user_once_more(pair, settings, assertion):
    token = assertion()

    def case(side):
        side.on_behalf_of(token, [SCOPE])
        side.on_behalf_of(token, [SCOPE])

    pair("obo-again", case, settings("secret"))


def test_on_behalf_of_two_users(pair, settings, assertion):
    tokens = assertion(), assertion(f"user2@{CONTOSO}")

    def case(side):
        for token in tokens:
            side.on_behalf_of(token, [SCOPE])
        side.accounts()

    pair("obo-two-users", case, settings("secret"))


def test_on_behalf_of_with_a_challenge(pair, settings, assertion):
    token = assertion()
    pair("obo-claims", lambda side: side.on_behalf_of(token, [SCOPE], claims_challenge=CLAIMS), settings("capable"))


def test_on_behalf_of_somebody_whom_a_policy_wants(pair, world, assertion):
    token = assertion(f"user1@{STRICT}", STRICT)
    case = lambda side: side.on_behalf_of(token, [f"{MANAGEMENT}/.default"])
    pair("obo-second-factor", case, Settings(WEB, tenant=STRICT), ["invalid_grant"])


def test_on_behalf_of_an_application(pair, world, settings, assertion, tmp_path):
    """It is no user that one could act on behalf of."""
    side = Theirs(world, settings("secret"), tmp_path / "application.json")
    token = side.for_client([f"{WEB_API}/.default"])["access_token"]
    world.recorder.take()
    pair("obo-application", lambda side: side.on_behalf_of(token, [SCOPE]), settings("secret"), ["invalid_grant"])


def test_on_behalf_of_with_a_token_for_another_api(pair, world, settings, tmp_path):
    side = Theirs(world, Settings(DESKTOP), tmp_path / "other.json")
    token = side.sign_in(USER, [f"{GRAPH}/User.Read"])["access_token"]
    world.recorder.take()
    pair("obo-another-api", lambda side: side.on_behalf_of(token, [SCOPE]), settings("secret"), ["invalid_grant"])
