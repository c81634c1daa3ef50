"""Device codes and passwords, through MSAL Python and through ours."""

import json

import pytest

from harness.directory import CONTOSO, DESKTOP, MANAGEMENT, PASSWORD, WEB
from harness.pair.side import SCOPE, Settings
from harness.directory import FEDERATED, STRICT

USER = f"user1@{CONTOSO}"
CLAIMS = '{"access_token": {"nbf": {"essential": true, "value": "1700000000"}}}'


def with_a_device(side, after=(), scopes=(SCOPE,), **options):
    """`after` is what the user does when: a number of seconds, and a function from the code."""
    flow, shown = side.begin_device(list(scopes), **options)
    if flow is None:
        return
    assert shown["user_code"] in shown["message"]
    waited, moment, act = 0, *(after or (float("inf"), None))
    if moment == 0:
        act(shown["user_code"])

    def passed(seconds):
        nonlocal waited
        waited += seconds
        if waited - seconds < moment <= waited:
            act(shown["user_code"])

    side.on_wait = passed
    side.finish_device(flow, **options)
    side.accounts()


@pytest.fixture
def approve(world):
    return lambda code: world.admin(f"/devices/{code}", upn=USER)


@pytest.fixture
def decline(world):
    return lambda code: world.admin(f"/devices/{code}")


def test_the_code_is_entered_at_once(pair, approve):
    pair("device-at-once", lambda side: with_a_device(side, (0, approve)), Settings(DESKTOP))


def test_the_code_is_entered_in_time(pair, approve):
    settings = Settings(DESKTOP, tenant="organizations")
    pair("device-in-time", lambda side: with_a_device(side, (7, approve)), settings)


def test_a_challenge(pair, approve):
    case = lambda side: with_a_device(side, (2, approve), claims_challenge=CLAIMS)
    pair("device-claims", case, Settings(DESKTOP, capabilities=("CP1",)))


def test_the_server_wants_fewer_questions(pair, world, approve):
    def case(side):
        refusal = {"error": "slow_down", "error_description": "too fast"}
        respond = {"status": 400, "headers": {"content-type": "application/json"}, "body": json.dumps(refusal)}
        world.admin("/faults", respond=respond, grant="*device_code", first=1)
        with_a_device(side, (17, approve))

    pair("device-slow-down", case, Settings(DESKTOP))


def test_nobody_enters_the_code(pair):
    pair("device-expired", with_a_device, Settings(DESKTOP), ["interaction_required"])


def test_the_user_declines(pair, decline):
    case = lambda side: with_a_device(side, (2, decline))
    pair("device-declined", case, Settings(DESKTOP), ["authorization_declined"])


def test_a_policy_blocks_it(pair, world):
    def case(side):
        approve = lambda code: world.admin(f"/devices/{code}", upn=f"user1@{STRICT}")
        with_a_device(side, (2, approve), scopes=["https://vault.azure.net/.default"])

    pair("device-blocked", case, Settings(DESKTOP, tenant=STRICT), ["invalid_grant"])


def test_a_scope_that_nobody_has(pair, approve):
    case = lambda side: with_a_device(side, (0, approve), scopes=["api://nobody/.default"])
    pair("device-unknown-resource", case, Settings(DESKTOP), ["invalid_resource"])


def signs_in(user=USER, password=PASSWORD, scope=SCOPE, **options):
    def case(side):
        side.password(user, password, [scope], **options)
        side.accounts()

    return case


PASSWORDS = {
    "right": signs_in(),
    "wrong": signs_in(password="wrong"),
    "nobody": signs_in(user=f"nobody@{CONTOSO}"),
    "nowhere": signs_in(user="user1@nowhere.example"),
    "capitals": signs_in(user=USER.upper()),
    "claims": signs_in(claims_challenge=CLAIMS),
    "federated": signs_in(user=f"user1@{FEDERATED}"),
}


REFUSED = {"wrong": "invalid_grant", "nobody": "invalid_grant", "nowhere": "invalid_grant", "federated": "interaction_required"}


@pytest.mark.parametrize("name", PASSWORDS)
def test_a_password(pair, name):
    gives = [REFUSED.get(name, "tokens")]
    pair(f"password-{name}", PASSWORDS[name], Settings(DESKTOP, tenant="organizations"), gives)


def test_a_password_of_a_confidential_client(pair):
    pair("password-secret", signs_in(), Settings(WEB))


def test_a_second_factor(pair):
    case = signs_in(user=f"user1@{STRICT}", scope=f"{MANAGEMENT}/.default")
    pair("password-second-factor", case, Settings(DESKTOP, tenant=STRICT), ["invalid_grant"])
