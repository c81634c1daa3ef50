"""No token, no secret and no user name in anything that the command prints or leaves behind, but the caches."""

import json
from urllib.parse import quote_plus

import pytest

from harness.command import msal, transcripts
from harness.directory import PASSWORD, WEB
from harness.migration import arguments, environment
from harness.population import populate

#: Where caches keep secrets.
SECRET_FIELDS = {"secret", "accessToken", "refreshToken"}


@pytest.fixture
def population(emulator, tmp_path):
    return populate(emulator, tmp_path / "adal.cache.json")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "msal.cache.json"


def secrets_of(path):
    """Every secret in a cache file, whichever library wrote it."""
    found = set()

    def look(value):
        if isinstance(value, dict):
            for key, each in value.items():
                if key in SECRET_FIELDS and isinstance(each, str) and len(each) > 20:
                    found.add(each)
                look(each)
        elif isinstance(value, list):
            for each in value:
                look(each)

    try:
        look(json.loads(path.read_text()))
    except ValueError:
        pass
    return found


def test_no_user_name_is_shown_that_was_not_asked_for(emulator, population, target):
    before = len(transcripts)
    run = arguments(emulator, population.path, target)
    assert msal(*run, env=environment()).code == 0
    assert msal(*run, "--format", "json", env=environment()).code == 0
    authority = ["--authority", emulator.url]
    assert msal("migrate", "plan", population.path, *authority).code == 0
    assert msal("migrate", "plan", population.path, *authority, "--format", "json").code == 0
    verify = ["migrate", "verify", target, *authority, "--ca-file", emulator.ca]
    secret = ["--client-secret-env", run[run.index("--client-secret-env") + 1]]
    assert msal(*verify, *secret, env=environment()).code == 0
    for output in ["text", "json", "csv"]:
        assert msal("migrate", "report", f"{target}.journal", "--all", "--format", output).code == 0

    for command, text in transcripts[before:]:
        for user in population.users:
            assert user not in text, command


@pytest.mark.last
def test_nothing_that_the_suite_saw_holds_a_secret(emulator, population, target, tmp_path_factory):
    """Looks at every output of every run so far, and at every file but the caches and what they came from."""
    assert msal(*arguments(emulator, population.path, target), env=environment()).code == 0
    everything = tmp_path_factory.getbasetemp()
    secrets = {WEB.secret, PASSWORD}
    for path in everything.rglob("*.cache.json"):
        if path.is_file():
            secrets |= secrets_of(path)
    assert len(secrets) > 100

    texts = [(command, text.encode()) for command, text in transcripts]
    for path in everything.rglob("*"):
        if path.is_file() and not path.is_symlink() and not path.name.endswith((".cache.json", ".toml")):
            texts.append((str(path), path.read_bytes()))
    leaks = {
        source for source, text in texts for secret in secrets if secret.encode() in text or _quoted(secret) in text
    }
    assert leaks == set()


def _quoted(secret):
    """As in a form, should a secret be one that changes there."""
    return quote_plus(secret).encode()
