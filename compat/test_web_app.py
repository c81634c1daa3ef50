"""A real Chromium at the example `web_app`: the application that people copy.

The emulator has the directory that comes with the example. Every page is photographed at 1280 and at 390 pixels, light and
dark, into `screenshots/` beside the suite's environments.
"""

import json
import os
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from harness.chromium import EXECUTABLE, Chromium
from harness.directory import PASSWORD
from harness.emulator import Emulator

pytestmark = pytest.mark.skipif(
    EXECUTABLE is None, reason="Chromium is not installed; on Debian: apt-get install chromium"
)

ALICE, BOB, CAROL, MIA = (
    "alice@contoso.example",
    "bob@contoso.example",
    "carol@fabrikam.example",
    "mia@contoso.example",
)
SECOND_FACTOR = "123456"
#: It is built by `cargo xtask compat`.
PROGRAM = Path(os.environ["MSAL_BIN"]).parent / "examples" / "web_app"
DIRECTORY = Path(__file__).parents[1] / "crates/msal-client/examples/web_app/emulator.toml"


class Application:
    """The program, as it is started by whoever tries it out; and the emulator, which learns where it is."""

    def __init__(self, folder, response_mode):
        server = '[server]\nadmin_port = 0\n'
        self.emulator = Emulator(folder / "emulator", DIRECTORY.read_text() + server)
        [web, api] = tomllib.loads(DIRECTORY.read_text())["app"]
        self.secrets = [*web["secrets"], *api["secrets"]]
        self.log = folder / "log.txt"
        environment = {
            "PATH": os.environ["PATH"],
            "SSL_CERT_FILE": str(self.emulator.ca),
            "AUTHORITY": self.emulator.authority("organizations"),
            "GRAPH": self.emulator.url,
            "CLIENT_ID": web["client_id"],
            "CLIENT_SECRET": web["secrets"][0],
            "API_CLIENT_ID": api["client_id"],
            "API_CLIENT_SECRET": api["secrets"][0],
            "RESPONSE_MODE": response_mode,
            "LISTEN": "127.0.0.1:0",
        }
        with open(self.log, "w") as log:
            self._process = subprocess.Popen([PROGRAM], env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        self.url = self._process.stdout.readline().removeprefix("open ").strip()
        port = f":{urlsplit(self.url).port}/"
        self._tell({"app": [json.loads(json.dumps(web).replace(":3000/", port))]}, "directory")

    def revoke(self, user):
        self._tell({}, f"users/{user}/revoke-sessions")

    def _tell(self, what, where):
        answer = requests.post(f"{self.emulator.started['admin_url']}/{where}", json=what, timeout=30)
        answer.raise_for_status()

    def stop(self):
        """What was printed and logged holds no code, token, secret or name, whatever the test has done."""
        self._process.kill()
        printed = self._process.communicate()[0] + self.log.read_text()
        self.emulator.stop()
        for secret in [*self.secrets, "eyJ", "code=", "state=", "nonce", "@contoso", "@fabrikam", PASSWORD]:
            assert secret not in printed, printed


@pytest.fixture(scope="module", params=["form_post", "query"])
def application(tmp_path_factory, request):
    application = Application(tmp_path_factory.mktemp("web-app"), request.param)
    application.response_mode = request.param
    yield application
    application.stop()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    chromium = Chromium(tmp_path_factory.mktemp("chromium") / "stderr.txt")
    yield chromium
    chromium.stop()


@pytest.fixture
def browser(chromium, application):
    """A window without cookies. Chromium must have nothing to say against a page, such as its policies."""
    # Both colours, and no more windows than that takes.
    chromium.colors = "light" if application.response_mode == "form_post" else "dark"
    chromium.expected = []
    yield chromium.start(colors=chromium.colors)
    assert [text.split("status of ")[-1] for text in chromium.complaints(application.url)] == chromium.expected
    assert chromium.complaints(application.emulator.url) == []


def authenticate(browser, user):
    browser.see("Sign in")
    browser.fill("Email or sign-in name", user)
    browser.press("Next")
    browser.see("Enter password")
    browser.fill("Password", PASSWORD)
    browser.press("Sign in")


def sign_in(browser, application, user):
    browser.open(application.url)
    browser.see("Welcome")
    browser.follow("Sign in")
    authenticate(browser, user)


def picture(browser, name):
    return f"4{name}-{browser.colors}"


def test_a_user_signs_in_sees_their_profile_and_signs_out(browser, application):
    browser.open(application.url)
    browser.see("Welcome", picture(browser, "0-welcome"))
    browser.follow("Sign in")
    authenticate(browser, ALICE)
    browser.see("Hello, Alice Archer", picture(browser, "1-signed-in"))
    browser.follow("Show my profile")
    browser.see("Your profile", picture(browser, "2-profile"))
    assert ALICE in browser.text()
    browser.press("Sign out")
    # The authority tells the application in a frame, and sends the browser back.
    browser.arrive(f"{application.url}/signed-out")
    browser.see("You are signed out", picture(browser, "3-signed-out"))
    browser.open(f"{application.url}/profile")
    browser.see("Sign in")


def test_nobody_is_signed_in_who_cancels(browser, application):
    sign_in(browser, application, CAROL)
    browser.see("Permissions requested")
    browser.press("Decline")
    browser.see("You are not signed in", picture(browser, "4-cancelled"))
    browser.open(application.url)
    browser.see("Welcome")


def test_a_user_consents(browser, application):
    sign_in(browser, application, CAROL)
    browser.see("Permissions requested")
    browser.press("Accept")
    browser.see("Hello, Carol Cooper")
    browser.follow("Show my profile")
    browser.see("Your profile")
    assert CAROL in browser.text()


def test_an_api_that_is_refused_for_want_of_a_second_factor_has_the_user_asked_for_it(browser, application):
    sign_in(browser, application, MIA)
    browser.see("Hello, Mia Mason")
    browser.follow("Show my profile")
    browser.see("Enter code")
    browser.fill("Code", SECOND_FACTOR)
    browser.press("Verify")
    browser.see("Your profile")
    assert MIA in browser.text()


def test_a_user_whose_sessions_are_revoked_signs_in_again_and_goes_on(browser, application):
    sign_in(browser, application, ALICE)
    browser.see("Hello, Alice Archer")
    browser.follow("Show my profile")
    browser.see("Your profile")
    application.revoke(ALICE)
    browser.open(f"{application.url}/profile")
    browser.see("Enter password")
    browser.fill("Password", PASSWORD)
    browser.press("Sign in")
    browser.see("Your profile")
    assert ALICE in browser.text()


def test_a_user_who_signs_out_at_the_authority_is_signed_out_here(browser, application):
    sign_in(browser, application, BOB)
    browser.see("Hello, Bob Baker")
    browser.open(f"{application.emulator.authority('organizations')}/oauth2/v2.0/logout")
    browser.see("You signed out")
    browser.open(application.url)
    browser.see("Welcome")


def test_two_users_in_two_browsers_never_see_each_others_data(browser, application, tmp_path):
    other = Chromium(tmp_path / "stderr.txt").start()
    try:
        sign_in(browser, application, ALICE)
        browser.see("Hello, Alice Archer")
        sign_in(other, application, BOB)
        other.see("Hello, Bob Baker")
        for _ in range(3):
            for each, own, foreign in [(browser, ALICE, BOB), (other, BOB, ALICE)]:
                each.open(f"{application.url}/profile")
                each.see("Your profile")
                assert own in each.text() and foreign not in each.text()
        browser.press("Sign out")
        browser.see("You are signed out")
        other.open(f"{application.url}/profile")
        other.see("Your profile")
        assert BOB in other.text()
    finally:
        other.stop()


def test_an_address_that_was_used_or_made_up_is_a_page_that_says_what_to_do(browser, application):
    browser.open(f"{application.url}/nothing-here")
    browser.see("There is no such page", picture(browser, "5-not-found"))
    browser.expected = ["404 (Not Found)"]
    if application.response_mode == "query":
        browser.open(f"{application.url}/callback?code=x&state=y")
        browser.see("This sign-in cannot be finished", picture(browser, "6-not-finished"))
        browser.expected.append("400 (Bad Request)")
