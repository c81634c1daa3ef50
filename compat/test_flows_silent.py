"""Tokens of users who have signed in before, through MSAL Python and through ours."""

import time

import pytest

from harness.directory import CONTOSO, DESKTOP, FABRIKAM, MANAGEMENT, WEB
from harness.pair.side import SCOPE, Settings
from harness.directory import STRICT

USER = f"user1@{CONTOSO}"
GUEST = f"user1@{FABRIKAM}"
CLAIMS = '{"access_token": {"nbf": {"essential": true, "value": "1700000000"}}}'
MAIL = "https://graph.microsoft.com/Mail.Read"
VAULT = "https://vault.azure.net/.default"


def test_a_token_from_the_cache(pair):
    def case(side):
        side.sign_in(USER)
        side.silent(USER, [SCOPE])

    pair("silent-hit", case, Settings(DESKTOP))


RENEWALS = {
    "forced": {"force_refresh": True},
    "claims": {"claims_challenge": CLAIMS},
    "other-scope": {"scopes": [MAIL]},
    "other-resource": {"scopes": [f"{MANAGEMENT}/.default"]},
    "unknown-resource": {"scopes": ["api://nobody/.default"]},
}


@pytest.mark.parametrize("name", RENEWALS)
@pytest.mark.parametrize("client", ["public", "secret"])
def test_a_renewal(pair, client, name):
    def case(side):
        side.sign_in(USER)
        options = dict(RENEWALS[name])
        scopes = options.pop("scopes", [SCOPE])
        side.silent(USER, scopes, **options)
        side.silent(USER, scopes)
        side.accounts()

    given = "invalid_resource" if name == "unknown-resource" else "tokens"
    settings = Settings({"public": DESKTOP, "secret": WEB}[client])
    pair(f"silent-{name}-{client}", case, settings, ["tokens", given, given])


def test_a_capable_client_renews(pair):
    def case(side):
        side.sign_in(USER)
        side.silent(USER, [SCOPE], force_refresh=True)
        side.silent(USER, [SCOPE], claims_challenge=CLAIMS)

    pair("silent-capable", case, Settings(DESKTOP, capabilities=("CP1",)))


@pytest.mark.parametrize("name", ["expired", "expiring"])
def test_a_token_is_renewed_in_time(pair, name):
    def case(side):
        side.sign_in(USER)
        moment = time.time() + {"expired": -60, "expiring": 200}[name]
        side.begin_again(lambda entry: entry.update(expires_on=str(int(moment))))
        side.silent(USER, [SCOPE])

    pair(f"silent-{name}", case, Settings(DESKTOP))


def test_a_token_is_renewed_when_the_server_wants_it(pair):
    def case(side):
        side.sign_in(USER)
        side.begin_again(lambda entry: entry.update(refresh_on="1700000000"))
        side.silent(USER, [SCOPE])

    pair("silent-refresh-in", case, Settings(DESKTOP))


def test_a_token_that_cannot_be_renewed_yet_is_used(pair, world):
    def case(side):
        side.sign_in(USER)
        side.begin_again(lambda entry: entry.update(refresh_on="1700000000"))
        world.admin("/faults", unavailable=1, grant="refresh_token")
        side.silent(USER, [SCOPE])

    pair("silent-fallback", case, Settings(DESKTOP))


def test_nobody_has_signed_in(pair):
    pair("silent-nobody", lambda side: side.accounts(), Settings(DESKTOP))


def test_a_session_that_was_revoked(pair, world):
    def case(side):
        side.sign_in(USER)
        world.admin(f"/users/{USER}/revoke-sessions")
        side.silent(USER, [SCOPE], force_refresh=True)

    pair("silent-revoked", case, Settings(DESKTOP), ["tokens", "invalid_grant"])


POLICIES = {"mfa": f"{MANAGEMENT}/.default", "block": VAULT, "consent": "https://storage.azure.com/.default"}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_wants_the_user(pair, name):
    def case(side):
        user = f"user1@{STRICT}"
        side.sign_in(user)
        side.silent(user, [POLICIES[name]])

    pair(f"silent-policy-{name}", case, Settings(DESKTOP, tenant=STRICT), ["tokens", "invalid_grant"])


@pytest.mark.parametrize("tenant", ["organizations", FABRIKAM])
def test_a_guest_at_another_tenant(pair, tenant):
    def case(side):
        side.sign_in(GUEST)
        side.silent(GUEST, [SCOPE], tenant=CONTOSO)
        side.silent(GUEST, [SCOPE], tenant=CONTOSO)
        side.silent(GUEST, [SCOPE])
        side.accounts()

    pair(f"silent-guest-{tenant}", case, Settings(DESKTOP, tenant=tenant))


def test_a_user_who_is_no_guest_there(pair):
    def case(side):
        side.sign_in(USER)
        side.silent(USER, [SCOPE], tenant=FABRIKAM)

    pair("silent-no-guest", case, Settings(DESKTOP), ["tokens", "invalid_grant"])


def test_one_of_two_users_signs_out(pair):
    def case(side):
        side.sign_in(USER)
        side.sign_in(f"user2@{CONTOSO}")
        side.sign_out(USER)
        side.accounts()
        side.silent(f"user2@{CONTOSO}", [SCOPE])

    pair("sign-out", case, Settings(DESKTOP))


def test_a_guest_signs_out(pair):
    def case(side):
        side.sign_in(GUEST)
        side.silent(GUEST, [SCOPE], tenant=CONTOSO)
        side.sign_out(GUEST)
        side.accounts()

    pair("sign-out-guest", case, Settings(DESKTOP, tenant="organizations"))


def test_the_last_user_signs_out(pair):
    def case(side):
        side.sign_in(USER)
        side.sign_out(USER)
        side.accounts()

    pair("sign-out-last", case, Settings(WEB))


def test_a_refresh_token_of_another_program(pair, world):
    def case(side):
        token = world.admin("/refresh-tokens", upn=USER, client_id=DESKTOP.id)["refresh_token"]
        side.by_refresh_token(token, [SCOPE])
        side.accounts()
        side.silent(USER, [SCOPE])

    pair("refresh-token", case, Settings(DESKTOP))


def test_a_refresh_token_of_another_program_for_a_confidential_client(pair, world):
    def case(side):
        token = world.admin("/refresh-tokens", upn=USER, client_id=WEB.id)["refresh_token"]
        side.by_refresh_token(token, [SCOPE])

    pair("refresh-token-secret", case, Settings(WEB))


def test_a_dead_refresh_token(pair, world):
    def case(side):
        token = world.admin("/refresh-tokens", upn=USER, client_id=DESKTOP.id)["refresh_token"]
        world.admin("/refresh-tokens/revoke", refresh_token=token)
        side.by_refresh_token(token, [SCOPE])
        side.by_refresh_token("made up", [SCOPE])

    pair("refresh-token-dead", case, Settings(DESKTOP), ["invalid_grant", "invalid_grant"])


def test_a_refresh_token_of_another_client(pair, world):
    def case(side):
        token = world.admin("/refresh-tokens", upn=USER, client_id=WEB.id)["refresh_token"]
        side.by_refresh_token(token, [SCOPE])

    pair("refresh-token-of-another-client", case, Settings(DESKTOP), ["invalid_grant"])


def test_a_refresh_token_for_a_capable_client(pair, world):
    def case(side):
        token = world.admin("/refresh-tokens", upn=USER, client_id=DESKTOP.id)["refresh_token"]
        side.by_refresh_token(token, [SCOPE])

    pair("refresh-token-capable", case, Settings(DESKTOP, capabilities=("CP1",)))
