"""A real Chromium at the pages of the emulator, with MSAL Python behind it and the directory that everybody tries.

Every page is photographed at 1280 and at 390 pixels, into `screenshots/` beside the suite's environments.
"""

import queue
import webbrowser
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import msal
import pytest

from harness.chromium import EXECUTABLE, Chromium
from harness.directory import DESKTOP, GRAPH, MANAGEMENT, PASSWORD
from harness.emulator import Emulator
from harness.python_app import claims

pytestmark = pytest.mark.skipif(
    EXECUTABLE is None, reason="Chromium is not installed; on Debian: apt-get install chromium"
)

ALICE, CAROL, MIA = "alice@contoso.example", "carol@fabrikam.example", "mia@contoso.example"
NAME = "Email or sign-in name"
SECOND_FACTOR = "123456"
#: Nobody in Fabrikam has consented to it.
REPORTS = "https://reports.contoso.example/api"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with Emulator(tmp_path_factory.mktemp("browser"), config=None) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    chromium = Chromium(tmp_path_factory.mktemp("chromium") / "stderr.txt")
    yield chromium
    chromium.stop()


@pytest.fixture
def browser(chromium, emulator):
    """A window without cookies. Chromium must have nothing to say against a page, such as its policies."""
    yield chromium.start()
    assert chromium.complaints(emulator.url) == []


class Program:
    """A desktop program on MSAL Python that waits for its user to sign in."""

    def __init__(self, emulator, resource):
        self._scopes = [f"{resource}/.default"]
        self._opened = queue.Queue()
        self._thread = ThreadPoolExecutor(1)
        self.app = msal.PublicClientApplication(
            DESKTOP.id, authority=emulator.authority("organizations"), instance_discovery=False, verify=str(emulator.ca)
        )

    def sign_in(self, **wishes):
        """The page that the program opens in the browser, and its result in the future."""
        webbrowser.register("test", None, Opener(self._opened), preferred=True)
        result = self._thread.submit(self.app.acquire_token_interactive, self._scopes, timeout=60, **wishes)
        return self._opened.get(timeout=30), result

    def start_device(self):
        """What a device would show."""
        return self.app.initiate_device_flow(self._scopes)

    def wait_for_device(self, flow):
        return self._thread.submit(self.app.acquire_token_by_device_flow, flow)


class Opener(webbrowser.BaseBrowser):
    def __init__(self, opened):
        super().__init__("test")
        self._opened = opened

    def open(self, url, new=0, autoraise=True):
        self._opened.put(url)
        return True


def sign_in(browser, user):
    browser.see("Sign in")
    browser.fill(NAME, user)
    browser.press("Next")
    browser.see("Enter password")
    browser.fill("Password", PASSWORD)
    browser.press("Sign in")


def user_of(result):
    answer = result.result(timeout=30)
    assert "access_token" in answer, answer
    return answer["id_token_claims"]["preferred_username"]


def test_a_person_signs_in_after_two_mistakes(emulator, browser):
    page, result = Program(emulator, GRAPH).sign_in()
    browser.open(page)

    browser.see("Sign in", "1-sign-in")
    assert browser.focused() == NAME
    browser.fill(NAME, "nobody@contoso.example")
    browser.press("Next")
    browser.see("Sign in", "2-sign-in-unknown")
    assert "could not find an account" in browser.alert()
    browser.fill(NAME, ALICE)
    browser.press("Next")

    browser.see("Enter password", "3-password")
    assert browser.focused() == "Password"
    browser.fill("Password", "wrong")
    browser.press("Sign in")
    browser.see("Enter password", "4-password-wrong")
    assert "password is incorrect" in browser.alert()
    browser.fill("Password", PASSWORD)
    browser.press("Sign in")

    assert user_of(result) == ALICE
    browser.arrive("http://localhost:")


def test_a_person_consents(emulator, browser):
    page, result = Program(emulator, REPORTS).sign_in()
    browser.open(page)
    sign_in(browser, CAROL)

    browser.see("Permissions requested", "5-consent")
    assert REPORTS in browser.text()
    browser.press("Accept")

    assert user_of(result) == CAROL


def test_a_person_declines(emulator, browser):
    page, result = Program(emulator, GRAPH).sign_in(prompt="consent")
    browser.open(page)
    sign_in(browser, ALICE)

    browser.see("Permissions requested", "6-consent-graph")
    browser.press("Decline")

    answer = result.result(timeout=30)
    assert (answer["error"], "AADSTS65004" in answer["error_description"]) == ("access_denied", True)


def test_a_person_shows_a_second_factor_with_the_keyboard_alone(emulator, browser):
    page, result = Program(emulator, MANAGEMENT).sign_in()
    browser.open(page)
    for label, text, heading in [(NAME, MIA, "Sign in"), ("Password", PASSWORD, "Enter password")]:
        browser.see(heading)
        browser.fill(label, text)
        browser.enter()

    browser.see("Enter code", "7-second-factor")
    browser.fill("Code", "000000")
    browser.enter()
    browser.see("Enter code", "8-second-factor-wrong")
    assert "expected code" in browser.alert()
    browser.fill("Code", SECOND_FACTOR)
    browser.enter()

    assert user_of(result) == MIA
    assert "mfa" in claims(result.result()["access_token"])["amr"]


def test_a_person_sets_a_second_factor_up(start_emulator, chromium):
    tenant = f"""
[[tenant]]
domain = "woodgrove.example"
user = [{{ upn = "wendy@woodgrove.example", password = "{PASSWORD}" }}]
policy = [{{ requires = "mfa-enrolment" }}]
"""
    browser = chromium.start()
    page, result = Program(start_emulator(more=tenant), GRAPH).sign_in(login_hint="wendy@woodgrove.example")
    browser.open(page)
    browser.see("Enter password")
    browser.fill("Password", PASSWORD)
    browser.press("Sign in")
    browser.see("Keep your account secure", "21-second-factor-new")
    browser.fill("Code", SECOND_FACTOR)
    browser.press("Verify")

    assert user_of(result) == "wendy@woodgrove.example"


def test_a_person_lets_a_device_in(emulator, browser):
    program = Program(emulator, GRAPH)
    flow = program.start_device()
    result = program.wait_for_device(flow)
    browser.open(flow["verification_uri"])

    browser.see("Enter code to allow access", "9-device")
    browser.fill("Code", "NOSUCHCODE")
    browser.press("Next")
    browser.see("Enter code to allow access", "10-device-wrong")
    assert "did not work" in browser.alert()
    browser.fill("Code", flow["user_code"])
    browser.press("Next")
    sign_in(browser, ALICE)
    browser.see("Are you trying to sign in?", "11-device-confirm")
    browser.press("Continue")
    browser.see("You are signed in", "12-device-done")

    assert user_of(result) == ALICE


def test_a_person_keeps_a_device_out(emulator, browser):
    program = Program(emulator, GRAPH)
    flow = program.start_device()
    browser.open(flow["verification_uri"])
    browser.fill("Code", flow["user_code"])
    browser.press("Next")
    sign_in(browser, ALICE)
    browser.see("Are you trying to sign in?")
    browser.press("Cancel")
    browser.see("Nothing was allowed", "13-device-declined")

    assert program.wait_for_device(flow).result(timeout=30)["error"] == "authorization_declined"


def test_a_person_chooses_among_accounts_and_signs_out(emulator, browser):
    program = Program(emulator, GRAPH)
    page, result = program.sign_in()
    browser.open(page)
    sign_in(browser, ALICE)
    assert user_of(result) == ALICE

    page, result = program.sign_in(prompt="select_account")
    browser.open(page)
    browser.see("Pick an account", "14-choose-one")
    browser.press("Use another account")
    sign_in(browser, CAROL)
    assert user_of(result) == CAROL

    page, result = program.sign_in(prompt="select_account")
    browser.open(page)
    browser.see("Pick an account", "15-choose-two")
    browser.press("Alice Archer alice@contoso.example Signed in")
    assert user_of(result) == ALICE

    browser.open(f"{emulator.authority('common')}/oauth2/v2.0/logout")
    browser.see("Pick an account", "16-sign-out")
    browser.press("Sign out of all")
    browser.see("You signed out", "17-signed-out")

    page, result = program.sign_in(prompt="select_account")
    browser.open(page)
    sign_in(browser, ALICE)
    assert user_of(result) == ALICE


def test_without_script_every_page_works_the_same(emulator, chromium):
    browser = chromium.start(script=False, colors="dark")
    page, result = Program(emulator, MANAGEMENT).sign_in()
    browser.open(page)
    sign_in(browser, MIA)
    browser.see("Enter code", "18-second-factor-dark")
    browser.fill("Code", SECOND_FACTOR)
    browser.press("Verify")
    browser.see("You are being signed in", "19-continue-dark")
    browser.press("Continue")

    assert user_of(result) == MIA


def test_a_mistake_of_the_program_is_explained(emulator, chromium):
    browser = chromium.start()
    query = urlencode({"client_id": DESKTOP.id, "response_type": "code", "redirect_uri": "https://elsewhere.example/"})
    browser.open(f"{emulator.authority('common')}/oauth2/v2.0/authorize?{query}")
    browser.see("Sorry, we could not sign you in", "20-error")
    assert "AADSTS50011" in browser.alert()
