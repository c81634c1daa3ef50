"""The page that `msal migrate report` makes, in a real Chromium that has no network.

Pictures of it are in `screenshots/`, at 1280 and at 390 pixels, light and dark, and as it would be printed.
"""

import csv
import json

import pytest

from harness.chromium import EXECUTABLE, Chromium
from harness.command import msal
from harness.directory import CONTOSO, DESKTOP
from harness.migration import arguments, environment

pytestmark = pytest.mark.skipif(
    EXECUTABLE is None, reason="Chromium is not installed; on Debian: apt-get install chromium"
)

#: Names of people who want to harm, and of some who cannot help it.
HOSTILE = [
    "</script><script>document.title='owned'</script>@x.example",
    "<img src=x onerror=document.title='owned'>@x.example",
    "<!--<script>@x.example",
    "'\"`${document.title='owned'}@x.example",
    "\u202egpj.exe\u2028@x.example",
    "]]>&lt;b&gt;\\u003cb\\u003e@x.example",
    "Åke.王@x.example",
]
#: What the page must do in.
OPENS, SEARCHES = 2000, 250


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    chromium = Chromium(tmp_path_factory.mktemp("chromium") / "stderr.txt")
    yield chromium
    chromium.stop()


def write(path, rows):
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["refresh_token", "username", "client_id"])
        table.writerows(rows)


def page_of(emulator, source, folder, *more):
    """Migrates a table and returns the address of the page about it."""
    target, page = folder / "cache.json", folder / "report.html"
    run = arguments(emulator, source, target, "--from", "csv")
    assert msal(*run, env=environment()).code in (0, 3, 4)
    report = ["migrate", "report", f"{target}.journal", "--format", "html", "--out", page]
    assert msal(*report, *more).code == 0
    assert page.stat().st_mode & 0o777 == 0o600
    return page.as_uri()


def quiet(browser, page):
    """Chromium has nothing to say against the page, and the page asks for nothing."""
    assert browser.complaints("") == []
    assert set(browser.requests()) == {page}


@pytest.mark.parametrize("colors", ["light", "dark"])
def test_a_page_is_searched_filtered_sorted_and_printed(emulator, chromium, tmp_path, colors):
    rows = [[f"0.A-dead-{n}", f"user{n}@{CONTOSO}", DESKTOP.id] for n in range(300)]
    rows += [["", f"empty{n}@{CONTOSO}", DESKTOP.id] for n in range(20)]
    rows += [[f"0.A-no-client-{n}", f"lost{n}@{CONTOSO}", ""] for n in range(20)]
    source = tmp_path / "people.csv"
    write(source, rows)
    page = page_of(emulator, source, tmp_path, "--show-users")
    browser = chromium.start(colors=colors)
    browser.open(page)
    browser.see("Migration report", f"report-{colors}")

    assert "340 lines" in browser.text()
    _, found = browser.search("user29 contoso")
    assert found == "11 of 340 lines"
    assert {line[1] for line in browser.lines()} == {f"user{n}@{CONTOSO}" for n in [29, *range(290, 300)]}
    browser.press("User")
    browser.press("User")
    assert [line[1] for line in browser.lines()][:2] == [f"user29@{CONTOSO}", f"user299@{CONTOSO}"]
    _, found = browser.search("PEOPLE.CSV:303")
    assert [line[4] for line in browser.lines()] == ["people.csv:303"]
    browser.search("")
    # All that matches is printed, and not what was scrolled to.
    assert len(browser.lines()) < 340
    assert browser.paper(f"report-{colors}-paper") == 340
    quiet(browser, page)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_of_somebody_who_wants_to_harm_is_text(emulator, chromium, tmp_path, name):
    """Each by itself: what one of them opens, another may close again."""
    source = tmp_path / "hostile.csv"
    write(source, [["0.A-dead", name, DESKTOP.id]])
    page = page_of(emulator, source, tmp_path, "--show-users")
    browser = chromium.start()
    browser.open(page)
    browser.see("Migration report")
    assert [line[1] for line in browser.lines()] == [name.replace("\u202e", "\\u{202e}").replace("\u2028", "\\u{2028}")]
    assert browser.title() == "Migration report"
    quiet(browser, page)


def test_a_hundred_thousand_lines_open_and_are_searched_without_a_pause(emulator, chromium, tmp_path):
    kinds = [
        lambda n: [f"0.A-{n}", f"user{n}@{CONTOSO}", ""],
        lambda n: ["", f"user{n}@{CONTOSO}", DESKTOP.id],
        lambda n: ["AQAAANCMnd8BFdERjHoAwE" + str(n), f"user{n}@{CONTOSO}", DESKTOP.id],
    ]
    rows = [kinds[n % 3](n) for n in range(98_000)]
    rows += [[f"0.A-dead-{n}", f"dead{n}@{CONTOSO}", DESKTOP.id] for n in range(2000)]
    source = tmp_path / "large.csv"
    write(source, rows)
    page = page_of(emulator, source, tmp_path, "--show-users")
    browser = chromium.start()
    opened = browser.open_table(page)
    slowest, found = browser.search("user4711@")
    print(json.dumps({"opened": opened, "slowest letter": slowest}))
    assert found == "1 of 100,000 lines"
    assert opened < OPENS
    assert slowest < SEARCHES
    quiet(browser, page)


def test_a_page_without_names_has_none(emulator, chromium, tmp_path):
    source = tmp_path / "people.csv"
    write(source, [["0.A-dead", f"user1@{CONTOSO}", DESKTOP.id], ["", f"user2@{CONTOSO}", DESKTOP.id]])
    page = page_of(emulator, source, tmp_path)
    browser = chromium.start()
    browser.open(page)
    browser.see("Migration report", "report-without-names")
    assert "names of users are not shown" in browser.text()
    assert "@" not in browser.text()
    quiet(browser, page)
