"""Bad input: one line that says what is wrong and where, a hint, and everything left as it was."""

import json
import os
import pickle
import socket
from pathlib import Path

import pytest

from harness.adal_app import AdalApp
from harness.command import msal
from harness.directory import CONTOSO, WEB, users
from harness.migration import SECRET_VARIABLE, migrate

ENTRY = {
    "refreshToken": "1.AQ-not-a-real-one",
    "_clientId": "00c0ffee-0000-4000-8000-000000000001",
    "resource": "https://graph.microsoft.com",
    "accessToken": "x",
    "userId": "somebody@contoso.example",
}


def snapshot(folder):
    """Every file of a folder with its content, and every link with where it leads."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            files[path] = os.readlink(path)
        elif path.is_file():
            files[path] = path.read_bytes()
    return files


class Place:
    """A folder with a source in it, and what was there before."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        self.source = folder / "adal.cache.json"
        self.target = folder / "msal.cache.json"

    def entries(self, *entries):
        self.source.write_text(json.dumps(entries))

    def refuses(self, emulator, *more, says, code=1, target=None, keep=None):
        before = snapshot(self.folder)
        counter = emulator.counting()
        outcome = migrate(emulator, self.source, target or self.target, *more)
        check_refusal(outcome, says, code)
        assert snapshot(self.folder) == before
        assert counter.token_requests() == []
        return outcome


def check_refusal(outcome, says, code):
    assert outcome.code == code, outcome.text
    assert outcome.out == ""
    (error,) = outcome.lines("error: ")
    for part in says:
        assert str(part) in outcome.err, outcome.err
    assert len(outcome.lines("hint: ")) == 1, outcome.err
    assert "panicked" not in outcome.err
    return error


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "place")


def test_a_missing_file(emulator, place):
    place.refuses(emulator, says=[place.source])


def test_an_unreadable_file(emulator, place):
    """One that not even root can read."""
    place.source = Path("/proc/self/mem")
    place.refuses(emulator, says=[place.source])


def test_an_empty_file(emulator, place):
    place.source.write_bytes(b"")
    place.refuses(emulator, says=[place.source, "empty"])


def test_a_truncated_cache(emulator, place):
    text = json.dumps([{**ENTRY, "_authority": emulator.authority(CONTOSO)}] * 3)
    for end in [1, len(text) // 2, len(text) - 1]:
        place.source.write_text(text[:end])
        place.refuses(emulator, says=[place.source])


def test_something_that_is_not_json(emulator, place):
    place.source.write_bytes(b"\x00\x01\x02 nothing of the kind \xff")
    place.refuses(emulator, says=[place.source])


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_unread(emulator, place, protocol):
    trap = place.folder / "unpickled"
    place.source.write_bytes(pickle.dumps(Trap(str(trap)), protocol))
    # The oldest two have no mark to be known by.
    place.refuses(emulator, says=[place.source] + ["pickle", "json"] * (protocol >= 2))
    assert not trap.exists()


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


@pytest.mark.parametrize("wrong", [7, True, [], {}, 1.5], ids=repr)
@pytest.mark.parametrize("field", ["refreshToken", "_clientId", "_authority"])
def test_an_entry_of_wrong_types_is_named_and_its_neighbours_go_on(emulator, place, field, wrong):
    good = {**ENTRY, "_authority": emulator.authority(CONTOSO)}
    place.entries(good, {**good, "refreshToken": "1.another", field: wrong})

    outcome = msal("migrate", "plan", place.source, "--authority", emulator.url, "--list")

    assert outcome.code == 0, outcome.text
    # What is indented is said of all rows.
    lines = [line for line in outcome.text.splitlines() if not line.startswith(" ")]
    first, second = [line for line in lines if f"{place.source.name}#/" in line]
    assert "#/0  redeem for" in first
    assert "#/1  skip: " in second


def test_an_unknown_host_gets_no_token(emulator, place):
    place.entries({**ENTRY, "_authority": "https://login.microsoftonline.com.evil.example/contoso.example"})
    counter, before = emulator.counting(), snapshot(place.folder)

    outcome = migrate(emulator, place.source, place.target)

    assert outcome.code != 0
    assert "login.microsoftonline.com.evil.example" in outcome.text
    assert counter.token_requests() == []
    assert place.source.read_bytes() == before[place.source]


def test_a_target_that_is_a_folder(emulator, place):
    place.entries({**ENTRY, "_authority": emulator.authority(CONTOSO)})
    place.target.mkdir()
    place.refuses(emulator, says=[place.target])


def test_a_target_that_is_a_symbolic_link(emulator, place):
    place.entries({**ENTRY, "_authority": emulator.authority(CONTOSO)})
    victim = place.folder / "victim"
    victim.write_text("{}")
    place.target.symlink_to(victim)
    place.refuses(emulator, says=[place.target, "symbolic link"])


@pytest.mark.parametrize("content", ["", "[]", "not a cache", '{"AccessToken": 7}', "\0" * 100])
def test_a_target_that_is_no_cache(emulator, place, content):
    place.entries({**ENTRY, "_authority": emulator.authority(CONTOSO)})
    place.target.write_text(content)
    place.target.chmod(0o600)
    place.refuses(emulator, says=[place.target])


def test_a_server_whose_certificate_nobody_vouches_for(emulator, place):
    place.entries({**ENTRY, "_authority": emulator.authority(CONTOSO)})
    counter = emulator.counting()
    outcome = msal("migrate", "run", place.source, "--to", place.target, "--authority", emulator.url)
    check_refusal(outcome, says=["certificate", "--ca-file"], code=1)
    assert counter.token_requests() == []
    assert not place.target.exists()


def test_a_server_that_cannot_be_reached(emulator, place):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"https://localhost:{nobody.getsockname()[1]}"
        place.entries({**ENTRY, "_authority": f"{url}/{CONTOSO}"})
        arguments = ["migrate", "run", place.source, "--to", place.target, "--authority", url, "--ca-file", emulator.ca]
        outcome = msal(*arguments, timeout=60)
    assert outcome.code == 75
    assert url in outcome.err
    assert "0 of 1 token migrated" in outcome.out and "1 left to retry" in outcome.out
    assert not place.target.exists()


def test_a_certificate_file_that_is_none(emulator, place):
    place.entries({**ENTRY, "_authority": emulator.authority(CONTOSO)})
    wrong = place.folder / "wrong.pem"
    for content in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "nothing"]:
        wrong.write_text(content)
        outcome = msal("migrate", "run", place.source, "--to", place.target, "--authority", emulator.url, "--ca-file", wrong)
        assert outcome.code in (1, 2)
        check_refusal(outcome, says=[wrong], code=outcome.code)
        assert not place.target.exists()


def test_a_secret_that_is_not_in_the_environment(emulator, place):
    app = AdalApp(emulator)
    app.sign_in_to_web(users(1, CONTOSO)[0])
    app.save(place.source)
    counter = emulator.counting()
    arguments = ["migrate", "run", place.source, "--to", place.target, "--authority", emulator.url]
    arguments += ["--ca-file", emulator.ca, "--client-secret-env", f"{WEB.id}={SECRET_VARIABLE}"]
    for environment in [{}, {SECRET_VARIABLE: ""}]:
        check_refusal(msal(*arguments, env=environment), says=[SECRET_VARIABLE], code=2)
    assert counter.token_requests() == []
    assert not place.target.exists()


def test_a_secret_on_the_command_line_is_not_understood(emulator, place):
    place.entries({**ENTRY, "_authority": emulator.authority(CONTOSO)})
    before = snapshot(place.folder)
    outcome = migrate(emulator, place.source, place.target, "--client-secret", "hunter2")
    assert outcome.code == 2
    assert snapshot(place.folder) == before
