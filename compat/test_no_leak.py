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
    except ValueError:  # one of the broken caches that tests make
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
    """Looks at every output of every run so far, and at every file but the caches and the emulators' directories."""
    assert msal(*arguments(emulator, population.path, target), env=environment()).code == 0
    known = {WEB.secret, PASSWORD}
    leaks = set()
    for folder in tmp_path_factory.getbasetemp().iterdir():
        files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
        secrets = {secret for path in files if is_cache(path) for secret in secrets_of(path)}
        known |= secrets
        forms = forms_of(secrets | {WEB.secret, PASSWORD})
        for path in files:
            if not is_cache(path) and path.suffix not in (".toml", ".secret") and holds(path.read_bytes(), forms):
                leaks.add(str(path))
    assert len(known) > 100
    forms = forms_of(known)
    leaks |= {command for command, text in transcripts if holds(text.encode(), forms)}
    assert leaks == set()


def is_cache(path):
    """Whether it is the cache of all users, or in a folder with a cache for each: one of them, or what was to replace one
    when its program was killed, and is as closed to others."""
    is_of_all = path.name == "cache.json" or path.name.endswith(".cache.json")
    return is_of_all or path.parent.name == "caches" and path.name.endswith((".json", ".json.tmp"))


def forms_of(secrets):
    """The secrets as they are, and as in a form."""
    return {form.encode() for secret in secrets for form in [secret, quote_plus(secret)]}


def holds(text, forms):
    return any(form in text for form in forms)
