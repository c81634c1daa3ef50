"""Signing in at a browser, through MSAL Python and through ours."""

import pytest

from harness.directory import CONTOSO, DESKTOP, WEB
from harness.pair.side import SCOPE, Settings
from harness.pair.world import SIGNED

USER = f"user1@{CONTOSO}"
CLAIMS = '{"access_token": {"nbf": {"essential": true, "value": "1700000000"}}}'


def signs_in(**options):
    def case(side):
        side.sign_in(USER, **options)
        side.accounts()

    return case


OPTIONS = {
    "query": {"response_mode": "query"},
    "fragment": {"response_mode": "fragment"},
    "form-post": {"response_mode": "form_post"},
    "login": {"prompt": "login"},
    "consent": {"prompt": "consent"},
    "select-account": {"prompt": "select_account"},
    "create": {"prompt": "create"},
    "nobody-asked": {"prompt": "none"},
    "domain-hint": {"domain_hint": CONTOSO},
    "max-age": {"max_age": 3600},
    "claims": {"claims_challenge": CLAIMS},
    "no-hint": {"hint": False},
    "several-scopes": {"scopes": [SCOPE, "https://graph.microsoft.com/Mail.Read"]},
    "default-scope": {"scopes": ["https://graph.microsoft.com/.default"]},
    "short-scope": {"scopes": ["User.Read"]},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_public_client(pair, name):
    gives = ["login_required"] if name == "nobody-asked" else None
    pair(f"code-{name}", signs_in(**OPTIONS[name]), Settings(DESKTOP), gives)


CLIENTS = {
    "public": Settings(DESKTOP),
    "secret": Settings(WEB),
    "capable": Settings(DESKTOP, capabilities=("CP1", "CP2")),
    "named": Settings(DESKTOP, app_name="compat", app_version="1.2.3"),
    "any-tenant": Settings(DESKTOP, tenant="organizations"),
    "common": Settings(DESKTOP, tenant="common"),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client(pair, name):
    pair(f"code-{name}", signs_in(), CLIENTS[name])


def test_a_client_with_a_certificate(pair, world):
    settings = Settings(SIGNED, certificate=str(world.certificate_file), send_chain=True)
    pair("code-certificate", signs_in(), settings)


def test_a_capable_client_is_challenged(pair):
    pair("code-capable-claims", signs_in(claims_challenge=CLAIMS), CLIENTS["capable"])


def test_a_code_is_used_once(pair):
    def case(side):
        flow, address, _ = side.begin(USER)
        side.finish(flow, address)
        again, _, _ = side.begin(USER)
        code = address.split("code=")[1].split("&")[0]
        state = side.kept.pages[-1].split("state=")[1].split("&")[0]
        side.finish(again, f"{DESKTOP.redirect_uri}?code={code}&state={state}")

    pair("code-used-twice", case, Settings(DESKTOP), ["tokens", "invalid_grant"])


def test_an_answer_to_another_flow_is_refused(pair):
    def case(side):
        _, address, _ = side.begin(USER)
        another, _, _ = side.begin(USER)
        side.finish(another, address)

    pair("code-of-another-flow", case, Settings(DESKTOP), ["sign_in"])


def test_an_answer_without_a_code_is_refused(pair):
    def case(side):
        flow, _, _ = side.begin(USER)
        side.finish(flow, DESKTOP.redirect_uri + "?error=access_denied&error_description=The+user+said+no&state=" + state_of(side))

    pair("code-denied", case, Settings(DESKTOP), ["access_denied"])


def state_of(side):
    return side.kept.pages[-1].split("state=")[1].split("&")[0]


def test_two_users_one_after_the_other(pair):
    def case(side):
        side.sign_in(USER)
        side.sign_in(f"user2@{CONTOSO}")
        side.accounts()

    pair("code-two-users", case, Settings(DESKTOP))


def test_a_guest_in_another_tenant(pair):
    """The user of one tenant, who is invited into the other one."""
    pair("code-guest", lambda side: (side.sign_in("user1@fabrikam.example"), side.accounts()), Settings(DESKTOP))


@pytest.mark.parametrize("mode", ["form_post", "query"])
def test_a_program_opens_the_browser(pair, mode):
    def case(side):
        side.interactive(USER, answer_in_query=mode == "query")
        side.accounts()

    pair(f"interactive-{mode}", case, Settings(DESKTOP))


def test_a_program_opens_the_browser_with_everything(pair):
    def case(side):
        side.interactive(
            USER,
            prompt="select_account",
            domain_hint=CONTOSO,
            max_age=3600,
            claims_challenge=CLAIMS,
            extra_scopes_to_consent=["https://graph.microsoft.com/Mail.Read"],
        )

    pair("interactive-everything", case, Settings(DESKTOP, capabilities=("CP1",)))
