"""A day of somebody who migrates for the first time, at a terminal of eighty columns.

The table has five thousand rows, some of everything that goes wrong. What must become of each is known from how it was
made; what is printed is compared with that, and everything that it says can be typed is typed.
"""

import json
import re
from collections import Counter
from itertools import islice

import pytest

from harness.day.facts import AZURE_CLI, GONE, NO_TENANT, ROWS
from harness.day.hints import filled
from harness.day.place import WRONG, Place, leaks
from harness.day.program import Program
from harness.day.terminal import prose
from harness.day.truth import (
    check_counts,
    check_lines,
    check_text,
    counts,
    number,
    page_lines,
    read_csv,
    skipped,
    true_counts,
    true_skipped,
)
from harness.directory import CONTOSO, DESKTOP, FABRIKAM, GRAPH, TENANT_IDS, WEB, Client
from harness.python_app import PythonApp

PLAN = "msal migrate plan tokens.csv"
RUN = "msal migrate run tokens.csv --to cache.json"
REPORT = "msal migrate report cache.json.journal"
LIMIT = 20


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    yield place
    place.leave()


def test_a_day_of_an_operator(place, monkeypatch):
    for name, value in place.settings().items():
        monkeypatch.setenv(name, value)
    place.make_rows()
    mapped = the_plan(place)
    try_a_few(place, mapped)
    finished = interrupted(place, mapped)
    to_the_end(place, mapped, finished)
    reports(place)
    again = users_sign_in_again(place)
    asked_again = what_was_corrected(place)
    sent_once(place, asked_again)
    a_branch_office(place)
    not_yet(place, mapped)
    the_application(place, again)

    assert leaks(place.secrets(), place.shown()) == {}
    assert place.operator.hints.untyped() == {}


def the_plan(place):
    """What the table is, is said until all of it is understood; answers with how to say it."""
    rows, operator = place.rows, place.operator
    screen = operator.type(PLAN, 1)
    assert "no column is called like a refresh token" in prose(screen)
    mapped = re.search("most probably: (.*)", prose(screen))[1]
    assert mapped == "--map 'refresh_token=RT (Entra)' --map 'client_id=App ID' --map username=E-Mail"
    assert f"{len(rows.sent) + 5:,} tokens would be redeemed" in operator.type(f"{PLAN} {mapped}", 4)
    mapped += " --map tenant=Mandant"
    screen = operator.type(f"{PLAN} {mapped}", 4)
    assert f"{len(rows.sent):,} tokens would be redeemed, from {ROWS:,} rows" in screen
    assert names(screen, "clients") == Counter(row.client.lower() for row in rows.sent)
    assert re.search(r"rows that repeat a token +150$", screen, re.MULTILINE)
    assert skipped(screen) == true_skipped(rows)
    assert f"note: {len(rows.of('no-tenant-named'))} tokens: the store names no tenant" in prose(screen)

    # What it says can be said instead.
    tenant = f"--authority {place.emulator.authority(CONTOSO)}"
    screen = operator.type(f"{PLAN} {mapped} {tenant} --default-scope {GRAPH}/.default", 4)
    assert "names no tenant" not in prose(screen) and "names no scopes" not in prose(screen)
    screen = operator.type(f"{PLAN} {mapped} --client-id {DESKTOP.id}", 4)
    assert "no_client_id" not in screen
    screen = operator.type(f"{PLAN} {mapped} --client-id {AZURE_CLI}", 4)
    assert re.search(rf"^{len(rows.of('azure-cli', 'no-client'))} tokens would be redeemed", screen)
    assert "first_party_client" not in skipped(screen)
    named = filled(operator.hints.told("--authority https://login.microsoftonline.com/TENANT"), TENANT=CONTOSO)
    assert "invalid_authority" not in skipped(operator.type(f"{PLAN} {mapped} {named}", 4))
    listed = operator.type(f"{PLAN} {mapped} {operator.hints.told('--skipped')}", 4)
    lines = re.findall(r"^tokens\.csv:(\d+) +skip: (\w+): ", listed, re.MULTILINE)
    assert lines == [(str(row.line), row.fate.code) for row in rows.becoming("skipped")]
    operator.type(filled(operator.hints.told("iconv .*"), FILE="tokens.csv") + " > utf-8.csv")
    expected = true_skipped(rows)
    expected["malformed"] -= len(rows.of("not-utf-8"))
    screen = operator.type(f"msal migrate plan utf-8.csv {mapped}", 4)
    assert skipped(screen) == expected
    assert "'--map'" in operator.type(f"{PLAN} --mapp tenant=Mandant", 2)
    assert "Fields of --map: " in operator.type(f"msal migrate plan {operator.hints.told('--help')}")
    return mapped


def names(screen, title):
    """The names below a title, with how many rows have each."""
    table = screen.partition(f"\n{title}\n")[2].split("\n\n")[0]
    return {name: number(count) for name, count in re.findall(r"^  (\S+) +([\d,]+)$", table, re.MULTILINE)}


def try_a_few(place, mapped):
    """A few first, which show that the web application's secret is missing."""
    screen = place.operator.type(f"{RUN} {mapped} --limit {LIMIT}", 75)
    tried = list(islice(place.rows.sent, LIMIT))
    expected = Counter("failed" if row.client == WEB.id else row.fate.becomes for row in tried)
    expected["retryable"] = len(place.rows.sent) - LIMIT
    assert counts(screen) == expected, screen
    cause = rf" {expected['failed']} × client {WEB.id} .*AADSTS7000218: no secret was given"
    assert re.search(cause, prose(screen)), screen
    assert redeemed(place) == expected["migrated"] + expected.get("quarantined", 0)


def redeemed(place):
    """How often a token was redeemed, as the server counts it."""
    return place.administration.redemptions()["succeeded"]


def interrupted(place, mapped):
    """With a wrong secret, which is said at once; the server wants a rest, and the operator has seen enough.

    Answers how many tokens are done with.
    """
    operator, administration = place.operator, place.administration
    secret = filled(operator.hints.told(rf"--client-secret-env {WEB.id}=NAME"), NAME="WEB_SECRET")
    administration.fault(throttle=300, client=DESKTOP.id, nth=1500)
    run = operator.start(f"{RUN} {mapped} {secret}", WEB_SECRET=WRONG)
    run.wait_for(rf"client {WEB.id} .*AADSTS7000215: the secret is not this client's")
    run.wait_for(r"throttled, \d+ min")
    # From another terminal.
    operator.type(f"{REPORT} --format json --out report-meanwhile.json")
    meanwhile = json.loads(place.read("report-meanwhile.json"))["counts"]
    assert 0 < meanwhile["migrated"] <= redeemed(place)
    status = prose(operator.type("msal migrate status cache.json"))
    assert status.startswith("running as process ") and "throttled: the server asks for a pause, for " in status
    assert f" of {len(place.rows.sent):,} tokens done; {LIMIT - 2} of them by earlier runs" in status
    # Whatever others have answered since.
    run.wait_for(r"throttled, \d+ min")
    run.interrupt()
    run.wait_for("stopping: ")
    assert re.search("^stopping: ", run.text, re.MULTILINE), run.text
    screen = operator.finish(run, 75)
    administration.no_faults()

    shown = counts(screen)
    assert sum(shown.values()) == len(place.rows.sent)
    assert shown["migrated"] + shown["quarantined"] == redeemed(place)
    assert re.search(rf"^  710 × client {WEB.id} ", screen, re.MULTILINE), screen
    operator.type(f"{REPORT} --format json --out report-interrupted.json")
    told = json.loads(place.read("report-interrupted.json"))["counts"]
    status = prose(operator.type("msal migrate status cache.json.journal"))
    assert status.startswith("not running: ")
    # The journal does not know of tokens that were not tried.
    tried = [name for name in shown if name != "retryable"]
    assert {name: told[name] for name in tried} == {name: shown[name] for name in tried}
    return sum(shown.get(name, 0) for name in ["migrated", "needs_user", "superseded", "quarantined"])


def to_the_end(place, mapped, finished):
    """The secret is right, and the server is not well."""
    operator, administration = place.operator, place.administration
    # Of a client whose tokens are redeemed: where nothing ever is, a gateway's page is taken for the wrong host's.
    administration.fault(cut=100, client=DESKTOP.id, every=97)
    administration.fault(respond={"status": 502, "body": "no"}, client=DESKTOP.id, every=50)
    administration.fault(throttle=1, client=DESKTOP.id, nth=700)
    secret = filled(operator.hints.told(rf"--client-secret-file {WEB.id}=FILE"), FILE="web.secret")
    screen = operator.type(f"{RUN} {mapped} {secret}", 4)
    administration.no_faults()

    assert re.search(rf"resuming: {finished:,} (tokens )?of {len(place.rows.sent):,} ", screen)
    check_counts(screen, place.rows)
    assert skipped(screen) == true_skipped(place.rows)
    migrated = true_counts(place.rows)["migrated"]
    assert f"{migrated:,} of {len(place.rows.sent):,} tokens migrated into cache.json" in screen
    assert f"verified: {migrated:,} of {migrated:,} silent calls answered" in screen
    assert re.search(rf" 80 × client {GONE} \S+ \S+ unauthorized_client AADSTS700016: ", prose(screen)), screen
    assert re.search(rf" 8 × client {DESKTOP.id} at \S+/{NO_TENANT}: ", prose(screen)), screen
    assert "note: at home: 10 tokens" in prose(screen)
    users = len(place.rows.becoming("needs_user"))
    assert f"the server wants {users} users to sign in again" in prose(screen)


def reports(place):
    """All forms of the report say of every row what is true of it."""
    rows, operator = place.rows, place.operator
    open_rows = [row for row in rows.first if row.fate.becomes != "migrated"]
    text = operator.type(filled(operator.hints.told(r"msal migrate report cache\S+")))
    check_counts(text, rows, skipped=len(rows.becoming("skipped")))
    assert not re.search(r"\buser\d+@", text)
    check_text(operator.type(f"{REPORT} --show-users"), open_rows, "tokens.csv")
    operator.type(f"{REPORT} --show-users --all --format csv --out report-all.csv")
    check_lines(read_csv(place.read("report-all.csv")), rows.first, str(place.source))
    operator.type(f"{REPORT} --show-users --format csv --out report.csv")
    lines = read_csv(place.read("report.csv"))
    check_lines(lines, open_rows, str(place.source))

    operator.type(f"{REPORT} --show-users --format json --out report.json")
    document = json.loads(place.read("report.json"))
    in_order = sorted(lines, key=lambda line: line["class"] == "skipped")
    assert [flat(line) for line in document["tokens"] + document["skipped"]] == [flat(line) for line in in_order]
    page = filled(operator.hints.told("--out FILE"), FILE="report.html")
    operator.type(f"{REPORT} --show-users --format html {page}")
    same = ["row", "user", "class", "what_to_do", "tenant", "client_id", "when"]
    assert page_lines(place.read("report.html")) == [tuple(line[name] for name in same) for line in lines]
    operator.type(f"{REPORT} --show-users --by user --format csv --out report-users.csv")
    people = sorted(row.user.lower() for row in open_rows if row.fate.who != "nobody" and row.is_readable)
    assert sorted(line["user"].lower() for line in read_csv(place.read("report-users.csv")) if line["user"]) == people


def flat(line):
    user = line["user"]["username"] if isinstance(line["user"], dict) else line["user"]
    codes = line["aadsts"] if isinstance(line["aadsts"], str) else " ".join(line["aadsts"])
    same = [line[name] or "" for name in ["row", "file", "class", "error", "who", "what_to_do", "when", "explanation"]]
    return [*same, user or "", codes]


def users_sign_in_again(place):
    """Some users whose tokens have expired sign in to the application, which keeps its tokens in the target."""
    again = place.rows.of("expired")[:5]
    app = PythonApp(place.emulator, DESKTOP, place.target, TENANT_IDS[CONTOSO])
    for row in again:
        app.sign_in(row.owner, f"{GRAPH}/.default")
    app.save()
    return again


def what_was_corrected(place):
    """Accounts are enabled, an application is added, and a tenant is corrected in the table.

    Answers with the rows for which the server was asked once more.
    """
    rows, operator = place.rows, place.operator
    for row in rows.of("disabled"):
        place.administration.enable(row.owner, True)
    place.administration.add_app(GONE)
    text = place.source.read_bytes()
    place.source.write_bytes(text.replace(NO_TENANT.encode(), CONTOSO.encode()))
    for row in rows.of("no-such-tenant"):
        row.tenant = CONTOSO
    released, *held = rows.of("of-another-person")
    release = filled(operator.hints.told("--release ROW"), ROW=f":{released.line}")
    again = operator.hints.told(r"msal migrate run .* --client-secret-file .* --retry needs-user")
    screen = operator.type(f"{again} --retry quarantined {release}", 4)
    for row in [*rows.of("disabled", "unknown-client", "no-such-tenant"), released]:
        row.kind = "sound"
    check_counts(screen, rows)

    report = f"{REPORT} --show-users --all --format csv --out report-again.csv"
    operator.type(report)
    check_lines(read_csv(place.read("report-again.csv")), rows.first, str(place.source))
    proof = filled(operator.hints.told(rf"--certificate {WEB.id}=FILE"), FILE="web.pem")
    operator.type(f"msal migrate verify cache.json {proof}", 0)
    return held


def a_branch_office(place):
    """A small table without flaws, of which one user cannot go on; then that user can."""
    whose = [(f"user{number}@{FABRIKAM}", DESKTOP.id) for number in range(5001, 5006)]
    tokens = place.administration.tokens(whose)
    lines = [f"{user},{FABRIKAM},{client},{token}" for (user, client), token in zip(whose, tokens)]
    place.private("office.csv", "\n".join(["username,tenant,client_id,refresh_token", *lines]))
    run = "msal migrate run office.csv --to office.cache.json"
    place.administration.enable(whose[2][0], False)
    screen = place.operator.type(run, 3)
    assert counts(screen) == {"migrated": 4, "needs_user": 1}
    report = place.operator.type(place.operator.hints.told(r"msal migrate report office\S+"))
    assert "the account is disabled" in prose(report) and counts(report) == {"migrated": 4, "needs_user": 1}
    place.administration.enable(whose[2][0], True)
    assert counts(place.operator.type(f"{run} --retry needs-user", 0)) == {"migrated": 5}
    screen = place.operator.type(run, 0)
    assert counts(screen) == {"migrated": 5} and "then this command with `finish` for `run`" in prose(screen)
    removed_at_the_end(place, run)


def removed_at_the_end(place, run):
    """The renewals are proven, the report is kept, and what is not needed any more is removed once that is confirmed."""
    operator, hints = place.operator, place.operator.hints
    before = len(place.administration.audit())
    operator.type(hints.told(r"msal migrate verify office\S+ --renew .*"))
    assert len(place.administration.audit()) == before + 5
    finish = run.replace(" run ", " finish ")
    screen = prose(operator.type(finish))
    assert "5 of 5 migrated accounts in the target" in screen and "5 old refresh tokens" in screen
    operator.type(filled(hints.told(r"msal migrate report office\S+ --all .*"), FILE="report-office.txt"))
    removal = operator.start(f"{finish} {hints.told('--remove-input')} {hints.told('--remove-journal')}")
    removal.wait_for(r"Remove .*office\.csv.*\? \[y/N\]")
    removal.answer("no")
    operator.finish(removal, 1)
    assert (place.folder / "office.csv").exists()
    removal = operator.start(f"{finish} --remove-input --remove-journal")
    removal.wait_for(r"\? \[y/N\]")
    removal.answer("y")
    operator.finish(removal, 0)
    assert sorted(path.name for path in place.folder.glob("office*")) == ["office.cache.json", "office.cache.json.lock"]


def not_yet(place, mapped):
    """Of the large table, something is left that would be lost."""
    operator, rows = place.operator, place.rows
    finish = RUN.replace(" run ", " finish ")
    source = place.source.read_bytes()
    screen = prose(operator.type(f"{finish} {mapped} --remove-input --yes", 4))
    assert place.source.read_bytes() == source
    held = len(rows.becoming("quarantined"))
    left = len(rows.becoming("needs_user")) + held
    assert f"{left} of its {len(rows.sent):,} tokens are not migrated" in screen
    assert f"{held} tokens are held back" in screen
    give_up = operator.hints.told("--give-up quarantined")
    operator.type(f"{finish} {mapped} --remove-journal {give_up} --yes", 0)
    assert not list(place.folder.glob("cache.json.journal*")) and place.source.read_bytes() == source


def the_application(place, again):
    """MSAL Python has a token for everybody who was migrated, without asking anybody; and can renew it.

    Those who have signed in themselves are still there.
    """
    program = Program(place.emulator, place.target)
    migrated = place.rows.becoming("migrated")
    for client in [DESKTOP, WEB, Client(GONE)]:
        theirs = [row for row in migrated if row.client.lower() == client.id]
        before = len(place.administration.audit())
        assert theirs and program.unanswered(theirs, client) == set()
        assert len(place.administration.audit()) == before
        assert program.unanswered(theirs[::50], client, force_refresh=True) == set()
    assert program.unanswered(again, DESKTOP, force_refresh=True) == set()


def sent_once(place, asked_again):
    """No token was redeemed twice, but where its answer was cut off; nor anything sent of a row that is left out."""
    audit = [record for record in place.administration.audit() if record["grant_type"] == "refresh_token"]
    assert {200, 429, 502} <= {record["status"] for record in audit if record["faulted"]}
    answered = [record for record in audit if record["status"] == 200 and not record["faulted"]]
    assert set(Counter(record["refresh_token"] for record in answered).values()) == {1}
    # Who was asked for again has shown the token of the answer that is held back.
    twice = [user for user, count in Counter(record["user"] for record in answered).items() if count > 1]
    assert sorted(twice) == sorted(row.owner for row in asked_again)
    sent = {record["user"] for record in audit if record["user"]}
    assert {row.owner for row in place.rows.becoming("migrated")} <= sent <= {row.owner for row in place.rows.sent}
